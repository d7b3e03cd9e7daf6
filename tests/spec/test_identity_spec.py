"""The laws of identity: who is one person, and what a customer's id is."""

from dataclasses import replace
from datetime import timedelta
from itertools import combinations, product

import polars as pl
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from unified_customer.core.errors import IdentityConflictError
from unified_customer.core.tables import LINK_DECISIONS, LINKS
from unified_customer.identity import (
    ExactIdentity,
    anchor_decisions,
    decide,
    merge_decisions,
    relink,
    resolve_ids,
    retract,
    split_decisions,
    standing,
)
from unified_customer.identity.people import disagree, persons
from unified_customer.testing.identity_strategies import (
    BEGINNING,
    JUNK,
    World,
    chains,
    customers_of,
    identifier_rows,
    people_rows,
    record_name,
    worlds,
)

LATER = BEGINNING + timedelta(days=30)
seeds = st.integers(0, 1000)
anything = worlds() | chains()


def owners(world: World, spec: ExactIdentity | None = None) -> dict[str, str]:
    return dict(world.resolve(spec).partition.select("record_id", "customer_id").rows())


def together(world: World, spec: ExactIdentity | None = None) -> frozenset[frozenset[str]]:
    return customers_of(world.resolve(spec))


def standing_pairs(world: World, kind: str) -> list[tuple[str, str]]:
    return standing(world.decisions).filter(kind=kind).select("record_a", "record_b").rows()


def said_one(world: World) -> list[set[str]]:
    """Return the groups of records that must-links put together, the others each alone."""
    groups = [{record} for record in world.records]
    for left, right in standing_pairs(world, "must_link"):
        joined = [group for group in groups if {left, right} & group]
        groups = [group for group in groups if group not in joined] + [set().union(*joined)]
    return groups


def clash(world: World, left: set[str], right: set[str]) -> bool:
    """Return whether no name of one group agrees with any name of the other."""
    said = persons(world.people).filter(pl.any_horizontal(pl.col("given", "family", "birth").is_not_null()))
    people = {row[0]: row[1:] for row in said.select("record_id", "given", "family", "birth").rows()}
    pairs = [people[a] + people[b] for a, b in product(left, right) if a in people and b in people]
    columns = [f"{part}_{side}" for side in "ab" for part in ("given", "family", "birth")]
    types = [pl.String, pl.String, pl.Date] * 2
    frame = pl.DataFrame(pairs, schema=dict(zip(columns, types, strict=True)), orient="row")
    return bool(pairs) and bool(disagree(frame).all())


def reachable(world: World, record: str) -> set[str]:
    """Return all records that share an identifier or a decision with `record`, directly or through others."""
    links = world.identifiers.select("value_key", "record_id").rows()
    links += [
        (name, side)
        for name, *sides in world.decisions.select("decision_id", "record_a", "record_b").rows()
        for side in sides
    ]
    found: set[str] = {record}
    before: set[str] = set()
    while found != before:
        before = set(found)
        names = {name for name, holder in links if holder in found}
        found |= {holder for name, holder in links if name in names}
    return found


@given(anything)
def test_resolution_is_total(world: World) -> None:
    partition = world.resolve().partition
    assert sorted(partition["record_id"]) == sorted(world.records)
    assert set(partition["customer_id"]) <= set(world.records)


@given(anything, seeds)
def test_the_partition_does_not_depend_on_the_order_of_rows(world: World, seed: int) -> None:
    assert world.shuffled(seed).resolve().partition.equals(world.resolve().partition)


@given(anything, seeds)
def test_the_partition_does_not_depend_on_who_came_first(world: World, seed: int) -> None:
    assert together(world.arriving(seed)) == together(world)


@given(anything, seeds)
def test_the_partition_does_not_depend_on_the_names_of_records(world: World, seed: int) -> None:
    renamed, new = world.renamed(seed)
    assert owners(renamed) == {new[record]: new[owner] for record, owner in owners(world).items()}


@given(anything)
def test_saying_the_same_twice_changes_nothing(world: World) -> None:
    twice = replace(world, identifiers=pl.concat([world.identifiers, world.identifiers]))
    assert owners(twice) == owners(world)


@given(anything, st.integers(1, 4))
def test_batches_end_where_one_load_ends(world: World, size: int) -> None:
    links = LINKS.empty()
    for number, last in enumerate(range(size, len(world.records) + size, size)):
        batch = world.only(world.records[:last])
        closed, opened = relink(
            links.filter(pl.col("valid_to").is_null()), batch.resolve().partition, at=BEGINNING + timedelta(number)
        )
        links = pl.concat([links.join(closed, on=["record_id", "valid_from"], how="anti"), closed, opened])
    now = links.filter(pl.col("valid_to").is_null())
    assert dict(now.select("record_id", "customer_id").rows()) == owners(world)
    assert now["record_id"].is_unique().all()


