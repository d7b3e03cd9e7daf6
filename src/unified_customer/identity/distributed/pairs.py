"""Candidate pairs on Spark, by joins, and their odds."""

from collections.abc import Iterator
from functools import partial

import numpy as np
import polars as pl

from unified_customer.engines.spark import Frame, column_type, grouped, map_chunks, map_groups
from unified_customer.identity.distributed.forms import Batch, Model
from unified_customer.identity.matching.arrays import Ints
from unified_customer.identity.matching.blocking import pack, unpack
from unified_customer.identity.matching.evidence import probability
from unified_customer.identity.matching.keys import KeyCodes
from unified_customer.identity.matching.matches import ends_of
from unified_customer.identity.matching.scoring import Scorer


def keys_of(model: Model, records: Frame) -> Frame:
    """Return the keys of each record: `key` (its number), `hash`, `record_id`."""
    schema = {"key": "int", "hash": "bigint", "record_id": column_type(records, "record_id")}
    return map_chunks(records, partial(_keys, model), schema)


def _keys(model: Model, rows: pl.DataFrame) -> Iterator[pl.DataFrame]:
    batch = model.batch(rows)
    codes = KeyCodes(batch.records)
    for number, key in enumerate(batch.matcher.keys):
        places, hashes = codes.of(key.parts)
        found = pl.DataFrame({"hash": hashes, "record_id": batch.records.record_ids.gather(places)})
        yield found.select(pl.lit(number, pl.Int32).alias("key"), "hash", "record_id")


def block_sizes(keys: Frame) -> Frame:
    """Return how many records each block has: `key`, `hash`, `size`."""
    return grouped(keys, "key", "hash", size="count(1)")


def candidate_pairs(model: Model, records: Frame, keys: Frame) -> Frame:
    """Return the pairs of records that are compared, each once: `record_a`, `record_b`, the smaller id first."""
    most = ", ".join(str(key.most) for key in model.matcher.keys) or "0"
    compared = block_sizes(keys).filter(f"size BETWEEN 2 AND element_at(array({most}), key + 1)").select("key", "hash")
    blocks = keys.join(compared, ["key", "hash"])
    one = blocks.selectExpr("key", "hash", "record_id AS record_a")
    other = blocks.selectExpr("key", "hash", "record_id AS record_b")
    found = one.join(other, ["key", "hash"]).filter("record_a < record_b").select("record_a", "record_b")
    return found.unionByName(_of_persons(model, records)).distinct()


def _of_persons(model: Model, records: Frame) -> Frame:
    """Return the pairs that hold the records of each person together who is known."""
    kind = column_type(records, "record_id")
    known = records.filter("person IS NOT NULL")
    return map_groups(known, partial(_leaders, model), {"record_a": kind, "record_b": kind}, by="person")


def _leaders(model: Model, rows: pl.DataFrame) -> Iterator[pl.DataFrame]:
    batch = model.batch(rows)
    first, second = unpack(len(batch.records), batch.held.with_groups(np.empty(0, dtype=np.int64)))
    yield ends_of(batch.records, first, second)


def score(model: Model, records: Frame, pairs: Frame) -> Frame:
    """Return the pairs with their odds, and what is known in place of them: `record_a`, `record_b`, `bits`, `probability`."""
    kind = column_type(records, "record_id")
    schema = {"record_a": kind, "record_b": kind, "bits": "double", "probability": "double"}
    return map_chunks(both_sides(records, pairs), partial(_score, model), schema)


def both_sides(records: Frame, pairs: Frame) -> Frame:
    """Return pairs with the records of both sides: `record_a`, `record_b`, `a`, `b`."""
    sides = (records.selectExpr(f"record_id AS record_{side}", f"struct(*) AS {side}") for side in ("a", "b"))
    for side, records_of_side in zip(("a", "b"), sides, strict=True):
        pairs = pairs.join(records_of_side, f"record_{side}")
    return pairs.select("record_a", "record_b", "a", "b")


def _score(model: Model, pairs: pl.DataFrame) -> Iterator[pl.DataFrame]:
    batch, packed = pairs_of_batch(model, pairs)
    scorer = Scorer(batch.matcher.evidence, batch.matcher.rarity)
    bits = batch.held.hold(batch.records, scorer.score(batch.records, packed)).log_odds
    yield pairs.select("record_a", "record_b").with_columns(bits=bits, probability=probability(bits))


def pairs_of_batch(model: Model, pairs: pl.DataFrame) -> tuple[Batch, Ints]:
    """Return the records of some pairs, and the pairs as they are packed among these."""
    rows = pl.concat([pairs["a"].struct.unnest(), pairs["b"].struct.unnest()]).unique("record_id")
    batch = model.batch(rows)
    first, second = (batch.places(pairs[end]) for end in ("record_a", "record_b"))
    return batch, pack(len(batch.records), first, second)
