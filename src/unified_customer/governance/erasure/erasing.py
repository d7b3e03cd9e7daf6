"""Erasing people, and following it up until nothing is left to do."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final, Protocol

import polars as pl

from unified_customer.core.clock import Clock
from unified_customer.core.errors import ConfigurationError
from unified_customer.core.kinds import RECORD
from unified_customer.core.models import Actor
from unified_customer.core.models.rights import StepState
from unified_customer.core.spec import content_hash
from unified_customer.governance.audit import Entry, write_entry
from unified_customer.governance.erasure import reach, steps
from unified_customer.governance.erasure.carrying import Carrier, Erasure
from unified_customer.governance.erasure.graveyard import COLUMNS, Graveyard, graveyard_path, missing_in
from unified_customer.governance.erasure.holding import refuse_held
from unified_customer.governance.erasure.plan import OWNER, holders_of, people_of, refuse_unresolved, unknown_customer
from unified_customer.governance.erasure.preview import ErasurePreview, preview
from unified_customer.governance.erasure.steps import ErasureReceipt
from unified_customer.governance.exported import EXPORT
from unified_customer.governance.graves import NAMED
from unified_customer.governance.naming import current_customer
from unified_customer.store import Keys, Reader, Store, Where, Writer

COUNTABLE: Final = ("rows", "quarantine", "consents", "tombstones")
SINGLE: Final = 1


class Eraser(Protocol):
    """Erases people where the hub's data went."""

    def erase(self, customer_ids: Sequence[str]) -> bool:
        """Erase one person, who may be known there by any of `customer_ids`; return whether that is done."""
        ...


Rewrite = Callable[[Path], None]
"""Writes what lies at a place anew, if it can; who was erased is not in it then."""


