"""Strategies for what bandits see: candidates, feedback, policies."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import polars as pl
from hypothesis import strategies as st

from unified_customer.recommendations.exploring import BetaThompson, EpsilonGreedy, LinearThompson, LinUCB

NOON: Final = datetime(2026, 3, 1, 12, tzinfo=UTC)
ITEMS: Final = ("cup", "pot", "tea", "tin", "urn")
FEATURES: Final = ("age", "spend")
_NUMBERS: Final = st.integers(-4, 4).map(lambda quarter: quarter / 4)
_TYPES: Final[Mapping[str, pl.DataType]] = {
    **dict.fromkeys(("customer_id", "item_id", "segment"), pl.String()),
    **dict.fromkeys(("score", "reward", *FEATURES), pl.Float64()),
    "known_at": pl.Datetime("us", "UTC"),
}
_OFFERED: Final = {name: _TYPES[name] for name in ("customer_id", "item_id", "score", "segment", *FEATURES)}
_SEEN: Final = {name: _TYPES[name] for name in ("item_id", "segment", "reward", "known_at", *FEATURES)}


def policies(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Return specs of every kind of policy.

    Args:
        fields: What all of them are given, in the place of what is drawn.
    """
    bounds = {
        "epsilon": st.sampled_from((0.0, 0.1, 0.5, 1.0)),
        "share": st.sampled_from((0.0, 0.4, 1.0)),
        "least_score": st.sampled_from((None, 0.0, 0.5)),
        **fields,
    }
    linear = {"features": st.sampled_from(((), FEATURES[:1], FEATURES)), "per_item": st.booleans(), **bounds}
    return st.one_of(
        st.builds(EpsilonGreedy, **bounds),
        st.builds(BetaThompson, draws=st.just(20), segment=st.sampled_from((None, "segment")), **bounds),
        st.builds(LinearThompson, draws=st.just(20), **linear),
        st.builds(LinUCB, **linear),
    )


@st.composite
def candidate_frames(draw: st.DrawFn, *, customers: int = 3) -> pl.DataFrame:
    """Draw candidates of some customers, in any order: `customer_id`, `item_id`, `score`, `segment` and features."""
    whose = [None, *(f"c{number}" for number in range(1, customers))]
    pairs = draw(st.sets(st.tuples(st.sampled_from(whose), st.sampled_from(ITEMS)), min_size=1))
    ordered = draw(st.permutations(sorted(pairs, key=str)))
    rows = [
        {"customer_id": who, "item_id": item, "score": draw(_NUMBERS), "segment": draw(st.sampled_from(("new", "old")))}
        | {feature: draw(_NUMBERS) for feature in FEATURES}
        for who, item in ordered
    ]
    return pl.DataFrame(rows, schema=_OFFERED)


@st.composite
def feedback_frames(draw: st.DrawFn, *, max_size: int = 20) -> pl.DataFrame:
    """Draw feedback of a few days up to `NOON`: `item_id`, `segment`, `reward` from 0 to 1, `known_at` and features."""
    row = st.fixed_dictionaries(
        {
            "item_id": st.sampled_from(ITEMS[:4]),
            "segment": st.sampled_from(("new", "old")),
            "reward": st.sampled_from((0.0, 0.25, 1.0)),
            "known_at": st.integers(0, 3).map(lambda days: NOON - timedelta(days=days)),
            **dict.fromkeys(FEATURES, _NUMBERS),
        }
    )
    rows = draw(st.lists(row, max_size=max_size))
    return pl.DataFrame(rows, schema=_SEEN)
