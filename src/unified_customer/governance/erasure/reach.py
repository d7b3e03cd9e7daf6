"""What holds a person beyond the tables: fits, copies of the hub, recipients and checkpoints."""

import re
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Final, Literal

import polars as pl

from unified_customer.core.models import Actor
from unified_customer.core.spec import content_hash
from unified_customer.core.tables import ARTIFACTS
from unified_customer.governance.erasure.plan import OWNER, Plan
from unified_customer.governance.payloads import Traces
from unified_customer.policy import Policy
from unified_customer.store import Keys, Reader, Where, Writer

FIT: Final = "artifact"
DESTINATION: Final = "destination"
COPIES: Final = ("export", "backup")
CopyKind = Literal["export", "backup"]
OBLIGED: Final = {OWNER: pl.String(), "step": pl.String(), "target": pl.String(), "rows": pl.Int64()}
RECORD_ID: Final = re.compile(r"[0-9a-f]{24}")
SAID: Final = ("memberships", "scores")
"""Tables of what a fit says of people, which goes with it; what was shown to them happened."""


def obligations(reader: Reader, plan: Plan, policy: Policy, *, own: Path | None) -> pl.DataFrame:
    """Return what has to be followed up for each person: `owner`, `step`, `target`, `rows`.

    Args:
        reader: One state of the store.
        plan: Who goes.
        policy: Names who gets data from the hub.
        own: The file of the store itself, which is no copy of it.
    """
    parts = [_held(reader, plan), _copies(reader, plan, own), _destinations(plan, policy)]
    return pl.concat([pl.DataFrame(schema=OBLIGED), *(part.select(list(OBLIGED)) for part in parts)])


def _held(reader: Reader, plan: Plan) -> pl.DataFrame:
    """Return the fits and the exports that the people went into, and that are still there."""
    subjects = reader.read("artifact_subjects", columns=["artifact_id"], keys=Keys(plan.people, ("record_id",)))
    held = subjects.group_by(OWNER, "artifact_id").agg(rows=pl.len().cast(pl.Int64)).sort(OWNER, "artifact_id")
    made = reader.read(
        "artifacts",
        columns=["artifact_id", "kind", "body", "location"],
        keys=Keys(held.select("artifact_id").unique(), ("artifact_id",)),
    )
    standing = made.filter(pl.any_horizontal(pl.col("body", "location").is_not_null()))
    told = held.join(standing, on="artifact_id", maintain_order="left")
    step = pl.when(pl.col("kind").is_in(COPIES)).then("kind").otherwise(pl.lit(FIT))
    return told.with_columns(step=step, target="artifact_id")


def _copies(reader: Reader, plan: Plan, own: Path | None) -> pl.DataFrame:
    columns = ["artifact_id", "kind", "location", "covers_seq"]
    copies = reader.read("artifacts", columns=columns, where=[Where("kind", "in", COPIES)])
    elsewhere = copies.filter(pl.col("location").ne_missing(pl.lit(None if own is None else str(own), dtype=pl.String)))
    seen = reader.read("identities", columns=["record_id", "seq"], keys=Keys(plan.people, ("record_id",)))
    first = seen.group_by(OWNER, maintain_order=True).agg(pl.col("seq").min())
    pairs = first.join(elsewhere.drop_nulls("covers_seq"), how="cross").filter(pl.col("seq") <= pl.col("covers_seq"))
    return pairs.select(OWNER, step="kind", target="artifact_id", rows=pl.lit(None, dtype=pl.Int64))


def _destinations(plan: Plan, policy: Policy) -> pl.DataFrame:
    names = pl.DataFrame({"target": sorted(policy.recipients)}, schema={"target": pl.String})
    pairs = plan.people.select(OWNER).unique(maintain_order=True).join(names, how="cross")
    return pairs.with_columns(step=pl.lit(DESTINATION), rows=pl.lit(None, dtype=pl.Int64))


# -------------------------------------------------------------------------------------------------------------- fits


