"""What comes next in a session."""

from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unified_customer.core.errors import ConfigurationError
from unified_customer.recommendations.sessions import FittedNextItem, NextItem

AT = datetime(2026, 2, 1, tzinfo=UTC)
ITEMS = "abcde"

sessions = st.lists(
    st.tuples(st.sampled_from(("ann", "bob", "eve", None)), st.lists(st.sampled_from(ITEMS), min_size=1, max_size=6)),
    min_size=1,
    max_size=12,
)
specs = st.builds(
    NextItem,
    reach=st.integers(1, 4),
    fading=st.sampled_from((0.5, 0.8, 1.0)),
    last=st.integers(1, 3),
    recency=st.sampled_from((0.5, 1.0)),
    min_customers=st.integers(1, 2),
)
view = st.lists(st.sampled_from([*ITEMS, "unheard"]), max_size=5)


def steps(each: list[Any]) -> pl.DataFrame:
    rows = [
        (who, f"s{place}", item, AT - timedelta(days=1 + place, minutes=-step))
        for place, (who, seen) in enumerate(each)
        for step, item in enumerate(seen)
    ]
    schema = {"customer_id": pl.String(), "session_id": pl.String(), "item_id": pl.String()}
    return pl.DataFrame(rows, schema=schema | {"occurred_at": pl.Datetime("us", "UTC")}, orient="row")


def fitted(spec: NextItem, each: list[Any]) -> FittedNextItem:
    return spec.fit({"interactions": steps(each)}, as_of=AT)


def weights(each: FittedNextItem) -> dict[tuple[str, str], float]:
    return {(item, other): weight for item, other, weight in each.following().rows()}


def counted(spec: NextItem, each: list[Any]) -> dict[tuple[str, str], float]:
    """Walk through every session."""
    found: dict[tuple[str, str], float] = {}
    owners: dict[tuple[str, str], set[Any]] = {}
    for place, (who, seen) in enumerate(each):
        path = [item for step, item in enumerate(seen) if not step or seen[step - 1] != item]
        for step, item in enumerate(path):
            for distance, other in enumerate(path[step + 1 : step + 1 + spec.reach]):
                if other != item:
                    found[item, other] = found.get((item, other), 0) + spec.fading**distance
                    owners.setdefault((item, other), set()).add(who or place)
    return {pair: weight for pair, weight in found.items() if len(owners[pair]) >= spec.min_customers}


@given(spec=specs, each=sessions)
def test_transitions_are_sums_over_sessions_of_enough_customers(spec: NextItem, each: list[Any]) -> None:
    assert weights(fitted(spec, each)) == pytest.approx(counted(spec, each))


@given(spec=specs, each=sessions, seen=view)
def test_scores_are_sums_over_the_last_items_the_newest_most(spec: NextItem, each: list[Any], seen: list[str]) -> None:
    known = {item for _, path in each for item in path}
    recent = list(dict.fromkeys(item for item in reversed(seen) if item in known))[: spec.last]
    told = counted(spec, each)
    expected = {
        other: sum(told.get((item, other), 0) * spec.recency**back for back, item in enumerate(recent))
        for other in known - set(seen)
    }
    found = fitted(spec, each).next(seen, n=99).filter(basis="session")
    assert dict(found.select("item_id", "score").rows()) == pytest.approx({k: v for k, v in expected.items() if v})


@given(spec=specs, each=sessions, seen=view, n=st.integers(1, 6))
def test_a_list_holds_different_items_in_order_and_none_that_was_seen(
    spec: NextItem, each: list[Any], seen: list[str], n: int
) -> None:
    one = fitted(spec, each)
    told = one.next(seen, n=n)
    found = told["item_id"].to_list()
    assert len(found) == len(set(found)) <= n
    assert not set(seen) & set(found)
    assert told["score"].is_sorted(descending=True)
    assert told["rank"].to_list() == list(range(1, len(found) + 1))
    assert len(found) == min(n, len(set(one.items()["item_id"]) - set(seen)))


@given(spec=specs, each=sessions, chance=st.randoms(use_true_random=False), names=st.permutations(ITEMS))
def test_the_order_of_rows_and_names_change_nothing(
    spec: NextItem, each: list[Any], chance: Any, names: list[str]
) -> None:
    renamed = dict(zip(ITEMS, names, strict=True))
    frame = steps(each).with_columns(pl.col("item_id").replace(renamed))
    moved = frame[chance.sample(range(frame.height), frame.height)]
    told = weights(spec.fit({"interactions": moved}, as_of=AT))
    expected = {(renamed[one], renamed[other]): weight for (one, other), weight in weights(fitted(spec, each)).items()}
    assert told == pytest.approx(expected)


@given(spec=specs, each=sessions)
def test_sessions_of_something_else_change_no_transition(spec: NextItem, each: list[Any]) -> None:
    assert weights(fitted(spec, [*each, ("zoe", ["y"])])) == weights(fitted(spec, each))


@given(spec=specs, each=sessions)
def test_pauses_part_sessions_where_none_is_told(spec: NextItem, each: list[Any]) -> None:
    known = [(who, seen) for who, seen in each if who] or [("ann", ["a"])]
    parted = spec.fit({"interactions": steps(known).drop("session_id")}, as_of=AT)
    assert weights(parted) == pytest.approx(counted(spec, known))


@given(spec=specs, each=sessions)
def test_what_is_later_does_not_count(spec: NextItem, each: list[Any]) -> None:
    later = steps(each).with_columns(occurred_at=pl.lit(AT), session_id=pl.lit("later"))
    told = spec.fit({"interactions": pl.concat([steps(each), later])}, as_of=AT)
    assert weights(told) == weights(fitted(spec, each))


@given(spec=specs, each=sessions)
def test_no_customer_and_no_session_is_in_what_was_learned(spec: NextItem, each: list[Any]) -> None:
    named = [(who and f"who-{who}", seen) for who, seen in each]
    told = fitted(spec, named)
    frames = [told.items(), told.following(), told.next([])]
    shown = (
        str(told),
        repr(told),
        told._repr_html_(),
        str(told.to_body()),
        *(str(frame.to_dict()) for frame in frames),
    )
    assert not any("who-" in text or "s0" in text for text in shown)


def test_there_must_be_a_session() -> None:
    with pytest.raises(ConfigurationError, match="nothing to learn from"):
        fitted(NextItem(), [])
