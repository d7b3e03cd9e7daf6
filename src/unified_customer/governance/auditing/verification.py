"""Finding what was changed, removed, added or moved in the audit, by what it says of itself and by heads kept outside."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final, Literal

import polars as pl

from unified_customer.core.models.base import Model
from unified_customer.core.tables import AUDIT, SEQ
from unified_customer.governance.auditing.entries import canonical_frame
from unified_customer.governance.auditing.heads import KeptHead, TreeHead
from unified_customer.governance.auditing.sealing import NOTHING, Seals, leaf_of
from unified_customer.governance.auditing.store import UNNUMBERED, Tail
from unified_customer.methods.transparency_log import Frontier
from unified_customer.store import Reader, Where

Kind = Literal["changed", "missing", "doubled", "moved", "unnumbered", "before", "truncated", "rewritten", "head"]

MOST: Final = 100
"""Findings that are listed; all are counted."""

BATCH_ROWS: Final = 100_000
HASH: Final = "^[0-9a-f]{64}$"
SEAL: Final = "^[0-9a-f]{32}$"


class Finding(Model):
    """One thing that is wrong with the audit."""

    kind: Kind
    """changed: it is not what was sealed; missing: there is none of that number; doubled: there are several; moved: it
    lies elsewhere than it was written; unnumbered: it has no number although the chain began without such; before:
    those from before the chain are not those that it began after; truncated: a head knows of more entries; rewritten: a
    head has another root; head: a head that was kept cannot be read or was not made by this hub."""
    number: int | None = None
    """The place of the entry in the chain."""
    audit_id: str | None = None
    """The entry, where there is one."""
    message: str
    """What was found, in words."""


class Verification(Model):
    """What a verification of the audit came to."""

    ok: bool
    """Nothing was found."""
    entries: int
    """Entries of the chain."""
    before: int
    """Entries that were written before there was a chain."""
    root: str
    """Root of the tree over the chain as it lies in the store."""
    heads: int
    """Heads from outside the store that it was held against; without any, entries missing at the end are not
    noticed."""
    keyed: bool
    """Whether the seals were checked, which takes the key of the hub."""
    found: int
    """How many things are wrong."""
    findings: tuple[Finding, ...]
    """The first hundred of them."""


@dataclass(frozen=True)
class Witnesses:
    """What is known of the audit from outside the store.

    Attributes:
        kept: Heads that were kept, oldest first; None for one that cannot be read.
        given: Heads that the caller holds.
        tail: Where the chain ended when it was last written to in this process.
    """

    kept: Sequence[KeptHead | None] = ()
    given: Sequence[TreeHead] = ()
    tail: Tail | None = None


def verify_log(reader: Reader, *, seals: Seals | None, witnesses: Witnesses | None = None) -> Verification:
    """Verify the audit in one state of a store.

    Args:
        reader: The state.
        seals: The seals of the hub; None where the key is not at hand: then it is only shown that entries are those
            that the heads were made of.
        witnesses: What is known of the audit from outside the store.
    """
    known = witnesses or Witnesses()
    chain = _chain(reader)
    leaves = _leaves(chain)
    sizes = [kept.head.size for kept in known.kept if kept is not None] + [head.size for head in known.given]
    roots = _roots(leaves, sizes)
    found = [
        *_misplaced(chain),
        *_changed(reader, chain, seals),
        *_before(reader, seals),
        *_against_tail(leaves, known.tail),
        *_against_heads(roots, len(leaves), known, seals),
    ]
    return Verification(
        ok=not found,
        entries=chain.height,
        before=reader.count(AUDIT.name, where=[UNNUMBERED]),
        root=roots[len(leaves)],
        heads=len(sizes),
        keyed=seals is not None,
        found=len(found),
        findings=tuple(found[:MOST]),
    )


def _chain(reader: Reader) -> pl.DataFrame:
    columns = ["number", SEQ, "audit_id", "leaf_hash"]
    numbered = reader.read(AUDIT.name, columns=columns, where=[Where("number", "is_not_null")])
    return numbered.sort("number", SEQ)


def _leaves(chain: pl.DataFrame) -> list[bytes]:
    """Return the leaves from the first entry on as far as none is missing, doubled or spoilt."""
    sound = (pl.col("number") == pl.int_range(pl.len())) & pl.col("leaf_hash").str.contains(HASH)
    whole = chain.with_columns(sound=sound.fill_null(value=False).cum_prod()).filter(pl.col("sound") == 1)
    return [bytes.fromhex(leaf) for leaf in whole["leaf_hash"]]


def _roots(leaves: Sequence[bytes], sizes: Sequence[int]) -> dict[int, str]:
    """Return the root of the tree at some of the sizes that it had, and that of all of it."""
    frontier, roots = Frontier(), dict[int, str]()
    upcoming = iter(leaves)
    for size in sorted({len(leaves), *(each for each in sizes if 0 <= each <= len(leaves))}):
        frontier = frontier.extended(islice(upcoming, size - frontier.size))
        roots[size] = frontier.root.hex()
    return roots


def _misplaced(chain: pl.DataFrame) -> Iterator[Finding]:
    step = pl.col("number") - pl.col("number").shift(1, fill_value=-1)
    late = pl.col(SEQ) < pl.col(SEQ).cum_max()
    odd = chain.with_columns(step=step, late=late).filter((pl.col("step") != 1) | pl.col("late"))
    for number, audit_id, steps, moved in odd.select("number", "audit_id", "step", "late").iter_rows():
        if steps == 0:
            yield Finding(kind="doubled", number=number, audit_id=audit_id, message=f"Entry {number} is there twice.")
        elif steps != 1:
            several = f"Entries {number - steps + 1} to {number - 1} are" if steps > 2 else f"Entry {number - 1} is"
            yield Finding(kind="missing", number=number - steps + 1, message=f"{several} missing.")
        if moved:
            message = f"Entry {number} lies before one that was written earlier."
            yield Finding(kind="moved", number=number, audit_id=audit_id, message=message)


def _changed(reader: Reader, chain: pl.DataFrame, seals: Seals | None) -> Iterator[Finding]:
    before = chain.filter(pl.col("leaf_hash").str.contains(HASH)).unique("number", keep="first", maintain_order=True)
    previous = before.select(pl.col("number") + 1, previous="leaf_hash")
    for batch in reader.batches(AUDIT.name, where=[Where("number", "is_not_null")], size=BATCH_ROWS):
        for number, audit_id in _spoilt(batch.join(previous, on="number", how="left", maintain_order="left"), seals):
            message = f"Entry {number} is not what was sealed."
            yield Finding(kind="changed", number=number, audit_id=audit_id, message=message)


def _spoilt(batch: pl.DataFrame, seals: Seals | None) -> Iterator[tuple[int, str]]:
    sound = pl.col("seal").str.contains(SEAL) & pl.col("leaf_hash").str.contains(HASH)
    columns = [pl.col("number", "audit_id", "seal", "leaf_hash", "previous"), sound.fill_null(value=False)]
    rows = batch.select(*columns[:1], sound=columns[1]).iter_rows()
    for (number, audit_id, seal, leaf, previous, whole), entry in zip(rows, canonical_frame(batch), strict=True):
        if not whole or not _genuine(number, (seal, leaf, previous), entry, seals):
            yield number, audit_id


def _genuine(number: int, hashes: tuple[str, str, str | None], entry: bytes, seals: Seals | None) -> bool:
    seal, leaf, previous = hashes
    # What follows a gap can be held against its own seal alone; the gap is told.
    if seals is None or (previous is None and number != 0):
        return leaf_of(bytes.fromhex(seal), entry).hex() == leaf
    made = seals.sealed(number, NOTHING if previous is None else bytes.fromhex(previous), entry)
    return (made.seal.hex(), made.leaf.hex()) == (seal, leaf)


def _before(reader: Reader, seals: Seals | None) -> Iterator[Finding]:
    """Hold the entries without a number against what the first one of the chain says of them."""
    first = reader.rows(AUDIT.name, columns=["action", "detail"], where=[Where("number", "==", 0)])
    if not first:
        return
    frame = reader.read(AUDIT.name, where=[UNNUMBERED], order_by=[SEQ])
    if first[0]["action"] != "begin":
        for audit_id in frame["audit_id"]:
            message = f"Entry {audit_id} has no number, although the chain began without such."
            yield Finding(kind="unnumbered", audit_id=audit_id, message=message)
        return
    said = json.loads(first[0]["detail"])
    same = seals is None or seals.seal_of_all(canonical_frame(frame)) == said.get("seal")
    if not same or frame.height != said.get("entries"):
        message = "The entries from before the chain are not those that it began after."
        yield Finding(kind="before", message=message)


def _against_tail(leaves: Sequence[bytes], tail: Tail | None) -> Iterator[Finding]:
    if tail is None or tail.size == 0:
        return
    if tail.size > len(leaves):
        yield _truncated(len(leaves), tail.size, "this process wrote")
    elif leaves[tail.size - 1] != tail.leaf:
        message = f"Entry {tail.size - 1} is not the one that this process wrote."
        yield Finding(kind="rewritten", number=tail.size - 1, message=message)


def _against_heads(roots: dict[int, str], size: int, known: Witnesses, seals: Seals | None) -> Iterator[Finding]:
    for place, kept in enumerate(known.kept):
        if kept is None:
            yield Finding(kind="head", message=f"Line {place + 1} of the heads that were kept cannot be read.")
        else:
            yield from _against_head(roots, size, kept.head, seals)
    for head in known.given:
        yield from _against_head(roots, size, head, seals)


def _against_head(roots: dict[int, str], size: int, head: TreeHead, seals: Seals | None) -> Iterator[Finding]:
    if seals is not None and not head.made_with(seals):
        yield Finding(kind="head", message=f"The head of {head.at.isoformat()} was not made with the key of this hub.")
    if head.size > size:
        yield _truncated(size, head.size, f"the head of {head.at.isoformat()} knows of")
    elif roots.get(head.size) != head.root:
        message = f"The first {head.size} entries are not those that the head of {head.at.isoformat()} was made of."
        yield Finding(kind="rewritten", number=head.size - 1, message=message)


def _truncated(there: int, known: int, who: str) -> Finding:
    message = f"There are {there} whole entries, where {who} {known}."
    return Finding(kind="truncated", number=there, message=message)
