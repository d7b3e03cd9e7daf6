"""`Transparency`: what is done with data, told from what is configured and what is in the store."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from unified_customer.core.clock import Clock
from unified_customer.core.models import LOCAL, Actor
from unified_customer.governance.incidents import (
    IncidentReport,
    RiskCriteria,
    report_incident,
    scope_of,
    write_report,
)
from unified_customer.governance.incidents.incident import PURPOSE
from unified_customer.governance.sight import named_purposes
from unified_customer.governance.transparency.activities import ProcessingRecord, processing_activities
from unified_customer.governance.transparency.data_map import DataMap, data_map
from unified_customer.governance.transparency.feeding import fed, nothing_fed
from unified_customer.governance.transparency.fides import manifest
from unified_customer.governance.transparency.notice import PrivacyNotice, notice_changes, privacy_notice
from unified_customer.governance.transparency.usage import uses
from unified_customer.policy import Policy
from unified_customer.store import Store


class Transparency:
    """Tells what a hub does with personal data, and whom an incident touched.

    What it tells holds counts and settings; the report of an incident also has the ids of those who were affected.

    Examples:
        >>> from datetime import UTC
        >>> from unified_customer.store import open_store
        >>> store = open_store("memory://")
        >>> policy = Policy(bases={"analytics": "legitimate_interests"})
        >>> told = Transparency(store, policy=policy, clock=lambda: datetime(2026, 1, 1, tzinfo=UTC))
        >>> told.processing_activities().frame["purpose"].to_list()
        ['analytics', 'essential.service']
        >>> store.close()
    """

    def __init__(self, store: Store, *, policy: Policy, clock: Clock, actor: Actor = LOCAL) -> None:
        """Tell of `store` under `policy`, dated by `clock`, for `actor` where a call names nobody else."""
        self._store = store
        self._policy = policy
        self._clock = clock
        self._actor = actor

    def processing_activities(self) -> ProcessingRecord:
        """Return the record of processing activities (GDPR Art. 30(1)): each purpose that the policy names or that was used."""
        with self._store.snapshot() as reader:
            return processing_activities(self._policy, uses(reader))

    def data_map(self) -> DataMap:
        """Return which source feeds which table, and who reads what for how long."""
        with self._store.snapshot() as reader:
            return data_map(self._policy, fed(reader), uses(reader)["purpose"].to_list())

    def privacy_notice(self) -> PrivacyNotice:
        """Return the skeleton of the privacy notice (GDPR Art. 13 and 14); what only a person can say is marked `TODO`."""
        with self._store.snapshot() as reader:
            return privacy_notice(self._policy, uses(reader)["purpose"].to_list())

    def notice_changes(self, old: Policy) -> str:
        """Return what changed in the notice since the policy `old`, as a unified diff; empty where nothing did."""
        return notice_changes(old, self._policy)

    def to_fideslang(self) -> dict[str, Any]:
        """Return what the hub holds and does as fideslang resources: `data_category`, `data_use`, `dataset`, `system`.

        Raises:
            MissingDependencyError: fideslang is not installed.
        """
        with self._store.snapshot() as reader:
            used = uses(reader)["purpose"].to_list()
        columns = data_map(self._policy, nothing_fed(), used).columns
        return manifest(self._policy, columns, sorted({*named_purposes(self._policy), *used}))

    def incident(
        self,
        *,
        known_at: datetime,
        tables: Sequence[str] | None = None,
        source: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        reads_by: str | None = None,
        destination: str | None = None,
        description: str | None = None,
        criteria: RiskCriteria | None = None,
        as_of: datetime | None = None,
        keep: bool = True,
        subjects: bool = False,
        actor: Actor | None = None,
    ) -> IncidentReport:
        """Return who was affected by an incident, by what, and who has to be told by when; it is in the audit.

        It looks through rows (of `tables`, of a `source`, of the time from `since` to `until`), through what an actor
        read (`reads_by`), or through what was exported (`destination`).

        Args:
            known_at: When it became known: from then on the clocks run.
            tables: Only rows, or reads, of these tables; None: of every one about people.
            source: Only rows that this source brought.
            since: Only rows of then or later, by their own time (without one, when they were recorded); of reads and
                exports, when they were made.
            until: Only those before.
            reads_by: Id of an actor whose credentials leaked.
            destination: Recipient, name or location of exports that somebody lost.
            description: What happened, for the report; no values of people.
            criteria: When the risk to people is taken for high; None: the criteria of the library.
            as_of: What is over by then is overdue; None: now.
            keep: Keep the report, without ids, as an artifact of kind `incident` (GDPR Art. 33(5)).
            subjects: Keep whom it was about too, a row for each record, so that access requests show it.
            actor: Who reports; None: the hub's actor.

        Raises:
            ConsentError: The policy does not let the actor read for `essential.legal_obligation`.
            ConfigurationError: It is not said what was touched, or a source, actor or destination is not known here.
        """
        by = actor or self._actor
        self._policy.check_actor(PURPOSE, by)
        scope = scope_of(
            tables=tables,
            source=source,
            since=since,
            until=until,
            reads_by=reads_by,
            destination=destination,
            description=description,
        )
        with self._store.snapshot() as reader:
            report = report_incident(
                reader,
                scope,
                policy=self._policy,
                known_at=known_at,
                as_of=as_of or self._clock(),
                criteria=criteria or RiskCriteria(),
            )
        write_report(self._store, report, actor=by, at=self._clock(), keep=keep, subjects=subjects)
        return report
