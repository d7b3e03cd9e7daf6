"""Where an event goes by the consent that it carries: the routing of Segment, as a named compatibility policy.

It fails open: an event without consent goes everywhere, and a destination that nobody mapped to a category gets
everything. Our own decision, `permit`, fails closed: silence is no. Use this one to compare with what Segment did, or
to run both side by side while moving over; nothing in the library calls it.

References:
    Segment, Consent in Segment Connections, "Reconcile consent object and integrations object conflicts".
    Segment, Consent on the Profile: categories that are missing or were never collected become false.
"""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, Field

from unified_customer.core.spec import Spec
from unified_customer.policy.rules import ReadOnly, over

PREFERENCES: Final = "categoryPreferences"
EVERY: Final = "All"
"""In an integrations object: every destination that it does not name."""

Preference = bool | Literal["conflict"]


class SegmentCompat(Spec):
    """Which destinations Segment sends an event to. **It fails open**, where the library itself fails closed.

    Examples:
        >>> routing = SegmentCompat(categories={"ad": ("facebook", "google-ads"), "analytics": ("amplitude",)})
        >>> connected = ["facebook", "google-ads", "amplitude", "warehouse"]
        >>> routing.destinations(connected, consent={"categoryPreferences": {"ad": True, "analytics": False}})
        ('facebook', 'google-ads', 'warehouse')
        >>> routing.destinations(connected) == tuple(connected)
        True
    """

    categories: Annotated[Mapping[str, tuple[str, ...]], AfterValidator(over({})), ReadOnly] = Field(
        default={}, validate_default=True
    )
    """Consent category -> the destinations that need it."""

    def destinations(
        self,
        connected: Iterable[str],
        *,
        consent: Mapping[str, Any] | None = None,
        integrations: Mapping[str, Any] | None = None,
    ) -> tuple[str, ...]:
        """Return the destinations, of those that are `connected`, that an event goes to, in their order.

        The consent is looked at first. A mapped destination needs a yes to all of its categories; one that is not
        mapped needs none. What the integrations then name as false is left out, and what they do not name stays.

        Args:
            connected: Names of the destinations.
            consent: `context.consent` of the event; None: it has none.
            integrations: `integrations` of the event; None: it has none.
        """
        chosen = integrations or {}
        if consent is None and chosen:
            return tuple(each for each in connected if _is_named(each, chosen))
        if not consent and not chosen:
            return tuple(connected)
        given = (consent or {}).get(PREFERENCES) or {}
        return tuple(each for each in connected if self._allows(each, given) and _is_left(each, chosen))

    def merged(self, *profiles: Mapping[str, bool | None]) -> dict[str, Preference]:
        """Return the preferences of profiles that became one.

        A category that a profile lacks, or for which nothing was ever collected (None), is false; where the profiles
        then differ, it is in conflict, which no destination takes for a yes.

        Examples:
            >>> SegmentCompat(categories={"ad": ("facebook",)}).merged({"analytics": True}, {"analytics": None})
            {'ad': False, 'analytics': 'conflict'}
        """
        names = sorted({*self.categories, *(name for profile in profiles for name in profile)})
        found = {name: {profile.get(name) is True for profile in profiles} for name in names}
        return {name: "conflict" if len(values) > 1 else values == {True} for name, values in found.items()}

    def _allows(self, destination: str, given: Mapping[str, Any]) -> bool:
        needed = [name for name, served in self.categories.items() if destination in served]
        return all(given.get(name) is True for name in needed)


def _is_named(destination: str, chosen: Mapping[str, Any]) -> bool:
    return chosen.get(destination, chosen.get(EVERY, False)) is not False


def _is_left(destination: str, chosen: Mapping[str, Any]) -> bool:
    return chosen.get(destination, chosen.get(EVERY, True)) is not False
