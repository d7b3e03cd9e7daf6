"""What is bought together, and what the next order holds."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import combinations
from math import exp, isclose, log, sqrt
from statistics import NormalDist
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from unified_customer.core.errors import ConfigurationError
from unified_customer.recommendations.baskets import BoughtTogether, FittedTogether, NextBasket
from unified_customer.recommendations.baskets.frequencies import decays
from unified_customer.recommendations.serving.recommender import Recommender

AT = datetime(2026, 2, 1, tzinfo=UTC)
ITEMS = "abcdef"

orders = st.lists(
    st.tuples(st.sampled_from(("ann", "bob", "eve", None)), st.sets(st.sampled_from(ITEMS), min_size=1)),
    min_size=1,
    max_size=20,
)
specs = st.builds(
    BoughtTogether, given=st.integers(1, 3), least_orders=st.integers(1, 3), min_customers=st.integers(1, 2)
)
bought = st.lists(
    st.tuples(st.sampled_from(("ann", "bob", "eve", "dan")), st.sampled_from(ITEMS), st.integers(0, 9)),
    min_size=1,
    max_size=30,
    unique=True,
)
following = st.builds(
    NextBasket, repeats=st.just(value=True), groups=st.integers(1, 3), neighbours=st.integers(1, 5),
    own=st.sampled_from((0.0, 0.5, 1.0)),
)  # fmt: skip


def lines(each: list[Any], kind: str = "sale", start: int = 0) -> pl.DataFrame:
    rows = [
        (who, f"o{place + start}", item, kind, AT - timedelta(days=1))
        for place, (who, held) in enumerate(each)
        for item in held
    ]
    schema = {"customer_id": pl.String(), "order_id": pl.String(), "item_id": pl.String(), "kind": pl.String()}
    return pl.DataFrame(rows, schema=schema | {"occurred_at": pl.Datetime("us", "UTC")}, orient="row")


def fitted(spec: BoughtTogether, each: list[Any]) -> FittedTogether:
    return spec.fit({"order_lines": lines(each)}, as_of=AT)


def counted(spec: BoughtTogether, each: list[Any]) -> dict[tuple[str, ...], tuple[int, int]]:
    """Count every set by looking into every order."""
    found: dict[tuple[str, ...], list[Any]] = {}
    for place, (who, held) in enumerate(each):
        for size in range(2, spec.given + 2):
            for items in combinations(sorted(held), size):
                found.setdefault(items, []).append(who or place)
    told = {items: (len(owners), len(set(owners))) for items, owners in found.items()}
    return {items: n for items, n in told.items() if n[0] >= spec.least_orders and n[1] >= spec.min_customers}


def sets(each: FittedTogether) -> dict[tuple[str, ...], tuple[int, int]]:
    rules = each.rules().select("given", "item_id", "orders", "customers").rows()
    return {tuple(sorted([*given, item])): (orders, customers) for given, item, orders, customers in rules}


@given(spec=specs, each=orders)
def test_every_set_that_may_be_told_has_the_counts_of_brute_force(spec: BoughtTogether, each: list[Any]) -> None:
    assert sets(fitted(spec, each)) == counted(spec, each)


@given(spec=specs, each=orders)
def test_measures_are_those_of_their_definitions(spec: BoughtTogether, each: list[Any]) -> None:
    for row in fitted(spec, each).rules().iter_rows(named=True):
        both, one, other = (
            sum(set(items) <= held for _, held in each)
            for items in ([*row["given"], row["item_id"]], row["given"], [row["item_id"]])
        )
        n, lift = len(each), both * len(each) / one / other
        reach = NormalDist().inv_cdf(0.975) * sqrt(max(1 / both - 1 / one - 1 / other + (2 * lift - 1) / n, 0))
        expected = (
            both / n,
            both / one,
            lift,
            both / n - one * other / n**2,
            exp(log(lift) - reach),
            lift * exp(reach),
        )
        told = (row["support"], row["confidence"], row["lift"], row["leverage"], row["low"], row["high"])
        assert told == pytest.approx(expected, abs=1e-6)


@given(spec=specs, each=orders)
def test_support_lift_and_leverage_are_those_of_the_set_however_a_pair_is_turned(
    spec: BoughtTogether, each: list[Any]
) -> None:
    rules = fitted(spec.model_copy(update={"given": 1}), each).rules()
    told = {(row["given"][0], row["item_id"]): row for row in rules.iter_rows(named=True)}
    for (one, other), row in told.items():
        for name in ("orders", "customers", "support", "lift", "low", "high", "leverage"):
            assert row[name] == pytest.approx(told[other, one][name])


@given(spec=specs, each=orders, chance=st.randoms(use_true_random=False), names=st.permutations(ITEMS))
def test_order_and_names_change_nothing(spec: BoughtTogether, each: list[Any], chance: Any, names: list[str]) -> None:
    renamed = dict(zip(ITEMS, names, strict=True))
    moved = [(who, {renamed[item] for item in held}) for who, held in chance.sample(each, len(each))]
    told = {tuple(sorted(renamed[item] for item in items)): n for items, n in sets(fitted(spec, each)).items()}
    assert sets(fitted(spec, moved)) == told


@given(spec=specs, each=orders)
def test_an_order_of_something_else_changes_no_count_and_raises_lifts(spec: BoughtTogether, each: list[Any]) -> None:
    one, other = fitted(spec, each), fitted(spec, [*each, ("zoe", {"z"})])
    assert sets(one) == sets(other)
    lifts = [frame.rules().sort("item_id", "given")["lift"].to_list() for frame in (one, other)]
    assert all(isclose(more, less * (len(each) + 1) / len(each)) for less, more in zip(*lifts, strict=True))


@given(spec=specs, each=orders, back=orders, kind=st.sampled_from(("return", "cancellation")))
def test_what_comes_back_in_other_orders_is_no_purchase(
    spec: BoughtTogether, each: list[Any], back: list[Any], kind: str
) -> None:
    whole = pl.concat([lines(each), lines(back, kind, start=100)])
    told = spec.fit({"order_lines": whole}, as_of=AT)
    assert (told.orders, sets(told)) == (len(each), sets(fitted(spec, each)))


@given(spec=specs, each=orders)
def test_what_is_later_does_not_count(spec: BoughtTogether, each: list[Any]) -> None:
    later = lines(each, start=100).with_columns(occurred_at=pl.lit(AT))
    told = spec.fit({"order_lines": pl.concat([lines(each), later])}, as_of=AT)
    assert sets(told) == sets(fitted(spec, each))


@given(spec=specs, each=orders, cart=st.sets(st.sampled_from("abcdez")), n=st.integers(1, 4))
def test_a_cart_gets_other_items_each_once_by_what_it_holds(
    spec: BoughtTogether, each: list[Any], cart: set[str], n: int
) -> None:
    told = fitted(spec, each).goes_with(sorted(cart), n=n)
    found = told["item_id"].to_list()
    assert len(found) == len(set(found)) <= n
    assert not cart & set(found)
    assert all(set(given) <= cart for given in told["given"])
    assert told["low"].is_sorted(descending=True)
    assert told["rank"].to_list() == list(range(1, len(found) + 1))


@given(spec=specs, each=orders, cart=st.sets(st.sampled_from(ITEMS), min_size=1))
def test_a_cart_gets_all_that_goes_with_it_above_chance(spec: BoughtTogether, each: list[Any], cart: set[str]) -> None:
    one = fitted(spec, each)
    above = [row for row in one.rules().iter_rows(named=True) if set(row["given"]) <= cart and row["low"] > 1]
    assert set(one.goes_with(sorted(cart), n=99)["item_id"]) == {row["item_id"] for row in above} - cart


@given(each=orders)
def test_no_customer_is_in_what_was_found(each: list[Any]) -> None:
    named = [(who and f"who-{who}", held) for who, held in each]
    told = fitted(BoughtTogether(least_orders=1, min_customers=1), named)
    frames = [told.counts, *told.sets, told.items(), told.pairs()]
    shown = (
        str(told),
        repr(told),
        told._repr_html_(),
        str(told.to_body()),
        *(str(frame.to_dict()) for frame in frames),
    )
    assert not any("who-" in text for text in shown)


# ------------------------------------------------------------------------------------------------------- next basket


def rows(each: list[Any]) -> pl.DataFrame:
    told = [(who, item, AT - timedelta(days=1 + day)) for who, item, day in each]
    schema = {"customer_id": pl.String(), "item_id": pl.String(), "occurred_at": pl.Datetime("us", "UTC")}
    return pl.DataFrame(told, schema=schema, orient="row")


def by_item(recommender: Recommender) -> dict[tuple[str, str], float]:
    table = recommender.recommend(n=len(ITEMS)).table
    return {(who, item): score for who, item, score in table.select("customer_id", "item_id", "score").rows()}


def learned(spec: NextBasket, each: list[Any]) -> Recommender:
    return spec.fit({"interactions": rows(each)}, as_of=AT)


def scores(spec: NextBasket, each: list[Any]) -> dict[tuple[str, str], float]:
    return by_item(learned(spec, each))


@given(orders=st.integers(1, 30), groups=st.integers(1, 9))
def test_orders_count_less_the_more_came_after_and_no_more_than_one_at_most(orders: int, groups: int) -> None:
    found = decays(orders, groups=groups, within=0.9, between=0.6)
    size = -(-orders // groups)
    grouped = [range(start, min(start + size, orders)) for start in range(0, orders, size)]
    expected = [
        0.6**place * 0.9**within / len(group) / len(grouped)
        for place, group in enumerate(grouped)
        for within in range(len(group))
    ]
    assert found.tolist() == pytest.approx(expected)
    assert found.sum() <= 1 + 1e-9


@given(spec=following, each=bought)
def test_own_scores_are_decayed_sums_over_orders(spec: NextBasket, each: list[Any]) -> None:
    times = Counter((who, item) for who, item, _ in each)
    assume(max(times.values()) <= 2)
    told = scores(spec.model_copy(update={"own": 1.0}), each)
    for who in {who for who, _, _ in each}:
        days = sorted({day for other, _, day in each if other == who})
        decay = decays(len(days), groups=spec.groups, within=spec.within, between=spec.between)
        for item in {item for _, item, _ in each}:
            own = sum(decay[place] for place, day in enumerate(days) if (who, item, day) in each)
            assert told[who, item] == pytest.approx(own, abs=1e-6)


@given(spec=following, each=bought)
def test_a_history_that_was_not_learned_gets_the_vector_that_it_would_have_had(
    spec: NextBasket, each: list[Any]
) -> None:
    one = learned(spec, each)
    told: Any = one.scorer
    assert np.allclose(told.vectors(one.histories).toarray(), told.people.toarray())


@given(spec=following, each=bought, cut=st.integers(1, 9))
def test_brought_up_to_date_own_scores_are_those_of_learning_anew(spec: NextBasket, each: list[Any], cut: int) -> None:
    spec = spec.model_copy(update={"own": 1.0})
    then = AT - timedelta(days=cut)
    early = rows(each).filter(pl.col("occurred_at") < then)
    assume(early.height and set(early["item_id"]) == set(rows(each)["item_id"]))
    later = spec.fit({"interactions": early}, as_of=then).updated({"interactions": rows(each)}, as_of=AT)
    assert by_item(later) == pytest.approx(scores(spec, each), abs=1e-6)


@given(spec=following, each=bought, chance=st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_no_score(spec: NextBasket, each: list[Any], chance: Any) -> None:
    assert scores(spec, each) == pytest.approx(scores(spec, chance.sample(each, len(each))))


@given(spec=following, each=bought)
def test_evidence_adds_up_to_the_score(spec: NextBasket, each: list[Any]) -> None:
    one = learned(spec, each)
    for place in range(len(one.histories)):
        history = one.histories.taken(np.array([place]))
        told = one.scorer.scores(history)[0]
        found = [one.scorer.evidence(history, item).sum() for item in range(len(one.items))]
        assert found == pytest.approx(told.tolist(), abs=1e-5)


@given(spec=following, each=bought)
def test_nobody_is_a_neighbour_of_oneself(spec: NextBasket, each: list[Any]) -> None:
    alone = [("ann", *row) for _, *row in each]
    own = scores(spec.model_copy(update={"own": 1.0}), alone)
    assert scores(spec, alone) == pytest.approx({pair: spec.own * score for pair, score in own.items()}, abs=1e-6)


@given(spec=following, each=bought)
def test_of_who_is_taken_out_no_number_is_left(spec: NextBasket, each: list[Any]) -> None:
    others = [row for row in each if row[0] != "ann"]
    assume(others and {item for _, item, _ in others} == {item for _, item, _ in each})
    spec = spec.model_copy(update={"neighbours": 9})
    left = learned(spec, each).without(["ann"])
    assert by_item(left) == pytest.approx(scores(spec, others), abs=1e-6)


def test_there_must_be_an_order() -> None:
    with pytest.raises(ConfigurationError, match="nothing to count"):
        fitted(BoughtTogether(), [])
