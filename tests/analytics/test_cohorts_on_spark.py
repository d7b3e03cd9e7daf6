"""Cohorts, funnels and paths on Spark give what they give on Polars."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from unified_customer.analytics import Cohorts, Funnel, Occurrence, Paths
from unified_customer.engines.portable import Calendar, collected, opened

pytestmark = [pytest.mark.needs_java, pytest.mark.slow]
AS_OF = datetime(2026, 6, 1, tzinfo=UTC)
START = datetime(2026, 1, 1, tzinfo=UTC)
NAMES = ("Viewed", "Added", "Bought", "Viewed")


def events() -> pl.DataFrame:
    """Return events of forty customers about the change of the clock."""
    return pl.DataFrame(
        {
            "customer_id": [f"c{place * 7 % 40}" for place in range(400)],
            "session_id": [f"s{place % 3}" for place in range(400)],
            "name": [NAMES[place * place % 11 % 4] for place in range(400)],
            "occurred_at": [START + timedelta(hours=9 * place, microseconds=place) for place in range(400)],
            "channel": [("web", "shop", None)[place % 5 % 3] for place in range(400)],
            "amount": [place % 9 + 0.1 for place in range(400)],
        }
    )


def orders() -> pl.DataFrame:
    bought = events().filter(pl.col("name") == "Bought").rename({"occurred_at": "ordered_at"})
    return bought.drop("name", "session_id")


NEW_YORK = Calendar(zone="America/New_York")


@pytest.mark.parametrize(
    "spec",
    [
        Cohorts(calendar=NEW_YORK, min_customers=1),
        Cohorts(
            start=Occurrence(table="events", names=("Viewed",)), activity=Occurrence(), windows="rolling", period="week",
            returning="on_or_after", by="channel", min_customers=1,
        ),
    ],
)  # fmt: skip
def test_cohorts_on_spark_are_those_of_polars(on_spark: Callable[[pl.DataFrame], Any], spec: Cohorts) -> None:
    here = {"orders": orders(), "events": events()}
    there = spec.fit({name: on_spark(frame) for name, frame in here.items()}, as_of=AS_OF)
    expected = spec.fit(here, as_of=AS_OF)
    assert_frame_equal(there.cells, expected.cells)
    assert_frame_equal(collected(opened(there.table)), expected.table, check_row_order=False)


def test_a_funnel_on_spark_is_that_of_polars(on_spark: Callable[[pl.DataFrame], Any]) -> None:
    within = timedelta(days=20)
    spec = Funnel.model_validate(
        {"steps": ["Viewed", "Added", "Bought"], "within": within, "between": within, "min_customers": 1}
    )
    there, here = (spec.fit({"events": frame}, as_of=AS_OF) for frame in (on_spark(events()), events()))
    assert_frame_equal(there.steps, here.steps)
    assert_frame_equal(collected(opened(there.table)), here.table, check_row_order=False)


def test_paths_on_spark_are_those_of_polars(on_spark: Callable[[pl.DataFrame], Any]) -> None:
    there, here = (
        Paths(min_customers=2).fit({"events": frame}, as_of=AS_OF) for frame in (on_spark(events()), events())
    )
    for name in ("top", "transitions", "loops", "ends"):
        assert_frame_equal(getattr(there, name), getattr(here, name))
