"""What tells the customers of one segment from the rest."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import polars as pl

from unified_customer.methods.learning import Floats, Ints
from unified_customer.segmentation.lifestyle.basket import Baskets

Z: Final = 1.96
COLUMNS: Final = {
    "segment": pl.String(), "item": pl.String(), "name": pl.String(), "customers": pl.Int64(), "share": pl.Float64(),
    "share_of_rest": pl.Float64(), "lift": pl.Float64(), "lift_low": pl.Float64(), "lift_high": pl.Float64(),
    "log_odds": pl.Float64(), "z": pl.Float64(),
}  # fmt: skip


def distinctive(
    have: Baskets, segments: Ints, items: pl.DataFrame, *, least_customers: int, at_most: int
) -> pl.DataFrame:
    """Return the things that tell each segment from the rest, the most telling first.

    Customers are counted, not purchases, so that no large buyer speaks for all. Things that few of a segment have are
    left out.

    Args:
        have: What customers have.
        segments: The number of the segment of each.
        items: `item` and `name`, one row a column.
        least_customers: So many customers of the segment must have a thing.
        at_most: So many things a segment.

    Returns:
        `segment` (its number), `item`, `name`, `customers` (of the segment who have it), `share` (of them),
        `share_of_rest`, `lift` (one over the other, with its 95 % interval `lift_low` to `lift_high`; null where nobody
        of the rest has it), `log_odds` (with a prior from all customers) and `z` (in standard errors). Without a rest
        there is no row.

    References:
        B. Monroe, M. Colaresi, K. Quinn (2008): Fightin' words: lexical feature selection and evaluation for
        identifying
        the content of political conflict. Political Analysis 16, 372-403.
        D. Katz, J. Baptista, S. Azen, M. Pike (1978): Obtaining confidence intervals for the risk ratio in cohort
        studies.
    """
    number = int(segments.max(initial=-1)) + 1
    if number < 2:
        return pl.DataFrame(schema={**COLUMNS, "segment": pl.Int64()})
    all_have = have.having.astype(np.float64)
    found = [
        _of_one(have.of(np.flatnonzero(segments == each)), all_have, len(segments), items)
        .with_columns(segment=pl.lit(each, dtype=pl.Int64))
        .filter(pl.col("customers") >= least_customers, pl.col("z") > 0)
        .sort("z", "item", descending=[True, False])
        .head(at_most)
        for each in range(number)
    ]
    return pl.concat(found).select(*COLUMNS)


def _of_one(own: Baskets, all_have: Floats, customers: int, items: pl.DataFrame) -> pl.DataFrame:
    mine = own.having.astype(np.float64)
    rest = all_have - mine
    size, others = own.customers.height, customers - own.customers.height
    log_odds, z = _log_odds(mine, rest, all_have)
    with np.errstate(divide="ignore", invalid="ignore"):
        lift = (mine / size) / (rest / others)
        error = np.sqrt(1 / mine - 1 / size + 1 / rest - 1 / others)
    known = (mine > 0) & (rest > 0)
    return items.select("item", "name").with_columns(
        pl.Series("customers", mine).cast(pl.Int64),
        pl.Series("share", mine / size),
        pl.Series("share_of_rest", rest / others),
        *(
            pl.Series(name, np.where(known, each, np.nan)).fill_nan(None)
            for name, each in {
                "lift": lift,
                "lift_low": lift * np.exp(-Z * np.where(known, error, 0)),
                "lift_high": lift * np.exp(Z * np.where(known, error, 0)),
            }.items()
        ),
        pl.Series("log_odds", log_odds),
        pl.Series("z", z),
    )


def _log_odds(mine: Floats, rest: Floats, all_have: Floats) -> tuple[Floats, Floats]:
    """Return log-odds ratios with a prior as large as one customer for each thing, and how sure they are."""
    prior = all_have / all_have.sum() * len(all_have)
    one, other = mine + prior, rest + prior
    odds = np.log(one / (one.sum() - one)) - np.log(other / (other.sum() - other))
    return odds, odds / np.sqrt(1 / one + 1 / other)


def labels_of(description: pl.DataFrame, *, segments: int, items: int) -> Sequence[str]:
    """Return a label for each segment: its most distinctive things, of those that are surely so."""
    sure = description.filter(pl.col("z") > Z)
    told = {number: part["name"].head(items).to_list() for (number,), part in sure.group_by("segment")}
    return [", ".join(map(_short, told.get(number, []))) or "nothing special" for number in range(segments)]


def _short(name: str) -> str:
    plain = " ".join(name.split())
    return plain if len(plain) <= _LONGEST else f"{plain[: _LONGEST - 1].rstrip()}…"


_LONGEST: Final = 40
