"""Whether what was read is a recommender that can be asked: its parts are as large as they should be."""

from dataclasses import replace

import numpy as np
import polars as pl

from unified_customer.core.errors import ConfigurationError
from unified_customer.recommendations.histories import AGE, DECAYED, SPAN, TIMES, WEIGHT, Histories
from unified_customer.recommendations.models.spec import RecommenderSpec
from unified_customer.recommendations.serving.recommender import Recommender

_LAYERS = ({WEIGHT, TIMES}, {WEIGHT, TIMES, DECAYED, AGE, SPAN})


def refuse_unfit(recommender: Recommender) -> None:
    """Raise an error if the parts of a recommender do not go together.

    Raises:
        ConfigurationError: They do not. So say errors of NumPy and SciPy that come out of it.
    """
    histories = recommender.histories
    for fits, what in (
        (isinstance(recommender.model, RecommenderSpec), "spec"),
        (_listed(histories), "customers and items"),
        (_places(histories), "histories"),
        (recommender.catalogue.schema.get("item_id") == pl.String, "catalogue"),
    ):
        if not fits:
            raise ConfigurationError(f"The parts of the recommender do not go together: {what}.")
    if not recommender.catalogue["item_id"].equals(recommender.items):
        raise ConfigurationError("The catalogue is of other items than the recommender.")
    _asked(recommender)


def _listed(histories: Histories) -> bool:
    names = (histories.customers.listed, histories.items.listed)
    sizes = (len(histories.customers) + 1, len(histories.customers))
    return (
        not any(each.is_duplicated().any() for each in names)
        and (histories.starts.shape, histories.origin.shape) == tuple((size,) for size in sizes)
        and bool((histories.origin >= -1).all())
    )


def _places(histories: Histories) -> bool:
    places, starts = histories.places, histories.starts
    if set(histories.layers) not in _LAYERS or places.ndim != 1:
        return False
    if starts[0] != 0 or starts[-1] != len(places) or (np.diff(starts) < 0).any():
        return False
    rising = np.diff(places, prepend=-1) > 0
    rising[starts[:-1][starts[:-1] < len(places)]] = True
    inside = (places >= 0) & (places < len(histories.items))
    return bool(rising.all() and inside.all()) and all(each.shape == places.shape for each in histories.layers.values())


def _asked(recommender: Recommender) -> None:
    """Ask a question of each kind, of the customer whose history is the last that was learned."""
    histories, scorer, items = recommender.histories, recommender.scorer, len(recommender.items)
    if not len(histories) or not items:
        return
    one = histories.taken(np.array([np.argmax(histories.origin)]))
    stranger = replace(one, origin=np.array([-1]))
    with np.errstate(all="ignore"):
        told = (scorer.scores(one), scorer.scores(stranger), scorer.similar(np.array([items - 1])))
    if any(found.shape != (1, items) for found in told):
        raise ConfigurationError("What was learned is of other items than the recommender.")
