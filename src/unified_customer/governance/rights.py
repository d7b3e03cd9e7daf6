"""The rights of people, over the store and the ledger; `hub.rights`."""

from unified_customer.core.clock import Clock
from unified_customer.core.models import LOCAL, Actor
from unified_customer.governance.access import PersonalData, collect, portable
from unified_customer.governance.audit import AuditLog, Entry
from unified_customer.governance.erasure import ErasureReceipt, erase
from unified_customer.policy import Policy
from unified_customer.store import Store


class Rights:
    """Carries out what people ask for."""

    def __init__(self, store: Store, *, clock: Clock, actor: Actor = LOCAL, policy: Policy | None = None) -> None:
        """Work on `store` under `policy`, dated by `clock`, for `actor` where a call names nobody else."""
        self._actor = actor
        self._store = store
        self._clock = clock
        self._policy = Policy() if policy is None else policy

    def access(self, customer_id: str, *, request_id: str | None = None, actor: Actor | None = None) -> PersonalData:
        """Return everything that is held about a person, with what the law asks to be told beside (GDPR Art. 15).

        It takes no purpose, since a person may see all that is theirs; it is in the audit. What would tell something of
        somebody else is left out, and listed as `withheld`.

        Args:
            customer_id: Any id ever issued to the person. Of one who was erased the proof of it is returned.
            request_id: The request that asked for it.
            actor: Who answers it; None: the hub's actor.

        Raises:
            UnknownCustomerError: The id was never issued, or its record is not resolved yet.
            ConfigurationError: Records that were loaded since the last `resolve()` may be the person's too.
        """
        return self._handed_out(self._collected(customer_id, request_id), actor)

    def portability(
        self, customer_id: str, *, request_id: str | None = None, actor: Actor | None = None
    ) -> PersonalData:
        """Return what a person may take elsewhere (GDPR Art. 20): `to_folder` writes it as JSON and CSV.

        It holds what the person provided or was observed, as far as it is used now on the basis of consent or contract.

        Args:
            customer_id: Any id ever issued to the person.
            request_id: The request that asked for it.
            actor: Who answers it; None: the hub's actor.

        Raises:
            UnknownCustomerError: The id was never issued, or its record is not resolved yet.
            ConfigurationError: Records that were loaded since the last `resolve()` may be the person's too.
        """
        everything = self._collected(customer_id, request_id)
        return self._handed_out(portable(everything, policy=self._policy), actor)

    def _collected(self, customer_id: str, request_id: str | None) -> PersonalData:
        with self._store.snapshot() as reader:
            return collect(reader, customer_id, policy=self._policy, clock=self._clock, request_id=request_id)

    def _handed_out(self, data: PersonalData, actor: Actor | None) -> PersonalData:
        detail = {"tables": data.rows, "request": data.request_id, "withheld": len(data.withheld)}
        entry = Entry(
            data.kind, customer_id=data.customer_id, rows=sum(data.rows.values()), people=int(data.held), detail=detail
        )
        AuditLog(self._store, clock=self._clock).record(actor or self._actor, entry)
        return data

    def erase(self, customer_id: str, *, request_id: str | None = None, actor: Actor | None = None) -> ErasureReceipt:
        """Erase a customer from every table (GDPR Art. 17).

        Afterwards no table holds a value of the person, and a source that still sends the person is not let in
        again. Identifiers that other customers carry too, such as the landline of a household, stay with these; what
        was granted about them goes, unless these say the same of themselves, so that an erasure opens nobody else.

        Args:
            customer_id: Any id of the customer.
            request_id: The request that asked for it.
            actor: Who erases; None: the hub's actor.

        Returns:
            What was done. While `bytes_pending` is true, call `compact()` to have the deleted bytes overwritten.

        Raises:
            UnknownCustomerError: There is no such customer.
            ConfigurationError: Records that were loaded since the last `resolve()` may be the customer's too.
        """
        by = actor or self._actor
        return erase(self._store, customer_id, clock=self._clock, actor=by, request_id=request_id)

    def compact(self) -> None:
        """Rewrite the store from its live rows, so that no byte of an erased person is left in its files."""
        self._store.compact(keep_changes_since=self._store.last_seq())