@dataclass(frozen=True)
class Erasing:
    """Erases people from a store, and from what it reaches.

    Attributes:
        store: The store.
        carrier: What an erasure is carried out with.
        clock: Gives the present instant.
        erasers: Destinations that can erase, by name.
        on_step: Called with the name of each step, for tests of crashes.
        rewrite: Writes files anew, where it can.
    """

    store: Store
    carrier: Carrier
    clock: Clock
    erasers: Mapping[str, Eraser] = field(default_factory=dict)
    on_step: Callable[[str], None] = lambda _: None
    rewrite: Rewrite = lambda _: None

    # ------------------------------------------------------------------------------------------------------ asked for

    def preview(self, customer_id: str, *, actor: Actor) -> ErasurePreview:
        """Return what the erasure of a customer would do."""
        now = self.clock()
        with self.store.transaction(recorded_at=now) as writer:
            holder = current_customer(writer, customer_id)
            seen = preview(writer, holder, policy=self.carrier.policy, own=self.carrier.path, as_of=now)
            write_entry(writer, actor, Entry("preview_erasure", customer_id=holder), at=now)
        return seen

    def erase(
        self, customer_ids: Sequence[str], *, actor: Actor, request_id: str | None = None
    ) -> tuple[ErasureReceipt, ...]:
        """Erase customers in one transaction; return a receipt for each id. Who was erased already has one."""
        now = self.clock()
        with self.store.transaction(recorded_at=now) as writer:
            asked = _erasures_of(writer, customer_ids, at=now, request_id=request_id)
            fresh = {each.customer_id: each for each in asked.values() if isinstance(each, Erasure)}
            graves = self._erase(writer, list(fresh.values()), at=now) if fresh else None
            told = steps.receipts(writer, [_id_of(each) for each in asked.values()])
            for erasure in fresh.values():
                write_entry(writer, actor, _entry(told[erasure.erasure_id], asked), at=now)
        if graves is not None:
            self.on_step("erase:committed")
            self._bury_beside(graves, list(fresh.values()))
        elif any(each.step == steps.TOMBSTONE_FILE for one in told.values() for each in one.open):
            self.reconcile(actor=actor)
        told = steps.receipts(self.store, [_id_of(each) for each in asked.values()])
        return tuple(told[_id_of(asked[each])] for each in customer_ids)

    def _erase(self, writer: Writer, erasures: Sequence[Erasure], *, at: datetime) -> pl.DataFrame:
        people = people_of(writer, pl.Series([each.customer_id for each in erasures]))
        refuse_unresolved(writer, people)
        refuse_held(writer, people["record_id"], as_of=at)
        return self.carrier.carry_out(writer, people, erasures, at=at)

    def _bury_beside(self, graves: pl.DataFrame, erasures: Sequence[Erasure]) -> None:
        if self.carrier.path is None:
            return
        Graveyard(graveyard_path(self.carrier.path), self.carrier.keyring).append(graves)
        self.on_step("erase:buried")
        self._close(steps.TOMBSTONE_FILE, [each.erasure_id for each in erasures], detail={})
        self.on_step("erase:told")

    def _close(self, step: str, erasure_ids: Sequence[str] | None, *, detail: Mapping[str, object]) -> int:
        where = [Where("step", "==", step)]
        if erasure_ids is not None:
            where.append(Where("erasure_id", "in", list(erasure_ids)))
        standing = steps.latest(self.store, where=where, open_only=True)
        return self._settle(standing, state="done", detail=detail)

    def _settle(self, standing: pl.DataFrame, *, state: StepState, detail: Mapping[str, object]) -> int:
        if standing.is_empty():
            return 0
        now = self.clock()
        with self.store.transaction(recorded_at=now) as writer:
            return steps.settle(writer, standing, state=state, at=now, detail=detail)

    # ---------------------------------------------------------------------------------------------------- followed up

    def reconcile(self, *, actor: Actor) -> None:
        """Make the tombstones of the store and those beside it the same: who is named in the file only is erased again."""
        if self.carrier.path is None:
            return
        yard = Graveyard(graveyard_path(self.carrier.path), self.carrier.keyring)
        if not (yard.path.exists() or self.store.count("tombstones")):
            return
        self.erase_again(yard.read(), actor=actor)
        yard.append(missing_in(self.graves(), yard.read()))
        self.on_step("resume:buried")
        self._close(steps.TOMBSTONE_FILE, None, detail={})

    def graves(self) -> pl.DataFrame:
        """Return all tombstones of the store, as a graveyard has them."""
        held = self.store.read("tombstones", order_by=["seq"])
        customers = self.store.read("erasure_steps", columns=["erasure_id", "customer_id"]).unique("erasure_id")
        return held.join(customers, on="erasure_id", how="left", maintain_order="left").select(list(COLUMNS))

    def erase_again(self, graves: pl.DataFrame, *, actor: Actor) -> int:
        """Erase whom tombstones name that the store has not; return how many people."""
        now = self.clock()
        with self.store.transaction(recorded_at=now) as writer:
            unknown = missing_in(graves, writer.read("tombstones", columns=[*NAMED, "erased_at"]))
            if unknown.is_empty():
                return 0
            named = _named_again(unknown)
            erasures = [
                Erasure(**each) for each in named.select(_ERASURE).unique("customer_id", keep="last").to_dicts()
            ]
            people = _people_again(writer, named)
            self.carrier.carry_out(writer, people, erasures, at=now, graves=named)
            for erasure in erasures:
                detail = {"again": True, "request": erasure.request_id}
                write_entry(writer, actor, Entry("erase", customer_id=erasure.customer_id, detail=detail), at=now)
        return len(erasures)

    def resume(self, *, actor: Actor) -> tuple[ErasureReceipt, ...]:
        """Do all of what is open that needs no person, and return the receipts of what is not complete."""
        self.reconcile(actor=actor)
        self._rewrite_exports()
        self._forget_gone_copies()
        self._tell_erasers()
        return tuple(each for each in steps.receipts(self.store).values() if not each.complete)

    def _rewrite_exports(self) -> None:
        standing = steps.latest(self.store, where=[Where("step", "==", EXPORT)], open_only=True)
        if standing.is_empty():
            return
        keys = Keys(standing.select(artifact_id="target").unique(), ("artifact_id",))
        made = self.store.read("artifacts", columns=["artifact_id", "location"], keys=keys).drop_nulls()
        waiting = standing.join(made, left_on="target", right_on="artifact_id", maintain_order="left")
        for (location,), rows in waiting.partition_by("location", as_dict=True, maintain_order=True).items():
            self._rewrite(Path(str(location)), rows.drop("location"))

    def _rewrite(self, location: Path, standing: pl.DataFrame) -> None:
        try:
            self.rewrite(location)
        except Exception as error:  # noqa: BLE001 (whatever went wrong there, the step has failed and is told so)
            self._settle(standing, state="failed", detail={"error": type(error).__name__})

    def _forget_gone_copies(self) -> None:
        standing = steps.latest(self.store, where=[Where("step", "in", reach.COPIES)], open_only=True)
        if standing.height:
            gone = reach.gone_copies(self.store, standing["target"])
            self._settle(standing.filter(pl.col("target").is_in(gone.implode())), state="done", detail={"gone": True})

    def _tell_erasers(self) -> None:
        if not self.erasers:
            return
        standing = steps.latest(self.store, where=[Where("step", "==", reach.DESTINATION)], open_only=True)
        for name, eraser in self.erasers.items():
            for (erasure_id,), rows in (
                standing.filter(pl.col("target") == name).partition_by("erasure_id", as_dict=True).items()
            ):
                self._tell(eraser, str(erasure_id), rows)

    def _tell(self, eraser: Eraser, erasure_id: str, standing: pl.DataFrame) -> None:
        where = [Where("erasure_id", "==", erasure_id), Where("kind", "==", RECORD)]
        ids = self.store.read("tombstones", columns=["value_key"], where=where)["value_key"].sort().to_list()
        try:
            done = eraser.erase(ids)
        except Exception as error:  # noqa: BLE001 (whatever a plugin raises, the step has failed and is told so)
            self._settle(standing, state="failed", detail={"error": type(error).__name__})
        else:
            if done:
                self._settle(standing, state="done", detail={"erased": True})

    def compact(self, *, actor: Actor) -> None:
        """Rewrite the store from its live rows, and close the step of the bytes of all that was erased before."""
        self.resume(actor=actor)
        pending = steps.latest(self.store, where=[Where("step", "==", steps.BYTES)], open_only=True)
        self.store.compact(keep_changes_since=self.store.last_seq())
        self.on_step("compact:done")
        self._settle(pending, state="done", detail={})
        self.on_step("compact:told")

    def confirm(
        self, erasure_id: str, step: str, target: str, *, note: str, waived: bool, actor: Actor
    ) -> ErasureReceipt:
        """Close an open step by the word of a person."""
        if step in {*COUNTABLE, steps.BYTES, steps.TOMBSTONE_FILE}:
            message = (
                f"The step {step!r} is done by the hub: call hub.rights.erasures.resume() or hub.rights.compact()."
            )
            raise ConfigurationError(message)
        now = self.clock()
        with self.store.transaction(recorded_at=now) as writer:
            where = [Where("erasure_id", "==", erasure_id), Where("step", "==", step), Where("target", "==", target)]
            standing = steps.latest(writer, where=where, open_only=True)
            if standing.is_empty():
                message = f"There is no open step {step!r} of {target!r} in that erasure. See hub.rights.erasures.steps(open_only=True)."
                raise ConfigurationError(message)
            told = {"by": actor.id, "note": note}
            steps.settle(writer, standing, state="waived" if waived else "done", at=now, detail=told)
            detail = {"erasure": erasure_id, "step": step, "target": target, "waived": waived}
            write_entry(writer, actor, Entry("confirm_erasure", detail=detail), at=now)
        return self.receipt(erasure_id)

    def retire(self, artifact_id: str, *, actor: Actor) -> dict[str, int]:
        """Delete a fit and what it says of people; return rows by table."""
        now = self.clock()
        with self.store.transaction(recorded_at=now) as writer:
            _check_fit(writer, artifact_id)
            rows = reach.retire(writer, pl.Series([artifact_id]))
            where = [Where("step", "==", reach.FIT), Where("target", "==", artifact_id)]
            steps.settle(
                writer,
                steps.latest(writer, where=where, open_only=True),
                state="done",
                at=now,
                detail={"retired": True},
            )
            write_entry(
                writer,
                actor,
                Entry("retire", table="artifacts", detail={"artifact": artifact_id, "rows": rows}),
                at=now,
            )
        return rows

    # ----------------------------------------------------------------------------------------------------------- told

    def receipt(self, erasure_id: str) -> ErasureReceipt:
        """Return the receipt of an erasure as it stands now."""
        found = steps.receipts(self.store, [erasure_id])
        if not found:
            message = "There is no such erasure. hub.rights.erasures.steps() lists them."
            raise ConfigurationError(message)
        return found[erasure_id]

    def erasures(self, *, open_only: bool) -> pl.DataFrame:
        """Return the last state of each step: the columns of `erasure_steps`."""
        return steps.latest(self.store, open_only=open_only)


