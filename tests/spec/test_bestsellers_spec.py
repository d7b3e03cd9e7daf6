"""What sells best, overall, in segments, and more than it did."""

from datetime import UTC, datetime, timedelta
from math import log
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unified_customer.recommendations.bestsellers import Bestsellers, FittedBestsellers

AT = datetime(2026, 2, 1, tzinfo=UTC)

bought = st.lists(
    st.tuples(st.sampled_from(("ann", "bob", "eve", "dan")), st.sampled_from("abcd"), st.integers(0, 60)),
    min_size=1,
    max_size=40,
)
memberships = st.lists(
    st.tuples(st.sampled_from(("ann", "bob", "eve", "dan", "zoe")), st.sampled_from(("new", "old"))),
    max_size=6,
    unique=True,
)
specs = st.builds(
    Bestsellers,
    half_life_days=st.sampled_from((20.0, 40.0)),
    lately_days=st.sampled_from((3.0, 9.0)),
    drawn=st.sampled_from((0.5, 10.0)),
    min_customers=st.integers(1, 2),
)


def fitted(spec: Bestsellers, each: list[Any], segments: list[Any]) -> FittedBestsellers:
    rows = [(who, item, AT - timedelta(days=1 + day)) for who, item, day in each]
    schema = {"customer_id": pl.String(), "item_id": pl.String(), "occurred_at": pl.Datetime("us", "UTC")}
    members = pl.DataFrame(segments, schema={"customer_id": pl.String(), "segment": pl.String()}, orient="row")
    return spec.fit({"interactions": pl.DataFrame(rows, schema=schema, orient="row"), "memberships": members}, as_of=AT)


def weighed(spec: Bestsellers, each: list[Any], among: set[str], days: float) -> dict[str, float]:
    """Add up one row after the other."""
    found: dict[str, float] = {}
    for who, item, day in each:
        if who in among:
            found[item] = found.get(item, 0) + 0.5 ** ((1 + day) / days)
    bought_by = {item: {who for who, other, _ in each if other == item and who in among} for item in found}
    return {item: weight for item, weight in found.items() if len(bought_by[item]) >= spec.min_customers}


@given(spec=specs, each=bought, segments=memberships)
def test_shares_are_decayed_sums_drawn_to_those_overall(
    spec: Bestsellers, each: list[Any], segments: list[Any]
) -> None:
    told = fitted(spec, each, segments)
    overall = weighed(spec, each, {who for who, _, _ in each}, spec.half_life_days)
    shares = {item: weight / sum(overall.values()) for item, weight in overall.items()}
    assert dict(told.overall.select("item_id", "share").rows()) == pytest.approx(shares)
    for segment in {segment for _, segment in segments}:
        own = weighed(spec, each, {who for who, other in segments if other == segment}, spec.half_life_days)
        expected = {
            item: (own.get(item, 0) + spec.drawn * share) / (sum(own.values()) + spec.drawn)
            for item, share in shares.items()
        }
        assert dict(told.top(segment, n=99).select("item_id", "share").rows()) == pytest.approx(expected)


@given(spec=specs, each=bought, segments=memberships)
def test_shares_of_each_list_add_up_to_one_and_fall(spec: Bestsellers, each: list[Any], segments: list[Any]) -> None:
    told = fitted(spec, each, segments)
    for segment in [None, *told.segments]:
        top = told.top(segment, n=99)
        assert top["share"].is_sorted(descending=True)
        assert top["item_id"].is_unique().all()
        assert not top.height or top["share"].sum() == pytest.approx(1)


@given(spec=specs, each=bought, segments=memberships)
def test_nothing_is_told_of_fewer_customers_than_the_floor(
    spec: Bestsellers, each: list[Any], segments: list[Any]
) -> None:
    told = fitted(spec, each, segments)
    for frame in (told.overall, told.growing, told.by_segment.filter(pl.col("customers") > 0)):
        assert frame.filter(pl.col("customers") < spec.min_customers).is_empty()
    assert (told.by_segment.filter(pl.col("customers") == 0)["weight"] == 0).all()


@given(spec=specs, each=bought)
def test_growth_is_that_of_the_share_drawn_to_none(spec: Bestsellers, each: list[Any]) -> None:
    everybody = {who for who, _, _ in each}
    spec = spec.model_copy(update={"min_customers": 1})
    short, long = (weighed(spec, each, everybody, days) for days in (spec.lately_days, spec.half_life_days))
    told = {row["item_id"]: row for row in fitted(spec, each, []).growing.iter_rows(named=True)}
    rate = sum(short.values()) / sum(long.values())
    for item, row in told.items():
        assert row["growth"] == pytest.approx((short[item] + 5) / (long[item] * rate + 5))
        assert row["low"] <= row["growth"] <= row["high"]
        assert log(row["high"] / row["growth"]) == pytest.approx(log(row["growth"] / row["low"]), abs=1e-9)
    assert sum(row["lately"] for row in told.values()) == pytest.approx(sum(row["expected"] for row in told.values()))


@given(spec=specs, each=bought, segments=memberships, chance=st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(
    spec: Bestsellers, each: list[Any], segments: list[Any], chance: Any
) -> None:
    moved = fitted(spec, chance.sample(each, len(each)), chance.sample(segments, len(segments)))
    told = fitted(spec, each, segments)
    assert moved.overall.sort("item_id").equals(told.overall.sort("item_id"))
    assert moved.by_segment.sort("segment", "item_id").equals(told.by_segment.sort("segment", "item_id"))
    assert moved.growing.equals(told.growing)


@given(spec=specs, each=bought, segments=memberships)
def test_what_other_segments_are_called_changes_no_list(
    spec: Bestsellers, each: list[Any], segments: list[Any]
) -> None:
    renamed = [(who, "late" if segment == "old" else segment) for who, segment in segments]
    assert fitted(spec, each, renamed).top("new").equals(fitted(spec, each, segments).top("new"))


@given(spec=specs, each=bought, segments=memberships)
def test_no_customer_is_in_what_was_found(spec: Bestsellers, each: list[Any], segments: list[Any]) -> None:
    told = fitted(spec, [(f"who-{who}", *row) for who, *row in each], [(f"who-{who}", name) for who, name in segments])
    frames = (told.overall, told.by_segment, told.growing)
    shown = (
        str(told),
        repr(told),
        told._repr_html_(),
        str(told.to_body()),
        *(str(frame.to_dict()) for frame in frames),
    )
    assert not any("who-" in text for text in shown)


@given(spec=specs, each=bought, segments=memberships, n=st.integers(1, 5))
def test_newcomers_get_the_list_of_their_segment_or_that_of_everybody(
    spec: Bestsellers, each: list[Any], segments: list[Any], n: int
) -> None:
    told = fitted(spec, each, segments)
    members = pl.DataFrame(segments, schema={"customer_id": pl.String(), "segment": pl.String()}, orient="row")
    found = told.recommend(["zoe", "nobody"], members, n=n)
    own = sorted(segment for who, segment in segments if who == "zoe")
    lists = {
        who: rows["item_id"].to_list() for (who,), rows in found.table.group_by("customer_id", maintain_order=True)
    }
    short = dict(found.shortfall.select("customer_id", "missing").rows())
    for who, segment in (("zoe", own[0] if own else None), ("nobody", None)):
        assert lists.get(who, []) == told.top(segment, n=n)["item_id"].to_list()
        assert len(lists.get(who, [])) + short.get(who, 0) == n
