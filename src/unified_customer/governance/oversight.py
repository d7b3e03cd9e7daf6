"""What a data-protection officer looks after: retention, legal holds, documents, what is due; `hub.governance`."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import polars as pl

from unified_customer.core.clock import Clock, as_utc, just_after
from unified_customer.core.models import LOCAL, Actor
from unified_customer.governance.due import (
    Due,
    Provider,
    expiring_consents,
    holds_to_review,
    open_erasures,
    open_requests,
    policy_reviews,
    soon,
)
from unified_customer.governance.holds import Holds
from unified_customer.governance.lineage import outdated
from unified_customer.governance.retention import Remaining, Retention
from unified_customer.governance.transparency import Transparency
from unified_customer.policy import Policy
from unified_customer.store import Store

EXPIRY_NOTICE_DAYS: Final = 30
"""Days ahead for which grants that expire and reviews are told."""


class Oversight:
    """Keeps watch over what is kept, for how long, and what waits for somebody.

    Attributes:
        retention: Lets go of what is over: `preview`, `apply`.
        holds: What may not be deleted yet: `place`, `lift`, `standing`.
        transparency: The record of processing, the data map, the privacy notice, and reports of incidents.
    """

    def __init__(
        self,
        store: Store,
        policy: Policy,
        *,
        clock: Clock,
        remaining: Remaining,
        actor: Actor = LOCAL,
        providers: Sequence[Provider] = (open_requests,),
    ) -> None:
        """Watch over `store` under `policy`.

        Args:
            store: The store.
            policy: The policy in force.
            clock: Gives the present instant.
            remaining: Looks after customers who lose a part to retention.
            actor: Who works where a call names nobody else.
            providers: What else tells what is due, beside retention, consents, holds, erasures, policy and notice.
        """
        self._store = store
        self._policy = policy
        self._clock = clock
        self._providers = tuple(providers)
        self._remaining = remaining
        self._actor = actor
        self.holds = Holds(store, clock=clock, actor=actor)
        self.retention = Retention(store, policy, clock=clock, remaining=remaining, actor=actor, parties=policy.parties)
        self.transparency = Transparency(store, policy=policy, clock=clock, actor=actor)

    def under(self, policy: Policy) -> "Oversight":
        """Return the same under another policy, without putting it in force: what its documents and rules would say.

        `hub.governance.under(draft).retention.preview()` tells what a draft would let go of. To let go by its rules,
        put it in force: open a hub with it.
        """
        return Oversight(
            self._store,
            policy,
            clock=self._clock,
            remaining=self._remaining,
            actor=self._actor,
            providers=self._providers,
        )

    def outdated(self) -> pl.DataFrame:
        """List what was computed from people who may no longer be read for what it was computed for.

        Fit it anew, or retire it with `hub.rights.erasures.retire`.

        Returns:
            `artifact_id`, `kind`, `name`, `purpose`, `created_at`, `people`, `no_longer_allowed`: counts only.
        """
        with self._store.snapshot() as reader:
            return outdated(reader, self._policy, just_after(self._clock()))

    def due(self, as_of: datetime | None = None, *, days: int = EXPIRY_NOTICE_DAYS) -> pl.DataFrame:
        """List what is due, the earliest first.

        Args:
            as_of: What was due before is overdue; None: now.
            days: Grants that expire, and reviews that are due, within so many days are told.

        Returns:
            `kind` (`request`, `retention`, `consent`, `hold`, `erasure`, `policy`, `notice`, or what another provider
            calls it), `id`, `due_at`, `what` has to be done, and `overdue`. Never a value of a person.

        Raises:
            ConfigurationError: The instant has no time zone.
        """
        moment = as_utc(self._clock() if as_of is None else as_of)
        waiting = self.retention.due(moment)
        own = (
            lambda _reader, _as_of: waiting,
            expiring_consents(days),
            soon(holds_to_review, days),
            open_erasures,
            soon(policy_reviews(self._policy), days),
        )
        with self._store.snapshot() as reader:
            return Due((*self._providers, *own)).list(reader, as_of=moment)
