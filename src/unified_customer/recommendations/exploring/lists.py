"""Lists of candidates: what a ranker offers for each customer, each list with a chance of its own."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np
import polars as pl

from unified_customer.core.errors import SchemaError
from unified_customer.core.spec import content_hash
from unified_customer.engines.portable import Native, collected, opened

KEY: Final = ("customer_id", "decision_id")


@dataclass(frozen=True, eq=False)
class Lists:
    """Candidates, list by list.

    Attributes:
        frame: `customer_id`, `decision_id`, `item_id`, `score` and features, in the order of lists and items.
        starts: The first row of each list, and the number of all rows.
        seed: Of the chance of each list.
    """

    frame: pl.DataFrame
    starts: list[int]
    seed: int

    def __iter__(self) -> Iterator[tuple[slice, np.random.Generator]]:
        """Yield the rows of each list, and its chance, in which no other list has a part."""
        heads = self.frame.select(KEY)
        for start, stop in zip(self.starts[:-1], self.starts[1:], strict=True):
            customer, decision = heads.row(start)
            yield slice(start, stop), _chance(self.seed, customer, decision)


def _chance(seed: int, customer: str | None, decision: str) -> np.random.Generator:
    return np.random.default_rng(int(content_hash("chance", str(seed), *_named(customer), decision), 16))


def _named(customer: str | None) -> tuple[str, ...]:
    return () if customer is None else (customer,)


def listed(candidates: Native, features: Iterable[str], *, seed: int, as_of: datetime) -> Lists:
    """Return candidates list by list, in an order that does not depend on theirs.

    Raises:
        SchemaError: A column is missing, a score is no finite number, or an item is in a list twice.
    """
    wanted = list(dict.fromkeys(["customer_id", "item_id", "score", *features]))
    given = collected(opened(candidates, columns=wanted, name="candidates"))
    texts = pl.col("customer_id", "item_id").cast(pl.String)
    rows = given.with_columns(texts, pl.col("score").cast(pl.Float64))
    known = "decision_id" in rows.columns
    rows = rows.with_columns(pl.col("decision_id").cast(pl.String)) if known else _decided(rows, seed=seed, as_of=as_of)
    frame = rows.select(*KEY, *(name for name in wanted if name not in KEY)).sort(*KEY, "item_id")
    _check(frame)
    first = frame.select(pl.struct(KEY).rle_id().is_first_distinct().arg_true()).to_series()
    return Lists(frame, [*first.to_list(), frame.height], seed)


def _decided(rows: pl.DataFrame, *, seed: int, as_of: datetime) -> pl.DataFrame:
    """Return rows with the id of a decision for each customer, the same for the same seed and instant."""
    whose = rows["customer_id"].unique()
    ids = [content_hash("decision", str(seed), as_of.isoformat(), *_named(customer)) for customer in whose]
    named = pl.DataFrame({"customer_id": whose, "decision_id": pl.Series(ids, dtype=pl.String)})
    return rows.join(named, on="customer_id", how="left", nulls_equal=True)


def _check(frame: pl.DataFrame) -> None:
    if not frame["score"].is_finite().fill_null(value=False).all():
        raise SchemaError("'candidates' has scores that are no finite numbers.")
    if frame["item_id"].null_count() or frame["decision_id"].null_count():
        raise SchemaError("'candidates' has rows without an item or without a decision.")
    if frame.select(*KEY, "item_id").is_duplicated().any():
        raise SchemaError("'candidates' has an item twice in one list; give each once.")
