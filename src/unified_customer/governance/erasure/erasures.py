"""Erasures, from the preview to the last step; `hub.rights.erasures`."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl

from unified_customer.core.clock import Clock
from unified_customer.core.errors import ConfigurationError
from unified_customer.core.keys import Keyring
from unified_customer.core.models import LOCAL, Actor
from unified_customer.governance.erasure import reach
from unified_customer.governance.erasure.carrying import Carrier
from unified_customer.governance.erasure.erasing import Eraser, Erasing, Rewrite
from unified_customer.governance.erasure.exporting import Export, close, forget, lying_at
from unified_customer.governance.erasure.graveyard import Graveyard, graveyard_path
from unified_customer.governance.erasure.preview import ErasurePreview
from unified_customer.governance.erasure.proofs import proven
from unified_customer.governance.erasure.steps import ErasureReceipt
from unified_customer.governance.subjects import KeyOf
from unified_customer.policy import Policy
from unified_customer.store import Store


class Erasures:
    """Erases people from everything, and keeps track of each step until all are done."""

    def __init__(
        self,
        store: Store,
        *,
        clock: Clock,
        keyring: Keyring,
        policy: Policy,
        key_of: KeyOf | None = None,
        actor: Actor = LOCAL,
        erasers: Mapping[str, Eraser] | None = None,
        on_step: Callable[[str], None] | None = None,
    ) -> None:
        """Erase from `store`, dated by `clock`, for `actor` where a call names nobody else.

        Args:
            store: The store.
            clock: Gives the present instant.
            keyring: The key that names records.
            policy: Names who gets data from the hub.
            key_of: Names identifiers by kind and raw value; None: values are taken as they are.
            actor: Who acts where a call names nobody.
            erasers: Destinations that can erase, by name.
            on_step: Called with the name of each step, for tests of crashes.
        """
        self._actor = actor
        self._store = store
        self._keyring = keyring
        self._clock = clock
        self._key_of = key_of or keyring.value_key
        self._erasing = Erasing(store, Carrier(keyring, policy, store.path), clock, erasers or {}, on_step or _ignore)

    def preview(self, customer_id: str, *, actor: Actor | None = None) -> ErasurePreview:
        """Return what the erasure of a customer would do, without doing it; counts, never values.

        Raises:
            UnknownCustomerError: There is no such customer.
        """
        return self._erasing.preview(customer_id, actor=actor or self._actor)

    def erase(self, customer_id: str, *, request_id: str | None = None, actor: Actor | None = None) -> ErasureReceipt:
        """Erase a customer from every table; see `Rights.erase`."""
        return self.erase_many([customer_id], request_id=request_id, actor=actor)[0]

    def erase_many(
        self, customer_ids: Sequence[str], *, request_id: str | None = None, actor: Actor | None = None
    ) -> tuple[ErasureReceipt, ...]:
        """Erase several customers in one transaction, all or none; see `Rights.erase_many`."""
        return self._erasing.erase(list(customer_ids), actor=actor or self._actor, request_id=request_id)

    def resume(self, *, actor: Actor | None = None) -> tuple[ErasureReceipt, ...]:
        """Do all of what erasures left open that needs no person; a hub does it when it is opened.

        Tombstones that are missing beside the store are written, people whom only the file beside it names are erased
        again, exports and backups that are no longer where they were written to count as gone, and destinations that
        can erase are told.

        Returns:
            The receipts of the erasures that are not complete.
        """
        return self._erasing.resume(actor=actor or self._actor)

    def compact(self, *, actor: Actor | None = None) -> None:
        """Rewrite the store from its live rows, so that no byte of an erased person is left in its files."""
        self._erasing.compact(actor=actor or self._actor)

    def confirm(
        self,
        erasure_id: str,
        step: str,
        target: str,
        *,
        note: str,
        waived: bool = False,
        actor: Actor | None = None,
    ) -> ErasureReceipt:
        """Close an open step that only a person can close: an export that was deleted, a recipient that was told.

        Args:
            erasure_id: The erasure.
            step: Name of the step, such as `destination`.
            target: Its target.
            note: How it was done, or why it need not be; for the record, without values of people.
            waived: It need not be done.
            actor: Who says so; None: the hub's actor.

        Raises:
            ConfigurationError: There is no such open step, or it is one that the hub does itself.
        """
        by = actor or self._actor
        return self._erasing.confirm(erasure_id, step, target, note=note, waived=waived, actor=by)

    def retire(self, artifact_id: str, *, actor: Actor | None = None) -> dict[str, int]:
        """Delete a fit, and the memberships and scores that it gave; closes the steps of erasures that wait for it.

        Returns:
            Rows deleted, by table.

        Raises:
            ConfigurationError: There is no such artifact, or it is a copy, which has to be deleted at its place.
        """
        return self._erasing.retire(artifact_id, actor=actor or self._actor)

    def receipt(self, erasure_id: str) -> ErasureReceipt:
        """Return the receipt of an erasure as it stands now.

        Raises:
            ConfigurationError: There is no such erasure.
        """
        return self._erasing.receipt(erasure_id)

    def steps(self, *, open_only: bool = False) -> pl.DataFrame:
        """Return the last state of every step of every erasure, or of those that are open: columns of `erasure_steps`."""
        return self._erasing.erasures(open_only=open_only)

    def proof(self, kind: str, value: str) -> pl.DataFrame:
        """Return what an identifier said that was erased since, oldest first.

        Args:
            kind: Kind of the identifier; whoever asks has to know the value, as the hub does not any more.
            value: The value.

        Returns:
            `statement_id`, `purpose`, `channel`, `recipient`, `status`, `legal_basis`, `special_basis`, `jurisdiction`,
            `stated_at`, `expires_at`, `verified`, `spoken_by` and `notice_version`; in the place of a channel or
            recipient that was more than a word stands `withheld`.

        Raises:
            ConfigurationError: The value is none of that kind.
        """
        key = self._key_of(kind, value)
        if key is None:
            message = f"The value given is not a valid identifier of kind {kind!r}. Check its spelling."
            raise ConfigurationError(message)
        return proven(self._store, self._keyring, kind=kind, key=key)

    def erase_again(self, tombstones: str | Path, *, actor: Actor | None = None) -> int:
        """Erase whom a file of tombstones of this hub names, such as the one that lay beside another copy of it.

        Returns:
            The number of people who were erased.

        Raises:
            ConfigurationError: The file is missing or was not written with this key.
        """
        path = Path(tombstones)
        if not path.is_file():
            message = f"There is no file {path.name!r}. Tombstones lie beside a store, as NAME.tombstones."
            raise ConfigurationError(message)
        by = actor or self._actor
        erased = self._erasing.erase_again(Graveyard(path, self._keyring).read(), actor=by)
        self._erasing.reconcile(actor=by)
        return erased

    @contextmanager
    def copying(self, kind: reach.CopyKind, location: Path, *, actor: Actor | None = None) -> Iterator[None]:
        """Keep on record that the block copies everybody to `location`, so that erasures know of the copy.

        It is written before the copy is begun, and what the copy holds when it is done; not where there is no copy.
        """
        copy = reach.Copy(kind, location.resolve(), by=actor or self._actor, at=self._clock())
        with self._store.transaction(recorded_at=copy.at) as writer:
            copy.write(writer)
        before = copy.lies_there()
        try:
            yield
        except BaseException:
            if before or not copy.lies_there():
                with self._store.transaction(recorded_at=copy.at) as writer:
                    copy.forget(writer)
            raise
        with self._store.transaction(recorded_at=copy.at) as writer:
            copy.write(writer)

    @contextmanager
    def exporting(
        self,
        location: str | Path,
        customers: Sequence[str] | pl.Series,
        *,
        purpose: str,
        recipient: str | None = None,
        spec: Mapping[str, Any] | None = None,
        even_of_nobody: bool = False,
        actor: Actor | None = None,
    ) -> Iterator[str | None]:
        """Keep on record that the block writes data of some people to `location`, so that erasures know of it.

        It is written before the file is. Writing over a file takes what lay there before off the record, and the same
        people at the same place are one entry.

        Args:
            location: The file or folder.
            customers: Ids of the customers who are in it, as they were read; records without a customer by their own.
            purpose: What it is for.
            recipient: Who gets it.
            spec: Further settings to remember, such as the columns; never values of people.
            even_of_nobody: Keep it on record even with nobody in it.
            actor: Who writes it; None: the hub's actor.

        Yields:
            The id of its artifact; None where nobody is in it.

        Raises:
            ConfigurationError: Somebody in it was erased since it was read.

        Examples:
            >>> import tempfile, unified_customer as uc
            >>> people = pl.DataFrame({"id": ["1"], "mail": ["ann@example.com"]})
            >>> mapping = uc.Mapping(table="records", key="id", fields={"email": "mail"})
            >>> folder = tempfile.TemporaryDirectory()
            >>> with folder as name, uc.CustomerHub(policy=uc.Policy.quickstart()) as hub:
            ...     report = hub.load(uc.source("dataframe", people, table="records", name="crm", mapping=mapping))
            ...     resolved = hub.resolve()
            ...     frame, target = hub.customers(purpose="analytics"), Path(name, "people.csv")
            ...     with hub.rights.erasures.exporting(target, frame["customer_id"], purpose="analytics"):
            ...         frame.select("customer_id", "email").write_csv(target)
            ...     [each.step for each in hub.rights.erase(frame["customer_id"].item()).open]
            ['export', 'bytes']
        """
        export = Export(
            Path(location).resolve(),
            pl.Series("customer_id", customers, dtype=pl.String),
            purpose,
            by=actor or self._actor,
            at=self._clock(),
            spec={**(spec or {}), **({} if recipient is None else {"recipient": recipient})},
            even_of_nobody=even_of_nobody,
        )
        before = lying_at(export.location)
        with self._store.transaction(recorded_at=export.at) as writer:
            registered = export.register(writer)
        try:
            yield registered.artifact_id
        except BaseException:
            if registered.is_new and lying_at(export.location) == before:
                with self._store.transaction(recorded_at=export.at) as writer:
                    forget(writer, registered.artifact)
            raise
        with self._store.transaction(recorded_at=export.at) as writer:
            export.replace_older(writer, registered.artifact)

    def removed(self, location: str | Path) -> None:
        """Write that what was exported to a place is there no more; closes the steps of erasures that waited for it."""
        at = self._clock()
        with self._store.transaction(recorded_at=at) as writer:
            none = pl.DataFrame(schema={"artifact_id": pl.String})
            close(writer, Path(location).resolve(), but=none, at=at, detail={"gone": True})

    def rewritten_by(self, rewrite: Rewrite) -> None:
        """From now on have `resume` write files anew that hold somebody who was erased, where `rewrite` can."""
        self._erasing = replace(self._erasing, rewrite=rewrite)

    def copy_tombstones(self, store_path: Path) -> None:
        """Write the tombstones beside a copy of the store."""
        Graveyard(graveyard_path(store_path), self._keyring).append(self._erasing.graves())


def _ignore(_: str) -> None:
    pass
