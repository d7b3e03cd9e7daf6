"""Numbers of each customer: how lately, how often and for how much one bought, what one did and answered."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Literal

import narwhals as nw

from unified_customer.engines.portable import Lazy, before, has, opened
from unified_customer.methods.orders import has_orders
from unified_customer.segmentation.behaviour.acts import EVENTS, acted
from unified_customer.segmentation.rfm import RFM
from unified_customer.segmentation.rfm.measures import measured

if TYPE_CHECKING:
    from unified_customer.segmentation.profiles.spec import Profiles

ANSWERS: Final = "answers"
ANSWER: Final = "answer: "
"""What the answers to a question are called by, with the question behind it."""


def _rising(*steps: float, powers: int) -> tuple[float, ...]:
    return tuple(step * 10**power for power in range(powers) for step in steps)


@dataclass(frozen=True)
class Measure:
    """A number of each customer.

    Attributes:
        title: What it is called.
        unit: What it counts.
        logarithmic: Whether it is compared on a logarithmic scale, since few large values would else hide all others.
        cuts: Where its bands begin, rising; each holds what is at its cut or above.
    """

    title: str
    unit: Literal["count", "days", "money"]
    logarithmic: bool
    cuts: tuple[float, ...]

    def band(self) -> nw.Expr:
        """Return how many cuts `value` is at or above."""
        place = nw.lit(0)
        for cut in self.cuts:
            place += nw.when(nw.col("value") >= cut).then(nw.lit(1)).otherwise(nw.lit(0))
        return place

    def scaled(self) -> nw.Expr:
        """Return `value` on the scale on which it is compared."""
        value = nw.col("value")
        if not self.logarithmic:
            return value
        return nw.when(value > 0).then((value + 1).log()).otherwise(nw.lit(0.0))


_COUNTS: Final = (0, 1, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 50, 100, 200, 500, 1000)
_DAYS: Final = (0, 1, 3, 7, 14, 30, 45, 60, 90, 120, 180, 270, 365, 545, 730, 1095)
_MONEY: Final = (0.0, *_rising(1, 1.5, 2, 3, 5, 7, powers=7))
MEASURES: Final[Mapping[str, Measure]] = {
    "recency": Measure("days since the last purchase", "days", logarithmic=False, cuts=_DAYS),
    "frequency": Measure("purchases", "count", logarithmic=True, cuts=_COUNTS),
    "monetary": Measure("paid in all", "money", logarithmic=True, cuts=_MONEY),
    "average_order": Measure("paid per order", "money", logarithmic=True, cuts=_MONEY),
    "events": Measure("things done on site, in mails and elsewhere", "count", logarithmic=True, cuts=_COUNTS),
}
BOUGHT: Final = ("recency", "frequency", "monetary", "average_order")
_ANSWERED: Final = Measure("", "count", logarithmic=False, cuts=())
Purchases = tuple[Lazy, str | None]


def purchases(spec: "Profiles", tables: Mapping[str, Any], *, as_of: datetime) -> Purchases | None:
    """Return recency, frequency and money of who has bought, and the currency; None where nothing tells of orders."""
    if not has_orders(tables):
        return None
    bought, currency = measured(RFM(money=spec.money, zone=spec.zone), tables, as_of=as_of)
    return bought.with_columns(average_order=nw.col("monetary") / nw.col("frequency")), currency


def long_measures(bought: "Lazy | None", tables: Mapping[str, Any], *, as_of: datetime) -> Sequence[Lazy]:
    """Return frames of `customer_id`, `measure`, `value`, `scaled` and `band`, one row a customer and measure."""
    return [*_bought(bought), *_acted(tables, as_of), *_answered(tables, as_of)]


def _bought(bought: "Lazy | None") -> Iterator[Lazy]:
    for name in BOUGHT if bought is not None else ():
        yield _long(bought.select("customer_id", value=name), nw.lit(name), MEASURES[name])  # type: ignore[union-attr]  # it is a frame here


def _acted(tables: Mapping[str, Any], as_of: datetime) -> Iterator[Lazy]:
    if EVENTS in tables:
        counted = acted(tables, as_of=as_of).group_by("customer_id").agg(value=nw.len())
        yield _long(counted, nw.lit(EVENTS), MEASURES[EVENTS])


def _answered(tables: Mapping[str, Any], as_of: datetime) -> Iterator[Lazy]:
    """Yield answers in numbers, several of one customer to one question as their mean."""
    if ANSWERS not in tables or not has(opened(tables[ANSWERS]), "value"):
        return
    numbers = answers(tables, as_of=as_of).filter(~nw.col("value").is_null())
    means = numbers.group_by("customer_id", "question").agg(value=nw.col("value").cast(nw.Float64).mean())
    yield _long(means, nw.concat_str(nw.lit(ANSWER), nw.col("question")), _ANSWERED)


def answers(tables: Mapping[str, Any], *, as_of: datetime) -> Lazy:
    """Return the answers of known customers before an instant."""
    columns = ["customer_id", "question", "answered_at"]
    lazy = before(opened(tables[ANSWERS], columns=columns, name=ANSWERS), "answered_at", as_of=as_of, zone="UTC")
    return lazy.filter(~nw.col("customer_id").is_null())


def _long(lazy: Lazy, name: nw.Expr, measure: Measure) -> Lazy:
    told = lazy.with_columns(measure=name, value=nw.col("value").cast(nw.Float64))
    return told.select("customer_id", "measure", "value", scaled=measure.scaled(), band=measure.band().cast(nw.Int64))
