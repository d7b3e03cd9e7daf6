"""Which notification clocks run, and when each is over."""

from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Any, Final

import polars as pl

from unified_customer.policy import BreachClock, Policy, Regime

CLOCKS: Final = pl.Schema(
    {
        "regime": pl.String(),
        "whom": pl.String(),
        "within": pl.String(),
        "due_at": pl.Datetime("us", "UTC"),
        "people": pl.Int64(),
        "runs": pl.Boolean(),
        "why_not": pl.String(),
        "overdue": pl.Boolean(),
        "source": pl.String(),
    }
)
NO_HIGH_RISK: Final = "no high risk"
NOBODY: Final = "nobody affected"


def clocks(
    policy: Policy,
    places: pl.DataFrame,
    *,
    high_risk: bool,
    known_at: datetime,
    as_of: datetime,
    laws: Collection[str] = (),
) -> pl.DataFrame:
    """Return the clocks of the laws that affected people are under.

    Somebody of whom it is not known under which regime they are may be under any, and counts for every one.

    Args:
        policy: Holds the regimes.
        places: How many people are where (`places.places_of`).
        high_risk: Whether the risk to people is high.
        known_at: When the incident became known: from then on the clocks run.
        as_of: What is over by then is overdue.
        laws: Regimes that hold for everybody affected, such as that of a recipient's country.

    Returns:
        `regime`, `whom` to tell (authority, people, media), `within`, `due_at`, `people` of whom it is, `runs`,
        `why_not` where it does not, `overdue`, and the article that is the `source`; the ones that run first, by
        `due_at`.
    """
    rows = [
        _clock(name, each, _under(name, places, laws), high_risk=high_risk, known_at=known_at, as_of=as_of)
        for name, regime in _concerned(policy, places, laws)
        for each in regime.breach
    ]
    order = ["runs", "due_at", "regime", "whom", "source"]
    return pl.DataFrame(rows, schema=CLOCKS).sort(order, descending=[True, False, False, False, False])


def _concerned(policy: Policy, places: pl.DataFrame, laws: Collection[str]) -> Iterator[tuple[str, Regime]]:
    anywhere = places["regime"].null_count() > 0
    held = {*places["regime"].drop_nulls(), *laws}
    yield from ((name, each) for name, each in policy.regimes.items() if anywhere or name in held)


def _under(name: str, places: pl.DataFrame, laws: Collection[str]) -> int:
    here = pl.lit(name in laws) | pl.col("regime").is_null() | (pl.col("regime") == name)
    return int(places.filter(here)["people"].sum())


def _clock(
    name: str, clock: BreachClock, people: int, *, high_risk: bool, known_at: datetime, as_of: datetime
) -> dict[str, Any]:
    why_not = _why_not(clock, people, high_risk=high_risk)
    due = clock.within.after(known_at)
    return {
        "regime": name,
        "whom": clock.whom,
        "within": str(clock.within),
        "due_at": due,
        "people": people,
        "runs": why_not is None,
        "why_not": why_not,
        "overdue": why_not is None and due < as_of,
        "source": clock.source,
    }


def _why_not(clock: BreachClock, people: int, *, high_risk: bool) -> str | None:
    if people == 0:
        return NOBODY
    if people < clock.at_least:
        return f"fewer than {clock.at_least:,} people"
    return NO_HIGH_RISK if clock.when == "high_risk" and not high_risk else None


def first_due(told: pl.DataFrame) -> dict[str, datetime]:
    """Return by when whom has to be told: the earliest of the clocks that run."""
    running = told.filter("runs").group_by("whom").agg(pl.col("due_at").min()).sort("due_at", "whom")
    return dict(running.rows())