def scrub_fits(writer: Writer, plan: Plan) -> int:
    """Take the body of each fit in which a person can be read; return of how many."""
    subjects = writer.read("artifact_subjects", columns=["artifact_id"], keys=Keys(plan.people, ("record_id",)))
    named = Keys(subjects.select("artifact_id").unique(), ("artifact_id",))
    fits = writer.read("artifacts", columns=list(ARTIFACTS.columns), keys=named)
    names = set(plan.records["record_id"])
    readable = [body is not None and holds_person(body, plan.traces, names) for body in fits["body"]]
    told = fits.filter(pl.Series(readable, dtype=pl.Boolean))
    without_body(writer, told)
    return told.height


def holds_person(body: str, traces: Traces, records: set[str]) -> bool:
    """Return whether somebody can be read in the body of a fit: by an id, an identifier or a name."""
    return not records.isdisjoint(RECORD_ID.findall(body)) or bool(traces.named(body))


def without_body(writer: Writer, fits: pl.DataFrame) -> None:
    """Write rows of `artifacts` anew without what was fitted and where it lies."""
    if fits.is_empty():
        return
    bare = {name: pl.lit(None, dtype=pl.String).alias(name) for name in ("body", "location")}
    writer.delete("artifacts", fits.select("artifact_id"))
    writer.append("artifacts", fits.with_columns(*bare.values()))


def retire(writer: Writer, artifact_ids: pl.Series) -> dict[str, int]:
    """Delete what was fitted, and what it says of people; return rows by table."""
    named = pl.DataFrame({"artifact_id": artifact_ids})
    fits = writer.read("artifacts", columns=list(ARTIFACTS.columns), keys=Keys(named, ("artifact_id",)))
    without_body(writer, fits)
    return {name: writer.delete(name, named) for name in SAID}


# ------------------------------------------------------------------------------------------------------------ copies


@dataclass(frozen=True)
class Copy:
    """A copy of the whole hub.

    Attributes:
        kind: What it is.
        location: Where it is written to.
        by: Who writes it.
        at: When it was begun.
    """

    kind: CopyKind
    location: Path
    by: Actor
    at: datetime

    @property
    def artifact_id(self) -> str:
        """Its id."""
        return content_hash(self.kind, str(self.location), self.at.isoformat())

    def write(self, writer: Writer) -> None:
        """Write that it holds everybody who is there now."""
        self.forget(writer)
        row = {
            "artifact_id": self.artifact_id,
            "kind": self.kind,
            "name": self.kind,
            "location": str(self.location),
            "library_version": version("unified-customer"),
            "purpose": "essential",
            "as_of": self.at,
            "content_hash": content_hash(self.kind, str(self.location)),
            "rows": writer.count("identities"),
            "actor": self.by.id,
            "created_at": self.at,
            "covers_seq": writer.last_seq(),
        }
        writer.append("artifacts", pl.DataFrame([row], schema=ARTIFACTS.columns))

    def forget(self, writer: Writer) -> None:
        """Delete what was written of it."""
        writer.delete("artifacts", pl.DataFrame({"artifact_id": [self.artifact_id]}))

    def lies_there(self) -> bool:
        """Return whether anything is at its place; an empty folder is nothing."""
        return any(self.location.iterdir()) if self.location.is_dir() else self.location.exists()


def gone_copies(reader: Reader, artifact_ids: pl.Series) -> pl.Series:
    """Return those of some copies of which nothing is at the place they were written to, where that is a path."""
    keys = Keys(artifact_ids.unique().to_frame("artifact_id"), ("artifact_id",))
    where = [Where("kind", "in", COPIES)]
    copies = reader.read("artifacts", columns=["artifact_id", "location"], where=where, keys=keys)
    gone = [
        location is not None and "://" not in location and not Path(location).exists()
        for location in copies["location"]
    ]
    return copies["artifact_id"].filter(pl.Series(gone, dtype=pl.Boolean))


# ------------------------------------------------------------------------------------------------------- checkpoints


def drop_checkpoints(writer: Writer, plan: Plan) -> int:
    """Delete checkpoints that hold an identifier of a person: the source is then read from the start."""
    held = writer.read("checkpoints", columns=["source", "stream", "state"]).drop_nulls("state")
    about = [bool(plan.traces.owners(state)) for state in held["state"]]
    return writer.delete("checkpoints", held.filter(pl.Series(about, dtype=pl.Boolean)).select("source", "stream"))
