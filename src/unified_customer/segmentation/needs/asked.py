"""Answers as columns of numbers: one for each question, or for each answer in words."""

from collections.abc import Sequence

import numpy as np
import polars as pl

from unified_customer.core.models.base import Model
from unified_customer.methods.learning import Floats

KEY = ("instrument", "question")


class Asked(Model):
    """A column: a question that is answered by a number, or one answer to a question that is answered in words."""

    instrument: str
    """The survey, poll or quiz."""
    question: str
    """The question."""
    option: str | None = None
    """The answer in words; None: the question is answered by a number."""

    @property
    def shown(self) -> str:
        """What the column is called."""
        return self.question if self.option is None else f"{self.question}: {self.option}"


def columns_of(answers: pl.DataFrame, *, least_customers: int) -> tuple[Asked, ...]:
    """Return the columns of questions that enough customers answered, by instrument and question.

    A question that anybody answers by a number is one of numbers; one that is answered in words has a column for each
    answer that enough customers gave.

    Args:
        answers: `instrument`, `question`, `value`, `text`.
        least_customers: So many customers, so that none tells who somebody is.
    """
    counted = answers.group_by(KEY).agg(numbers=pl.col("value").is_not_null().sum())
    numeric = counted.filter(pl.col("numbers") >= least_customers).select(*KEY, option=pl.lit(None, pl.String))
    worded = answers.join(counted.filter(pl.col("numbers") == 0), on=KEY, how="semi").filter(
        pl.col("text").is_not_null()
    )
    options = worded.group_by(*KEY, option="text").agg(n=pl.len()).filter(pl.col("n") >= least_customers)
    every = pl.concat([numeric, options.select(*KEY, "option")]).sort(*KEY, "option")
    return tuple(Asked(**row) for row in every.iter_rows(named=True))


def blocks_of(asked: Sequence[Asked]) -> dict[tuple[str, str], list[int]]:
    """Return the places of the columns of each question, questions in order."""
    blocks: dict[tuple[str, str], list[int]] = {}
    for place, each in enumerate(asked):
        blocks.setdefault((each.instrument, each.question), []).append(place)
    return blocks


def weights_of(asked: Sequence[Asked]) -> list[float]:
    """Return weights by which each instrument counts the same, and each question of it, however many columns they have."""
    blocks = blocks_of(asked)
    questions = {each.instrument: sum(key[0] == each.instrument for key in blocks) for each in asked}
    shares = [1 / len(blocks[each.instrument, each.question]) / questions[each.instrument] for each in asked]
    most = max(shares, default=1.0)
    return [float(np.sqrt(share / most)) for share in shares]


def table_of_answers(answers: pl.DataFrame, asked: Sequence[Asked]) -> tuple[pl.DataFrame, Floats]:
    """Return the customers, by `customer_id`, and what they answered: one column each, nan where they did not.

    An answer in words is 1 in its column and 0 in the other ones of its question.
    """
    customers = answers.select("customer_id").unique().sort("customer_id").with_row_index("row")
    rows = [(place, each.instrument, each.question, each.option) for place, each in enumerate(asked)]
    schema = {"column": pl.Int64(), "instrument": pl.String(), "question": pl.String(), "option": pl.String()}
    columns = pl.DataFrame(rows, schema=schema, orient="row")
    said = (
        pl.when(pl.col("option").is_null())
        .then("value")
        .otherwise((pl.col("text") == pl.col("option")).cast(pl.Float64))
    )
    placed = answers.join(columns, on=KEY).join(customers, on="customer_id").select("row", "column", said=said)
    known = placed.filter(pl.col("said").is_finite())
    values = np.full((customers.height, len(asked)), np.nan)
    values[known["row"].to_numpy(), known["column"].to_numpy()] = known["said"].to_numpy()
    return customers.select("customer_id"), values


def about_own_mean(values: Floats, asked: Sequence[Asked]) -> Floats:
    """Take from each number the mean of what the same customer answered by numbers in the same instrument.

    Some people say yes to all and some to nothing; what is left is what they find more and less important.
    """
    found = values.copy()
    for instrument in {each.instrument for each in asked}:
        places = [n for n, each in enumerate(asked) if each.instrument == instrument and each.option is None]
        own = values[:, places]
        known = (~np.isnan(own)).sum(axis=1, keepdims=True)
        found[:, places] = own - np.nansum(own, axis=1, keepdims=True) / np.maximum(known, 1)
    return found
