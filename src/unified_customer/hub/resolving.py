"""From stored records to links and the single customer view."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import pairwise
from typing import Final

import polars as pl

from unified_customer.core.clock import Clock
from unified_customer.core.models import Actor
from unified_customer.core.tables import LINK_DECISIONS, LINKS
from unified_customer.governance.audit import Entry, write_entry
from unified_customer.governance.graves import gone_records
from unified_customer.governance.naming import CURRENT
from unified_customer.governance.retention.leftovers import remembered
from unified_customer.hub.report import ResolveReport
from unified_customer.identity import Identity, Resolution, Survivorship, relink
from unified_customer.identity.golden import SPOKEN
from unified_customer.identity.versions import latest_versions
from unified_customer.store import Keys, Reader, Store, Writer

AT_ONCE: Final = 200_000
"""Customers whose golden records are built together."""

VERSIONED: Final = [
    "record_id", "given_name", "family_name", "full_name", "middle_name", "full_name_raw", "version", "observed_at",
    "deleted", "partial", "seq",
]  # fmt: skip


class Resolver:
    """Joins records to customers and keeps the single customer view."""

    def __init__(self, store: Store, *, clock: Clock, survivorship: Survivorship) -> None:
        """Work on `store`, dated by `clock`."""
        self._store = store
        self._clock = clock
        self._survivorship = survivorship

    def resolve(self, spec: Identity, *, purpose: str, actor: Actor) -> tuple[ResolveReport, Identity]:
        """Resolve everything that is stored, and write what changed in one transaction.

        Returns:
            What was done, and `spec` with what it learned.
        """
        now = self._clock()
        with self._store.transaction(recorded_at=now) as writer:
            resolution = resolve_stored(writer, spec)
            changed = write_links(writer, resolution, at=now)
            write_customers(writer, self._survivorship)
            report = _report(resolution, changed)
            detail = {"records": report.records, "customers": report.customers, "changed": report.changed}
            entry = Entry("resolve", table="links", purpose=purpose, people=report.customers, detail=detail)
            write_entry(writer, actor, entry, at=now)
        return report, resolution.learned or spec


def resolve_stored(reader: Reader, spec: Identity, *, decisions: pl.DataFrame | None = None) -> Resolution:
    """Return who is one person, by everything that the store holds of people who were not erased.

    Args:
        reader: One state of the store.
        spec: How records are joined.
        decisions: Corrections to try instead of those that are stored.
    """
    gone = gone_records(reader).to_frame()
    identities = reader.read("identities", columns=["record_id", "source", "origin", "seq"])
    living = identities.join(gone, left_on="record_id", right_on="value_key", how="anti", maintain_order="left")
    identifiers = reader.read("identifiers", columns=["record_id", "kind", "value_key", "value"])
    if decisions is None:
        decisions = reader.read("link_decisions", columns=[*LINK_DECISIONS.columns, "seq"])
    people = latest_people(reader, spec.reads)
    resolution = spec.resolve(living, identifiers, people=people, decisions=decisions)
    silent = living.select("record_id").join(_named(identifiers, people), on="record_id", how="anti")
    return _without_stubs(resolution, silent.join(remembered(reader, silent), on="record_id", how="anti"))


def _named(*frames: pl.DataFrame) -> pl.DataFrame:
    return pl.concat(frame.select("record_id") for frame in frames)


def _without_stubs(resolution: Resolution, stubs: pl.DataFrame) -> Resolution:
    """Return the resolution without customers who are nothing but stubs: of them retention left only the ids."""
    if stubs.is_empty():
        return resolution
    partition = resolution.partition
    known = partition.join(stubs, on="record_id", how="anti").select("customer_id").unique()
    return replace(resolution, partition=partition.join(known, on="customer_id", how="semi", maintain_order="left"))


def latest_people(reader: Reader, fields: Sequence[str]) -> pl.DataFrame:
    """Return what each record says last of some fields: `record_id` and these."""
    wanted = [field for field in fields if field not in VERSIONED]
    return latest_versions(reader.read("records", columns=[*VERSIONED, *wanted])).select("record_id", *fields)


def write_links(writer: Writer, resolution: Resolution, *, at: datetime) -> int:
    """Write the links that changed; return the number of records whose customer is another than before."""
    current = writer.read("links", columns=list(LINKS.columns), where=[CURRENT])
    closed, opened = relink(current, resolution.partition, at=at)
    writer.upsert("links", closed)
    writer.upsert("links", opened)
    return opened.height


def write_customers(writer: Writer, survivorship: Survivorship) -> None:
    """Bring the single customer view up to date, some customers at a time so that memory stays flat."""
    links = writer.read("links", columns=["record_id", "customer_id"], where=[CURRENT])
    known = writer.read("customers", columns=["customer_id"])
    writer.delete("customers", known.join(links, on="customer_id", how="anti"))
    for part in some_at_a_time(links, AT_ONCE):
        keys = Keys(part.select("record_id"), ("record_id",))
        identities = writer.read("identities", columns=["record_id", "source"], keys=keys)
        records = writer.read("records", columns=SPOKEN, keys=keys)
        writer.upsert("customers", survivorship.survive(records, part, identities))


def some_at_a_time(links: pl.DataFrame, size: int) -> Iterator[pl.DataFrame]:
    """Yield the links of at most `size` customers at a time, all links of a customer together, in order."""
    ordered = links.sort("customer_id")
    first = ordered["customer_id"].rle_id().is_first_distinct().arg_true()
    starts = first.gather_every(size).to_list()
    for start, end in pairwise([*starts, links.height]):
        yield ordered[start:end]


def _report(resolution: Resolution, changed: int) -> ResolveReport:
    partition = resolution.partition
    counted = partition.group_by("reason").len().rows()
    return ResolveReport(
        records=partition.height,
        customers=partition["customer_id"].n_unique(),
        changed=changed,
        shared=resolution.shared.height,
        reasons={str(reason): int(count) for reason, count in counted},
    )
