"""What each customer is worth, from what was learned."""

import numpy as np
import polars as pl

from unified_customer.analytics.value.learning import YEAR, Base, Learned, Terms
from unified_customer.methods.buy_till_die import Histories
from unified_customer.methods.buy_till_die.histories import Floats

_PIECE = 30


def scored(terms: Terms, learned: Learned, base: Base) -> pl.DataFrame:
    """Return the table of a valuation, one row for each customer; see `FittedCLV`.

    Each distinct history is valued once. The horizon is cut into pieces of 30 days; purchases of a piece are discounted
    as if they were spread evenly over it.
    """
    histories, place = base.histories(learned.season, unit=terms.unit).compressed()
    gains = gained(terms, learned, base, histories, edges=piece_edges(terms.horizon))
    purchases, discounted = gains.sum(axis=1)[place], (gains @ piece_discounts(terms))[place]
    table = base.table
    spend = learned.spending.expected_spend(frequency=table["frequency"].to_numpy(), spend=_spend(table)) * learned.kept
    margin = _margins(terms, learned, table)
    columns = {
        "p_alive": learned.purchases.p_alive(histories)[place],
        "expected_purchases": purchases,
        "expected_spend": spend,
        "margin": margin,
        "clv": discounted * spend * margin,
    }
    told = [pl.Series(name, values, dtype=pl.Float64).fill_nan(None) for name, values in columns.items()]
    return table.select("customer_id", "frequency", "recency", "age", "spend", "first_day").with_columns(told)


def gained(terms: Terms, learned: Learned, base: Base, histories: Histories, *, edges: np.ndarray) -> Floats:
    """Return the expected purchases of each history between days of the future, which are counted from the last one."""
    clock = base.clock(learned.season, ahead=int(edges[-1]))
    times = clock.between(base.last, base.last + edges) / terms.unit
    gains: Floats = np.diff(learned.purchases.expected_purchases(histories, time=times), axis=1)
    # What differs by rounding alone is no purchase taken back.
    return np.maximum(gains, 0.0)


def piece_edges(horizon: int) -> np.ndarray:
    """Return the days at which the pieces of a horizon begin and end.

    Examples:
        >>> piece_edges(70).tolist()
        [0, 30, 60, 70]
    """
    return np.append(np.arange(0, horizon, _PIECE), horizon)


def piece_discounts(terms: Terms) -> Floats:
    """Return the mean worth, in each piece of the horizon, of what is worth 1 today."""
    edges = piece_edges(terms.horizon)
    rate = np.log1p(terms.discount) / YEAR
    start, length = edges[:-1], np.diff(edges)
    spread: Floats = np.exp(-rate * start) * (-np.expm1(-rate * length) / (rate * length) if rate > 0 else 1.0)
    return spread


def _spend(table: pl.DataFrame) -> Floats:
    spend: Floats = table["spend"].fill_null(float("nan")).to_numpy()
    return spend


def _margins(terms: Terms, learned: Learned, table: pl.DataFrame) -> Floats:
    if not isinstance(terms.margin, str):
        return np.full(table.height, learned.margin)
    paid = pl.col("bought") + pl.col("returned")
    share = pl.when(paid > 0).then(pl.col("margin") / paid).otherwise(learned.margin)
    margins: Floats = table.select(share.alias("share"))["share"].to_numpy()
    return margins
