"""What is typical of a segment, line by line, and never of one person alone."""

from collections.abc import Sequence
from itertools import accumulate
from typing import Final

import polars as pl

from unified_customer.methods.display import money
from unified_customer.segmentation.profiles.measures import MEASURES, Measure
from unified_customer.segmentation.profiles.traits import CHANNELS, ONE_EACH

TYPICAL: Final = {
    "segment": pl.String(), "kind": pl.String(), "value": pl.String(), "customers": pl.Int64(), "share": pl.Float64(),
}  # fmt: skip
_LEAST_SHARE: Final = 0.25
"""What fewer share is not called typical."""
_MODES: Final = (*ONE_EACH, "category", *CHANNELS)


def typical(
    bands: pl.DataFrame, traits: pl.DataFrame, names: Sequence[str], *, least: int, currency: str | None
) -> pl.DataFrame:
    """Return the middle band of each measure and the most frequent value of each kind of trait, by segment.

    Each holds for `least` customers of the segment at least: a band is widened until it does.

    Args:
        bands: As `Counted.bands`.
        traits: As `Counted.traits`.
        names: The segments to tell of.
        least: The fewest customers.
        currency: ISO 4217 code of money; None: it has none.
    """
    numbers = [row for name in names for row in _numbers(bands.filter(pl.col("segment") == name), least, currency)]
    told = pl.DataFrame(numbers, schema=TYPICAL, orient="row")
    return pl.concat([told, modes(traits, names, kinds=_MODES, least=least)])


def modes(traits: pl.DataFrame, names: Sequence[str], *, kinds: Sequence[str], least: int) -> pl.DataFrame:
    """Return the most frequent value of each kind, where a quarter of those of whom it is known have it.

    Of equal ones the first by name.
    """
    shared = shares(traits, names, kinds=kinds, least=least).filter(pl.col("share") >= _LEAST_SHARE)
    order = ["segment", "kind", "customers", "value"]
    return (
        shared.sort(order, descending=[False, False, True, False])
        .group_by("segment", "kind", maintain_order=True)
        .first()
        .select(*TYPICAL)
    )


def shares(traits: pl.DataFrame, names: Sequence[str], *, kinds: Sequence[str], least: int) -> pl.DataFrame:
    """Return `TYPICAL` of all values of kinds that enough customers of a segment have."""
    own = traits.filter(pl.col("segment").is_in(list(names)), pl.col("kind").is_in(list(kinds)))
    known = own.filter(pl.col("value").is_null()).select("segment", "kind", known="customers")
    held = own.filter(pl.col("value").is_not_null(), pl.col("customers") >= least)
    shared = held.join(known, on=["segment", "kind"]).with_columns(share=pl.col("customers") / pl.col("known"))
    return shared.select(*TYPICAL).sort(
        ["segment", "kind", "customers", "value"], descending=[False, False, True, False]
    )


def _numbers(bands: pl.DataFrame, least: int, currency: str | None) -> list[tuple[str, str, str, int, float]]:
    found = []
    for name, measure in MEASURES.items():
        rows = bands.filter(pl.col("measure") == name).sort("band")
        total = int(rows["customers"].sum())
        if total >= least:
            sizes = dict(rows.select("band", "customers").iter_rows())
            low, high, customers = middle_band(sizes, least=least)
            words = band_words(measure, low, high, currency=currency)
            found.append((rows["segment"][0], name, words, customers, customers / total))
    return found


def middle_band(sizes: dict[int, int], *, least: int) -> tuple[int, int, int]:
    """Return the first and last band, and the customers, of the narrowest run about the median that holds enough.

    It grows to the side of more customers; to the left where both are equal.

    Args:
        sizes: Customers by the number of the band.
        least: The fewest customers, no more than all of them.

    Examples:
        >>> middle_band({1: 4, 2: 3, 5: 4}, least=5)
        (1, 2, 7)
    """
    there, total = sorted(sizes), sum(sizes.values())
    inside = accumulate(sizes[band] for band in there)
    middle = next(place for place, count in enumerate(inside) if 2 * count >= total)
    left, right, held = middle, middle, sizes[there[middle]]
    while held < least:
        before = sizes[there[left - 1]] if left > 0 else 0
        after = sizes[there[right + 1]] if right + 1 < len(there) else 0
        left, right = (left - 1, right) if before >= after else (left, right + 1)
        held += max(before, after)
    return there[left], there[right], held


def band_words(measure: Measure, low: int, high: int, *, currency: str | None) -> str:
    """Return a run of bands in words.

    Examples:
        >>> band_words(MEASURES["frequency"], 3, 3, currency=None), band_words(MEASURES["recency"], 5, 6, currency=None)
        ('2', '14 to 44 days')
        >>> (
        ...     band_words(MEASURES["monetary"], 9, 9, currency="EUR"),
        ...     band_words(MEASURES["recency"], 16, 16, currency=None),
        ... )
        ('EUR 15 to 20', '1,095 days and more')
    """
    written = money(currency).written if measure.unit == "money" else lambda value: f"{value:,.0f}"
    begin = measure.cuts[low - 1] if low else None
    end = measure.cuts[high] if high < len(measure.cuts) else None
    unit = " days" if measure.unit == "days" else ""
    if begin is None:
        return "nothing" if end == 0 else f"less than {written(end or 0.0)}"
    if end is None:
        return f"{written(begin)}{unit} and more"
    if measure.unit == "money":
        return f"{written(begin)} to {end:,.0f}"
    last = int(end) - 1
    if begin == last:
        return f"{written(begin)}{' day' if unit and last == 1 else unit}"
    return f"{written(begin)} to {last:,}{unit}"
