"""Rules made ready: everything that is the same for all requests, worked out once."""

from datetime import datetime

import numpy as np
import numpy.typing as npt
import polars as pl

from unified_customer.core.errors import ConfigurationError, SchemaError
from unified_customer.engines.portable import Native
from unified_customer.recommendations.histories import Floats32, Names
from unified_customer.recommendations.rules.choosing import Capped, Chooser
from unified_customer.recommendations.rules.conditions import values_of
from unified_customer.recommendations.rules.likeness import ByMeasure, Likeness, Measure, by_columns, codes_of
from unified_customer.recommendations.rules.parts import Boost, Cap
from unified_customer.recommendations.rules.prepared import Prepared
from unified_customer.recommendations.rules.spec import Rules
from unified_customer.recommendations.rules.standing import Standing, standing
from unified_customer.recommendations.rules.value import value


def prepare(
    rules: Rules,
    items: Names,
    catalogue: pl.DataFrame | None = None,
    *,
    exposures: Native | None = None,
    customers: pl.Series | None = None,
    as_of: datetime | None = None,
    popularity: npt.ArrayLike | None = None,
    likeness: Measure | None = None,
) -> Prepared:
    """Make rules ready for requests.

    Args:
        rules: The rules.
        items: The items, in the order of the columns of scores.
        catalogue: A row for each of them in their order, as `catalogue_at` gives it.
        exposures: `customer_id`, `item_id`, `exposed_at`, on any engine, if there are rules on frequency.
        customers: Whose exposures are kept; None: everybody's.
        as_of: Only exposures strictly before count.
        popularity: How many customers have each item, if novelty counts.
        likeness: From places of items, and places of others, to a matrix of how alike they are, 0 to 1; None: by
            the columns `alike_by`.

    Raises:
        ConfigurationError: Something is not given at which the rules look.
        SchemaError: The catalogue is not one of these items, or has not the columns that the rules look at.

    Examples:
        >>> from unified_customer.recommendations.histories import Histories
        >>> items = Names(pl.Series(["tea", "cup", "pot"]))
        >>> nobody = Histories(
        ...     Names(pl.Series([""])), items, np.array([0, 0]), np.array([], np.int32), {}, np.array([-1])
        ... )
        >>> prepared = prepare(Rules(deny=["tea"]), items)
        >>> picked = prepared.pick(np.array([[0.9, 0.4, 0.6]], np.float32), nobody, 3)
        >>> picked.places.tolist(), picked.reason(0)
        ([[2, 1, -1]], '2 of 3 items may be recommended: 1 on the deny list')
    """
    known = _checked(rules, items, catalogue)
    stand = standing(rules, items, known)
    likeness_by = ByMeasure(likeness) if likeness is not None else None
    chooser = _chooser(rules, items, known, stand, popularity=popularity, likeness=likeness_by)
    ready = Prepared(rules, items, stand, _factors(rules.boosts, known), chooser, None)
    if not rules.frequency:
        return ready
    if exposures is None or as_of is None:
        raise ConfigurationError("The rules say how often something is shown: give `exposures` and `as_of`.")
    return ready.after(exposures, as_of=as_of, customers=customers)


def _checked(rules: Rules, items: Names, catalogue: pl.DataFrame | None) -> pl.DataFrame:
    if catalogue is None:
        if "items" in rules.needs:
            raise ConfigurationError(
                "The rules look at the catalogue: give one, such as catalogue_at(table, items=..., as_of=...)."
            )
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


def _factors(boosts: tuple[Boost, ...], catalogue: pl.DataFrame) -> Floats32 | None:
    factors = np.ones(catalogue.height)
    for boost in boosts:
        holds = np.logical_and.reduce([condition.passing(catalogue) for condition in boost.conditions])
        factors[holds] *= boost.factor
    return factors.astype(np.float32) if boosts else None


def _chooser(
    rules: Rules,
    items: Names,
    catalogue: pl.DataFrame,
    stand: Standing,
    *,
    popularity: "npt.ArrayLike | None",
    likeness: Likeness | None,
) -> Chooser | None:
    """Return how items are chosen one after the other; None where the highest scores are all there is to it."""
    if not (rules.weighed or rules.caps or rules.pins):
        return None
    alike = (likeness or by_columns(catalogue, rules.alike_by)) if rules.diversity else None
    caps = tuple(_capped(cap, catalogue) for cap in rules.caps)
    worth = value(rules, catalogue, popularity=popularity, likeness=alike)
    return Chooser(worth, caps, _pins(rules, items), np.flatnonzero(stand.but_for_deny), stand.denied, rules.candidates)


def _capped(cap: Cap, catalogue: pl.DataFrame) -> Capped:
    return Capped(cap.in_words(), codes_of(values_of(catalogue, cap.column), level=cap.level), cap.at_most)


def _pins(rules: Rules, items: Names) -> tuple[tuple[int, int], ...]:
    """Return places of items and their places on lists, from 0, the first ones first."""
    found = zip(rules.pins.values(), items.places(list(rules.pins)).tolist(), strict=True)
    return tuple((item, place - 1) for place, item in sorted(found) if item >= 0)
