"""What comes next in a session."""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from unified_customer.core.clock import as_utc
from unified_customer.core.errors import ConfigurationError
from unified_customer.core.spec import Spec
from unified_customer.engines.portable import Native
from unified_customer.recommendations.interactions import Interactions
from unified_customer.recommendations.sessions.reading import sessions_before
from unified_customer.recommendations.sessions.transitions import transitions, visits

if TYPE_CHECKING:
    from unified_customer.recommendations.sessions.fitted import FittedNextItem


class NextItem(Spec):
    """What somebody will look at next, from the last few items of the session and nothing else: no customer is asked for,
    and none is held.

    Learned is how often one item follows another within a session, the less the further apart they are. Transitions of
    fewer customers than a floor are left out, so that nobody's way through the shop can be read from it.

    Examples:
        >>> import polars as pl
        >>> from datetime import UTC
        >>> seen = pl.DataFrame(
        ...     {
        ...         "customer_id": ["ann", "ann", "ann", "bob", "bob"],
        ...         "item_id": ["tent", "mat", "lamp", "tent", "mat"],
        ...         "occurred_at": [datetime(2026, 1, 1, 9, minute, tzinfo=UTC) for minute in (0, 2, 3, 5, 9)],
        ...     }
        ... )
        >>> fitted = NextItem(min_customers=1).fit({"interactions": seen}, as_of=datetime(2026, 2, 1, tzinfo=UTC))
        >>> fitted.next(["tent"], n=2).select("item_id", "score").rows()
        [('mat', 2.0), ('lamp', 0.8)]

    References:
        M. Ludewig, D. Jannach (2018): Evaluation of session-based recommendation algorithms. User Modeling and
        User-Adapted Interaction 28, 331-390 (sequential rules).
        D. Garg, P. Gupta, P. Malhotra, L. Vig, G. Shroff (2019): Sequence and time aware neighborhood for session-based
        recommendations. SIGIR, 1069-1072 (recent steps of the session count more).
    """  # noqa: D205 (one sentence)

    needs: ClassVar[tuple[str, ...]] = ("events",)
    of_nobody: ClassVar[tuple[str, ...]] = ("events",)

    interactions: Interactions = Interactions()
    """What counts as a step: interactions that weigh more than 0."""
    gap_minutes: float = Field(default=30, gt=0)
    """So much time without a step ends a session where none is told by `session_id`."""
    reach: int = Field(default=10, ge=1)
    """An item follows another up to so many steps later."""
    fading: float = Field(default=0.8, gt=0, le=1)
    """What each step further apart counts beside the one before."""
    last: int = Field(default=5, ge=1)
    """So many of the last different items of a session count."""
    recency: float = Field(default=0.6, gt=0, le=1)
    """What each of them counts beside the next one."""
    min_customers: int = Field(default=5, ge=1)
    """A transition of fewer customers could tell of one of them, and is left out, as is such an item. Each session of
    nobody known counts as a customer."""

    def fit(self, tables: Mapping[str, Native], *, as_of: datetime) -> "FittedNextItem":
        """Learn from the sessions before `as_of`.

        Args:
            tables: `events` or `interactions` (`item_id`, `occurred_at`), as `Interactions.rows` takes them, with
                `customer_id`, `session_id` or both, on any engine.
            as_of: Only what was strictly before.

        Raises:
            SchemaError: No such table is there, or a column is missing.
            ConfigurationError: There is no session.
        """
        from unified_customer.recommendations.sessions.fitted import FittedNextItem

        at = as_utc(as_of)
        sessions = sessions_before(self.interactions, tables, as_of=at, gap_minutes=self.gap_minutes)
        if not len(sessions.session):
            raise ConfigurationError("There is nothing to learn from: no step of a session before as_of has a time.")
        found = transitions(sessions, reach=self.reach, fading=self.fading, least_customers=self.min_customers)
        return FittedNextItem(self, at, sessions.items, found, visits(sessions, least_customers=self.min_customers))
