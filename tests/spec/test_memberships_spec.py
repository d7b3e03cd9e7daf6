"""Memberships: who was in which segment from when to when."""

from datetime import datetime, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unified_customer.core.errors import ConfigurationError
from unified_customer.core.tables import MEMBERSHIPS
from unified_customer.methods.memberships import advance
from unified_customer.segmentation.memberships import membership_rows
from unified_customer.testing.purchase_strategies import FIRST

KEY = list(MEMBERSHIPS.key)
assignments = st.sets(st.tuples(st.sampled_from(["c1", "c2", "c3"]), st.sampled_from(["x", "y"])))
histories = st.lists(st.tuples(st.integers(0, 3), assignments), min_size=1, max_size=6)
"""Steps of days, and who is in which segment then; a step of 0 says it anew of the same day."""


def rows_of(assigned: set[tuple[str, str]], as_of: datetime) -> pl.DataFrame:
    frame = pl.DataFrame(sorted(assigned), schema={"customer_id": pl.String, "segment": pl.String}, orient="row")
    return membership_rows(frame, segmentation="some", as_of=as_of)


def saved(table: pl.DataFrame, assigned: set[tuple[str, str]], as_of: datetime) -> pl.DataFrame:
    """Return the table after an assignment was written."""
    moves = advance(table, rows_of(assigned, as_of), as_of=as_of)
    kept = table.join(moves.delete, on=KEY, how="anti").join(moves.upsert, on=KEY, how="anti")
    return pl.concat([kept, moves.upsert])


def inside(table: pl.DataFrame, at: datetime) -> list[tuple[str, str]]:
    """Return who is in which segment at an instant: entered at it or before, and not left at it or before."""
    then = table.filter(pl.col("entered_at") <= at, (pl.col("left_at") > at).fill_null(value=True))
    return sorted(then.select("customer_id", "segment").iter_rows())


def told(history: list[tuple[int, set[tuple[str, str]]]]) -> tuple[pl.DataFrame, dict[datetime, set[tuple[str, str]]]]:
    """Return the table after a history, and what was said last of each instant."""
    table, said, as_of = MEMBERSHIPS.empty(), {}, FIRST
    for days, assigned in history:
        as_of += timedelta(days=days)
        table, said[as_of] = saved(table, assigned, as_of), assigned
    return table, said


@given(histories)
def test_at_every_instant_those_are_in_a_segment_who_were_assigned_to_it_last(
    history: list[tuple[int, set[tuple[str, str]]]],
) -> None:
    table, said = told(history)
    for at, assigned in said.items():
        following = min((each for each in said if each > at), default=at + timedelta(days=9))
        for instant in (at, following - timedelta(microseconds=1)):
            assert inside(table, instant) == sorted(assigned)


@given(histories)
def test_each_stay_is_one_row_that_ends_after_it_began(history: list[tuple[int, set[tuple[str, str]]]]) -> None:
    table, _ = told(history)
    assert table.select(KEY).is_unique().all()
    assert (table["left_at"] > table["entered_at"]).fill_null(value=True).all()
    stays = table.sort("entered_at").with_columns(next=pl.col("entered_at").shift(-1).over("customer_id", "segment"))
    assert (stays["next"] > stays["left_at"]).fill_null(value=True).all()
    open_but_entered_again = stays.filter(pl.col("left_at").is_null(), pl.col("next").is_not_null())
    assert open_but_entered_again.is_empty()


@given(histories)
def test_saying_the_same_twice_changes_nothing(history: list[tuple[int, set[tuple[str, str]]]]) -> None:
    once, _ = told(history)
    twice, _ = told([each for days, assigned in history for each in ((days, assigned), (0, assigned))])
    assert twice.sort(KEY).equals(once.sort(KEY))


@given(histories.filter(lambda history: bool(history[-1][1])), st.integers(1, 3))
def test_what_is_known_later_is_not_said_otherwise(history: list[tuple[int, set[tuple[str, str]]]], days: int) -> None:
    table, _ = told([*history[:-1], (4, set()), (4, history[-1][1])])
    before = table["entered_at"].max()
    assert isinstance(before, datetime)
    with pytest.raises(ConfigurationError, match="are known as of"):
        saved(table, set(), before - timedelta(days=days))
