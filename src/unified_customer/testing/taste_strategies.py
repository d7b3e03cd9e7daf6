"""What customers of known tastes buy, and what people of known needs answer; and Hypothesis strategies for either.

What is planted must be found again, and what is drawn from one taste must not be taken for several.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

import numpy as np
import polars as pl
from hypothesis import strategies as st

FIRST: Final = datetime(2026, 1, 1, tzinfo=UTC)
"""The first of the instants."""
END: Final = FIRST + timedelta(days=100)
"""After the last of them."""
SEEDS: Final = st.integers(0, 10_000)
"""Of what is planted."""


def bought(*, tastes: int, seed: int, customers: int = 120, things: int = 18, lines: int = 12) -> pl.DataFrame:
    """Draw order lines of customers who share some tastes; `taste` says whose is which.

    Each taste likes other things, though everything is bought by somebody of each.
    """
    chance = np.random.default_rng(seed)
    whose = chance.integers(tastes, size=customers)
    liked = np.ones((tastes, things))
    for thing in range(things):
        liked[thing % tastes, thing] = 30 if tastes > 1 else 1
    rows = []
    for customer, taste in enumerate(whose):
        drawn = chance.choice(things, size=lines, p=liked[taste] / liked[taste].sum())
        hours = chance.integers(2000, size=lines)
        rows += [
            (f"c{customer}", f"t{thing:02}", FIRST + timedelta(hours=int(hour)), int(taste))
            for thing, hour in zip(drawn, hours, strict=True)
        ]
    columns = {
        "customer_id": pl.String(),
        "category": pl.String(),
        "occurred_at": pl.Datetime("us", "UTC"),
        "taste": pl.Int64(),
    }
    return pl.DataFrame(rows, schema=columns, orient="row").with_columns(kind=pl.lit("sale"))


def answered(
    *, needs: int, seed: int, people: int = 150, questions: int = 6, left_out: float = 0.1, apart: float = 3.0
) -> pl.DataFrame:
    """Draw answers of people who share some needs; `need` says whose is which.

    Each question but the last tells needs apart; some answers are left out.
    """
    chance = np.random.default_rng(seed)
    whose = chance.integers(needs, size=people)
    means = np.zeros((needs, questions))
    for question in range(questions - 1):
        means[question % needs, question] = apart if needs > 1 else 0
    values = means[whose] + chance.standard_normal((people, questions))
    rows = [
        (f"p{person}", f"q{question}", float(values[person, question]), int(need))
        for person, need in enumerate(whose)
        for question in range(questions)
        if question == 0 or chance.random() >= left_out
    ]
    columns = {"customer_id": pl.String(), "question": pl.String(), "value": pl.Float64(), "need": pl.Int64()}
    whole = pl.DataFrame(rows, schema=columns, orient="row")
    return whole.with_columns(instrument=pl.lit("research"), text=pl.lit(None, pl.String), answered_at=pl.lit(FIRST))


def measured(*, kinds: int, seed: int, customers: int = 150, numbers: int = 3, apart: float = 6.0) -> pl.DataFrame:
    """Draw numbers of customers of some kinds; `kind` says whose is which, and tells nothing by its own."""
    chance = np.random.default_rng(seed)
    whose = chance.integers(kinds, size=customers)
    means = np.zeros((kinds, numbers))
    for kind in range(1, kinds):
        means[kind, [(kind - 1) % numbers, kind % numbers]] = apart
    values = means[whose] + chance.standard_normal((customers, numbers))
    named = {f"n{place}": values[:, place] for place in range(numbers)}
    return pl.DataFrame({"customer_id": [f"c{n}" for n in range(customers)], **named, "kind": whose.astype(str)})


def line_frames(*, max_size: int = 60) -> st.SearchStrategy[pl.DataFrame]:
    """Few order lines of few things, some of nobody, some of nothing, some that came back."""
    rows = st.tuples(
        st.integers(0, 9).map(lambda number: f"c{number}" if number else None),
        st.sampled_from(("tea", "nails", "cake", None)),
        st.integers(0, 99).map(lambda days: FIRST + timedelta(days=days)),
        st.sampled_from(("sale", "sale", "return")),
    )
    return st.lists(rows, max_size=max_size).map(_lines)


def _lines(rows: Sequence[tuple[str | None, str | None, datetime, str]]) -> pl.DataFrame:
    schema = {
        "customer_id": pl.String(),
        "category": pl.String(),
        "occurred_at": pl.Datetime("us", "UTC"),
        "kind": pl.String(),
    }
    return pl.DataFrame(rows, schema=schema, orient="row")


def answer_frames(*, max_size: int = 60) -> st.SearchStrategy[pl.DataFrame]:
    """Few answers to few questions, by numbers and in words, some of nobody, some given again."""
    rows = st.tuples(
        st.integers(0, 9).map(lambda number: f"p{number}" if number else None),
        st.sampled_from(("quiz", "poll")),
        st.sampled_from(("price", "colour")),
        st.sampled_from((1.0, 2.0, 5.0, None)),
        st.sampled_from(("red", "blue", None)),
        st.integers(0, 99).map(lambda days: FIRST + timedelta(days=days)),
    )
    return st.lists(rows, max_size=max_size).map(_answers)


def _answers(rows: Sequence[tuple[str | None, str, str, float | None, str | None, datetime]]) -> pl.DataFrame:
    schema = {
        "customer_id": pl.String(), "instrument": pl.String(), "question": pl.String(), "value": pl.Float64(),
        "text": pl.String(), "answered_at": pl.Datetime("us", "UTC"),
    }  # fmt: skip
    return pl.DataFrame(rows, schema=schema, orient="row")