_ERASURE: Final = ["erasure_id", "customer_id", "erased_at", "request_id"]


def _erasures_of(
    reader: Reader, any_ids: Sequence[str], *, at: datetime, request_id: str | None
) -> dict[str, Erasure | str]:
    """Return, for each id, the erasure that is to be, or the id of the one that was."""
    found: dict[str, Erasure | str] = {}
    position = str(reader.last_seq())
    held = holders_of(reader, any_ids)
    past = _past_erasures(reader, held.filter(pl.col(OWNER).is_null())["asked"])
    for asked, owner in held.iter_rows():
        if owner is not None:
            name = content_hash("erasure", owner, at.isoformat(), position)
            found[asked] = Erasure(name, owner, at, request_id)
        elif asked in past:
            found[asked] = past[asked]
        else:
            raise unknown_customer(reader, asked)
    return found


def _past_erasures(reader: Reader, records: pl.Series) -> dict[str, str]:
    keys = Keys(pl.DataFrame({"value_key": records}), ("value_key",))
    where = [Where("kind", "==", RECORD), Where("erasure_id", "is_not_null")]
    return dict(reader.read("tombstones", columns=["value_key", "erasure_id"], where=where, keys=keys).iter_rows())


def _check_fit(reader: Reader, artifact_id: str) -> None:
    found = reader.rows("artifacts", columns=["kind"], where=[Where("artifact_id", "==", artifact_id)])
    if not found:
        message = (
            f"There is no artifact {artifact_id!r}. hub.rights.erasures.steps(open_only=True) names those that are due."
        )
        raise ConfigurationError(message)
    if found[0]["kind"] in reach.COPIES:
        message = f"Artifact {artifact_id!r} is a copy, not a fit: delete it at its place, and call hub.rights.erasures.resume()."
        raise ConfigurationError(message)


