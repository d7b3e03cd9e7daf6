"""Corrections by people, links over time, and ids that stay good, by example."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from unified_customer.core.errors import ConfigurationError, IdentityConflictError, UnknownCustomerError
from unified_customer.core.tables import LINK_DECISIONS, LINKS
from unified_customer.identity import (
    anchor_decisions,
    check_decisions,
    decide,
    held,
    history,
    merge_decisions,
    relink,
    resolve_ids,
    retract,
    split_decisions,
    standing,
)

T1 = datetime(2026, 1, 1, tzinfo=UTC)
T2, T3 = T1 + timedelta(days=1), T1 + timedelta(days=2)
NONE = LINK_DECISIONS.empty()


def partition(*groups: str) -> pl.DataFrame:
    rows = [(record, group.split()[0], 1.0, "exact:email") for group in groups for record in group.split()]
    return pl.DataFrame(rows, schema=["record_id", "customer_id", "probability", "reason"], orient="row")


def pairs(decisions: pl.DataFrame) -> set[tuple[str, str, str]]:
    return set(decisions.select("kind", "record_a", "record_b").rows())


def test_a_merge_links_every_record_of_one_to_the_other() -> None:
    rows = merge_decisions(partition("a a2", "b b2"), "a", "b", NONE, actor="eve", at=T1, reason="phoned")
    assert pairs(rows) == {("must_link", "a", "b"), ("must_link", "a", "b2"), ("must_link", "a2", "b")}
    assert rows.select("actor", "reason", "decided_at").unique().rows() == [("eve", "phoned", T1)]


def test_a_merge_of_one_customer_with_itself_is_nothing() -> None:
    assert merge_decisions(partition("a a2"), "a", "a", NONE, actor="eve", at=T1).is_empty()


def test_a_merge_against_a_cannot_link_names_it_or_takes_it_back() -> None:
    apart = decide("cannot_link", [("a2", "b")], actor="eve", at=T1)
    now = partition("a a2", "b")
    with pytest.raises(IdentityConflictError, match=apart["decision_id"].item()):
        merge_decisions(now, "a", "b", apart, actor="eve", at=T2)
    rows = merge_decisions(now, "a", "b", apart, actor="eve", at=T2, override=True)
    assert rows["retracts"].drop_nulls().to_list() == apart["decision_id"].to_list()
    check_decisions(pl.concat([apart, rows]))


def test_a_merge_or_split_of_nobody() -> None:
    with pytest.raises(UnknownCustomerError, match="'x'"):
        merge_decisions(partition("a"), "a", "x", NONE, actor="eve", at=T1)
    with pytest.raises(UnknownCustomerError, match="'x'"):
        split_decisions(partition("a"), "x", ["a"], NONE, resolve=lambda _: partition("a"), actor="eve", at=T1)


@pytest.mark.parametrize("records", [[], ["a", "b"], ["a", "x"]])
def test_a_split_takes_a_part(records: list[str]) -> None:
    with pytest.raises(ConfigurationError, match="not all of the 2 records"):
        split_decisions(partition("a b"), "a", records, NONE, resolve=lambda _: partition("a b"), actor="eve", at=T1)


def test_a_split_takes_crossing_must_links_back_and_keeps_apart_what_values_still_join() -> None:
    links = decide("must_link", [("a", "b"), ("b", "c")], actor="eve", at=T1)

    def resolve(decisions: pl.DataFrame) -> pl.DataFrame:
        return partition("a", "b", "c") if "cannot_link" in set(decisions["kind"]) else partition("a b", "c")

    rows = split_decisions(partition("a b c"), "a", {"b", "c"}, links, resolve=resolve, actor="eve", at=T2)
    assert pairs(rows) == {("retract", "a", "b"), ("cannot_link", "b", "a")}


def test_a_retraction_can_be_taken_back() -> None:
    link = decide("must_link", [("a", "b")], actor="eve", at=T1)
    back = retract(link, actor="eve", at=T2)
    again = retract(back, actor="eve", at=T3)
    assert standing(pl.concat([link, back])).is_empty()
    assert standing(pl.concat([link, back, again])).equals(link)


def test_decisions_are_ordered_by_seq() -> None:
    link = decide("must_link", [("a", "b")], actor="eve", at=T1)
    back = retract(link, actor="eve", at=T2)
    stored = pl.concat([back, link]).with_columns(seq=pl.Series([2, 1]))
    assert standing(stored).is_empty()


def test_an_anchor_holds_the_customer_of_a_record_that_loses_its_values() -> None:
    rows = anchor_decisions(partition("a b c", "d"), ["a", "d"], actor="retention", at=T1)
    assert pairs(rows) == {("must_link", "a", "b"), ("must_link", "a", "c")}


def test_only_changed_links_are_written() -> None:
    first = relink(LINKS.empty(), partition("a b", "c"), at=T1)
    assert first.closed.is_empty()
    second = relink(first.opened, partition("a b c"), at=T2)
    assert second.closed.select("record_id", "customer_id", "valid_from", "valid_to").rows() == [("c", "c", T1, T2)]
    assert second.opened.select("record_id", "customer_id", "valid_from", "valid_to").rows() == [("c", "a", T2, None)]


def test_a_link_of_the_same_instant_is_replaced() -> None:
    first = relink(LINKS.empty(), partition("a", "b"), at=T1)
    second = relink(first.opened, partition("a b"), at=T1)
    assert second.closed.is_empty()
    assert second.opened.select("record_id", "customer_id").rows() == [("b", "a")]


def test_links_do_not_run_backwards() -> None:
    first = relink(LINKS.empty(), partition("a", "b"), at=T2)
    with pytest.raises(ConfigurationError, match="later time"):
        relink(first.opened, partition("a b"), at=T1)


def ledger() -> pl.DataFrame:
    """`c` is a customer of its own on day one, belongs to `a` on day two, and is alone again on day three."""
    links = LINKS.empty()
    for groups, at in ((("a b", "c"), T1), (("a b c",), T2), (("a b", "c"), T3)):
        closed, opened = relink(held(links), partition(*groups), at=at)
        links = pl.concat([links.join(closed, on=["record_id", "valid_from"], how="anti"), closed, opened])
    return links


def test_every_id_resolves_now_and_then() -> None:
    assert resolve_ids(["c", "b", "c"], ledger()).rows() == [("c", "c"), ("b", "a"), ("c", "c")]
    assert resolve_ids(["c"], ledger(), at=T2)["customer_id"].to_list() == ["a"]
    with pytest.raises(UnknownCustomerError, match="1 of 2"):
        resolve_ids(["a", "x"], ledger())


def test_the_history_of_a_customer_shows_who_came_and_went() -> None:
    told = history(ledger(), "a").select("record_id", "customer_id", "valid_from").rows()
    assert told == [("a", "a", T1), ("b", "a", T1), ("c", "c", T1), ("c", "a", T2), ("c", "c", T3)]
    with pytest.raises(UnknownCustomerError, match="'x'"):
        history(ledger(), "x")
