"""Audiences: who fulfils a rule, the same on every engine, and the same however it is worked out."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.searching import at_least
from tests.segmentation.audience_oracle import Oracle
from unified_customer.engines.portable import collected, opened
from unified_customer.segmentation.audiences import And, Audience, Not, Or, Rule, Sequence, rule_from_json
from unified_customer.testing.audience_strategies import (
    DAYS,
    PEOPLE,
    SCHEMAS,
    Frames,
    any_leaf,
    courses,
    instants,
    leaf_rules,
    rules,
    sequences,
    shops,
)
from unified_customer.testing.purchase_strategies import FIRST

ends = instants()
KINDS = leaf_rules()
zones = st.sampled_from(("UTC", "America/New_York", "Asia/Kolkata"))
bases = st.sampled_from(("customers", "events"))
audiences = st.builds(Audience, name=st.just("some"), rule=rules(), zone=zones, base=bases)


def members(audience: Audience, tables: Mapping[str, Any], as_of: datetime) -> set[str]:
    """Return who is in an audience, each once."""
    found = collected(opened(audience.fit(tables, as_of=as_of).table))
    assert found["customer_id"].n_unique() == found.height
    return set(found["customer_id"])


def of_base(audience: Audience, tables: Frames, as_of: datetime) -> set[str]:
    frame = tables[audience.base]
    past = frame if audience.base == "customers" else frame.filter(pl.col("occurred_at") < as_of)
    return set(past["customer_id"].drop_nulls())


@given(audiences)
def test_an_audience_is_the_same_after_a_trip_through_json(audience: Audience) -> None:
    assert Audience.from_json(audience.to_json()) == audience
    assert rule_from_json(audience.rule.model_dump_json()) == audience.rule


@pytest.mark.parametrize("leaves", KINDS.values(), ids=KINDS)
@given(data=st.data(), zone=zones, tables=shops(), as_of=ends)
def test_a_rule_holds_of_whom_brute_force_says(
    leaves: st.SearchStrategy[Rule], data: st.DataObject, zone: str, tables: Frames, as_of: datetime
) -> None:
    rule = data.draw(leaves)
    audience = Audience(name="some", rule=rule, zone=zone, base="events")
    there = of_base(audience, tables, as_of)
    wanted = {each for each in there if Oracle(tables, each, as_of, zone).holds(rule)}
    assert members(audience, tables, as_of) == wanted


@settings(max_examples=at_least(150))
@given(sequences(), courses(), ends.map(lambda end: end + timedelta(days=DAYS / 2)))
def test_a_sequence_holds_if_any_choice_of_moments_fulfils_it(rule: Sequence, tables: Frames, as_of: datetime) -> None:
    audience = Audience(name="some", rule=rule, base="events")
    there = of_base(audience, tables, as_of)
    wanted = {each for each in there if Oracle(tables, each, as_of, "UTC").holds(rule)}
    assert members(audience, tables, as_of) == wanted


@given(audiences, shops(), ends)
def test_rules_put_together_hold_of_whom_brute_force_says(audience: Audience, tables: Frames, as_of: datetime) -> None:
    there = of_base(audience, tables, as_of)
    wanted = {each for each in there if Oracle(tables, each, as_of, audience.zone).holds(audience.rule)}
    assert members(audience, tables, as_of) == wanted


@given(audiences, shops(), ends)
def test_an_audience_and_its_negation_part_the_base(audience: Audience, tables: Frames, as_of: datetime) -> None:
    inside, outside = (members(each, tables, as_of) for each in (audience, audience.negated("others")))
    assert not inside & outside
    assert inside | outside == of_base(audience, tables, as_of)


@given(audiences, st.lists(rules(), max_size=3), shops(), ends)
def test_not_all_is_any_not_and_not_any_is_all_not(
    audience: Audience, several: list[Rule], tables: Frames, as_of: datetime
) -> None:
    def holds(rule: Rule) -> set[str]:
        return members(audience.model_copy(update={"rule": rule}), tables, as_of)

    negated = [Not(each) for each in several]
    assert holds(~And(*several)) == holds(Or(*negated))
    assert holds(~Or(*several)) == holds(And(*negated))


@given(audiences, shops(), ends, st.data())
def test_what_happens_later_changes_nothing(
    audience: Audience, tables: Frames, as_of: datetime, data: st.DataObject
) -> None:
    later = {**tables, **shifted(data.draw(shops()), to=as_of)}
    more = {name: pl.concat([tables[name], later[name]]) for name in DATED}
    assert members(audience, {**tables, **more}, as_of) == members(audience, tables, as_of)


DATED: Mapping[str, str] = {
    "events": "occurred_at",
    "order_lines": "occurred_at",
    "memberships": "entered_at",
    "scores": "as_of",
    "answers": "answered_at",
}


def shifted(tables: Frames, *, to: datetime) -> Frames:
    """Return what happens in some tables so much later that it is at an instant or after it."""
    by = to - FIRST
    return {name: tables[name].with_columns(pl.col(time) + by) for name, time in DATED.items()}


@given(audiences, shops(), ends, st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(audience: Audience, tables: Frames, as_of: datetime, random: Any) -> None:
    mixed = {
        name: frame.sample(fraction=1, shuffle=True, seed=random.randint(0, 999)) for name, frame in tables.items()
    }
    assert members(audience, mixed, as_of) == members(audience, tables, as_of)


@pytest.mark.parametrize("parts", [*KINDS.values(), rules()], ids=[*KINDS, "any"])
@given(data=st.data(), zone=zones, base=bases, tables=shops(), as_of=ends)
def test_bringing_an_audience_up_to_date_is_working_it_out_anew(
    *, parts: st.SearchStrategy[Rule], data: st.DataObject, zone: str, base: Any, tables: Frames, as_of: datetime
) -> None:
    audience = Audience(name="some", rule=data.draw(parts), zone=zone, base=base)
    fitted, now = audience.fit(tables, as_of=as_of), tables
    for _ in range(2):
        after = as_of + timedelta(hours=6 * data.draw(st.integers(0, 16)))
        now, changed = changed_since(now, data.draw(st.none() | shops()), data, as_of)
        fitted, as_of = fitted.updated(now, as_of=after, changed=changed), after
        assert set(fitted.table["customer_id"]) == members(audience, now, as_of)
        assert fitted.table["customer_id"].is_unique().all()


def changed_since(
    tables: Frames, other: Frames | None, data: st.DataObject, as_of: datetime
) -> tuple[Frames, list[str]]:
    """Return tables in which some customers have other rows, and who they are; what is to come need not be told."""
    if other is None:
        return tables, []
    who = data.draw(st.lists(st.sampled_from([f"c{number}" for number in range(1, PEOPLE + 1)]), unique=True))
    theirs = pl.col("customer_id").is_in(who)
    now = {name: pl.concat([frame.filter(~theirs), other[name].filter(theirs)]) for name, frame in tables.items()}
    to_come = shifted(other, to=as_of)
    return {name: pl.concat([now[name], to_come[name]]) if name in to_come else now[name] for name in now}, who


@given(audiences, shops(), ends)
def test_what_is_explained_is_what_is_so(audience: Audience, tables: Frames, as_of: datetime) -> None:
    fitted = audience.fit(tables, as_of=as_of)
    inside = set(fitted.table["customer_id"])
    for each in of_base(audience, tables, as_of):
        explained = fitted.explain(each)
        assert explained.holds == (each in inside)
        oracle = Oracle(tables, each, as_of, audience.zone)
        assert all(part.holds == oracle.holds(part.rule) for part in every_part(explained))


def every_part(explained: Any) -> list[Any]:
    return [explained, *(each for part in explained.parts for each in every_part(part))]


# ------------------------------------------------------------------------------------------------------ engines

PutAll = Callable[[Frames], Mapping[str, Any]]


def on_one_duckdb(tables: Frames) -> Mapping[str, Any]:
    """Put frames into one database in memory, so that they can be joined."""
    import duckdb

    connection = duckdb.connect()
    return {name: connection.from_arrow(frame.to_arrow()) for name, frame in tables.items()}


def on_ibis(tables: Frames) -> Mapping[str, Any]:
    import ibis

    return {name: ibis.memtable(frame.to_arrow()) for name, frame in tables.items()}


PUT: Mapping[str, PutAll] = {
    "lazy": lambda tables: {name: frame.lazy() for name, frame in tables.items()},
    "duckdb": on_one_duckdb,
    "ibis": on_ibis,
}


@pytest.mark.parametrize("put", PUT.values(), ids=PUT)
@settings(max_examples=at_least(5), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(leaves=st.lists(any_leaf(), min_size=3, max_size=6), zone=zones, tables=shops(), as_of=ends)
def test_every_engine_finds_the_same_and_gives_back_its_own_kind(
    *, new_york: None, put: PutAll, leaves: list[Rule], zone: str, tables: Frames, as_of: datetime
) -> None:
    audience = Audience(name="some", rule=And(*(Or(each, ~leaves[0]) for each in leaves)), zone=zone)
    there = put(tables)
    table = audience.fit(there, as_of=as_of).table
    assert type(table) is type(there["customers"])
    assert members(audience, there, as_of) == members(audience, tables, as_of)
    parts = audience.fit(there, as_of=as_of).sizes
    assert parts.equals(audience.fit(tables, as_of=as_of).sizes)


def test_there_is_a_rule_about_every_table_of_the_shop() -> None:
    assert set(SCHEMAS) == {"customers", "permitted", *DATED}
    assert timedelta(days=DAYS) > timedelta(days=7)
