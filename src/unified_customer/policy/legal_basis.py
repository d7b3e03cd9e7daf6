"""What a purpose rests on: found in the rules of a policy and of the regimes that somebody may be under."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import product
from typing import Final

import polars as pl

from unified_customer.core.fields import covers
from unified_customer.core.models.purposes import ancestors
from unified_customer.policy.grounds import Ground, strictest
from unified_customer.policy.regimes import Minor, Regime

NO_REGIME: Final = "none"
Bases = Mapping[str, Ground]


def ground_under(regimes: Collection[Regime], purpose: str, *, bases: Bases, years: int | None) -> Ground:
    """Return what `purpose` rests on for somebody who may be under any of `regimes`: the strictest.

    A request for a whole is held to the strictest of its parts, so that nobody gets around a rule by naming the parent.

    Args:
        regimes: At least one.
        purpose: A known purpose.
        bases: What the organisation names itself.
        years: Age in full years; None: of age, or not asked about.
    """
    return strictest([_under(regime, purpose, bases, years) for regime in regimes])


def asks_guardians(regimes: Collection[Regime], *, bases: Bases, years: int | None) -> bool:
    """Return whether a guardian may have to say yes for somebody of that age who may be under any of `regimes`."""
    named = [*bases.values()]
    for regime in regimes:
        named += [regime.fallback, *regime.bases.values()]
        named += [rule.needs for rule in regime.minors if _young(rule, years)]
    return "guardian_consent" in named


def _under(regime: Regime, purpose: str, bases: Bases, years: int | None) -> Ground:
    named = {*bases, *regime.bases, *regime.admissible}
    parts = [purpose, *(each for each in named if covers(purpose, each))]
    needs = [each.needs for each in regime.minors if _concerns(each, purpose, years)]
    return strictest([*(_of_one(regime, each, bases) for each in parts), *needs])


def _of_one(regime: Regime, purpose: str, bases: Bases) -> Ground:
    found = next(_nearest(ancestors(purpose), regime.bases, bases), regime.fallback)
    return found if regime.admits(purpose, found) else "consent"


def _nearest(path: Iterable[str], *rules: Bases) -> Iterator[Ground]:
    return (rule[each] for each in path for rule in rules if each in rule)


def _young(rule: Minor, years: int | None) -> bool:
    return years is not None and years < rule.below


def _concerns(rule: Minor, purpose: str, years: int | None) -> bool:
    return _young(rule, years) and any(covers(each, purpose) or covers(purpose, each) for each in rule.purposes)


def ages_that_matter(regimes: Iterable[Regime]) -> list[int]:
    """Return the ages at which a rule about minors ends, youngest first."""
    return sorted({each.below for regime in regimes for each in regime.minors})


def years_at(born: date, day: date) -> int:
    """Return the age in full years on `day`.

    Examples:
        >>> years_at(date(2012, 2, 29), date(2025, 2, 28)), years_at(date(2012, 2, 29), date(2025, 3, 1))
        (12, 13)
    """
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def overview_of(
    regimes: Mapping[str, Regime], every: Sequence[Regime], purposes: Iterable[str], *, bases: Bases
) -> pl.DataFrame:
    """Return what purposes rest on, under each of `regimes` and under all of `every` together, at each age that matters.

    Returns:
        `regime` (null: not known which), `below` (years of age; null: of age), `purpose`, `basis`.
    """
    situations = product(
        [*((name, [each]) for name, each in regimes.items()), (None, every)], [*ages_that_matter(every), None]
    )
    rows = [
        (name, below, purpose, ground_under(those, purpose, bases=bases, years=below and below - 1))
        for ((name, those), below), purpose in product(situations, purposes)
    ]
    names = {"regime": pl.String, "below": pl.Int64, "purpose": pl.String, "basis": pl.String}
    return pl.DataFrame(rows, schema=names, orient="row")
