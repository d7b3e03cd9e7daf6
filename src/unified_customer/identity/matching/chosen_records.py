"""A few records out of many, encoded as they are among all of them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl

from unified_customer.core.errors import ConfigurationError
from unified_customer.identity.matching.arrays import NONE, Flags, Floats, Ints, Levels, within_runs
from unified_customer.identity.matching.encoding import Column, Encoded, encode
from unified_customer.identity.matching.linkage import FORBIDDEN
from unified_customer.identity.matching.matcher import FittedMatcher
from unified_customer.identity.matching.normal_forms import NormalForms
from unified_customer.identity.matching.scoring import Scorer


@dataclass(frozen=True)
class Links:
    """All pairs of some records, scored as the matcher scores them.

    Attributes:
        first: Positions of the one record of each pair.
        second: Positions of the other.
        levels: Of shape (pairs, fields).
        barred: Whether the two are of one source that is free of duplicates.
        bits: The odds; minus infinity where they are barred.
    """

    first: Ints
    second: Ints
    levels: Levels
    barred: Flags
    bits: Floats


def encode_all(model: FittedMatcher, records: pl.DataFrame | NormalForms) -> Encoded:
    """Read and encode records as the matcher does."""
    return encode(records if isinstance(records, NormalForms) else model.read(records), model.rarity.levels)


def choose(model: FittedMatcher, records: pl.DataFrame | NormalForms, record_ids: Sequence[Any]) -> Encoded:
    """Return the records of these ids, in this order.

    Raises:
        ConfigurationError: An id is not among the records.
    """
    encoded = encode_all(model, records)
    places = {record_id: place for place, record_id in enumerate(encoded.record_ids.to_list())}
    unknown = sum(record_id not in places for record_id in record_ids)
    if unknown:
        raise ConfigurationError(
            f"Of {len(record_ids)} record ids that were asked for, {unknown} are not in the column record_id of the"
            f" {len(encoded)} records, which holds {encoded.record_ids.dtype}. Give ids of that column, of its type."
        )
    return _narrowed(encoded.take(np.array([places[record_id] for record_id in record_ids], dtype=np.int64)))


def score_all(model: FittedMatcher, records: Encoded) -> Links:
    """Score all pairs of a few records."""
    first, second = within_runs(np.zeros(1, dtype=np.int64), np.array([len(records)]))
    scored = Scorer(model.evidence, model.rarity).score(records, first * len(records) + second)
    distinct = np.isin(np.array(records.source_names, dtype=object), model.distinct)
    sources = records.sources
    barred = (sources[first] == sources[second]) & distinct[sources[first]]
    return Links(first, second, scored.levels, barred, np.where(barred, FORBIDDEN, scored.log_odds))


def texts(column: Column) -> list[str | None]:
    """Return the values of each record as one text; null where it has none."""
    values = column.values.to_list()
    said = ([values[code] for code in codes if code != NONE] for codes in column.codes)
    return [", ".join(sorted(each)) or None for each in said]


def sources_of(records: Encoded) -> list[str]:
    """Return the source of each record, "" where there is none."""
    return [records.source_names[source] for source in records.sources]


def _narrowed(records: Encoded) -> Encoded:
    """Leave out the values that no record has: how rare they are need not be looked up."""
    columns = tuple(_narrowed_column(column) for column in records.columns)
    return replace(records, columns=columns)


def _narrowed_column(column: Column) -> Column:
    used = np.unique(column.codes[column.codes != NONE])
    codes = np.where(column.codes == NONE, NONE, np.searchsorted(used, column.codes)).astype(np.int32)
    return replace(column, values=column.values.gather(used), codes=codes, counts=column.counts[used])
