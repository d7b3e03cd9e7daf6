"""Learning from more records than one machine holds."""

from collections.abc import Iterator
from functools import partial
from typing import Final

import numpy as np
import polars as pl

from unified_customer.engines.spark import Frame, grouped, kept, map_chunks, settled, to_polars
from unified_customer.identity.distributed.counting import (
    distinct_sources,
    equal_pairs,
    limited,
    rarity_of,
    value_counts,
)
from unified_customer.identity.distributed.forms import Layout, Model, count_records, quoted, read, read_columns
from unified_customer.identity.distributed.known import with_known
from unified_customer.identity.distributed.pairs import candidate_pairs, keys_of, score
from unified_customer.identity.matching.census import SAMPLE, Census, sampled
from unified_customer.identity.matching.doubts import warn_if_weak
from unified_customer.identity.matching.encoding import encode
from unified_customer.identity.matching.keys import BlockingKey
from unified_customer.identity.matching.matcher import FittedMatcher, Matcher, check_learnable
from unified_customer.identity.matching.normal_forms import HARDLY_ANY, Reading, normal_forms
from unified_customer.identity.matching.roles import Roles, infer_roles
from unified_customer.identity.matching.threshold import best_threshold
from unified_customer.identity.matching.training import train
from unified_customer.identity.matching.value_forms import form_of, text_of

SEEN: Final = 100_000
"""Roles of columns are inferred from about so many records."""


def fit_on_spark(matcher: Matcher, frame: Frame) -> FittedMatcher:
    """Learn from the rows of a Spark frame: what `matcher.fit` learns from the same records.

    Values, blocks and pairs are counted by Spark; weights are learned on the driver, from the sample of records that
    one machine takes too. Roles are inferred from about 100,000 records, chosen by their ids: where there are more, a
    column that can only be told by all its values is better named in `Matcher.roles`.

    Args:
        matcher: What is to be learned.
        frame: `record_id` (unique), optionally `source`, and any columns that tell of people or organisations.

    Raises:
        SchemaError: `record_id` is missing or not unique.
        ConfigurationError: There are too few records, or no column that tells anything.
    """
    rows = count_records(frame)
    roles = infer_roles(to_polars(some(frame, rows, most=SEEN, seed=matcher.seed)), matcher.roles)
    layout = Layout.of(frame, roles, reading_of(frame, roles))
    with kept(read(frame, layout)) as forms:
        check_learnable(layout.fields, rows)
        with kept(value_counts(forms, layout)) as counts:
            rarity, equal = rarity_of(counts, layout), equal_pairs(counts, layout)
        sample = encode(layout.normal(to_polars(some(forms, rows, most=SAMPLE, seed=matcher.seed))), rarity.levels)
        census = Census(rows, rarity, equal)
        trained = train(sample, census, budget=matcher.budget, seed=matcher.seed)
        keys = [BlockingKey(parts=parts) for parts in trained.keys]
        fitted = matcher.assembled(
            trained, roles=roles, reading=layout.reading, columns=sample.columns, keys=keys, rarity=rarity
        )
        settled = _settled(fitted, forms, layout, budget=matcher.budget * rows)
        warn_if_weak(sample, settled.fields, rarity)
        return settled


def some(frame: Frame, rows: int, *, most: int, seed: int) -> Frame:
    """Return about `most` of so many records, or all if there are no more: those that one machine takes."""
    if rows <= most:
        return frame
    schema = {column: frame.schema[column].dataType.simpleString() for column in frame.columns}
    return map_chunks(frame, partial(_some, most / rows, seed), schema)


def _some(share: float, seed: int, rows: pl.DataFrame) -> Iterator[pl.DataFrame]:
    yield rows.filter(pl.Series(sampled(rows["record_id"], share=share, seed=seed)))


def reading_of(frame: Frame, roles: Roles) -> Reading:
    """Learn how to read the records from all of them."""
    formats = {column: _date_formats(frame, column) for column in roles.of("birth_date")}
    reading = Reading(date_formats=formats, other_names=True)
    if not roles.of("full_name"):
        return reading.model_copy(update={"other_names": False})
    return reading.model_copy(update={"other_names": _often_other_names(frame, roles, reading)})


def _date_formats(frame: Frame, column: str) -> dict[str, tuple[str, ...]]:
    wanted = [name for name in ("source", column) if name in frame.columns]
    different = to_polars(frame.select(*map(quoted, wanted)).distinct()).with_row_index("record_id")
    return dict(normal_forms(different, Roles(by_column={column: "birth_date"})).reading.date_formats[column])


def _often_other_names(frame: Frame, roles: Roles, reading: Reading) -> bool:
    schema = {"named": "bigint", "others": "bigint"}
    counts = map_chunks(read_columns(frame, roles), partial(_named, roles, reading), schema)
    (told,) = grouped(counts, named="sum(named)", others="sum(others)").collect()
    return int(told["others"] or 0) >= HARDLY_ANY * int(told["named"] or 0) > 0


def _named(roles: Roles, reading: Reading, rows: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Count the rows with a whole name, and those whose whole names hold more than two names."""
    normal = normal_forms(rows, roles, reading)
    without = normal_forms(rows.clear(), roles, reading.model_copy(update={"other_names": False}))
    (others,) = {field.name for field in normal.fields} - {field.name for field in without.fields}
    whole = [form_of("full_name", text_of(rows[column])).alias(column) for column in roles.of("full_name")]
    named = pl.DataFrame(whole).select(pl.any_horizontal(pl.all().is_not_null()).sum()).item()
    yield pl.DataFrame({"named": [int(named)], "others": [normal.values[others].count()]})


def _settled(fitted: FittedMatcher, forms: Frame, layout: Layout, *, budget: float) -> FittedMatcher:
    """Return the matcher with what is counted and scored among all records: limits of keys, threshold, distinct sources."""
    records = with_known(forms, together=None, apart=None)
    with kept(keys_of(Model(fitted.to_json(), layout), records)) as keys:
        fitted = fitted.model_copy(update={"keys": tuple(limited(keys, fitted.keys, budget))})
        # Nothing is held apart by its source while it is asked which sources are free of duplicates.
        model = Model(fitted.model_copy(update={"distinct": ()}).to_json(), layout)
        scored = settled(score(model, records, candidate_pairs(model, records, keys)))
    distinct = distinct_sources(forms, scored) if fitted.spec.distinct is None else fitted.distinct
    return fitted.model_copy(update={"distinct": distinct, "threshold": fitted.spec.threshold or _threshold(scored)})


def _threshold(scored: Frame) -> float:
    told = to_polars(grouped(scored, "bits", pairs="count(1)")).sort("bits")
    return best_threshold(told["bits"].to_numpy(), told["pairs"].to_numpy().astype(np.float64))