@given(anything)
def test_resolving_again_changes_no_link(world: World) -> None:
    partition = world.resolve().partition
    first = relink(LINKS.empty(), partition, at=BEGINNING).opened
    again = relink(first, partition, at=LATER)
    assert again.closed.is_empty()
    assert again.opened.is_empty()


@given(anything)
def test_a_customer_is_named_after_the_record_first_seen(world: World) -> None:
    owner = owners(world)
    for group in together(world):
        assert {owner[record] for record in group} == {min(group, key=world.records.index)}


@given(anything)
def test_every_id_ever_issued_resolves_to_the_customer_that_holds_it(world: World) -> None:
    links = relink(LINKS.empty(), world.resolve().partition, at=BEGINNING).opened
    assert dict(resolve_ids(world.records, links).rows()) == owners(world)


@given(anything, st.data())
def test_an_id_survives_the_deletion_of_the_values_of_its_oldest_record(world: World, data: st.DataObject) -> None:
    before = world.resolve().partition
    oldest = data.draw(st.sampled_from(before["customer_id"].unique(maintain_order=True).to_list()))
    rows = anchor_decisions(before, [oldest], actor="retention", at=LATER)
    left = pl.col("record_id") != oldest
    bare = replace(world, identifiers=world.identifiers.filter(left), people=world.people.filter(left))
    after = owners(bare.deciding(rows))
    assert (
        len({after[record] for record, owner in before.select("record_id", "customer_id").rows() if owner == oldest})
        == 1
    )


@given(anything, st.data())
def test_a_merge_keeps_the_older_id(world: World, data: st.DataObject) -> None:
    partition = world.resolve().partition
    ids = data.draw(st.permutations(partition["customer_id"].unique(maintain_order=True).to_list()))
    assume(len(ids) > 1)
    rows = merge_decisions(partition, ids[0], ids[1], world.decisions, actor="eve", at=LATER, override=True)
    merged = owners(world.deciding(rows))
    assert merged[ids[0]] == merged[ids[1]]
    older = min(ids[:2], key=world.records.index)
    assert world.records.index(merged[older]) <= world.records.index(older)


@given(anything, st.data())
def test_a_split_leaves_the_id_with_the_part_that_holds_its_record(world: World, data: st.DataObject) -> None:
    partition = world.resolve().partition
    whole = partition.filter(pl.len().over("customer_id") > 1)
    assume(len(whole))
    name = data.draw(st.sampled_from(whole["customer_id"].unique(maintain_order=True).to_list()))
    own = whole.filter(customer_id=name)["record_id"].to_list()
    part = data.draw(st.sets(st.sampled_from(own), min_size=1, max_size=len(own) - 1))
    rows = split(world, name, part)
    after = owners(world.deciding(rows))
    assert not {after[record] for record in part} & {after[record] for record in set(own) - part}
    if "cannot_link" in rows["kind"]:
        assert after[name] == name
        assert {record for record, owner in after.items() if owner in {after[each] for each in own}} == set(own)


def split(world: World, customer: str, part: set[str]) -> pl.DataFrame:
    def resolve(decisions: pl.DataFrame) -> pl.DataFrame:
        return replace(world, decisions=decisions).resolve().partition

    partition = world.resolve().partition
    return split_decisions(partition, customer, part, world.decisions, resolve=resolve, actor="eve", at=LATER)


@given(anything, st.data())
def test_merge_then_split_restores_the_customers(world: World, data: st.DataObject) -> None:
    before = world.resolve().partition
    ids = data.draw(st.permutations(before["customer_id"].unique(maintain_order=True).to_list()))
    assume(len(ids) > 1)
    try:
        rows = merge_decisions(before, ids[0], ids[1], world.decisions, actor="eve", at=BEGINNING + timedelta(9))
    except IdentityConflictError:
        return
    merged = world.deciding(rows)
    part = set(before.filter(customer_id=ids[1])["record_id"])
    again = merged.deciding(split(merged, owners(merged)[ids[0]], part))
    assert owners(again) == owners(world)


@given(anything)
def test_a_cannot_link_is_never_violated(world: World) -> None:
    owner = owners(world)
    assert all(owner[left] != owner[right] for left, right in standing_pairs(world, "cannot_link"))


@given(anything, st.data())
def test_a_cannot_link_parts_whom_everything_else_joins(world: World, data: st.DataObject) -> None:
    joined = [sorted(group) for group in together(world) if len(group) > 1]
    assume(joined)
    left, right = data.draw(st.permutations(data.draw(st.sampled_from(sorted(joined)))))[:2]
    try:
        after = owners(world.deciding(decide("cannot_link", [(left, right)], actor="eve", at=LATER)))
    except IdentityConflictError:
        return
    assert after[left] != after[right]


