"""A catalogue from which rules are made ready: what it takes to look at its columns is worked out once."""

from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
import numpy.typing as npt
import polars as pl

from unified_customer.core.errors import ConfigurationError, SchemaError
from unified_customer.engines.portable import Native
from unified_customer.recommendations.histories import Floats32, Names
from unified_customer.recommendations.rules.choosing import Capped, Chooser
from unified_customer.recommendations.rules.conditions import plain, values_of
from unified_customer.recommendations.rules.likeness import ByMeasure, Likeness, Measure, by_columns, codes_of
from unified_customer.recommendations.rules.memory import Memory
from unified_customer.recommendations.rules.parts import Boost, Cap
from unified_customer.recommendations.rules.prepared import Prepared
from unified_customer.recommendations.rules.shown import Shown, shown
from unified_customer.recommendations.rules.spec import Rules
from unified_customer.recommendations.rules.standing import Standing, standing
from unified_customer.recommendations.rules.value import value


@dataclass(frozen=True, eq=False)
class Shelf:
    """Items and what is known of them, from which rules are made ready.

    To group tens of thousands of items by a column takes some time. A shelf remembers it, so that each request may bring
    rules of its own.

    Attributes:
        items: The items, in the order of the columns of scores.
        catalogue: A row for each of them in their order, as `catalogue_at` gives it; None: rules look at ids alone.
        popularity: How many customers have each item, if novelty counts.
        likeness: From places of items, and places of others, to a matrix of how alike they are, 0 to 1; None: by the
            columns `alike_by`.

    Examples:
        >>> shelf = Shelf(Names(pl.Series(["tea", "cup"])), pl.DataFrame({"price": [2.0, 5.0]}))
        >>> shelf.prepare(Rules(price={"high": 3})).excluded()
        {'outside the price range up to 3': 1}
    """

    items: Names = field(repr=False)
    catalogue: pl.DataFrame | None = field(default=None, repr=False)
    popularity: "npt.ArrayLike | None" = field(default=None, repr=False)
    likeness: Measure | None = field(default=None, repr=False)
    _known: pl.DataFrame = field(init=False, repr=False)
    _memory: Memory = field(init=False, repr=False, default_factory=Memory)

    def __post_init__(self) -> None:
        known = _checked(self.items, self.catalogue)
        object.__setattr__(self, "_known", known.with_columns(map(plain, known)))

    def prepare(
        self,
        rules: Rules,
        *,
        exposures: Native | Shown | None = None,
        customers: pl.Series | None = None,
        as_of: datetime | None = None,
    ) -> Prepared:
        """Make rules ready for requests.

        Args:
            rules: The rules.
            exposures: `customer_id`, `item_id`, `exposed_at`, on any engine, if there are rules on frequency; or `shown`
                of other rules made ready with the same ones on frequency.
            customers: Whose exposures are kept; None: everybody's.
            as_of: Only exposures strictly before count.

        Raises:
            ConfigurationError: Something is not given at which the rules look.
            SchemaError: The catalogue has not the columns that the rules look at.
        """
        if self.catalogue is None and "items" in rules.needs:
            raise ConfigurationError(
                "The rules look at the catalogue: give one, such as catalogue_at(table, items=..., as_of=...)."
            )
        stand = standing(rules, self.items, self._known, self._memory)
        seen = _seen(rules, exposures, self.items, customers, as_of)
        return Prepared(rules, self.items, stand, self._factors(rules.boosts), self._chooser(rules, stand), seen)

    def _chooser(self, rules: Rules, stand: Standing) -> Chooser | None:
        """Return how items are chosen one after the other; None where the highest scores are all there is to it."""
        if not (rules.weighed or rules.caps or rules.pins):
            return None
        alike = self._likeness(rules.alike_by) if rules.diversity else None
        caps = tuple(map(self._capped, rules.caps))
        worth = value(rules, self._known, self._memory, popularity=self.popularity, likeness=alike)
        there = np.flatnonzero(stand.but_for_deny)
        return Chooser(worth, caps, _pins(rules, self.items), there, stand.denied, rules.candidates)

    def _likeness(self, columns: tuple[str, ...]) -> Likeness:
        if self.likeness is not None:
            return ByMeasure(self.likeness)
        return self._memory.of(("likeness", columns), lambda: by_columns(self._known, columns))

    def _capped(self, cap: Cap) -> Capped:
        column, level = cap.column, cap.level
        codes = self._memory.of(("codes", column, level), lambda: codes_of(values_of(self._known, column), level=level))
        return Capped(cap.in_words(), codes, cap.at_most)

    def _factors(self, boosts: tuple[Boost, ...]) -> Floats32 | None:
        factors = np.ones(len(self.items))
        for boost in boosts:
            held = [each.remembered(self._known, self._memory) for each in boost.conditions]
            factors[np.logical_and.reduce(held)] *= boost.factor
        return factors.astype(np.float32) if boosts else None


def _checked(items: Names, catalogue: pl.DataFrame | None) -> pl.DataFrame:
    if catalogue is None:
        return pl.DataFrame({"item_id": items.listed})
    if catalogue.height != len(items):
        raise SchemaError(
            f"The catalogue has {catalogue.height} rows for {len(items)} items; catalogue_at makes one row of each."
        )
    if "item_id" not in catalogue.columns:
        return catalogue.with_columns(item_id=items.listed)
    if not catalogue["item_id"].cast(pl.String).equals(items.listed.cast(pl.String)):
        raise SchemaError("The rows of the catalogue are not in the order of the items; catalogue_at puts them in it.")
    return catalogue


def _seen(
    rules: Rules, exposures: Native | Shown | None, items: Names, customers: pl.Series | None, as_of: datetime | None
) -> Shown | None:
    if not rules.frequency:
        return None
    if isinstance(exposures, Shown):
        if exposures.frequency != rules.frequency:
            raise ConfigurationError("What was shown often enough was worked out for other rules on frequency.")
        return exposures
    if exposures is None or as_of is None:
        raise ConfigurationError("The rules say how often something is shown: give `exposures` and `as_of`.")
    return shown(rules.frequency, exposures, items=items, customers=customers, as_of=as_of)


def _pins(rules: Rules, items: Names) -> tuple[tuple[int, int], ...]:
    """Return places of items and their places on lists, from 0, the first ones first."""
    found = zip(rules.pins.values(), items.places(list(rules.pins)).tolist(), strict=True)
    return tuple((item, place - 1) for place, item in sorted(found) if item >= 0)
