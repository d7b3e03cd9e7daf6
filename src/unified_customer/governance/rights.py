"""The rights of people, over the store and the ledger; `hub.rights`."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from unified_customer.core.clock import Clock
from unified_customer.core.errors import ConfigurationError
from unified_customer.core.keys import Keyring
from unified_customer.core.models import LOCAL, Actor
from unified_customer.core.models.rights import Right
from unified_customer.governance.access import PersonalData, collect, portable
from unified_customer.governance.audit import AuditLog, Entry
from unified_customer.governance.erasure.erasing import Eraser
from unified_customer.governance.erasure.erasures import Erasures
from unified_customer.governance.erasure.steps import ErasureReceipt
from unified_customer.governance.requests.carrying import Does
from unified_customer.governance.requests.handling import Handling
from unified_customer.governance.requests.requests import Requests
from unified_customer.governance.subjects import KeyOf
from unified_customer.policy import Policy
from unified_customer.store import Store


class Rights:
    """Carries out what people have a right to.

    Attributes:
        erasures: What an erasure would do, and how far each one is: `preview`, `receipt`, `confirm`, `retire`, ...
    """

    def __init__(
        self,
        store: Store,
        *,
        clock: Clock,
        keyring: Keyring,
        policy: Policy | None = None,
        key_of: KeyOf | None = None,
        actor: Actor = LOCAL,
        handling: Handling | None = None,
        erasers: Mapping[str, Eraser] | None = None,
        on_step: Callable[[str], None] | None = None,
    ) -> None:
        """Work on `store`, dated by `clock`, for `actor` where a call names nobody else.

        Args:
            store: The store.
            clock: Gives the present instant.
            keyring: The key that names records.
            policy: Names who gets data from the hub, and what people are told of when they ask; None: that every
                purpose needs consent.
            key_of: Names identifiers by kind and raw value; None: values are taken as they are.
            actor: Who works with the hub where a call names nobody else.
            handling: Takes in requests; None: only what needs none can be done.
            erasers: Destinations that can erase, by name.
            on_step: Called with the name of each step of an erasure, for tests of crashes.
        """
        self._policy = Policy() if policy is None else policy
        self._actor = actor
        self._store = store
        self._clock = clock
        self.erasures = Erasures(
            store,
            clock=clock,
            keyring=keyring,
            policy=self._policy,
            key_of=key_of,
            actor=actor,
            erasers=erasers,
            on_step=on_step,
        )
        self._handled_by = handling
        self._requests = None if handling is None else Requests(handling, does=self._does, actor=actor)

    @property
    def _does(self) -> Mapping[Right, Does]:
        return {"access": self.access, "portability": self.portability, "erasure": self.erase}

    @property
    def requests(self) -> Requests:
        """What people ask for, each with its deadline: `receive`, `verify`, `deny`, `fulfil`, ..."""
        if self._requests is None:
            message = "There is nobody to take in requests here. Open a CustomerHub, and use hub.rights.requests."
            raise ConfigurationError(message)
        return self._requests

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

    def rectify(
        self, customer_id: str, fields: Mapping[str, Any], *, request_id: str | None = None, actor: Actor | None = None
    ) -> Any:
        """Take in what a customer, verified, states of themselves (GDPR Art. 16).

        It becomes a record of the source `rights` of the same customer, and its values survive in the golden record
        whatever other sources say, now or later. What these said stays as history.

        Args:
            customer_id: Any id of the customer, verified to be that person.
            fields: What is right, by field of the golden record.
            request_id: The request that asked for it; it is carried out and closed.
            actor: Who enters it; None: the hub's actor.

        Returns:
            What was written: see `unified_customer.hub.restating.Restated`.

        Raises:
            UnknownCustomerError: There is no such customer.
            ConfigurationError: A field cannot be stated, or a value cannot be.
            RequestStateError: The request is about another right or somebody else, or is not verified.
        """
        return self.requests.rectify(customer_id, fields, request_id=request_id, actor=actor or self._actor)

    def erase(self, customer_id: str, *, request_id: str | None = None, actor: Actor | None = None) -> ErasureReceipt:
        """Erase a customer from every table (GDPR Art. 17).

        Afterwards no table holds a value of the person, and a source that still sends the person is not let in
        again. Identifiers that other customers carry too, such as the landline of a household, stay with these; what
        was granted about them goes, unless these say the same of themselves, so that an erasure opens nobody else.
        What the person said is kept as proofs without a name.

        Args:
            customer_id: Any id of the customer.
            request_id: The request that asked for it.
            actor: Who erases; None: the hub's actor.

        Returns:
            The receipt: what was done, and what is still open. The same one for who was erased already.

        Raises:
            UnknownCustomerError: There is no such customer.
            ConfigurationError: Records that were loaded since the last `resolve()` may be the customer's too, or a
                legal hold stands.
        """
        return self.erasures.erase(customer_id, request_id=request_id, actor=actor)

    def erase_many(
        self, customer_ids: Sequence[str], *, request_id: str | None = None, actor: Actor | None = None
    ) -> tuple[ErasureReceipt, ...]:
        """Erase several customers in one transaction, all or none; see `erase`.

        An identifier that only customers among them carry goes with them.

        Returns:
            A receipt for each of `customer_ids`, in that order.
        """
        return self.erasures.erase_many(customer_ids, request_id=request_id, actor=actor)

    def compact(self, *, actor: Actor | None = None) -> None:
        """Rewrite the store from its live rows, so that no byte of an erased person is left in its files."""
        self.erasures.compact(actor=actor)

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
