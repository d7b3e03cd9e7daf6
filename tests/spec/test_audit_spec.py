"""Laws of the audit: whatever is done to it is found, and what nobody did anything to is not."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from itertools import product
from threading import Thread
from typing import Any

import polars as pl
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.searching import at_least
from unified_customer.core.models import Actor
from unified_customer.core.tables import AUDIT, SEQ
from unified_customer.governance.audit import (
    AuditLog,
    ConsistencyProof,
    Entry,
    InclusionProof,
    TreeHead,
    Verification,
    verify_consistency,
    verify_inclusion,
    write_entry,
)
from unified_customer.governance.auditing.entries import SEALED, canonical_frame, canonical_row
from unified_customer.governance.auditing.sealing import Seals, leaf_of
from unified_customer.governance.auditing.store import SealedStore, Tail
from unified_customer.methods.transparency_log import Frontier
from unified_customer.store import Store, open_store

START = datetime(2026, 1, 1, tzinfo=UTC)
SEALS = Seals.of(b"k" * 32)
OTHERS = Seals.of(b"o" * 32)

every_store = pytest.mark.parametrize("url", ["memory://", "duckdb://"])
few = settings(max_examples=at_least(6))
"""Each example opens stores, which have many tables."""
more = settings(max_examples=at_least(20))

words = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=6)
counts = st.none() | st.integers(0, 2**53)
entries = st.builds(
    Entry,
    action=words,
    table=st.none() | words,
    purpose=st.none() | words,
    as_of=st.none() | st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 (zones are drawn)
    customer_id=st.none() | words,
    rows=counts,
    people=counts,
    withheld_fields=st.lists(words, max_size=2),
    detail=st.dictionaries(words, st.integers(0, 9), max_size=2),
)
actors = st.builds(Actor, id=words.filter(bool), roles=st.lists(words, max_size=2).map(tuple))
logs = st.lists(entries, min_size=1, max_size=6)


class Crash(Exception):  # noqa: N818 (it is what happens, not an error)
    """Ends a transaction."""


def clock() -> datetime:
    return START


def write(store: Store, several: Sequence[Entry], *, actor: Actor | None = None, crash: bool = False) -> None:
    with store.transaction(recorded_at=START) as writer:
        for entry in several:
            write_entry(writer, actor or Actor(), entry, at=START)
        if crash:
            raise Crash


@contextmanager
def written(url: str, several: Sequence[Entry]) -> Iterator[tuple[Store, TreeHead]]:
    """Give a store with a sealed audit, and the head that was given away."""
    with closing(open_store(url)) as store:
        sealed = SealedStore(store, SEALS)
        for entry in several:
            write(sealed, [entry])
        yield store, sealed.head(at=START)


def rows_of(store: Store) -> pl.DataFrame:
    return store.read("audit", order_by=[SEQ])


def put(store: Store, rows: pl.DataFrame) -> None:
    """Write the audit anew behind the hub's back."""
    with store.transaction(recorded_at=START) as writer:
        writer.delete("audit", store.read("audit", columns=[SEQ]))
        writer.restore("audit", rows.select(list(AUDIT.stored_columns)))


def verified(store: Store, head: TreeHead | None = None, *, seals: Seals = SEALS) -> Verification:
    return AuditLog(SealedStore(store, seals), clock=clock).verify(head)


def with_value(rows: pl.DataFrame, place: int, column: str, value: Any) -> pl.DataFrame:
    values = rows[column].to_list()
    values[place] = value
    return rows.with_columns(pl.Series(column, values, dtype=AUDIT.stored_columns[column]))


def another(data: st.DataObject, rows: pl.DataFrame, place: int, column: str) -> Any:
    """Draw another value for a column, such as it can have."""
    dtype, old = AUDIT.stored_columns[column], rows[column].to_list()[place]
    if column == SEQ:
        return max(rows[SEQ].to_list()) + data.draw(st.integers(100, 10**6))
    kinds = {
        pl.String: st.sampled_from([f"{old}x", "x", *rows.get_column(column).drop_nulls().to_list()])
        if dtype == pl.String
        else words,
        pl.Int64: st.integers(0, 2**53) | st.integers(0, rows.height + 1),
        pl.Datetime: st.timedeltas(timedelta(microseconds=1), timedelta(days=900)).map(lambda step: START + step),
        pl.List: st.lists(words, max_size=3),
    }
    needed = not (column in AUDIT.columns and AUDIT.schema.columns()[column].nullable)
    strategy = kinds[type(dtype)]
    return data.draw((strategy if needed else st.none() | strategy).filter(lambda value: value != old))


