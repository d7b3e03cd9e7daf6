"""Which law a request is judged by, and what time it leaves."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from unified_customer.core.errors import ConfigurationError
from unified_customer.core.models.rights import Right
from unified_customer.governance.requests.state import UNVERIFIED_RIGHTS
from unified_customer.policy import Policy
from unified_customer.policy.places import place_of
from unified_customer.policy.regimes import Deadlines
from unified_customer.store import Keys, Reader


@dataclass(frozen=True)
class Law:
    """The law that a request is judged by.

    Attributes:
        name: Its name; None: the policy names none.
        deadlines: By when what has to be done.
        rights: What it lets people ask for; None: whatever they like.
    """

    name: str | None
    deadlines: Deadlines
    rights: tuple[Right, ...] | None = None

    def covers(self, right: Right) -> bool:
        """Return whether it gives people this right."""
        return self.rights is None or right in self.rights


def law_of(policy: Policy, right: Right, at: datetime, *, named: str | None, places: Sequence[str | None]) -> Law:
    """Return the law for a request.

    Args:
        policy: Names the laws, and which place is under which.
        right: What is asked for.
        at: When it was received.
        named: The law that was named; it is taken at its word.
        places: Where the people live whom it may be about, such as `DE` or `US-CA`; None: unknown.

    Returns:
        The law named, else the one that leaves the least time of those that the places are under; where a place is
        under none, of all.

    Raises:
        ConfigurationError: The policy knows laws, but not the one named.
    """
    if named is not None and policy.regimes and named not in policy.regimes:
        message = f"The policy has no regime {named!r}. It has: {', '.join(sorted(policy.regimes))}."
        raise ConfigurationError(message)
    meant = {named} if named is not None else _regimes_of(policy, places)
    laws = [Law(name, each.deadlines, each.rights) for name, each in sorted(policy.regimes.items()) if name in meant]
    covering = [law for law in laws if law.covers(right)] or laws or [Law(named, Deadlines())]
    return min(covering, key=lambda law: answer_by(right, at, law.deadlines))


def answer_by(right: Right, received_at: datetime, deadlines: Deadlines) -> datetime:
    """Return by when a request has to be answered.

    Examples:
        >>> from datetime import UTC
        >>> from unified_customer.policy.periods import Period
        >>> ccpa = Deadlines(answer=Period(days=45), opt_out=Period(business_days=15))
        >>> at = datetime(2026, 1, 1, tzinfo=UTC)
        >>> [answer_by(right, at, ccpa).date().isoformat() for right in ("erasure", "opt_out")]
        ['2026-02-15', '2026-01-22']
    """
    shorter = deadlines.opt_out if right in UNVERIFIED_RIGHTS else None
    return (shorter or deadlines.answer).after(received_at)


def _regimes_of(policy: Policy, places: Sequence[str | None]) -> set[str]:
    """Return the names of the laws that the places are under; where one is under none, all."""
    names = {policy.jurisdictions.get(place or "", "") for place in places}
    return names if names and names <= set(policy.regimes) else set(policy.regimes)


def places_of(reader: Reader, policy: Policy, customers: Sequence[str]) -> list[str | None]:
    """Return where customers live, as the policy names the places; None: nowhere that it names."""
    keys = Keys(pl.DataFrame({"customer_id": pl.Series(customers, dtype=pl.String)}), ("customer_id",))
    lived = reader.read("customers", columns=["country", "region"], keys=keys)
    return [place_of(country, region, named=policy.jurisdictions) for country, region in lived.iter_rows()]
