"""The catalogue: what each KPI is, as data."""

import tomllib
from collections.abc import Mapping
from importlib.resources import files
from types import MappingProxyType
from typing import Final, Literal

from unified_customer.core.models.base import Model

Unit = Literal["count", "money", "share", "rate", "ratio", "score", "seconds", "number", "months"]
Method = Literal["wilson", "t", "delta", "nps", "none"]
Family = Literal[
    "acquisition", "conversion", "traffic", "email", "satisfaction", "return", "commerce", "retention"
]  # fmt: skip

RANGES: Final[Mapping[Unit, tuple[float | None, float | None]]] = {
    "count": (0, None),
    "money": (None, None),
    "share": (0, 1),
    "rate": (0, None),
    "ratio": (0, None),
    "score": (-100, 100),
    "seconds": (0, None),
    "number": (0, None),
    "months": (0, None),
}
"""Between what values of a unit lie; None: there is no end. A ratio of money can be below 0 where refunds prevail, and
has no interval then."""


class KPI(Model):
    """What a KPI is.

    Examples:
        >>> KPIS["click_to_open_rate"].formula
        'unique clicks / unique opens'
        >>> KPIS["nps"].interval, KPIS["nps"].unit, KPIS["nps"].good
        ('nps', 'score', 'up')
    """

    name: str
    """By which it is asked for."""
    title: str
    """What it is called."""
    family: Family
    """What it tells of."""
    formula: str
    """How it is worked out, in words."""
    unit: Unit
    """`share` lies between 0 and 1, `rate` is seldom above 1 and can be, `score` lies between -100 and 100; `money` is
    in the currency of the result."""
    interval: Method = "none"
    """`wilson`: of a share; `t`: of a mean, by Student's distribution; `delta`: of a ratio of two means; `nps`: by the
    variance of the NPS; `none`: a count or sum that is known, or an estimate whose error is not."""
    good: Literal["up", "down"] | None = None
    """Which direction is good; None: neither."""
    needs: tuple[str, ...]
    """Tables that it needs; `orders` may be `order_lines`, and of two with a bar between one will do."""
    source: str
    """Where its formula or interval is from."""
    above: str
    """The measure that stands above."""
    below: str | None = None
    """The measure that stands below; None: it is a count or sum."""
    moments: tuple[str, ...] = ()
    """Further measures, for the interval."""
    people: str | None = None
    """The measure of how many people it tells of; None: of nobody."""
    whole: bool = False
    """Whether it is told of periods that are over alone."""
    mixed: bool = False
    """Whether it sets orders against spend, whose columns of one name do not mean the same: it is not told by a column
    of rows."""
    additive: bool = False
    """Whether values of parts add up to that of the whole, over the values of a dimension and over periods."""

    @property
    def measures(self) -> tuple[str, ...]:
        """All measures that it is worked out from."""
        named = (self.above, self.below, *self.moments, self.people)
        return tuple(dict.fromkeys(name for name in named if name is not None))


def _read() -> Mapping[str, KPI]:
    text = files("unified_customer.analytics.kpis").joinpath("kpis.toml").read_text(encoding="utf-8")
    return MappingProxyType({name: KPI(name=name, **said) for name, said in tomllib.loads(text).items()})


KPIS: Final[Mapping[str, KPI]] = _read()
"""The KPIs by name."""