# ----------------------------------------------------------------------------------------------- nothing was done to it


@every_store
@few
@given(
    st.lists(st.tuples(st.sampled_from(["write", "crash", "new", "other", "outside", "head"]), logs), max_size=8),
    actors,
)
def test_an_untouched_log_verifies_after_any_sequence_of_operations(
    url: str, steps: list[tuple[str, list[Entry]]], actor: Actor
) -> None:
    """Transactions of several entries, rolled back ones, another hub on the same store, a new one, unaudited writes."""
    with closing(open_store(url)) as store:
        hubs = [SealedStore(store, SEALS), SealedStore(store, SEALS)]
        kept: list[TreeHead] = []
        for step, several in steps:
            if step == "new":
                hubs[0] = SealedStore(store, SEALS)
            elif step == "outside":
                with store.transaction(recorded_at=START) as writer:
                    writer.append("identities", identities(len(rows_of(store)), len(several)))
            elif step == "head":
                kept.append(hubs[0].head(at=START))
            else:
                with suppress(Crash):
                    write(hubs[step == "other"], several, actor=actor, crash=step == "crash")
        expected = sum(len(several) for step, several in steps if step in {"write", "other"})
        for hub in hubs:
            audit = AuditLog(hub, clock=clock)
            found = [audit.verify(), *(audit.verify(head) for head in kept)]
            assert all(each.ok for each in found), found
            assert found[0].entries == expected == rows_of(store).height
            assert rows_of(store)["number"].to_list() == list(range(expected))


def identities(*numbers: int) -> pl.DataFrame:
    ids = sorted({f"{number:024x}" for number in numbers})
    return pl.DataFrame({"record_id": ids}).with_columns(source=pl.lit("crm"), origin=pl.lit("record"))


