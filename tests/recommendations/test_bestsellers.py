"""What sells best, worked by hand, and on every engine."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from pydantic import ValidationError

from unified_customer.core.errors import ConfigurationError, SchemaError
from unified_customer.recommendations.bestsellers import Bestsellers
from unified_customer.recommendations.bestsellers.listing import TOO_FEW

AT = datetime(2026, 2, 1, tzinfo=UTC)


def sold(rows: list[tuple[str, str, float]]) -> pl.DataFrame:
    """Return interactions: who, what, how many days ago."""
    told = [(who, item, AT - timedelta(days=days)) for who, item, days in rows]
    return pl.DataFrame(told, schema=["customer_id", "item_id", "occurred_at"], orient="row")


BOUGHT = sold([("ann", "tea", 30), ("bob", "tea", 30), ("ann", "jam", 60), ("eve", "jam", 30), ("eve", "oil", 30)])
SEGMENTS = pl.DataFrame(
    {
        "customer_id": ["ann", "bob", "eve", "bob"],
        "segment": ["old", "old", "new", "new"],
        "entered_at": [AT - timedelta(days=9)] * 4,
        "left_at": [None, None, None, AT],
    }
)
SPEC = Bestsellers(min_customers=1, drawn=1)


def test_shares_by_hand() -> None:
    fitted = SPEC.fit({"interactions": BOUGHT, "memberships": SEGMENTS}, as_of=AT)
    # Tea .5 + .5, jam .25 + .5, oil .5: 2.25 in all.
    assert dict(fitted.top().select("item_id", "share").rows()) == pytest.approx(
        {"tea": 4 / 9, "jam": 3 / 9, "oil": 2 / 9}
    )
    # Of the old: tea 1, jam .25; drawn to the shares above by 1.
    old = {"tea": (1 + 4 / 9) / 2.25, "jam": (0.25 + 3 / 9) / 2.25, "oil": 2 / 9 / 2.25}
    assert dict(fitted.top("old").select("item_id", "share").rows()) == pytest.approx(old)
    # Bob has left the new.
    assert fitted.top("new").select("item_id", "customers").rows() == [("jam", 1), ("oil", 1), ("tea", 0)]
    assert fitted.top("unheard of").equals(fitted.top())


def test_what_few_bought_counts_as_not_bought_there() -> None:
    fitted = Bestsellers(min_customers=2, drawn=1).fit({"interactions": BOUGHT, "memberships": SEGMENTS}, as_of=AT)
    assert fitted.top()["item_id"].to_list() == ["tea", "jam"]
    # In the old two bought tea, one jam; in the new nobody may be told of, so it is the list of all.
    assert fitted.top("old")["customers"].to_list() == [2, 0]
    assert fitted.top("new")["share"].to_list() == fitted.top()["share"].to_list()


def test_two_sales_after_none_are_no_trend() -> None:
    steady = [(f"c{n}", "tea", float(n % 90)) for n in range(900)]
    rising = [(f"c{n}", "ice", 1.0 + n % 5) for n in range(60)]
    new = [("c1", "oil", 1.0), ("c2", "oil", 2.0)]
    fitted = Bestsellers(min_customers=2).fit({"interactions": sold(steady + rising + new)}, as_of=AT)
    assert fitted.trending()["item_id"].to_list() == ["ice"]
    growth = {row["item_id"]: row for row in fitted.growing.iter_rows(named=True)}
    assert growth["oil"]["growth"] > 1 > growth["oil"]["low"]
    assert growth["tea"]["high"] < 1


def test_returns_do_not_count() -> None:
    lines = BOUGHT.with_columns(kind=pl.lit("sale"))
    back = lines.with_columns(kind=pl.lit("return"))
    one, other = (SPEC.fit({"order_lines": frame}, as_of=AT) for frame in (lines, pl.concat([lines, back])))
    assert one.top().equals(other.top())


def test_one_segmentation_is_meant() -> None:
    two = pl.concat([SEGMENTS.with_columns(segmentation=pl.lit(name)) for name in ("rfm", "age")])
    with pytest.raises(ConfigurationError, match="several segmentations, and none is named: age, rfm"):
        SPEC.fit({"interactions": BOUGHT, "memberships": two}, as_of=AT)
    named = SPEC.model_copy(update={"segmentation": "rfm"})
    assert named.fit({"interactions": BOUGHT, "memberships": two}, as_of=AT).segments == ["new", "old"]
    with pytest.raises(ConfigurationError, match="no segmentation 'taste'"):
        SPEC.model_copy(update={"segmentation": "taste"}).fit({"interactions": BOUGHT, "memberships": two}, as_of=AT)


def test_what_cannot_be_meant_is_refused() -> None:
    with pytest.raises(ValidationError, match="shorter half-life"):
        Bestsellers(lately_days=30)
    with pytest.raises(ConfigurationError, match="nothing to count"):
        SPEC.fit({"interactions": BOUGHT.clear()}, as_of=AT)
    with pytest.raises(SchemaError, match="None of"):
        SPEC.fit({"memberships": SEGMENTS}, as_of=AT)
    with pytest.raises(ConfigurationError, match="at least one item"):
        SPEC.fit({"interactions": BOUGHT}, as_of=AT).top(n=0)


def test_every_engine_counts_alike(engine: Callable[[pl.DataFrame], Any]) -> None:
    tables = {"interactions": engine(BOUGHT), "memberships": engine(SEGMENTS)}
    told = SPEC.fit(tables, as_of=AT)
    assert told.by_segment.equals(SPEC.fit({"interactions": BOUGHT, "memberships": SEGMENTS}, as_of=AT).by_segment)


def test_it_is_drawn_and_told() -> None:
    fitted = SPEC.fit({"interactions": BOUGHT, "memberships": SEGMENTS}, as_of=AT)
    assert "tea" in str(fitted.chart().to_dict())
    assert "tea" in str(SPEC.fit({"interactions": BOUGHT}, as_of=AT).chart().to_dict())
    assert str(fitted) == "Bestsellers among 3 items in 2 segments before 2026-02-01"
    assert fitted.to_body() == {"items": 3, "segments": 2}


def test_who_is_in_a_segment_gets_its_bestsellers_and_others_those_of_everybody() -> None:
    fitted = SPEC.fit({"interactions": BOUGHT, "memberships": SEGMENTS}, as_of=AT)
    told = fitted.recommend(["eve", "zoe", "eve"], SEGMENTS, n=2)
    assert told.table.select("customer_id", "rank", "item_id", "basis").rows() == [
        ("eve", 1, "jam", "segment"), ("eve", 2, "oil", "segment"),
        ("zoe", 1, "tea", "popular"), ("zoe", 2, "jam", "popular"),
    ]  # fmt: skip
    assert told.shortfall.is_empty()
    assert fitted.recommend(["eve"], n=9).shortfall.row(0) == ("eve", 6, TOO_FEW)
    with pytest.raises(ConfigurationError, match="at least one"):
        fitted.recommend(["eve"], n=0)
