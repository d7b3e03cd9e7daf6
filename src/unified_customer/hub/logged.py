"""Writing down what was shown to whom, and what came of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import polars as pl

from unified_customer.core.errors import ConfigurationError, SchemaError
from unified_customer.core.kinds import RECORD
from unified_customer.core.models import Actor
from unified_customer.core.tables import EXPOSURES, OUTCOMES, Table
from unified_customer.governance.audit import Entry, write_entry
from unified_customer.governance.graves import buried_ever
from unified_customer.policy import Policy
from unified_customer.store import Keys, Reader, Store

LOGGED: Final[Mapping[str, Table]] = {each.name: each for each in (EXPOSURES, OUTCOMES)}


@dataclass(frozen=True)
class Logged:
    """What became of rows that were given to `hub.log`.

    Attributes:
        table: Where they were written.
        rows: How many were given.
        written: How many are new.
        erased: How many are about people who were erased; they are not written.
    """

    table: str
    rows: int
    written: int
    erased: int

    @property
    def known(self) -> int:
        """How many were there already."""
        return self.rows - self.written - self.erased


def log_rows(store: Store, name: str, rows: pl.DataFrame, *, policy: Policy, actor: Actor, at: datetime) -> Logged:
    """Write rows of a log, each once, and that it was done.

    Raises:
        ConfigurationError: It is no table of a log, or customers are named who were never known.
        ConsentError: The actor may not use a purpose under which something was shown.
        SchemaError: Rows are not as the table has them; nothing is written.
    """
    if name not in LOGGED:
        raise ConfigurationError(f"Nothing is logged in a table {name!r}. Logs are: {', '.join(LOGGED)}.")
    sound = _sound(LOGGED[name], rows)
    for purpose in sorted(set(sound["purpose"])) if "purpose" in sound.columns else ():
        policy.check_actor(purpose, actor)
    with store.transaction(recorded_at=at) as writer:
        gone = _gone(writer, sound["customer_id"])
        living = sound.filter(~pl.col("customer_id").is_in(gone.implode()).fill_null(value=False))
        named = living.with_columns(record_id=pl.coalesce("record_id", "customer_id"))
        written = writer.append(name, named).inserted
        detail = {"rows": sound.height, "written": written}
        write_entry(writer, actor, Entry("log", table=name, detail=detail), at=at)
    return Logged(name, sound.height, written, sound.height - living.height)


def _sound(target: Table, rows: pl.DataFrame) -> pl.DataFrame:
    split = target.split(rows)
    if split.bad.height:
        reasons = ", ".join(split.bad["reason"].unique().sort())
        raise SchemaError(f"{split.bad.height} rows for {target.name!r} are not as it has them: {reasons}.")
    return split.good


def _gone(reader: Reader, customers: pl.Series) -> pl.Series:
    """Return which of some customers were erased and are not there.

    Raises:
        ConfigurationError: Some were never known.
    """
    asked = customers.drop_nulls().unique().rename("record_id").to_frame()
    known = reader.read("links", columns=["record_id"], keys=Keys(asked, ("record_id",)))["record_id"].unique()
    others = asked["record_id"].filter(~asked["record_id"].is_in(known.implode()))
    gone = buried_ever(reader, RECORD, others)
    if len(gone) < len(others):
        raise ConfigurationError(f"{len(others) - len(gone)} customers are named whom this hub has never known.")
    return gone
