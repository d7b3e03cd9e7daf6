"""What profiles of segments are worked out from, and how."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar, Final

from pydantic import Field, field_validator

from unified_customer.core.clock import as_utc
from unified_customer.core.errors import ConfigurationError
from unified_customer.core.spec import Spec
from unified_customer.engines.portable import Lazy, Zone, settled
from unified_customer.methods.money import Money
from unified_customer.methods.orders import LINES
from unified_customer.segmentation.assignment import FittedSegments
from unified_customer.segmentation.behaviour.acts import EVENTS
from unified_customer.segmentation.demographic import CUSTOMERS
from unified_customer.segmentation.placements import MEMBERSHIPS, check_disjoint, native_placed, placed
from unified_customer.segmentation.profiles.comparing import findings
from unified_customer.segmentation.profiles.counting import (
    Counted,
    bought_by_segment,
    measures_by_segment,
    pooled,
    sizes_by_segment,
    sizes_frame,
    traits_by_segment,
)
from unified_customer.segmentation.profiles.facts import facts
from unified_customer.segmentation.profiles.fitted import SegmentProfiles
from unified_customer.segmentation.profiles.measures import ANSWERS, long_measures, purchases
from unified_customer.segmentation.profiles.personas import Persona
from unified_customer.segmentation.profiles.traits import CHANNELS, long_traits
from unified_customer.segmentation.profiles.typical import shares, typical
from unified_customer.segmentation.rfm import FittedRFM

_ASSIGNED: Final = "segments"


class Profiles(Spec):
    """What each segment is like: its size, what it brings, what sets it apart, who is typical of it.

    Nothing is told of fewer than `least` customers: segments that are smaller are one rest, traits that fewer have are
    left out, and where fewer than that have one elsewhere a lift is a bound. What is told apart is so at a false
    discovery rate of `rate` among all that was compared, with intervals to match.

    Examples:
        >>> import polars as pl
        >>> from datetime import UTC
        >>> who = [f"c{place}" for place in range(60)]
        >>> segments = pl.DataFrame({"customer_id": who, "segment": ["green"] * 30 + ["grey"] * 30})
        >>> people = pl.DataFrame(
        ...     {"customer_id": who, "region": ["North"] * 24 + ["South"] * 6 + ["South"] * 18 + ["North"] * 12}
        ... )
        >>> found = Profiles(segmentation="colour", least=5).fit(
        ...     {"colour": segments, "customers": people}, as_of=datetime(2026, 1, 1, tzinfo=UTC)
        ... )
        >>> found.facts.select("segment", "customers", "share").rows()
        [('green', 30, 0.5), ('grey', 30, 0.5)]
        >>> found.findings.filter(segment="green", value="North").select("here", "elsewhere", "estimate").rows()
        [(0.8, 0.4, 2.0)]
    """

    needs: ClassVar[tuple[str, ...]] = (MEMBERSHIPS, CUSTOMERS, LINES, EVENTS, ANSWERS)

    segmentation: str = "rfm"
    """The name of the set of segments."""
    least: int = Field(default=10, ge=1)
    """The fewest customers that anything is told of."""
    rate: float = Field(default=0.05, gt=0, lt=1)
    """Of what is said to set segments apart, so much may be chance, as a share."""
    most: int = Field(default=100, ge=1)
    """So many values of each kind of trait, those that most customers have, are compared."""
    order: tuple[str, ...] = ()
    """The segments in order; others follow by size."""
    actions: Mapping[str, str] = Field(default_factory=dict)
    """What to do for the customers of a segment, in a sentence."""
    personas: tuple[Persona, ...] = ()
    """Names, stories, quotes and actions that people gave; they stay when the numbers are worked out anew."""
    ages: tuple[int, ...] = (18, 25, 35, 45, 55, 65)
    """The ages at which a new band begins, in years, rising."""
    money: Money = Money()
    """In which currency amounts are added."""
    zone: Zone = "UTC"
    """IANA time zone of the calendar."""

    @field_validator("personas")
    @classmethod
    def _one_each(cls, personas: tuple[Persona, ...]) -> tuple[Persona, ...]:
        if len({persona.segment for persona in personas}) < len(personas):
            raise ConfigurationError("A segment has one persona; there are several of one.")
        return personas

    def fit(self, tables: Mapping[str, Any], *, as_of: datetime) -> SegmentProfiles:
        """Work out the profiles.

        Args:
            tables: The assignment under the name of the segmentation (`customer_id` and `segment`, one row a customer),
                or else `memberships`; and what else there is of `customers`, `orders` or `order_lines`, `events` and
                `answers`, all of one engine. Columns that are not there are left out.
            as_of: The instant before which things count.

        Raises:
            SchemaError: The assignment or a column is missing, somebody is in two segments, or amounts are of
                currencies that cannot be added.
        """
        at = as_utc(as_of)
        members = placed(tables, segmentation=self.segmentation, as_of=at)
        check_disjoint(members, name=self.segmentation)
        members = settled(members, like=native_placed(tables, self.segmentation))
        told, small = sizes_by_segment(members, least=self.least)
        counted, currency = self._counted(pooled(members, [*told]), sizes_frame(told, small, self.least), tables, at)
        names = self._in_order(told)
        return SegmentProfiles(
            spec=self,
            as_of=at,
            currency=currency,
            names=tuple(names),
            facts=facts(counted, names, least=self.least),
            findings=findings(
                counted.traits, counted.measures, names, least=self.least, most=self.most, rate=self.rate
            ),
            typical=typical(counted.bands, counted.traits, names, least=self.least, currency=currency),
            channels=shares(counted.traits, names, kinds=CHANNELS, least=self.least),
            sources=tuple(sorted({*tables} & {"customers", "orders", "order_lines", "events", "answers"})),
        )

    def _counted(
        self, members: Lazy, sizes: Any, tables: Mapping[str, Any], as_of: datetime
    ) -> tuple[Counted, str | None]:
        found = purchases(self, tables, as_of=as_of)
        bought, currency = found or (None, None)
        if bought is not None:
            bought = settled(bought, like=tables.get("orders", tables.get(LINES)))
        means, bands = measures_by_segment(members, long_measures(bought, tables, as_of=as_of))
        traits = traits_by_segment(members, long_traits(self, tables, as_of=as_of), least=self.least)
        brought = None if bought is None else bought_by_segment(members, bought)
        return Counted(sizes, brought, traits, means, bands), currency

    def _in_order(self, told: Mapping[str, int]) -> list[str]:
        others = sorted(set(told) - set(self.order), key=lambda name: (-told[name], name))
        return [name for name in self.order if name in told] + others


def profile_segments(assignment: Any, tables: Mapping[str, Any], *, as_of: datetime, **options: Any) -> SegmentProfiles:
    """Profile the segments of an assignment; of a fitted segmentation in its order, and with the actions of RFM rules.

    Args:
        assignment: `customer_id` and `segment`, one row a customer, on any engine, or a fitted segmentation.
        tables: As for `Profiles.fit`.
        as_of: The instant before which things count.
        options: Of `Profiles`, such as `least` and `personas`.

    Raises:
        SchemaError: As `Profiles.fit`.
    """
    spec = Profiles(**{"segmentation": _ASSIGNED, **_known(assignment), **options})
    return spec.fit({**tables, spec.segmentation: assignment}, as_of=as_of)


def _known(assignment: Any) -> dict[str, Any]:
    """Return what a fitted segmentation knows of its segments."""
    if isinstance(assignment, FittedRFM):
        rules = assignment.spec.rules
        actions = {rule.name: rule.action for rule in reversed(rules.rules) if rule.action}
        return {"order": tuple(rules.names), "actions": actions}
    if isinstance(assignment, FittedSegments):
        return {"order": tuple(assignment.segmentation.order(assignment.learned))}
    return {}
