"""`hub.governance.retention`: what would go, and letting it go."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from types import MappingProxyType
from typing import Final

import polars as pl

from unified_customer.core.clock import Clock, as_utc
from unified_customer.core.errors import ConfigurationError
from unified_customer.core.fields import Party
from unified_customer.core.models import LOCAL, Actor
from unified_customer.governance.retention.finding import Rules
from unified_customer.governance.retention.leftovers import Remaining
from unified_customer.governance.retention.sweep import Sweep
from unified_customer.governance.retention.tally import WITH_THE_REST
from unified_customer.policy import Policy
from unified_customer.store import Store, Writer

PORTION: Final = 50_000
"""Rows that go in one transaction."""

NO_PARTIES: Final[Mapping[str, Party]] = MappingProxyType({})


@dataclass(frozen=True)
class Preview:
    """What would go: counts only.

    Attributes:
        as_of: The instant at which it would be over.
        counts: A row for each table, column (null: whole rows), rule and what becomes of it (`then`: `delete`, `blank`,
            `anonymise`, or `suppress` for what would stand out among rows about nobody): `rows`, `people`, `earliest`
            and `latest` of the rows' own times, and `ended`, since when the first of it is over.
    """

    as_of: datetime
    counts: pl.DataFrame

    @property
    def rows(self) -> int:
        """How many whole rows would go, or be kept about nobody."""
        return _whole_rows(self.counts)


@dataclass(frozen=True)
class RetentionReport:
    """What went: counts only.

    Attributes:
        as_of: The instant at which it was over.
        counts: As in a `Preview`.
        bytes_pending: Whether deleted bytes are still in the file until `compact()`.
    """

    as_of: datetime
    counts: pl.DataFrame
    bytes_pending: bool

    @property
    def rows(self) -> int:
        """How many whole rows went, or are kept about nobody."""
        return _whole_rows(self.counts)


class Retention:
    """Keeps data no longer than the policy says, counted from when things happened.

    References:
        GDPR Art. 5(1)(e) (storage limitation), Art. 17(3) (what may be kept longer), recital 26 (anonymous data).
    """

    def __init__(
        self,
        store: Store,
        policy: Policy,
        *,
        clock: Clock,
        remaining: Remaining,
        actor: Actor = LOCAL,
        parties: Mapping[str, Party] = NO_PARTIES,
        portion: int = PORTION,
    ) -> None:
        """Work on `store` by the rules of `policy`.

        Args:
            store: The store.
            policy: Its `retention` is laid over the defaults of the field dictionary.
            clock: Gives the present instant.
            remaining: Looks after customers who lose a part.
            actor: Who works where a call names nobody else.
            parties: Source -> who it is: `third` for a broker, whose data are kept for 90 days unless a rule says
                otherwise.
            portion: Rows that go in one transaction.
        """
        self._store = store
        self._rules = Rules(policy.retention, parties)
        self._clock = clock
        self._remaining = remaining
        self._actor = actor
        self._portion = portion

    def preview(self, as_of: datetime | None = None) -> Preview:
        """Tell what would go, and change nothing.

        It does what `apply` does in a transaction that is taken back, so other writers wait for it.

        Args:
            as_of: What is over at this instant, which may lie in the future; None: now.

        Raises:
            ConfigurationError: The instant has no time zone.
        """
        at = as_utc(self._clock())
        moment = at if as_of is None else as_utc(as_of)
        return Preview(moment, self._tried(moment, at=at))

    def apply(
        self, as_of: datetime | None = None, *, confirm: Preview | None = None, actor: Actor | None = None
    ) -> RetentionReport:
        """Let go of what is over, except for what is held.

        It works in portions, each in a transaction of its own and in the audit. If it is cut off, call it again: what
        is gone is gone, and the rest goes then. Calling it twice for one instant changes nothing the second time.
        Records that go leave a stub, so that no id of a customer moves; the single customer view is built anew where it
        lost something.

        Args:
            as_of: What is over at this instant, not after now; None: now, or the instant of `confirm`.
            confirm: A preview; it is refused if anything else would go now.
            actor: Who applies the rules; None: the hub's actor.

        Returns:
            What went. While `bytes_pending` is true, `hub.rights.compact()` overwrites the deleted bytes.

        Raises:
            ConfigurationError: The instant is not over, has no time zone or is not that of `confirm`, or something else
                would go than was previewed.
            IdentityConflictError: Corrections contradict who is who now: run `hub.resolve()` first.
        """
        at = as_utc(self._clock())
        moment = self._moment(as_of, confirm, at=at)
        if confirm is not None and not self._tried(moment, at=at).equals(confirm.counts):
            message = "What would go is not what was previewed: data, holds or rules have changed. Preview it again."
            raise ConfigurationError(message)
        turns = partial(self._store.transaction, recorded_at=at)
        sweep = Sweep(turns, self._rules, moment, at, actor or self._actor, self._remaining, self._portion)
        counts = sweep.run().frame()
        self._remaining.settled()
        return RetentionReport(moment, counts, bytes_pending=counts.height > 0)

    def due(self, as_of: datetime) -> pl.DataFrame:
        """Return what is over and still there, by rule: the columns of `unified_customer.governance.due.DUE`.

        It is due since the first of it was over.
        """
        counts = self.preview(as_of).counts
        by_rule = (
            counts.filter(pl.col("rule") != WITH_THE_REST)
            .group_by("rule")
            .agg(pl.col("rows").sum(), pl.col("ended").min())
        )
        what = pl.format("let go of {} rows or values", "rows")
        return by_rule.select(
            kind=pl.lit("retention"), id="rule", due_at="ended", what=what, overdue=pl.lit(value=True)
        )

    def _moment(self, as_of: datetime | None, confirm: Preview | None, *, at: datetime) -> datetime:
        moment = (at if confirm is None else confirm.as_of) if as_of is None else as_utc(as_of)
        if moment > at:
            message = f"{moment.isoformat()} is not over yet: what lies ahead can be previewed, not applied."
            raise ConfigurationError(message)
        if confirm is not None and confirm.as_of != moment:
            message = f"The preview is for {confirm.as_of.isoformat()}, not for {moment.isoformat()}."
            raise ConfigurationError(message)
        return moment

    def _tried(self, as_of: datetime, *, at: datetime) -> pl.DataFrame:
        """Return what a sweep counts that leaves no trace."""
        with _taken_back(self._store, at=at) as writer:
            sweep = Sweep(partial(_within, writer), self._rules, as_of, at, self._actor, None, self._portion)
            return sweep.run().frame()


class _TakenBackError(Exception):
    """Ends a transaction without a commit."""


@contextmanager
def _taken_back(store: Store, *, at: datetime) -> Iterator[Writer]:
    with suppress(_TakenBackError), store.transaction(recorded_at=at) as writer:
        yield writer
        raise _TakenBackError


@contextmanager
def _within(writer: Writer) -> Iterator[Writer]:
    yield writer


def _whole_rows(counts: pl.DataFrame) -> int:
    return int(counts.filter(pl.col("column").is_null())["rows"].sum())
