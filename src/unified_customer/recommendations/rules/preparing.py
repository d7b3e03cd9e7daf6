"""Rules made ready for requests, in one step."""

from datetime import datetime

import numpy.typing as npt
import polars as pl

from unified_customer.engines.portable import Native
from unified_customer.recommendations.histories import Names
from unified_customer.recommendations.rules.likeness import Measure
from unified_customer.recommendations.rules.prepared import Prepared
from unified_customer.recommendations.rules.shelf import Shelf
from unified_customer.recommendations.rules.spec import Rules


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
    """Make rules ready for requests; where each request brings rules of its own, keep a `Shelf`.

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
        >>> import numpy as np
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
    shelf = Shelf(items, catalogue, popularity, likeness)
    return shelf.prepare(rules, exposures=exposures, customers=customers, as_of=as_of)
