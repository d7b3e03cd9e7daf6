"""The only place where MLlib is spoken to: places and amounts in, vectors out, and no id of anybody.

What it does by itself                 what is done about it here
takes whole numbers for ids            customers and items go by their places
adds alpha times what counts           what counts is multiplied by the discount of the item beforehand
lets vectors cost by number of items   the cost is divided by their mean number, and folding in goes by the same rule
fails for who wants nothing            they are not handed over: their vectors are 0
gives no vector to what is unknown     customers are folded in, items wait for the next fit

"""

from typing import Any

import numpy as np
import polars as pl

from unified_customer.core.errors import ConfigurationError, require
from unified_customer.engines.spark import from_polars, to_polars
from unified_customer.recommendations.histories import Floats32, Histories
from unified_customer.recommendations.models.by_implicit import discount
from unified_customer.recommendations.models.factors import LeastSquares
from unified_customer.recommendations.models.scoring import Counted, counted


def least_squares_on_spark(
    histories: Histories,
    *,
    counts: Counted,
    factors: int,
    alpha: float,
    popularity: float,
    regularization: float,
    iterations: int,
    seed: int,
) -> LeastSquares:
    """Learn vectors by alternating least squares on Spark.

    With vectors x of customers and y of items, what x costs can be traded for what y costs without any change of the
    products. So the cost for each item of a history is `regularization` over the geometric mean of the mean number
    of items of a customer and the mean number of customers of an item.

    Raises:
        MissingDependencyError: PySpark is not installed.
        ConfigurationError: No session of Spark runs.

    References:
        Y. Zhou, D. Wilkinson, R. Schreiber, R. Pan (2008): Large-scale parallel collaborative filtering for the Netflix
        prize. AAIM, 337-348 (costs that grow with the number of ratings).
    """
    session = _session()
    from pyspark.ml.recommendation import ALS

    amounts = counted(histories, counts)
    weights = discount(histories, popularity)
    each = regularization / _mean_number(histories, amounts)
    learner = ALS(
        rank=factors,
        maxIter=iterations,
        regParam=each,
        implicitPrefs=True,
        alpha=alpha,
        nonnegative=False,
        userCol="row",
        itemCol="place",
        ratingCol="amount",
        seed=seed,
    )
    learned = learner.fit(from_polars(session, _triples(histories, amounts * weights[histories.places])))
    people = _vectors(learned.userFactors, len(histories), factors)
    items = _vectors(learned.itemFactors, len(histories.items), factors)
    return LeastSquares(counts, 0.0, np.float32(alpha) * weights, people, items, each)


def _session() -> Any:
    require("pyspark", extra="spark", why="learn on Spark")
    from pyspark.sql import SparkSession

    session = SparkSession.getActiveSession()
    if session is None:
        raise ConfigurationError(
            "No session of Spark runs: start one (`unified_customer.engines.spark.local_session()` on this machine), or let"
            " implicit learn."
        )
    return session


def _mean_number(histories: Histories, amounts: Floats32) -> float:
    """Return the geometric mean of how many items a customer wants and how many customers want an item, on average."""
    wanted = amounts > 0
    people, items = (len(np.unique(places[wanted])) for places in (histories.rows, histories.places))
    return float(wanted.sum() / np.sqrt(people * items))


def _triples(histories: Histories, amounts: Floats32) -> pl.DataFrame:
    """Return a row for each customer and item that count, of customers who want anything."""
    wants = np.bincount(histories.rows, weights=amounts > 0, minlength=len(histories)) > 0
    kept = (amounts != 0) & wants[histories.rows]
    rows = histories.rows[kept].astype(np.int32)
    return pl.DataFrame({"row": rows, "place": histories.places[kept], "amount": amounts[kept]})


def _vectors(learned: Any, size: int, factors: int) -> Floats32:
    """Return the vectors in the order of places, 0 where there is none."""
    told = to_polars(learned)
    places = told["id"].to_numpy()
    found = np.zeros((size, factors), np.float32)
    found[places] = told["features"].explode().to_numpy().reshape(-1, factors)
    return found
