"""Fitting specs on data read under a purpose, and saving what came of it with whose data went in."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from typing import Any, Final
from weakref import finalize

import polars as pl

from unified_customer.core.clock import Clock, as_utc
from unified_customer.core.errors import ConfigurationError
from unified_customer.core.kinds import RECORD
from unified_customer.core.models import Actor
from unified_customer.core.spec import FittableSpec, Fitted, FittedT, canonical_json, content_hash
from unified_customer.core.tables import ARTIFACT_SUBJECTS, ARTIFACTS, MEMBERSHIPS, table
from unified_customer.governance.audit import Entry, write_entry
from unified_customer.governance.door import Door
from unified_customer.governance.erasure.refitting import save_fit
from unified_customer.governance.graves import buried, erased_since
from unified_customer.governance.naming import CURRENT
from unified_customer.hub.gathering import Wanted
from unified_customer.hub.memberships import assignment, write_memberships
from unified_customer.policy import Request
from unified_customer.store import Keys, Reader, Store, Writer

PERMITTED: Final = "permitted"
"""The table in which a spec finds who allows the further purposes that it asks about."""


@dataclass(frozen=True)
class SavedArtifact:
    """A fit that was saved.

    Attributes:
        artifact_id: Its id.
        rows: Rows that were added to other tables.
        subjects: Number of records whose data went in.
    """

    artifact_id: str
    rows: Mapping[str, int]
    subjects: int


@dataclass(frozen=True)
class Lineage:
    """What a fit was made from."""

    purpose: str
    as_of: datetime
    rows: int
    customers: pl.DataFrame
    read_at: datetime


class Fitting:
    """Fits specs and keeps the lineage of what they give."""

    def __init__(self, store: Store, *, door: Door, clock: Clock) -> None:
        """Read through `door`, write to `store`."""
        self._store = store
        self._door = door
        self._clock = clock
        self._lineage: dict[int, Lineage] = {}

    def fit(self, spec: FittableSpec[FittedT], *, purpose: str, as_of: datetime, actor: Actor) -> FittedT:
        """Return `spec` fitted on what `purpose` may see of the time before `as_of`."""
        before, now = as_utc(as_of), self._clock()
        wanted = Wanted(spec.needs, getattr(spec, "of_nobody", ()), purpose, before, _zone(spec), actor)
        asked = [Request(purpose=other, channel=channel) for other, channel in getattr(spec, "asks", ())]
        frames, permitted = self._door.read_and_ask(wanted.queries, asked)
        tables = wanted.tables(frames) | ({PERMITTED: permitted} if asked else {})
        fitted = spec.fit(tables, as_of=before)
        rows = sum(frame.height for frame in tables.values())
        self._remember(fitted, Lineage(purpose, before, rows, customers_in(tables), now))
        return fitted

    def _remember(self, fitted: Fitted, lineage: Lineage) -> None:
        # By identity, since a fitted value holds frames and has no hash; forgotten when the value is.
        self._lineage[id(fitted)] = lineage
        finalize(fitted, self._lineage.pop, id(fitted), None)

    def save(self, fitted: Fitted, *, actor: Actor) -> SavedArtifact:
        """Store the rows of `fitted`, the artifact and its subjects in one transaction."""
        lineage = self._lineage.get(id(fitted))
        if lineage is None:
            message = "Only what this hub fitted can be saved: use the value that hub.fit(...) returned."
            raise ConfigurationError(message)
        now = self._clock()
        artifact = _artifact(fitted, lineage, actor=actor, at=now)
        with self._store.transaction(recorded_at=now) as writer:
            subjects = _subjects(writer, lineage.customers).with_columns(artifact_id=pl.lit(artifact["artifact_id"]))
            gone = erased_since(writer, lineage.customers["customer_id"], lineage.read_at)
            save_fit(writer, pl.DataFrame([artifact], schema=ARTIFACTS.columns), gone, at=now)
            writer.append("artifact_subjects", ARTIFACT_SUBJECTS.conform(subjects))
            written = {
                name: _write_rows(writer, name, _living(writer, frame, gone), (fitted, artifact))
                for name, frame in fitted.rows().items()
            }
            detail = {"artifact": artifact["artifact_id"], "rows": written}
            entry = Entry("save", table="artifacts", purpose=lineage.purpose, as_of=lineage.as_of, detail=detail)
            write_entry(writer, actor, entry, at=now)
        return SavedArtifact(artifact["artifact_id"], written, subjects.height)


def _zone(spec: object) -> str:
    """Return in which zone the days of a spec end."""
    zone: str = getattr(getattr(spec, "calendar", spec), "zone", "UTC")
    return zone


def customers_in(tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Return the distinct customers of several frames: `customer_id`."""
    frames = [frame.select("customer_id") for frame in tables.values() if "customer_id" in frame.columns]
    empty = pl.DataFrame(schema={"customer_id": pl.String})
    return pl.concat([empty, *frames]).unique().drop_nulls()


def _subjects(reader: Reader, customers: pl.DataFrame) -> pl.DataFrame:
    """Return the records whose data went in: of those who hold now the ids that the customers had when it was read."""
    named = Keys(customers.select(record_id="customer_id"), ("record_id",))
    holders = reader.read("links", columns=["customer_id"], where=[CURRENT], keys=named).unique()
    return reader.read("links", columns=["record_id"], where=[CURRENT], keys=Keys(holders, ("customer_id",)))


def _living(reader: Reader, frame: pl.DataFrame, erased: pl.DataFrame) -> pl.DataFrame:
    """Return the rows of a result without those of people who were erased since it was fitted."""
    named = [name for name in ("customer_id", "record_id") if name in frame.columns]
    for name in named:
        gone = pl.concat([buried(reader, RECORD, frame[name].drop_nulls()), erased["record_id"].alias("value_key")])
        frame = frame.filter(~pl.col(name).is_in(gone.implode()).fill_null(value=False)) if len(gone) else frame
    return frame


def _artifact(fitted: Fitted, lineage: Lineage, *, actor: Actor, at: datetime) -> dict[str, Any]:
    spec = fitted.spec.to_json()
    body = canonical_json(dict(fitted.to_body()))
    hashed = content_hash(spec, body)
    named = content_hash(hashed, lineage.purpose, lineage.as_of.isoformat())
    return {
        "artifact_id": named,
        "kind": "fit",
        "name": type(fitted.spec).__name__,
        "spec": spec,
        "body": body,
        "location": None,
        "library_version": version("unified-customer"),
        "purpose": lineage.purpose,
        "as_of": lineage.as_of,
        "content_hash": hashed,
        "rows": lineage.rows,
        "actor": actor.id,
        "created_at": at,
    }


def _write_rows(writer: Writer, name: str, frame: pl.DataFrame, fit: tuple[Fitted, dict[str, Any]]) -> int:
    fitted, artifact = fit
    artifact_id = artifact["artifact_id"]
    if name == MEMBERSHIPS.name:
        said = assignment(fitted, frame, as_of=artifact["as_of"], artifact_id=artifact_id)
        return write_memberships(writer, said)
    target = table(name)
    marked = frame.with_columns(artifact_id=pl.lit(artifact_id)) if "artifact_id" in target.columns else frame
    write = writer.append if target.append_only else writer.upsert
    counts = write(name, target.conform(marked))
    return int(counts.inserted + counts.updated)