@given(st.integers(2, 7), st.data())
def test_the_parts_of_a_split_stay_together(size: int, data: st.DataObject) -> None:
    records = [record_name(number) for number in range(size)]
    rows = identifier_rows([(record, "email", "lee@lee.org") for record in records])
    identities = pl.DataFrame({"record_id": records, "source": "web", "origin": "record", "seq": range(size)})
    world = World(identities, rows, people_rows([]), LINK_DECISIONS.empty())
    part = data.draw(st.sets(st.sampled_from(records), min_size=1, max_size=size - 1))
    after = together(world.deciding(split(world, records[0], part)))
    assert after == {frozenset(part), frozenset(records) - part}


@given(anything)
def test_a_must_link_is_always_honoured(world: World) -> None:
    owner = owners(world)
    assert all(owner[left] == owner[right] for left, right in standing_pairs(world, "must_link"))


@given(anything, st.data())
def test_decisions_that_contradict_each_other_are_refused_by_name(world: World, data: st.DataObject) -> None:
    links = standing(world.decisions).filter(kind="must_link")
    assume(len(links))
    pair = data.draw(st.sampled_from(links.select("record_a", "record_b").rows()))
    against = decide("cannot_link", [pair], actor="eve", at=LATER)
    with pytest.raises(IdentityConflictError, match=against["decision_id"][0]):
        world.deciding(against).resolve()


@given(anything)
def test_a_decision_taken_back_was_never_made(world: World) -> None:
    held = standing(world.decisions)
    freed = world.deciding(retract(held, actor="eve", at=LATER))
    assert owners(freed) == owners(replace(world, decisions=world.decisions.clear()))


@given(worlds(decided=False), st.sampled_from(sorted(JUNK)))
def test_junk_never_joins(world: World, kind: str) -> None:
    rows = identifier_rows([(record, kind, JUNK[kind]) for record in world.records])
    assert owners(replace(world, identifiers=pl.concat([world.identifiers, rows]))) == owners(world)


@given(anything)
def test_people_who_disagree_are_never_one_customer_unless_somebody_said_so(world: World) -> None:
    owner = owners(world)
    for left, right in combinations(said_one(world), 2):
        if owner[min(left)] == owner[min(right)]:
            assert not clash(world, left, right)


@given(anything)
def test_records_that_share_nothing_are_never_joined(world: World) -> None:
    for group in together(world):
        assert group <= reachable(world, min(group))


@given(anything, st.data())
def test_a_record_changes_nothing_for_customers_it_shares_nothing_with(world: World, data: st.DataObject) -> None:
    new = data.draw(st.sampled_from(world.records))
    far = [record for record in world.records if record not in reachable(world, new)]
    before, after = owners(world.only([record for record in world.records if record != new])), owners(world)
    assert {record: before[record] for record in far} == {record: after[record] for record in far}


@given(anything, st.data())
def test_what_hangs_together_can_be_resolved_by_itself(world: World, data: st.DataObject) -> None:
    part = reachable(world, data.draw(st.sampled_from(world.records)))
    alone, all_of_them = owners(world.only(sorted(part))), owners(world)
    assert alone == {record: all_of_them[record] for record in part}


@given(anything, st.data())
def test_a_record_that_says_nothing_changes_nothing(world: World, data: st.DataObject) -> None:
    mute = data.draw(st.sampled_from(world.records))
    bare = world.only([record for record in world.records if record != mute])
    silent = replace(bare, identities=world.identities)
    assert together(silent) == together(bare) | {frozenset([mute])}


@given(anything)
def test_two_ids_of_the_master_are_two_customers_unless_somebody_said_so(world: World) -> None:
    groups = {record: number for number, group in enumerate(said_one(world)) for record in group}
    masters = world.identities.filter(source="crm")["record_id"].to_list()
    owner = owners(world, ExactIdentity(master="crm"))
    for left, right in combinations(masters, 2):
        assert (owner[left] == owner[right]) == (groups[left] == groups[right])


@given(anything)
def test_a_customer_is_named_after_its_record_in_the_master(world: World) -> None:
    masters = set(world.identities.filter(source="crm")["record_id"])
    owner = owners(world, ExactIdentity(master="crm"))
    for group in together(world, ExactIdentity(master="crm")):
        leading = (group & masters) or group
        assert {owner[record] for record in group} == {min(leading, key=world.records.index)}


@given(st.integers(2, 9), st.integers(1, 6))
def test_a_value_that_too_many_people_share_joins_nobody(people: int, limit: int) -> None:
    names = ["Ann", "Bob", "Carl", "Dora", "Emil", "Fritz", "Greta", "Hugo", "Ines"][:people]
    records = [f"{number:024x}" for number in range(2 * people)]
    world = World(
        pl.DataFrame({"record_id": records, "source": "crm", "origin": "record", "seq": range(2 * people)}),
        identifier_rows([(record, "email", "office@lee.org") for record in records]),
        people_rows([(record, names[number // 2], "Lee", None) for number, record in enumerate(records)]),
        LINK_DECISIONS.empty(),
    )
    joined = sum(len(group) > 1 for group in together(world, ExactIdentity(max_people=limit)))
    assert joined == (people if people <= limit else 0)
