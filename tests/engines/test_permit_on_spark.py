"""The consent decision on Spark is the decision on frames."""

from datetime import datetime

import narwhals as nw
import polars as pl
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.searching import at_least
from unified_customer.core.models import Consent
from unified_customer.engines.spark import Session
from unified_customer.policy import Policy, Request, permit, permit_elsewhere
from unified_customer.policy.elsewhere import READ
from unified_customer.testing.strategies import (
    instants,
    ledger,
    ownership,
    people,
    policies,
    policies_of_places,
    requests,
    shared_ownership,
    statements,
)

World = tuple[pl.DataFrame, list[Consent], pl.DataFrame]
worlds = st.lists(
    st.tuples(ownership() | shared_ownership(), statements(max_size=12), people()), min_size=15, max_size=15
)
"""Customers who know nothing of each other, since a job of Spark takes as long for many as for few."""


def together(found: list[World]) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Return subjects, ledger and people of several worlds, each under names of its own."""
    frames = [
        (_named(owned, place, "customer_id", "subject_key"), _named(ledger(said), place, "subject_key", "statement_id"),
         _named(known, place, "customer_id"))
        for place, (owned, said, known) in enumerate(found)
    ]  # fmt: skip
    subjects, rows, persons = (pl.concat(each) for each in zip(*frames, strict=True))
    return subjects, rows, persons


def _named(frame: pl.DataFrame, place: int, *columns: str) -> pl.DataFrame:
    return frame.with_columns(pl.format("{} of {}", name, pl.lit(place)).alias(name) for name in columns)


@pytest.mark.needs_java
@pytest.mark.slow
@settings(max_examples=at_least(3), deadline=None, suppress_health_check=[*HealthCheck], phases=[Phase.generate])
@given(worlds, requests(), policies() | policies_of_places(), instants(hours=8))
def test_spark_decides_as_frames_do(
    spark: Session, found: list[World], request: Request, policy: Policy, as_of: datetime
) -> None:
    owned, said, known = together(found)
    subjects, rows, persons = (spark.createDataFrame(each.to_arrow()) for each in (owned, said.select(READ), known))
    lazy = permit_elsewhere(subjects, rows, request=request, policy=policy, as_of=as_of, people=persons)
    there = nw.from_native(lazy).collect("pyarrow").to_polars().sort("customer_id")
    here = permit(owned, said, request=request, policy=policy, as_of=as_of, people=known)
    assert there.rows() == here.rows()
