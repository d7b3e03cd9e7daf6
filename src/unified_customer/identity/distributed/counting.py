"""What is counted in all records on Spark: values, blocks, and pairs within and across sources."""

from collections.abc import Iterator, Sequence

import numpy as np
import polars as pl

from unified_customer.engines.spark import Frame, grouped, map_chunks, to_polars
from unified_customer.identity.distributed.forms import Layout
from unified_customer.identity.distributed.pairs import block_sizes
from unified_customer.identity.matching.arrays import Floats
from unified_customer.identity.matching.blocking import LARGEST, most_within
from unified_customer.identity.matching.distinct_sources import is_distinct
from unified_customer.identity.matching.keys import BlockingKey
from unified_customer.identity.matching.rarity import Rarity, hashed_value
from unified_customer.identity.matching.scales import RARITIES, rarities


def value_counts(records: Frame, layout: Layout) -> Frame:
    """Return how many records have each value: `field` (its place), `value`, `size`."""
    lists = ", ".join(_listed(place, several) for place, several in enumerate(layout.several))
    rows = records.selectExpr(f"inline(flatten(filter(array({lists}), each -> each IS NOT NULL)))")
    return grouped(rows.filter("value IS NOT NULL"), "field", "value", size="count(1)")


def _listed(place: int, several: bool) -> str:  # noqa: FBT001 - an entry of `Layout.several`
    one = f"named_struct('field', {place}, 'value', {{}})"
    name = f"value_{place}"
    return f"transform({name}, said -> {one.format('said')})" if several else f"array({one.format(name)})"


def rarity_of(counts: Frame, layout: Layout) -> Rarity:
    """Return how rare values are: what `count_rarity` says of the same records."""
    common = to_polars(map_chunks(counts, _common, {"field": "int", "rarity": "int", "hash": "string"}))
    found: dict[str, dict[str, tuple[str, ...]]] = {field.name: {} for field in layout.fields}
    for (place, rarity), hashes in common.sort("hash").partition_by("field", "rarity", as_dict=True).items():
        found[layout.fields[place].name][str(rarity)] = tuple(hashes["hash"])
    return Rarity(common=found)


def _common(counts: pl.DataFrame) -> Iterator[pl.DataFrame]:
    rare = counts.with_columns(rarity=pl.Series(rarities(counts["size"].to_numpy()), dtype=pl.Int32))
    kept = rare.filter(pl.col("rarity") < RARITIES - 1)
    hashes = pl.Series("hash", [hashed_value(value) for value in kept["value"]], dtype=pl.String)
    yield kept.select("field", "rarity").with_columns(hashes)


def equal_pairs(counts: Frame, layout: Layout) -> dict[str, Floats]:
    """Return for each field how many pairs of records have an equal value of each rarity."""
    sizes = to_polars(grouped(counts, "field", "size", values="count(1)")).sort("field", "size")
    return {field.name: _equal(sizes.filter(field=place)) for place, field in enumerate(layout.fields)}


def _equal(sizes: pl.DataFrame) -> Floats:
    size, values = sizes["size"].to_numpy().astype(np.float64), sizes["values"].to_numpy()
    rare = rarities(sizes["size"].to_numpy())
    found: Floats = np.bincount(rare, weights=values * (size * (size - 1) / 2), minlength=RARITIES).astype(np.float64)
    return found


def limited(keys: Frame, chosen: Sequence[BlockingKey], budget: float) -> list[BlockingKey]:
    """Return the chosen keys with the size of the largest blocks that each compares within its budget of pairs."""
    sizes = grouped(block_sizes(keys).filter(f"size <= {LARGEST}"), "key", "size", blocks="count(1)")
    found = np.zeros((len(chosen), LARGEST + 1), dtype=np.int64)
    for key, size, blocks in to_polars(sizes).iter_rows():
        found[key, size] = blocks
    return [
        BlockingKey(parts=key.parts, most=most_within(counts, budget))
        for key, counts in zip(chosen, found, strict=True)
    ]


def distinct_sources(records: Frame, scored: Frame) -> tuple[str, ...]:
    """Return the sources that look free of duplicates, in the order of their names."""
    for end in ("a", "b"):
        sources = records.selectExpr(f"record_id AS record_{end}", f"source AS source_{end}")
        scored = scored.join(sources, f"record_{end}")
    inside = scored.filter("source_a = source_b").withColumnRenamed("source_a", "source")
    likely = scored.filter("source_a <> source_b AND bits > 0")
    matched = likely.selectExpr(
        "inline(array(struct(record_a AS record_id, source_a AS source), struct(record_b AS record_id, source_b AS source)))"
    )
    across = to_polars(grouped(matched.distinct(), "source", across="count(1)"))
    within = to_polars(grouped(inside, "source", within="sum(probability)"))
    told = across.join(within, on="source", how="left").with_columns(pl.col("within").fill_null(0.0)).sort("source")
    return tuple(told.filter(pl.Series(is_distinct(told["within"].to_numpy(), told["across"].to_numpy())))["source"])
