"""The rights of people, over the store and the ledger; `hub.rights`."""

from unified_customer.core.clock import Clock
from unified_customer.core.models import LOCAL, Actor
from unified_customer.governance.erasure import ErasureReceipt, erase
from unified_customer.store import Store


class Rights:
    """Carries out what people ask for."""

    def __init__(self, store: Store, *, clock: Clock, actor: Actor = LOCAL) -> None:
        """Work on `store`, dated by `clock`, for `actor` where a call names nobody else."""
        self._actor = actor
        self._store = store
        self._clock = clock

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
