"""Lists of candidates: what a ranker offers for each customer, each list with a chance of its own."""

from collections.abc import Iterable, Iterator, Sequence
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
        heads: Customer and decision of each list.
        starts: The first row of each list, and the number of all rows.
        seed: Of the chance of each list.
    """

    frame: pl.DataFrame
    heads: list[tuple[str | None, str]]
    starts: list[int]
    seed: int

    def __iter__(self) -> Iterator[tuple[slice, np.random.Generator]]:
        """Yield the rows of each list, and its chance, in which no other list has a part."""
        for head, start, stop in zip(self.heads, self.starts[:-1], self.starts[1:], strict=True):
            yield slice(start, stop), _chance(self.seed, *head)


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
    key = [name for name in KEY if name in given.columns]
    texts = pl.col(*key, "item_id").cast(pl.String)
    rows = given.select(texts, pl.col("score").cast(pl.Float64), *(name for name in wanted[3:] if name not in KEY))
    frame = rows.sort(*key, "item_id")
    _check(frame, key)
    lengths = frame.select(pl.struct(key).rle().struct.field("len")).to_series().to_numpy()
    starts = [0, *np.cumsum(lengths).tolist()]
    if "decision_id" not in key:
        ids = _decisions(frame["customer_id"].gather(starts[:-1]), seed=seed, as_of=as_of)
        frame = frame.with_columns(decision_id=ids.gather(np.repeat(np.arange(len(ids)), lengths)))
    return Lists(frame, frame.select(KEY)[starts[:-1]].rows(), starts, seed)


def _decisions(customers: pl.Series, *, seed: int, as_of: datetime) -> pl.Series:
    """Return the id of a decision for each customer, the same for the same seed and instant."""
    at = as_of.isoformat()
    ids = [content_hash("decision", str(seed), at, *_named(customer)) for customer in customers]
    return pl.Series(ids, dtype=pl.String)


def _check(frame: pl.DataFrame, key: Sequence[str]) -> None:
    if not np.isfinite(frame["score"].to_numpy()).all():
        raise SchemaError("'candidates' has scores that are no finite numbers.")
    if frame["item_id"].null_count() or ("decision_id" in key and frame["decision_id"].null_count()):
        raise SchemaError("'candidates' has rows without an item or without a decision.")
    if frame.select(pl.struct(*key, "item_id").is_duplicated().any()).item():
        raise SchemaError("'candidates' has an item twice in one list; give each once.")