@every_store
def test_threads_and_hubs_that_write_together_make_one_chain(url: str) -> None:
    with closing(open_store(url)) as store:
        hubs = [SealedStore(store, SEALS), SealedStore(store, SEALS)]

        def work(hub: SealedStore) -> None:
            for place in range(15):
                with suppress(Crash):
                    write(hub, [Entry("read")] * (1 + place % 3), crash=place % 5 == 4)

        threads = [Thread(target=work, args=(hubs[place % 2],)) for place in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        found = verified(store, hubs[0].head(at=START))
        # Each of four threads commits twelve of its fifteen transactions, of one to three entries.
        assert (found.ok, found.entries, found.heads) == (True, 4 * (12 * 2), 1)


@given(st.lists(entries, min_size=1, max_size=5), actors)
def test_a_row_and_a_frame_are_sealed_as_the_same_canonical_json(several: list[Entry], actor: Actor) -> None:
    with closing(open_store("memory://")) as store:
        write(store, several, actor=actor)
        frame = rows_of(store)
        as_rows = [canonical_row(row) for row in frame.iter_rows(named=True)]
        assert as_rows == canonical_frame(frame)
        for sealed in as_rows:
            said = json.loads(sealed)
            canonical = json.dumps(said, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
            assert (sealed.decode(), set(said) <= set(SEALED)) == (canonical, True)


# ------------------------------------------------------------------------------------------ what was done to it is found


@every_store
@more
@given(logs, st.data())
def test_any_change_of_any_column_of_any_entry_is_found(url: str, several: list[Entry], data: st.DataObject) -> None:
    with written(url, several) as (store, head):
        rows = rows_of(store)
        place = data.draw(st.integers(0, rows.height - 1))
        column = data.draw(st.sampled_from(list(AUDIT.stored_columns)))
        changed = with_value(rows, place, column, another(data, rows, place, column))
        assume(changed["audit_id"].is_unique().all())
        put(store, changed)
        assert not verified(store, head).ok


def test_a_change_of_each_column_is_found_without_a_head_and_none_once_it_is_taken_back() -> None:
    """With another value of its type, and with none where it may be none; of the first entry and of the last."""
    others = {pl.String: "x", pl.Int64: 77, pl.Datetime: START + timedelta(days=1), pl.List: ["x"]}
    hashes = {"seal": "0" * 32, "leaf_hash": "0" * 64}
    with written("memory://", [Entry("read", rows=1), Entry("load", rows=2)]) as (store, head):
        rows = rows_of(store)
        for place, (name, dtype) in product((0, 1), AUDIT.stored_columns.items()):
            nullable = name in AUDIT.columns and AUDIT.schema.columns()[name].nullable
            values = [hashes.get(name, others[type(dtype)]), *([None] if nullable else [])]
            for value in values:
                if value != rows[name].to_list()[place]:
                    put(store, with_value(rows, place, name, value))
                    assert not verified(store).ok, (name, value)
        put(store, rows)
        assert verified(store, head).ok


@few
@given(logs, st.data())
def test_a_change_is_found_without_any_head_and_by_a_head_without_the_key(
    several: list[Entry], data: st.DataObject
) -> None:
    with written("memory://", several) as (store, head):
        rows = rows_of(store)
        place = data.draw(st.integers(0, rows.height - 1))
        column = data.draw(
            st.sampled_from(["actor", "action", "detail", "customer_id", "at", "purpose", "roles", "rows"])
        )
        put(store, with_value(rows, place, column, another(data, rows, place, column)))
        (found,) = verified(store).findings
        assert (found.kind, found.number, found.audit_id) == ("changed", place, rows["audit_id"][place])
        keyless = AuditLog(store, clock=clock).verify(head)
        assert (keyless.ok, keyless.keyed) == (False, False)


@every_store
@few
@given(logs, st.data())
def test_a_removed_entry_is_found(url: str, several: list[Entry], data: st.DataObject) -> None:
    with written(url, several) as (store, head):
        rows = rows_of(store)
        place = data.draw(st.integers(0, rows.height - 1))
        put(store, rows.filter(pl.col("number") != place))
        found = verified(store, head)
        kinds = {each.kind for each in found.findings}
        assert kinds == ({"missing", "truncated"} if place < rows.height - 1 else {"truncated"})
        assert verified(store).ok is (place == rows.height - 1)


@few
@given(logs, st.integers(0, 5))
def test_entries_cut_off_at_the_end_are_found_by_a_head(several: list[Entry], left: int) -> None:
    assume(left < len(several))
    with written("memory://", several) as (store, head):
        put(store, rows_of(store).head(left))
        assert [each.kind for each in verified(store, head).findings] == ["truncated"]


@every_store
@few
@given(logs, st.data())
def test_reordered_entries_are_found(url: str, several: list[Entry], data: st.DataObject) -> None:
    """Whatever of an entry moves with it: its content alone, with its seal, or with its number too."""
    moving = (
        [SEQ],
        [SEQ, "audit_id"],
        [SEQ, "number"],
        [SEQ, "number", "audit_id"],
        [SEQ, "seal", "leaf_hash", "number"],
    )
    with written(url, several) as (store, _):
        rows = rows_of(store)
        order = data.draw(st.permutations(range(rows.height)))
        staying = data.draw(st.sampled_from(moving))
        moved = rows.select(pl.all().exclude(staying))[list(order)].with_columns(rows.select(staying))
        assume(not moved.select(rows.columns).equals(rows))
        put(store, moved)
        assert not verified(store).ok


@every_store
@few
@given(logs, st.data())
def test_a_doubled_entry_is_found(url: str, several: list[Entry], data: st.DataObject) -> None:
    with written(url, several) as (store, _):
        rows = rows_of(store)
        copy = rows.filter(number=data.draw(st.integers(0, rows.height - 1)))
        number = data.draw(st.sampled_from([copy["number"].item(), rows.height, None]))
        beyond = int(rows[SEQ].to_list()[-1]) + 1_000
        forged = copy.with_columns(
            pl.lit(beyond, dtype=pl.Int64).alias(SEQ),
            audit_id=pl.lit(str(beyond)),
            number=pl.lit(number, dtype=pl.Int64),
        )
        put(store, pl.concat([rows, forged]))
        assert not verified(store).ok


@every_store
@few
@given(logs, entries, st.sampled_from([OTHERS, None]))
def test_an_entry_that_was_added_without_the_key_is_found(
    url: str, several: list[Entry], forged: Entry, seals: Seals | None
) -> None:
    """Sealed with another key, or not at all."""
    with written(url, several) as (store, _):
        write(store if seals is None else SealedStore(store, seals), [forged])
        kinds = {each.kind for each in verified(store).findings}
        assert kinds == ({"unnumbered"} if seals is None else {"changed"})


@few
@given(logs, logs)
def test_a_history_written_anew_is_found_by_a_head_even_by_who_has_the_key(
    several: list[Entry], others: list[Entry]
) -> None:
    assume(several != others[: len(several)])
    with written("memory://", several) as (_, head), written("memory://", others) as (store, _):
        found = verified(store, head)
        assert {each.kind for each in found.findings} <= {"rewritten", "truncated"}
        assert not found.ok


@few
@given(logs, logs, st.data())
def test_entries_of_two_histories_of_one_log_cannot_be_mixed(
    several: list[Entry], others: list[Entry], data: st.DataObject
) -> None:
    """As whoever has a copy of the store from before might try: each entry was sealed by the hub."""
    with (
        written("memory://", [Entry("one"), *several]) as (one, _),
        written("memory://", [Entry("two"), *others]) as (two, _),
    ):
        size = min(rows_of(one).height, rows_of(two).height)
        cut = data.draw(st.integers(1, size - 1))
        put(one, pl.concat([rows_of(one).head(cut), rows_of(two).head(size).tail(-cut)]))
        assert "changed" in {each.kind for each in verified(one).findings}


@few
@given(logs, logs, st.data())
def test_who_has_an_old_key_can_change_nothing_that_lies_before_a_new_one(
    several: list[Entry], later: list[Entry], data: st.DataObject
) -> None:
    """The old key seals everything anew up to the last entry that it ever sealed; the chain does not fit any more."""
    with closing(open_store("memory://")) as store:
        write(SealedStore(store, SEALS), several)
        both = Seals.of(b"k" * 32, [(len(several), b"n" * 32)])
        write(SealedStore(store, both), later)
        assert verified(store, seals=both).ok
        rows = rows_of(store)
        place = data.draw(st.integers(0, len(several) - 1))
        forged = with_value(rows, place, "actor", "nobody")
        assume(not forged.equals(rows))
        put(store, resealed(forged.head(len(several)), SEALS))
        assert verified(store).ok
        for rest in (rows.tail(len(later)), resealed(forged, SEALS).tail(len(later))):
            put(store, pl.concat([resealed(forged.head(len(several)), SEALS), rest]))
            assert not verified(store, seals=both).ok


def resealed(rows: pl.DataFrame, seals: Seals) -> pl.DataFrame:
    """Return rows with the seals that whoever has the key gives them."""
    tail, made = Tail(0), []
    for number, entry in enumerate(canonical_frame(rows)):
        seal, leaf = seals.sealed(number, tail.leaf, entry)
        tail = Tail(0, number + 1, leaf)
        made.append((seal.hex(), leaf.hex()))
    return rows.with_columns(pl.DataFrame(made, schema=["seal", "leaf_hash"], orient="row"))


# ------------------------------------------------------------------------------------ what lies before there was a chain


@every_store
@few
@given(logs, logs, st.data())
def test_what_lies_before_the_chain_is_no_tampering_and_cannot_be_changed_from_then_on(
    url: str, before: list[Entry], after: list[Entry], data: st.DataObject
) -> None:
    with closing(open_store(url)) as store:
        write(store, before)
        assert verified(store).ok
        write(SealedStore(store, SEALS), after)
        found = verified(store)
        assert (found.ok, found.before, found.entries) == (True, len(before), 1 + len(after))
        rows = rows_of(store)
        place = data.draw(st.integers(0, len(before) - 1))
        damage: list[Callable[[], pl.DataFrame]] = [
            lambda: rows.filter(pl.col("audit_id") != rows["audit_id"][place]),
            lambda: with_value(rows, place, "actor", f"{rows['actor'][place]}x"),
            lambda: rows.with_columns(
                number=pl.when(pl.int_range(pl.len()) <= len(before)).then(None).otherwise("number")
            ),
        ]
        put(store, data.draw(st.sampled_from(damage))())
        assert not verified(store).ok


@few
@given(logs, st.integers(1, 6))
def test_a_chain_cannot_be_made_to_look_like_what_lay_before_one(several: list[Entry], nulled: int) -> None:
    with written("memory://", several) as (store, head):
        none = pl.when(pl.col("number") < nulled).then(None)
        rows = rows_of(store).with_columns(
            none.otherwise(pl.col(name)).alias(name) for name in ("number", "seal", "leaf_hash")
        )
        put(store, rows)
        assert not verified(store, head).ok
        assert verified(store).ok is (nulled >= len(several))


# ---------------------------------------------------------------------------------------------------------------- proofs


@every_store
@few
@given(logs, st.data())
def test_a_proof_shows_that_its_entry_is_in_the_log_and_no_other(
    url: str, several: list[Entry], data: st.DataObject
) -> None:
    with written(url, several) as (store, head), closing(open_store("memory://")) as elsewhere:
        audit = AuditLog(SealedStore(store, SEALS), clock=clock)
        place = data.draw(st.integers(0, len(several) - 1))
        proof = InclusionProof.model_validate_json(audit.inclusion(rows_of(store)["audit_id"][place]).model_dump_json())
        assert (proof.values()["action"], verify_inclusion(proof, head=head)) == (several[place].action, True)
        spoilt: list[dict[str, Any]] = [
            {"entry": proof.entry.replace('"actor":"local"', '"actor":"nobody"')},
            {"number": proof.number + 1},
            {"seal": "0" * 32},
            {"seal": "no hash"},
            {"entry": "no JSON"},
            {"path": (*proof.path, "0" * 64)},
        ]
        for change in spoilt:
            assert not verify_inclusion(proof.model_copy(update=change), head=head)
        write(SealedStore(elsewhere, OTHERS), several)
        assert not verify_inclusion(proof, head=SealedStore(elsewhere, OTHERS).head(at=START))


@every_store
@few
@given(logs, logs)
def test_a_proof_shows_that_the_log_only_grew(url: str, several: list[Entry], more: list[Entry]) -> None:
    with written(url, several) as (store, old), written("memory://", [Entry("other"), *several]) as (_, other):
        write(SealedStore(store, SEALS), more)
        audit = AuditLog(SealedStore(store, SEALS), clock=clock)
        proof = ConsistencyProof.model_validate_json(audit.consistency(old).model_dump_json())
        assert verify_consistency(proof, old=old, new=audit.head())
        assert not verify_consistency(proof, old=other, new=audit.head())
        assert not verify_consistency(proof, old=old, new=other)
        assert not verify_consistency(proof.model_copy(update={"path": ("?",)}), old=old, new=audit.head())


@few
@given(logs)
def test_a_head_says_nothing_of_entries_and_everybody_can_tell_who_made_it(several: list[Entry]) -> None:
    with written("memory://", several) as (store, head):
        forged = head.model_copy(update={"size": head.size + 1})
        assert (head.made_with(SEALS), head.made_with(OTHERS), forged.made_with(SEALS)) == (True, False, False)
        assert "head" in {each.kind for each in verified(store, forged).findings}
        assert TreeHead.model_validate_json(head.model_dump_json()) == head


@given(st.integers(0, 5))
def test_a_proof_of_an_entry_that_lies_elsewhere_than_its_number_says_shows_nothing(number: int) -> None:
    """As a hub might make one that put the entry into another place of the tree."""
    entry, seal = f'{{"number":{number}}}', "0" * 32
    tree = Frontier().extended([leaf_of(bytes.fromhex(seal), entry.encode())])
    head = TreeHead.sealed(tree, at=START, seals=SEALS)
    proof = InclusionProof(entry=entry, seal=seal, number=0, head=head, path=())
    assert verify_inclusion(proof, head=head) is (number == 0)
