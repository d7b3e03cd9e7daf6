"""Hypothesis strategies for who is in which segment."""

from collections.abc import Sequence
from typing import Final

import polars as pl
from hypothesis import strategies as st

ASSIGNMENT: Final = pl.Schema({"customer_id": pl.String(), "segment": pl.String()})
SEGMENTS: Final = ("Loyal", "New", "At risk", "other")


def assignments(
    *, customers: int = 40, segments: Sequence[str] = SEGMENTS, min_size: int = 0
) -> st.SearchStrategy[pl.DataFrame]:
    """Assignments of some of the same customers to few segments; some segments are small."""
    chosen = st.dictionaries(
        st.integers(0, customers - 1), st.sampled_from(segments), min_size=min_size, max_size=customers
    )
    return chosen.map(_assignment)


def _assignment(chosen: dict[int, str]) -> pl.DataFrame:
    return pl.DataFrame([(f"c{who}", segment) for who, segment in chosen.items()], schema=ASSIGNMENT, orient="row")
