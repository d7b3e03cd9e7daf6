"""What comes next in a session, worked by hand, and on every engine."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import numpy as np
import polars as pl
import pytest

from unified_customer.core.errors import ConfigurationError, SchemaError
from unified_customer.recommendations.interactions import Interactions
from unified_customer.recommendations.sessions import NextItem

AT = datetime(2026, 2, 1, tzinfo=UTC)


def events() -> pl.DataFrame:
    rows = [
        ("ann", "a1", "Product Viewed", "tent", 0),
        ("ann", "a1", "Product Added", "tent", 1),
        ("ann", "a1", "Product Viewed", "mat", 3),
        ("ann", "a1", "Product Removed", "tent", 4),
        ("ann", "a1", "Product Viewed", "lamp", 5),
        ("ann", "a2", "Product Viewed", "pan", 6),
        (None, "n1", "Product Viewed", "tent", 7),
        (None, "n1", "Product Viewed", "mat", 8),
        (None, None, "Product Viewed", "lamp", 9),
        ("bob", None, "Product Viewed", "mat", 10),
        ("bob", None, "Product Viewed", "lamp", 39),
        ("bob", None, "Product Viewed", "pan", 75),
    ]
    frame = pl.DataFrame(rows, schema=["customer_id", "session_id", "name", "object_id", "minute"], orient="row")
    start = pl.lit(datetime(2026, 1, 1, tzinfo=UTC))
    return frame.select(
        "customer_id", "session_id", "name", "object_id", object_kind=pl.lit("product"),
        occurred_at=start + pl.duration(minutes="minute"),
    )  # fmt: skip


def told(spec: NextItem, frame: Any) -> dict[tuple[str, str], float]:
    return {row[:2]: row[2] for row in spec.fit({"events": frame}, as_of=AT).following().rows()}


def test_transitions_by_hand() -> None:
    # Ann: tent, mat, lamp; somebody: tent, mat; Bob: mat, lamp, then after 36 minutes pan.
    found = told(NextItem(fading=0.5, min_customers=1), events())
    assert found == {("tent", "mat"): 2, ("mat", "lamp"): 2, ("tent", "lamp"): 0.5}
    longer = told(NextItem(fading=0.5, min_customers=1, gap_minutes=40), events())
    assert longer == found | {("lamp", "pan"): 1, ("mat", "pan"): 0.5}


def test_what_few_customers_did_is_not_told() -> None:
    fitted = NextItem(fading=0.5, min_customers=2).fit({"events": events()}, as_of=AT)
    assert fitted.following().rows() == [("mat", "lamp", 2.0), ("tent", "mat", 2.0)]
    # One who looks at a tent twice is one customer.
    twice = pl.concat([events().head(3), events().head(3).with_columns(session_id=pl.lit("a9"))])
    assert NextItem(min_customers=2).fit({"events": twice}, as_of=AT).following().is_empty()


def test_the_next_item_by_hand() -> None:
    fitted = NextItem(fading=0.5, recency=0.5, min_customers=1).fit({"events": events()}, as_of=AT)
    # After tent and mat: lamp 2 by the mat and half of .5 by the tent; pans are what is left.
    found = fitted.next(["tent", "unheard of", "mat"])
    assert found.rows() == [(1, "lamp", 2.25, "session"), (2, "pan", 0.0, "popular")]
    assert fitted.next([])["item_id"].to_list() == ["mat", "lamp", "pan", "tent"]
    assert fitted.next(["tent"], n=1)["item_id"].to_list() == ["mat"]
    with pytest.raises(ConfigurationError, match="at least one item"):
        fitted.next(["tent"], n=0)


def test_what_counts_as_a_step_is_a_choice() -> None:
    bought_only = NextItem(min_customers=1, interactions=Interactions(weights={"view": 0, "cart": 1}))
    assert told(bought_only, events()) == {}


def test_every_engine_learns_alike(engine: Callable[[pl.DataFrame], Any]) -> None:
    spec = NextItem(min_customers=1)
    assert told(spec, engine(events())) == pytest.approx(told(spec, events()))


def test_it_is_told_without_anybody() -> None:
    fitted = NextItem(min_customers=1).fit({"events": events()}, as_of=AT)
    assert str(fitted) == "3 transitions between 4 items before 2026-02-01"
    assert "Next item" in fitted._repr_html_()
    assert fitted.rows() == {}
    assert fitted.items().row(0) == ("mat", 3)
    assert np.all(fitted.visits > 0)


def test_tables_must_be_there() -> None:
    with pytest.raises(SchemaError, match="None of"):
        NextItem().fit({"answers": events()}, as_of=AT)
