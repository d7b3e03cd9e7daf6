"""Files that were written with the data of some people: known to erasures until they are gone or written over."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import polars as pl

from unified_customer.core.errors import ConfigurationError
from unified_customer.core.kinds import RECORD
from unified_customer.core.models import Actor
from unified_customer.core.spec import canonical_json, content_hash
from unified_customer.core.tables import ARTIFACT_SUBJECTS, ARTIFACTS
from unified_customer.governance.audit import Entry, write_entry
from unified_customer.governance.erasure import reach, steps
from unified_customer.governance.exported import EXPORT
from unified_customer.governance.graves import buried
from unified_customer.governance.naming import CURRENT
from unified_customer.store import Keys, Reader, Where, Writer


@dataclass(frozen=True, eq=False)
class Registered:
    """What is on record of an export: a row of `artifacts`, or none; and whether it was not before."""

    artifact: pl.DataFrame
    is_new: bool

    @property
    def artifact_id(self) -> str | None:
        """Its id; None where there is none."""
        return None if self.artifact.is_empty() else str(self.artifact["artifact_id"].item())


@dataclass(frozen=True, eq=False)
class Export:
    """A file or folder with the data of some people.

    Attributes:
        location: Where it is written to.
        customers: Ids of who is in it.
        purpose: What it is for.
        by: Who writes it.
        at: When it was begun.
        spec: What it holds, and its `recipient`.
        even_of_nobody: It is on record even with nobody in it.
    """

    location: Path
    customers: pl.Series
    purpose: str
    by: Actor
    at: datetime
    spec: Mapping[str, Any] = field(default_factory=dict)
    even_of_nobody: bool = False

    def register(self, writer: Writer) -> "Registered":
        """Write who is in it, where that is not on record yet.

        Raises:
            ConfigurationError: Somebody in it was erased since.
        """
        if self.customers.is_empty() and not self.even_of_nobody:
            return Registered(pl.DataFrame(schema=ARTIFACTS.columns), is_new=False)
        records = self._records(writer)
        artifact = self._artifact(records)
        standing = writer.read("artifacts", columns=["location"], keys=_named(artifact)).drop_nulls()
        if standing.is_empty():
            forget(writer, artifact)
            writer.append("artifacts", artifact)
            marked = records.with_columns(artifact_id=pl.lit(artifact["artifact_id"].item()))
            writer.append("artifact_subjects", ARTIFACT_SUBJECTS.conform(marked))
        self._audit(writer, artifact["artifact_id"].item())
        return Registered(artifact, is_new=standing.is_empty())

    def _records(self, reader: Reader) -> pl.DataFrame:
        """Return the records of who is in it, also of those who are not resolved yet: `record_id`, sorted."""
        asked = pl.DataFrame({"record_id": self.customers.cast(pl.String).unique()})
        if len(buried(reader, RECORD, asked["record_id"])):
            message = "Somebody was erased since this was read. Read it again, so that it does not hold them."
            raise ConfigurationError(message)
        links = reader.read(
            "links", columns=["record_id", "customer_id"], where=[CURRENT], keys=Keys(asked, ("record_id",))
        )
        holders = links.select("customer_id").unique()
        theirs = reader.read("links", columns=["record_id"], where=[CURRENT], keys=Keys(holders, ("customer_id",)))
        return pl.concat([theirs, asked]).unique().sort("record_id")

    def _artifact(self, records: pl.DataFrame) -> pl.DataFrame:
        spec = canonical_json(dict(self.spec))
        hashed = content_hash(spec, *records["record_id"])
        row = {
            "artifact_id": content_hash(EXPORT, str(self.location), self.purpose, hashed),
            "kind": EXPORT,
            "name": self.location.name,
            "spec": spec,
            "location": str(self.location),
            "library_version": version("unified-customer"),
            "purpose": self.purpose,
            "as_of": self.at,
            "content_hash": hashed,
            "rows": self.customers.n_unique(),
            "actor": self.by.id,
            "created_at": self.at,
        }
        return pl.DataFrame([row], schema=ARTIFACTS.columns)

    def _audit(self, writer: Writer, artifact_id: str) -> None:
        people = self.customers.n_unique()
        entry = Entry(EXPORT, purpose=self.purpose, people=people, detail={"artifact": artifact_id})
        write_entry(writer, self.by, entry, at=self.at)

    def replace_older(self, writer: Writer, artifact: pl.DataFrame) -> None:
        """Write that what lay there before is no more, which closes the steps of erasures that waited for it."""
        close(writer, self.location, but=artifact, at=self.at, detail={"overwritten": True})


def close(writer: Writer, location: Path, *, but: pl.DataFrame, at: datetime, detail: Mapping[str, Any]) -> None:
    """Write that the exports at a place are no more, save `but`; steps of erasures that waited for them are done."""
    where = [Where("kind", "==", EXPORT), Where("location", "==", str(location))]
    others = writer.read("artifacts", columns=list(ARTIFACTS.columns), where=where)
    gone = others.join(but.select("artifact_id"), on="artifact_id", how="anti")
    reach.without_body(writer, gone)
    standing = steps.latest(writer, where=[Where("step", "==", EXPORT)], open_only=True)
    waited = standing.filter(pl.col("target").is_in(gone["artifact_id"].implode()))
    steps.settle(writer, waited, state="done", at=at, detail=detail)


def forget(writer: Writer, artifact: pl.DataFrame) -> None:
    """Delete what was written of an export."""
    for name in ("artifacts", "artifact_subjects"):
        writer.delete(name, artifact.select("artifact_id"))


def lying_at(location: Path) -> tuple[int, int] | None:
    """Return what tells whether the content of a place changed; None: nothing is there, or an empty folder."""
    if not location.exists() or (location.is_dir() and not any(location.iterdir())):
        return None
    found = location.stat()
    return found.st_mtime_ns, found.st_size


def _named(artifact: pl.DataFrame) -> Keys:
    return Keys(artifact.select("artifact_id"), ("artifact_id",))
