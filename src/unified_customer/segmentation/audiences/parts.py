"""Of how many customers each part of a rule holds."""

from collections.abc import Iterator
from typing import Final

import narwhals as nw
import polars as pl

from unified_customer.engines.portable import collected
from unified_customer.segmentation.audiences.compiling.evaluation import evaluated, named_leaves, truth
from unified_customer.segmentation.audiences.compiling.facts import flagged
from unified_customer.segmentation.audiences.compiling.seen import Seen
from unified_customer.segmentation.audiences.rules.tree import Rule, parts

COLUMNS: Final = {"depth": pl.Int64(), "part": pl.String(), "customers": pl.Int64(), "share": pl.Float64()}


def part_sizes(rule: Rule, seen: Seen, *, base: str, smallest: int) -> pl.DataFrame:
    """Return of how many customers a rule and each of its parts hold: an aggregate, whatever the engine.

    Args:
        rule: The rule.
        seen: The tables.
        base: The table whose customers are looked at.
        smallest: Counts of fewer customers, and of all but fewer, are null.

    Returns:
        `depth` (0 for the whole), `part` (in words), `customers`, `share` of the base; a row for each part, those of a
        part after it.
    """
    names, told = named_leaves(rule), list(_parts(rule, 0))
    counts = [flagged(truth(each, names)).sum().alias(f"part_{place}") for place, (_, each) in enumerate(told)]
    found = collected(evaluated(rule, seen, base=base).select(nw.len().alias("base"), *counts)).row(0)
    whole = int(found[0])
    numbers = [_guarded(int(count or 0), whole, smallest) for count in found[1:]]
    rows = [
        (depth, each.in_words(), number, None if number is None or not whole else number / whole)
        for (depth, each), number in zip(told, numbers, strict=True)
    ]
    return pl.DataFrame(rows, schema=COLUMNS, orient="row")


def _parts(rule: Rule, depth: int) -> Iterator[tuple[int, Rule]]:
    yield depth, rule
    for each in parts(rule):
        yield from _parts(each, depth + 1)


def _guarded(count: int, whole: int, smallest: int) -> int | None:
    return None if 0 < count < smallest or 0 < whole - count < smallest else count
