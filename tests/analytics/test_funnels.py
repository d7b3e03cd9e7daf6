"""Funnels and paths by example: in a hub, as pictures, and where nothing fits."""

from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from unified_customer.analytics import FittedFunnel, FittedPaths, Funnel, Paths, Step
from unified_customer.core.errors import SchemaError

AS_OF = datetime(2026, 2, 1, tzinfo=UTC)
STEPS = ("Product Viewed", "Product Added", "Order Completed")


def events() -> pl.DataFrame:
    """Return events of twelve customers, half of whom go on at each step, an hour later each time."""
    rows = [
        {
            "customer_id": f"c{who}",
            "session_id": f"s{who}",
            "name": name,
            "occurred_at": datetime(2026, 1, 1 + who, step, tzinfo=UTC),
            "channel": "web" if who % 3 else "shop",
        }
        for who in range(12)
        for step, name in enumerate(STEPS)
        if who % 2**step == 0
    ]
    return pl.DataFrame(rows)


def funnel(**fields: Any) -> FittedFunnel:
    spec = Funnel.model_validate({"steps": STEPS, "min_customers": 1, **fields})
    return spec.fit({"events": events()}, as_of=AS_OF)


def paths(**fields: Any) -> FittedPaths:
    return Paths.model_validate({"min_customers": 1, **fields}).fit({"events": events()}, as_of=AS_OF)


def test_specs_come_back_from_json() -> None:
    step = Step(names=("Product Viewed",), label="looked", where={"channel": ("web",)})
    spec = Funnel(steps=(step, step), within=timedelta(days=7), between=timedelta(hours=1))
    assert Funnel.from_json(spec.to_json()) == spec
    assert spec.titles == ["looked (1)", "looked (2)"]
    assert Paths.from_json(Paths(only=STEPS).to_json()) == Paths(only=STEPS)


def test_steps_tell_of_counts_shares_and_times() -> None:
    rows = funnel().steps.select("count", "share", "share_of_previous", "lost", "median_seconds").rows()
    assert rows == [(12, 1.0, None, None, None), (6, 0.5, 0.5, 6, 3600.0), (3, 0.25, 0.5, 3, 3600.0)]


def test_groups_are_told_by_where_the_first_step_was() -> None:
    groups = funnel(by="channel", min_customers=5).groups
    assert groups is not None
    assert groups.select("channel", "step", "count").rows() == [
        ("shop", 1, None), ("shop", 2, None), ("shop", 3, None), ("web", 1, 8), ("web", 2, 4), ("web", 3, 2),
    ]  # fmt: skip


def test_a_closed_funnel_counts_whose_time_was_over() -> None:
    spec = Funnel.model_validate({"steps": STEPS, "within": timedelta(days=25), "closed": True, "min_customers": 1})
    assert spec.fit({"events": events()}, as_of=AS_OF).steps["count"].to_list() == [7, 4, 2]


def test_charts_are_drawn_and_results_show_themselves() -> None:
    drawn = [funnel().chart(dark=True), paths(length=2).chart(), paths().chart("transitions")]
    assert all("customer" in str(each.to_dict()) and "'c1'" not in str(each.to_dict()) for each in drawn)
    assert "50 %" in funnel()._repr_html_()
    assert "Product Viewed &gt; Product Added" in paths(length=2)._repr_html_()
    assert "sessions" not in paths(unit="customer")._repr_html_()


def test_paths_and_funnels_have_no_rows_about_people() -> None:
    assert dict(funnel().rows()) == dict(paths().rows()) == {}
    assert paths(length=2).to_body()["top"][0] == {"path": "Product Viewed > Product Added", "count": 6, "customers": 6}
    assert funnel(by="channel").to_body()["steps"][0] == {"name": "Product Viewed", "count": 12}
    again = funnel().assign({"events": events()}, as_of=AS_OF)
    assert sorted(again["reached"]) == [1] * 6 + [2] * 3 + [3] * 3


def test_a_path_of_few_customers_is_not_shown() -> None:
    shown = paths(length=2, min_customers=4).top
    assert shown["path"].to_list() == ["Product Viewed > Product Added"]
    assert paths(length=2, min_customers=4).ends.select("place", "starts", "ends").rows() == [
        ("Product Viewed", 12, 6),
    ]


@pytest.mark.parametrize(
    "fields",
    [
        {"steps": ["Product Viewed"]},
        {"steps": "Product Viewed"},
        {"closed": True},
        {"within": timedelta(0)},
        {"by": "reached"},
        {"zone": "Europe/Atlantis"},
        {"steps": [{"names": []}, "Product Added"]},
    ],
)
def test_a_funnel_that_cannot_be_meant_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"Funnel"):
        funnel(**fields)


def test_frames_that_do_not_fit_are_refused() -> None:
    with pytest.raises(SchemaError, match="'events' is not among the tables"):
        Paths().fit({}, as_of=AS_OF)
    with pytest.raises(SchemaError, match="not texts"):
        Paths(of="occurred_at").fit({"events": events()}, as_of=AS_OF)
    with pytest.raises(SchemaError, match="no column 'session_id'"):
        Funnel.model_validate({"steps": STEPS, "unit": "session"}).fit(
            {"events": events().drop("session_id")}, as_of=AS_OF
        )
    with pytest.raises(ValueError, match="zone"):
        Paths(zone="Europe/Atlantis")
