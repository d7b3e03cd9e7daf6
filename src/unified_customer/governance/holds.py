"""Legal holds: what may not be deleted yet, because of a lawsuit, an audit or a duty to keep it.

A hold wins over every rule of retention, and keeps a customer from being erased (GDPR Art. 17(3)).
"""

from datetime import datetime

import polars as pl

from unified_customer.core.clock import Clock, as_utc, just_after
from unified_customer.core.errors import ConfigurationError
from unified_customer.core.models import LOCAL, Actor
from unified_customer.core.spec import content_hash
from unified_customer.core.tables import HOLDS, table
from unified_customer.governance.audit import Entry, write_entry
from unified_customer.governance.naming import CURRENT, current_customer
from unified_customer.policy.rules import check_category
from unified_customer.store import Keys, Reader, Store, Where


class Holds:
    """Places holds, lifts them and tells which stand; `hub.governance.holds`."""

    def __init__(self, store: Store, *, clock: Clock, actor: Actor = LOCAL) -> None:
        """Work on `store`, dated by `clock`, for `actor` where a call names nobody else."""
        self._store = store
        self._clock = clock
        self._actor = actor

    # What is held is called as the table calls it.
    def place(
        self,
        reason: str,
        *,
        customer_id: str | None = None,
        table: str | None = None,
        category: str | None = None,
        actor: Actor | None = None,
    ) -> str:
        """Place a hold, from now until it is lifted; what is left out is held as a whole.

        Args:
            reason: The legal ground, such as `"legal claim"`; never a value of a person.
            customer_id: Any id of one customer; None: everybody, and rows about nobody.
            table: Only this table; None: all.
            category: Only this data category and below; None: all.
            actor: Who places it; None: the hub's actor.

        Returns:
            The id of the hold.

        Raises:
            ConfigurationError: There is no reason, or the category is none.
            UnknownTableError: There is no such table.
            UnknownCustomerError: There is no such customer.
        """
        _check(reason, table, category)
        by, now = actor or self._actor, as_utc(self._clock())
        with self._store.transaction(recorded_at=now) as writer:
            holder = None if customer_id is None else current_customer(writer, customer_id)
            hold_id = content_hash(reason, holder or "", table or "", category or "", str(writer.last_seq()))[:24]
            said = {"hold_id": hold_id, "customer_id": holder, "subject_table": table, "category": category}
            row = {**said, "reason": reason, "placed_at": now, "lifted_at": None, "actor": by.id}
            writer.upsert("holds", pl.DataFrame([row], schema=HOLDS.columns))
            detail = {"hold": hold_id, "category": category}
            write_entry(writer, by, Entry("hold", table=table, customer_id=holder, detail=detail), at=now)
        return hold_id

    def lift(self, hold_id: str, *, actor: Actor | None = None) -> None:
        """Lift a hold from now on; one that was lifted before stays as it was.

        Raises:
            ConfigurationError: There is no such hold.
        """
        by, now = actor or self._actor, as_utc(self._clock())
        with self._store.transaction(recorded_at=now) as writer:
            found = writer.read("holds", columns=list(HOLDS.columns), where=[Where("hold_id", "==", hold_id)])
            if found.is_empty():
                message = f"There is no hold {hold_id!r}. hub.governance.holds.standing() lists those that stand."
                raise ConfigurationError(message)
            standing = found.filter(pl.col("lifted_at").is_null())
            if standing.is_empty():
                return
            writer.upsert("holds", standing.with_columns(lifted_at=pl.lit(now).cast(HOLDS.columns["lifted_at"])))
            held = standing.row(0, named=True)
            entry = Entry(
                "lift hold", table=held["subject_table"], customer_id=held["customer_id"], detail={"hold": hold_id}
            )
            write_entry(writer, by, entry, at=now)

    def standing(self, as_of: datetime | None = None) -> pl.DataFrame:
        """Return the holds that stood just before an instant, oldest first: the columns of `holds`.

        Args:
            as_of: The instant, exclusive; None: now, with those placed at this very instant.
        """
        at = just_after(self._clock()) if as_of is None else as_utc(as_of)
        return standing_holds(self._store, as_of=at)


def standing_holds(reader: Reader, *, as_of: datetime | None = None) -> pl.DataFrame:
    """Return the holds that stood just before `as_of`, oldest first; None: those that nobody lifted.

    Examples:
        >>> from unified_customer.store import open_store
        >>> standing_holds(open_store("memory://")).height
        0
    """
    if as_of is None:
        return reader.read(
            "holds", columns=list(HOLDS.columns), where=[Where("lifted_at", "is_null")], order_by=["placed_at"]
        )
    placed = reader.read(
        "holds", columns=list(HOLDS.columns), where=[Where("placed_at", "<", as_of)], order_by=["placed_at"]
    )
    return placed.filter(pl.col("lifted_at").is_null() | (pl.col("lifted_at") >= as_of))


def standing_for(reader: Reader, customer_id: str) -> pl.DataFrame:
    """Return the holds that nobody lifted and that keep anything of a customer: the columns of `holds`.

    A hold on everybody is one of them, and one that was placed on an id which the customer has since taken over.

    Args:
        reader: One state of the store.
        customer_id: The customer as it is called now.
    """
    holds = held_customers(reader, standing_holds(reader))
    about = holds.filter(pl.col("holder").is_null() | (pl.col("holder") == customer_id))
    return about.drop("holder")


def held_customers(reader: Reader, holds: pl.DataFrame) -> pl.DataFrame:
    """Return `holds` with `holder`: the customer who holds the id now; null where a hold is on everybody."""
    asked = holds.select(record_id="customer_id").drop_nulls().unique()
    now = reader.read("links", columns=["record_id", "customer_id"], where=[CURRENT], keys=Keys(asked, ("record_id",)))
    named = now.select(customer_id="record_id", holder="customer_id")
    told = holds.join(named, on="customer_id", how="left", maintain_order="left")
    return told.with_columns(pl.coalesce("holder", "customer_id").alias("holder"))


def _check(reason: str, name: str | None, category: str | None) -> None:
    if not reason.strip():
        message = "A hold needs a reason: the legal ground for which data may not be deleted yet."
        raise ConfigurationError(message)
    if name is not None:
        table(name)
    if category is not None:
        check_category(category)
