"""Bands of prices."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from unified_customer.methods.learning import Floats


@dataclass(frozen=True, eq=False)
class PriceBands:
    """Bands with about as many different prices each, currency by currency: no rate between currencies is assumed.

    Attributes:
        edges: For each currency (empty: not told) the prices at which a band ends and the next one begins.
    """

    edges: Mapping[str, Floats]

    def terms(self, catalogue: pl.DataFrame) -> list[list[str]]:
        """Return the band of each row and what it shares with the next band on either side; nothing without a price."""
        priced = _priced(catalogue)
        return [self._of(price, currency) for price, currency in priced.rows()]

    def _of(self, price: float | None, currency: str) -> list[str]:
        if price is None or currency not in self.edges:
            return []
        band = int(np.searchsorted(self.edges[currency], price, side="right"))
        return [f"{currency}:{band}", f"{currency}:{band - 1}-{band}", f"{currency}:{band}-{band + 1}"]


def fit_bands(catalogue: pl.DataFrame, *, bands: int) -> PriceBands:
    """Return bands of the prices of a catalogue.

    Args:
        catalogue: Perhaps with `price` and `currency`; without prices there are no bands.
        bands: How many for each currency, fewer where there are fewer different prices.

    Examples:
        >>> found = fit_bands(pl.DataFrame({"price": [1.0, 2.0, 8.0, 9.0], "currency": ["EUR"] * 4}), bands=2)
        >>> found.terms(pl.DataFrame({"price": [3.0, 7.0, None], "currency": ["EUR", "EUR", "EUR"]}))
        [['EUR:0', 'EUR:-1-0', 'EUR:0-1'], ['EUR:1', 'EUR:0-1', 'EUR:1-2'], []]
    """
    told = _priced(catalogue).drop_nulls("price").unique().sort("currency", "price")
    shares = np.arange(1, bands) / bands
    return PriceBands(
        {
            str(currency): np.unique(np.quantile(rows["price"].to_numpy(), shares))
            for (currency,), rows in told.group_by("currency", maintain_order=True)
        }
    )


def _priced(catalogue: pl.DataFrame) -> pl.DataFrame:
    """Return `price` (null where it is no finite number) and `currency`."""
    price = pl.col("price").cast(pl.Float64) if "price" in catalogue.columns else pl.lit(None, pl.Float64)
    currency = pl.col("currency").cast(pl.String) if "currency" in catalogue.columns else pl.lit(None, pl.String)
    return catalogue.with_columns(
        price=pl.when(price.is_finite()).then(price),
        currency=currency.fill_null("").str.strip_chars().str.to_uppercase(),
    ).select("price", "currency")
