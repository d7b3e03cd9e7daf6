"""When a row is over by rules about its source, who that is, and when its customer was last active."""

from datetime import UTC, datetime

import polars as pl
import pytest

from unified_customer.core.fields import Party
from unified_customer.core.tables import EVENTS, MEMBERSHIPS, RECORDED_AT
from unified_customer.policy import Period, Policy, RetentionRule
from unified_customer.policy.lapse import HOLDER, LAST_ACTIVITY, Terms

HAPPENED = datetime(2026, 1, 1, tzinfo=UTC)
ACTIVE = datetime(2026, 6, 1, tzinfo=UTC)
PARTIES: dict[str, Party] = {"broker": "third", "shop": "first"}


def ends(rule: RetentionRule, parties: dict[str, Party] = PARTIES) -> dict[str, datetime]:
    """Return when the rows of three sources are over, of which only that of the shop has a customer that was active."""
    rows = pl.DataFrame(
        {
            "source": ["broker", "shop", "app"],
            "occurred_at": [HAPPENED] * 3,
            RECORDED_AT: [HAPPENED] * 3,
            LAST_ACTIVITY: [None, ACTIVE, None],
            HOLDER: ["c1", "c2", "c3"],
        },
        schema_overrides={LAST_ACTIVITY: pl.Datetime("us", "UTC")},
    )
    told = rows.select("source", ends=Terms(EVENTS, None, (rule,), parties).ends())
    return dict(told.drop_nulls().rows())


def on(day: int, month: int = 1) -> datetime:
    return datetime(2026, month, day, tzinfo=UTC)


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (RetentionRule(sources=("broker",), keep=Period(days=9)), {"broker": on(10)}),
        (RetentionRule(party="third", keep=Period(days=9)), {"broker": on(10)}),
        (RetentionRule(since="last_activity", keep=Period(days=9)), {"shop": on(10, 6)}),
    ],
)
def test_a_rule_ends_what_it_is_about_alone(rule: RetentionRule, expected: dict[str, datetime]) -> None:
    found = ends(rule)
    assert {source: found[source] for source in expected} == expected
    unruled = ends(RetentionRule(sources=("nobody",), keep=Period(days=1)))
    assert {source: end for source, end in found.items() if source not in expected} == {
        source: end for source, end in unruled.items() if source not in expected
    }


def test_where_nothing_is_told_of_sources_the_field_dictionary_says_who_they_are() -> None:
    found = ends(RetentionRule(party="first", keep=Period(days=9)), parties={})
    assert set(found.values()) == {on(10)}


def test_a_membership_counts_from_when_it_was_left() -> None:
    terms = Terms(MEMBERSHIPS, None, (RetentionRule(table="memberships", keep=Period(days=9)),))
    rows = pl.DataFrame({"left_at": [HAPPENED, None]}, schema={"left_at": pl.Datetime("us", "UTC")})
    assert rows.select(terms.ends()).to_series().to_list() == [on(10), None]


def test_laws_of_two_places_have_regimes_of_their_own() -> None:
    assert [list(policy.regimes) for policy in (Policy.uk(), Policy.hipaa())] == [["uk"], ["hipaa"]]