def _id_of(erasure: Erasure | str) -> str:
    return erasure if isinstance(erasure, str) else erasure.erasure_id


def _entry(receipt: ErasureReceipt, asked: Mapping[str, Erasure | str]) -> Entry:
    by = sorted(each for each, one in asked.items() if _id_of(one) == receipt.erasure_id)
    detail = {"rows": receipt.rows, "request": receipt.request_id, "asked_for": by[0] if len(by) == SINGLE else by}
    return Entry("erase", customer_id=receipt.customer_id, detail={**detail, "erasure": receipt.erasure_id})


def _named_again(graves: pl.DataFrame) -> pl.DataFrame:
    """Return tombstones with the erasure and the customer that they are of; older releases did not write them."""
    is_record = pl.col("kind") == RECORD
    first = graves.filter(is_record).group_by("erased_at").agg(first=pl.col("value_key").min())
    known = graves.join(first, on="erased_at", how="left", maintain_order="left")
    customer = pl.coalesce("customer_id", "first", "value_key")
    filled = known.with_columns(customer_id=customer).with_columns(
        erasure_id=pl.coalesce("erasure_id", pl.col("customer_id") + pl.col("erased_at").dt.to_string("iso:strict"))
    )
    return filled.drop("first").sort("erased_at", maintain_order=True)


def _people_again(reader: Reader, named: pl.DataFrame) -> pl.DataFrame:
    """Return who is named by tombstones: `record_id`, `owner`."""
    records = named.filter(pl.col("kind") == RECORD).select(record_id="value_key", owner="customer_id")
    others = named.filter(pl.col("kind") != RECORD).select(*NAMED, owner="customer_id")
    carrying = reader.read("identifiers", columns=["record_id"], keys=Keys(others, NAMED))
    return pl.concat([records, carrying]).unique("record_id", keep="first", maintain_order=True)
