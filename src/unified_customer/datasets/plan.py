"""What an invented shop is made from: how many customers, which seed, until when, how messy."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias
from zlib import crc32

import numpy as np
import numpy.typing as npt

from unified_customer.core.errors import ConfigurationError

if TYPE_CHECKING:
    from unified_customer.datasets.rates import ShopMess

DAY: Final = 86_400_000_000
SECOND: Final = 1_000_000
DAYS: Final = 3 * 365
MOST_CUSTOMERS: Final = 5_000_000  # beyond that the telephone ranges are used up
EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)

Ints: TypeAlias = npt.NDArray[np.int64]
Floats: TypeAlias = npt.NDArray[np.float64]
Flags: TypeAlias = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class ShopPlan:
    """The arguments of one shop; times are microseconds since 1970 in UTC."""

    customers: int
    seed: int
    as_of: dt.datetime
    mess: ShopMess

    @property
    def end(self) -> int:
        """The moment before which everything in the shop happened."""
        return (self.as_of - EPOCH) // dt.timedelta(microseconds=1)

    @property
    def start(self) -> int:
        """The moment the shop opened, at a midnight."""
        return (self.end // DAY - DAYS) * DAY

    def rng(self, name: str) -> np.random.Generator:
        """Return a generator of its own for one part of the shop, so that parts do not disturb each other."""
        return np.random.Generator(np.random.PCG64(np.random.SeedSequence([self.seed, crc32(name.encode())])))

    def broken(self, rows: int) -> int:
        """Return how many rows to break for one reason in a source of `rows` rows."""
        if rows == 0 or self.mess.broken == 0:
            return 0
        return min(rows, max(1, round(self.mess.broken * self.customers)))


def make_plan(customers: int, *, seed: int, as_of: dt.date | dt.datetime, mess: ShopMess) -> ShopPlan:
    """Check the arguments of a shop.

    Raises:
        ConfigurationError: A negative or far too large count, a negative seed, or an `as_of` without a time zone.
    """
    if not 0 <= customers <= MOST_CUSTOMERS or seed < 0:
        message = f"A shop needs 0 <= customers <= {MOST_CUSTOMERS:,} and seed >= 0; found {customers} and {seed}."
        raise ConfigurationError(message)
    return ShopPlan(customers, seed, _moment(as_of), mess)


def _moment(as_of: dt.date | dt.datetime) -> dt.datetime:
    if not isinstance(as_of, dt.datetime):
        return dt.datetime(as_of.year, as_of.month, as_of.day, tzinfo=dt.UTC)
    if as_of.tzinfo is None:
        message = f"as_of={as_of.isoformat()} has no time zone. Give it one, or give a date (midnight in UTC)."
        raise ConfigurationError(message)
    return as_of.astimezone(dt.UTC)


def pick(rng: np.random.Generator, weights: Floats | tuple[float, ...], size: int) -> Ints:
    """Draw `size` indices with the given weights."""
    cumulated = np.cumsum(np.asarray(weights, dtype=np.float64))
    drawn: Ints = np.searchsorted(cumulated, rng.random(size) * cumulated[-1], side="right").astype(np.int64)
    return drawn


def zipf(count: int, *, steepness: float = 0.8) -> Floats:
    """Return weights of `count` things of which the first is the most common."""
    return np.asarray(1.0 / (np.arange(count) + 3.0) ** steepness)


def hex_ids(rng: np.random.Generator, size: int, *, digits: int) -> list[str]:
    """Return `size` random hexadecimal texts of an even number of digits."""
    text = rng.bytes(size * digits // 2).hex()
    return [text[at : at + digits] for at in range(0, size * digits, digits)]
