"""Hypothesis strategies for the models of purchases: histories, parameters, contracts."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Final

import numpy as np
import polars as pl
from hypothesis import strategies as st

from unified_customer.methods.buy_till_die import Histories
from unified_customer.methods.buy_till_die.histories import Floats

NAMES: Final = ("bg_nbd", "mbg_nbd", "pareto_nbd")
START: Final = date(2024, 1, 1)
_SCALES: Final[Mapping[str, tuple[float, float]]] = {"shape": (0.05, 20.0), "time": (0.5, 200.0)}


@st.composite
def histories(draw: st.DrawFn, *, most: int = 12) -> Histories:
    """Histories of customers who bought on whole days; some of one history."""
    days = st.integers(0, 400)
    rows = draw(st.lists(st.tuples(st.integers(0, 40), days, days), min_size=1, max_size=most))
    told = [(x, min(a, b) if x else 0, max(a, b)) for x, a, b in rows]
    # A repeat purchase is on a later day, and there is one a day at most.
    fair = [(min(x, last), last if min(x, last) else 0, age) for x, last, age in told]
    frequency, recency, age = (np.asarray(each, dtype=np.float64) for each in zip(*fair, strict=True))
    return Histories.of(frequency=frequency, recency=recency / 7, age=age / 7)


def parameters() -> st.SearchStrategy[Floats]:
    """Four parameters of a model of purchases: shape and scale of rates, and of leaving, far from and near each other."""
    shape, time = (st.floats(np.log(low), np.log(high)).map(np.exp) for low, high in _SCALES.values())
    near = st.sampled_from((1.0, 2.0, 10.0))
    return st.tuples(shape, time, shape | near, shape | time | near).map(np.asarray)


@st.composite
def contracts(draw: st.DrawFn) -> pl.DataFrame:
    """Contracts with their ends: some still run, some began on days that not all months have."""
    starts = st.dates(START, START + timedelta(days=500))
    lengths = st.none() | st.integers(0, 500) | st.sampled_from((28, 29, 30, 31, 59, 60, 90, 91, 92, 365, 366))
    rows = draw(st.lists(st.tuples(st.sampled_from("abcdef"), starts, lengths), min_size=1, max_size=12))
    return pl.DataFrame(
        [(who, start, None if length is None else start + timedelta(days=length)) for who, start, length in rows],
        schema={"customer_id": pl.String, "started_at": pl.Date, "ended_at": pl.Date},
        orient="row",
    )
