"""Segments by rules, at their edges: what is refused, what is drawn and shown, and what a hub keeps."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

import unified_customer as uc
from unified_customer.core.errors import SchemaError
from unified_customer.methods.events import Machines
from unified_customer.methods.money import Money
from unified_customer.segmentation import (
    RFM,
    Breadth,
    ByDays,
    ByPAlive,
    ByRhythm,
    Demographic,
    Engagement,
    Lifecycle,
    Mail,
    PreferredChannel,
    SegmentRule,
    SegmentRules,
    Thresholds,
    Tier,
    UsageTrend,
    ValueTiers,
    Visits,
    transitions,
)

TODAY = datetime(2026, 11, 22, tzinfo=UTC)
ORDERS = pl.DataFrame(
    [("a", 3, 30.0), ("a", 40, 25.0), ("b", 5, 120.0), ("b", 30, 80.0), ("b", 400, 60.0), ("c", 200, 15.0)],
    schema=["customer_id", "days", "amount"],
    orient="row",
).select("customer_id", "amount", ordered_at=pl.lit(TODAY) - pl.duration(days="days"))
EVENTS = pl.DataFrame(
    [("a", "Email Sent", 9), ("a", "Email Opened", 8), ("b", "Email Sent", 9), ("b", "Application Opened", 100)],
    schema=["customer_id", "name", "days"],
    orient="row",
).select("customer_id", "name", occurred_at=pl.lit(TODAY) - pl.duration(days="days"), channel=pl.lit("email"))
SCORES = pl.DataFrame(
    [("clv.value", "a", 2, 10.0), ("clv.value", "a", 1, 90.0), ("clv.value", "b", 2, 40.0), ("clv.value", "c", 2, None),
     ("clv.value", "d", 0, 70.0), ("other", "e", 2, 70.0), ("clv.value", "f", 1, 20.0)],
    schema=["name", "customer_id", "days", "value"],
    orient="row",
).select("name", "customer_id", "value", as_of=pl.lit(TODAY) - pl.duration(days="days"))  # fmt: skip
CUTS: dict[str, Any] = {"recency": (60, 7), "frequency": (2, 3), "monetary": (50, 200)}


def segments(fitted: Any) -> dict[str, str]:
    return dict(fitted.table.sort("customer_id").select("customer_id", "segment").iter_rows())


# ------------------------------------------------------------------------------------------------------ refusals


@pytest.mark.parametrize(
    ("make", "wrong", "said"),
    [
        (Thresholds, {**CUTS, "recency": (60,)}, "the same number of thresholds"),
        (Thresholds, {**CUTS, "recency": (7, 60)}, "recency must fall"),
        (Thresholds, {**CUTS, "frequency": (2, 2)}, "frequency must rise"),
        (Thresholds, {**CUTS, "monetary": (200, 50)}, "monetary must rise"),
        (RFM, {"thresholds": Thresholds(**CUTS), "scoring": "ntile"}, "not from both"),
        (RFM, {"quantiles": 4, "segments": RFM(quantiles=3).rules}, "scores up to 3, the scores go up to 4"),
        (ByDays, {"active": 180}, "Days must rise: 180, 180, 365"),
        (ByDays, {"lapsed": 180}, "Days must rise: 90, 180, 180"),
        (ByRhythm, {"usual_percent": 95}, "95 %, 95 %"),
        (ByPAlive, {"active": 0.5}, "Chances must fall: 0.5, 0.5, 0.2"),
        (ByPAlive, {"lapsed": 0.5}, "Chances must fall: 0.8, 0.5, 0.5"),
        (Lifecycle, {"zone": "Berlin"}, "no IANA time zone"),
        (ValueTiers, {"tiers": (Tier(name="x", top=0.2), Tier(name="x", top=1))}, "names of their own"),
        (ValueTiers, {"tiers": (Tier(name="x", top=0.2), Tier(name="y", top=0.2), Tier(name="z", top=1))}, "rise to 1"),
        (ValueTiers, {"tiers": ()}, "rise to 1"),
        (Breadth, {"cuts": (3, 3)}, "Cuts must rise"),
        (Breadth, {"cuts": (0, 3)}, "Cuts must rise from above 0"),
        (Demographic, {"ages": (0, 30)}, "Ages must rise"),
        (Demographic, {"ages": (30, 30)}, "Ages must rise"),
    ],
)
def test_what_cannot_be_meant_is_refused(make: Any, wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        make(**wrong)


def test_scores_of_another_currency_than_the_cut_points_are_refused() -> None:
    fitted = RFM(quantiles=2).fit({"orders": ORDERS.with_columns(currency=pl.lit("EUR"))}, as_of=TODAY)
    assert fitted.currency == "EUR"
    with pytest.raises(SchemaError, match="in EUR, the amounts in USD"):
        fitted.assign({"orders": ORDERS.with_columns(currency=pl.lit("USD"))}, as_of=TODAY)


def test_ranks_are_of_any_currency() -> None:
    fitted = RFM(quantiles=2, scoring="ntile").fit({"orders": ORDERS.with_columns(currency=pl.lit("EUR"))}, as_of=TODAY)
    there = fitted.assign({"orders": ORDERS.with_columns(currency=pl.lit("USD"))}, as_of=TODAY)
    assert there.sort("customer_id").equals(fitted.table.sort("customer_id"))


# ------------------------------------------------------------------------------------------------ what is counted


def test_thresholds_hold_from_the_day_the_order_and_the_amount_that_they_name() -> None:
    fitted = RFM(thresholds=Thresholds(recency=(200, 3), frequency=(2, 3), monetary=(55, 260))).fit(
        {"orders": ORDERS}, as_of=TODAY
    )
    rows = fitted.table.sort("customer_id").select("r_score", "f_score", "m_score").rows()
    assert rows == [(3, 2, 2), (2, 3, 3), (2, 1, 1)]


@pytest.mark.parametrize("spec", [RFM(), ValueTiers()], ids=lambda spec: type(spec).__name__)
def test_what_was_paid_needs_an_amount(spec: RFM | ValueTiers) -> None:
    with pytest.raises(SchemaError, match="'orders' has no column 'amount'"):
        spec.fit({"orders": ORDERS.drop("amount")}, as_of=TODAY)


def test_tiers_of_expected_value_take_the_latest_score_of_that_name_before_the_instant() -> None:
    tiers = (Tier(name="high", top=0.4), Tier(name="low", top=1))
    fitted = ValueTiers(by="predicted", tiers=tiers).fit({"scores": SCORES}, as_of=TODAY)
    assert segments(fitted) == {"a": "high", "b": "low", "f": "low"}
    assert "monetary" not in fitted.table.columns
    assert fitted.chart().to_dict()["title"]["text"] == ["Tiers of expected value"]


def test_rates_bring_what_was_paid_into_one_currency() -> None:
    orders = ORDERS.with_columns(
        currency=pl.when(pl.col("customer_id") == "c").then(pl.lit("GBP")).otherwise(pl.lit("EUR"))
    )
    money = Money(currency="EUR", rates={"GBP": Decimal(20)})
    fitted = ValueTiers(money=money, tiers=(Tier(name="up", top=0.4), Tier(name="down", top=1))).fit(
        {"orders": orders}, as_of=TODAY
    )
    assert segments(fitted) == {"a": "down", "b": "down", "c": "up"}


def test_a_window_of_value_begins_so_long_before_the_instant() -> None:
    for days, known in ((2, []), (3, ["a"]), (5, ["a", "b"]), (200, ["a", "b", "c"])):
        fitted = ValueTiers(window_days=days).fit({"orders": ORDERS}, as_of=TODAY)
        assert sorted(fitted.table["customer_id"]) == known


def test_a_complaint_is_an_unsubscription_until_somebody_subscribes_again() -> None:
    kinds = ("Email Opened", "Email Marked as Spam", "Newsletter Subscribed")
    for known, expected in ((1, "opens"), (2, "unsubscribed"), (3, "opens")):
        at = [TODAY - timedelta(days=9 - n) for n in range(known)]
        events = pl.DataFrame({"customer_id": ["a"] * known, "name": kinds[:known], "occurred_at": at})
        assert Engagement().fit({"events": events}, as_of=TODAY).table["email"].to_list() == [expected]


def test_who_subscribes_and_leaves_at_one_instant_has_left() -> None:
    names = ("Unsubscribed", "Subscribed", "Email Opened")
    events = pl.DataFrame({"customer_id": ["a"] * 3, "name": names, "occurred_at": [TODAY - timedelta(days=1)] * 3})
    table = Engagement().fit({"events": events}, as_of=TODAY).table
    assert table.select("email", "segment").rows() == [("unsubscribed", "silent")]


def test_windows_and_levels_hold_on_their_last_day() -> None:
    spec = Engagement(
        email=Mail(days=10), site=Visits(types=("page",), days=20), app=Visits(types=("screen",), days=40)
    )
    kinds = (("Email Opened", "track"), (None, "page"), (None, "screen"))
    for days, expected in (
        (10, ("opens", "once", "once", "active")), (11, ("not mailed", "once", "once", "active")),
        (20, ("not mailed", "once", "once", "active")), (21, ("not mailed", "none", "once", "active")),
        (30, ("not mailed", "none", "once", "active")), (31, ("not mailed", "none", "once", "passive")),
        (40, ("not mailed", "none", "once", "passive")), (41, ("not mailed", "none", "none", "passive")),
        (90, ("not mailed", "none", "none", "passive")), (91, ("not mailed", "none", "none", "dormant")),
        (180, ("not mailed", "none", "none", "dormant")), (181, ("not mailed", "none", "none", "silent")),
    ):  # fmt: skip
        rows = [("a", name, kind, TODAY - timedelta(days=days)) for name, kind in kinds]
        events = pl.DataFrame(rows, schema=["customer_id", "name", "type", "occurred_at"], orient="row")
        assert (
            spec.fit({"events": events}, as_of=TODAY).table.select("email", "site", "app", "segment").row(0) == expected
        )


def bought_on(*days: int) -> pl.DataFrame:
    return pl.DataFrame({"customer_id": "a", "ordered_at": [TODAY - timedelta(days=day) for day in days]})


def test_an_absence_is_held_to_the_rhythm_before_it() -> None:
    life = Lifecycle(by=ByRhythm(least_gaps=3), new_days=5)
    for absence, stage in ((15, "reactivated"), (11, "reactivated"), (10, "active"), (4, "active")):
        orders = bought_on(3, *(3 + absence + 10 * place for place in range(4)))
        assert segments(life.fit({"orders": orders}, as_of=TODAY)) == {"a": stage}


def test_the_usual_gap_is_that_which_so_many_percent_do_not_exceed() -> None:
    life = Lifecycle(by=ByRhythm(usual_percent=50, least_gaps=2), new_days=0)
    for waited, stage in ((4, "active"), (5, "at risk"), (8, "at risk"), (9, "lapsed"), (16, "lapsed"), (17, "lost")):
        assert segments(life.fit({"orders": bought_on(waited, waited + 4, waited + 12)}, as_of=TODAY)) == {"a": stage}


def test_signs_of_machines_are_those_of_the_spec() -> None:
    opened = EVENTS.filter(pl.col("name") == "Email Opened").with_columns(properties=pl.lit('{"ours": "yes"}'))
    for flags, expected in ((("ours",), "not mailed"), (("theirs",), "opens")):
        spec = Engagement(email=Mail(machines=Machines(flags=flags)))
        assert spec.fit({"events": opened}, as_of=TODAY).table["email"].to_list() == [expected]


# ---------------------------------------------------------------------------------------------- drawn and shown


def fitted_ones() -> list[Any]:
    people = pl.DataFrame({"customer_id": ["a", "b", "c"], "birth_date": [date(1980, 1, 1)] * 3, "gender": ["x"] * 3})
    specs = (
        RFM(quantiles=2), Lifecycle(), ValueTiers(), Demographic(by=("age", "gender"), least=1), UsageTrend(), Breadth(),
        PreferredChannel(), Engagement(),
    )  # fmt: skip
    tables = {"orders": ORDERS, "events": EVENTS, "customers": people}
    return [spec.fit(tables, as_of=TODAY) for spec in specs]


@pytest.mark.parametrize("fitted", fitted_ones(), ids=lambda fitted: type(fitted.spec).__name__)
def test_every_segmentation_is_drawn_shown_and_told(fitted: Any) -> None:
    assert fitted.chart().to_dict() != fitted.chart(dark=True).to_dict()
    assert fitted.chart("treemap").to_dict() != fitted.chart("bars").to_dict()
    page = fitted._repr_html_()
    assert all(name in page for name in fitted.sizes.filter(pl.col("customers") > 0)["segment"])
    assert "2026-11-22" in page
    assert fitted.spec.from_json(fitted.spec.to_json()) == fitted.spec
    assert {*fitted.rows()["memberships"]["segmentation"]} == {*fitted.segmentations}
    assert sum(fitted.to_body()["customers"].values()) == fitted.table.height


def test_engagement_is_drawn_for_each_channel() -> None:
    fitted = Engagement().fit({"events": EVENTS}, as_of=TODAY)
    titles = ["".join(fitted.chart(of=each).to_dict()["title"]["text"]) for each in ("level", "email", "site", "app")]
    assert titles[:2] == ["Levels of engagement", "What people do with e-mail"]
    assert len(set(titles)) == 4
    assert fitted.to_body()["channels"]["email"]["opens"] == 1
    assert all(word in fitted._repr_html_() for word in ("all together", "ignores", "sometimes"))


def test_transitions_are_drawn_and_shown() -> None:
    life = Lifecycle().fit({"orders": ORDERS}, as_of=TODAY)
    before = life.assign({"orders": ORDERS}, as_of=TODAY - timedelta(days=10))
    moved = transitions(before, life.table)
    assert moved.stayed == pytest.approx(2 / 3)
    drawn = moved.chart().to_dict()
    assert drawn["title"]["subtitle"][0].endswith("are where they were.")
    assert moved.chart(dark=True).to_dict() != drawn
    assert "From segment to segment" in moved._repr_html_()


def test_transitions_of_nobody_who_is_there_twice_tell_no_share() -> None:
    here, there = (pl.DataFrame({"customer_id": [who], "segment": ["new"]}) for who in "ab")
    moved = transitions(here, there)
    assert moved.stayed is None
    assert moved.table.rows() == [("new", "not there", 1, 1.0), ("not there", "new", 1, 1.0)]
    assert "are where they were" not in "".join(moved.chart().to_dict()["title"]["subtitle"])


# ------------------------------------------------------------------------------------------------------- in a hub


def test_a_hub_fits_and_saves_segments_and_gives_them_back() -> None:
    lines = ORDERS.with_row_index("line").with_columns(quantity=pl.lit(1), code=pl.lit("EUR"))
    sold = uc.Mapping(
        table="order_lines", identifiers={"user_id": "customer_id"},
        fields={"order_id": "line", "line_id": "line", "occurred_at": "ordered_at", "amount": "amount", "quantity": "quantity",
                "currency": "code"},
    )  # fmt: skip
    happened = uc.Mapping(
        table="events", key=["customer_id", "name"], identifiers={"user_id": "customer_id"},
        fields={"name": "name", "occurred_at": "occurred_at"},
    )  # fmt: skip
    with uc.CustomerHub(policy=uc.Policy.quickstart()) as hub:
        hub.load(uc.source("dataframe", lines, table="order_lines", name="till", mapping=sold))
        hub.load(uc.source("dataframe", EVENTS, table="events", name="mailer", mapping=happened))
        hub.resolve()
        specs: tuple[Any, ...] = (RFM(quantiles=2), Engagement())
        fitted = [hub.fit(spec, purpose="analytics", as_of=TODAY) for spec in specs]
        written = [dict(hub.save(each).rows) for each in fitted]
        members = hub.read("memberships", purpose="analytics")
    assert written == [{"memberships": 3, "scores": 9}, {"memberships": 12}]
    for each in fitted:
        own = members.filter(pl.col("segmentation") == each.segmentations[0]).sort("customer_id")
        assert dict(own.select("customer_id", "segment").iter_rows()) == segments(each)
        assert own["entered_at"].unique().to_list() == [TODAY]


@pytest.mark.parametrize("missing", ["name", "customer_id", "occurred_at"])
def test_a_missing_column_is_named(missing: str) -> None:
    with pytest.raises(SchemaError, match=f"'events' has no column '{missing}'"):
        Engagement().fit({"events": EVENTS.drop(missing)}, as_of=TODAY)


def test_breadth_at_the_thirds_leaves_those_who_did_nothing_out_of_them(engine: Callable[[pl.DataFrame], Any]) -> None:
    rows = [(f"c{n}", f"name {place}", 3 if n > 0 else 200) for n in range(-2, 7) for place in range(max(n, 1))]
    events = pl.DataFrame(rows, schema=["customer_id", "name", "days"], orient="row").select(
        "customer_id", "name", occurred_at=pl.lit(TODAY) - pl.duration(days="days")
    )
    fitted = Breadth().fit({"events": engine(events)}, as_of=TODAY)
    assert fitted.learned.cuts == (2.5, 4.5)
    assert fitted.sizes["customers"].to_list() == [2, 2, 2, 3]


@pytest.mark.parametrize(
    "spec",
    [
        RFM(quantiles=2, window_days=3),
        ValueTiers(window_days=3),
        Breadth(window_days=3),
        PreferredChannel(window_days=3),
    ],
    ids=lambda spec: type(spec).__name__,
)
def test_a_window_begins_so_many_times_24_hours_before_the_instant(spec: Any) -> None:
    start = TODAY - timedelta(days=3)
    at = [start - timedelta(microseconds=1), start, TODAY - timedelta(microseconds=1), TODAY]
    rows = pl.DataFrame(
        {"customer_id": ["early", "first", "last", "late"], "ordered_at": at, "occurred_at": at, "amount": [1.0] * 4}
    ).with_columns(name=pl.lit("Product Viewed"), channel=pl.lit("email"))
    found = segments(spec.fit({"orders": rows, "events": rows}, as_of=TODAY))
    assert {who for who, segment in found.items() if segment != "none"} == {"first", "last"}


def test_the_windows_of_a_trend_meet_and_overlap_nowhere() -> None:
    at = [TODAY - timedelta(days=days) for days in (3, 6, 6)]
    at[2] -= timedelta(microseconds=1)
    events = pl.DataFrame({"customer_id": ["now", "before", "long ago"], "occurred_at": at})
    found = segments(UsageTrend(window_days=3).fit({"events": events}, as_of=TODAY))
    assert found == {"now": "started", "before": "stopped", "long ago": "silent"}


def test_a_change_of_just_the_share_is_steady() -> None:
    counts = {"a": (5, 4), "b": (3, 4), "c": (6, 4), "d": (2, 4), "e": (4, 4)}
    rows = [
        (who, TODAY - timedelta(days=1 if recent else 4))
        for who, both in counts.items()
        for recent, count in zip((True, False), both, strict=True)
        for _ in range(count)
    ]
    events = pl.DataFrame(rows, schema=["customer_id", "occurred_at"], orient="row")
    found = segments(UsageTrend(window_days=3, change=0.25).fit({"events": events}, as_of=TODAY))
    assert found == {"a": "steady", "b": "steady", "c": "rising", "d": "falling", "e": "steady"}


def test_a_cell_of_the_grid_is_named_where_it_is_one_segment() -> None:
    rules = SegmentRules(
        quantiles=2,
        rules=(
            SegmentRule(name="gone", r="1"),
            SegmentRule(name="small", r="2", m="1"),
            SegmentRule(name="large", r="2", m="2"),
        ),
    )
    marks = Thresholds(recency=(50,), frequency=(2,), monetary=(100,))
    grid = RFM(thresholds=marks, segments=rules).fit({"orders": ORDERS}, as_of=TODAY).grid
    assert grid.rows() == [(1, 1, 1, 15.0, "gone"), (2, 2, 2, 315.0, None)]


def test_measures_are_kept_as_scores_with_the_score_as_their_label() -> None:
    marks = Thresholds(recency=(50,), frequency=(2,), monetary=(100,))
    kept = RFM(thresholds=marks).fit({"orders": ORDERS}, as_of=TODAY).rows()["scores"]
    b = kept.filter(pl.col("customer_id") == "b").sort("name").select("name", "value", "label", "as_of").rows()
    assert b == [
        ("rfm.frequency", 3.0, "2", TODAY),
        ("rfm.monetary", 260.0, "2", TODAY),
        ("rfm.recency", 5.0, "2", TODAY),
    ]


@pytest.mark.parametrize(
    ("returns", "monetary", "paid"), [("net", "total", 60.0), ("gross", "total", 90.0), ("net", "mean", 30.0)]
)
def test_refunds_are_taken_off_or_left_and_means_are_of_purchases(returns: Any, monetary: Any, paid: float) -> None:
    at = [TODAY - timedelta(days=days) for days in (30, 20, 10)]
    orders = pl.DataFrame({"customer_id": ["a"] * 3, "ordered_at": at, "amount": [50.0, 40.0, -30.0]})
    table = RFM(quantiles=2, returns=returns, monetary=monetary).fit({"orders": orders}, as_of=TODAY).table
    assert table.select("recency", "frequency", "monetary").rows() == [(20, 2, paid)]


def test_who_only_gave_back_has_not_bought() -> None:
    orders = pl.DataFrame({"customer_id": ["a"], "ordered_at": [TODAY - timedelta(days=1)], "amount": [-30.0]})
    assert RFM().fit({"orders": orders}, as_of=TODAY).table.is_empty()
    assert Lifecycle().fit({"orders": orders}, as_of=TODAY).table.is_empty()


def test_segments_that_were_given_no_order_stand_behind_and_who_is_absent_last() -> None:
    before = pl.DataFrame({"customer_id": ["a", "b", "c"], "segment": ["z", "x", "y"]})
    after = pl.DataFrame({"customer_id": ["b", "c", "d"], "segment": ["z", "z", "y"]})
    assert transitions(before, after, order=["z"]).table.select("before", "after").rows() == [
        ("z", "not there"), ("x", "z"), ("y", "z"), ("not there", "y"),
    ]  # fmt: skip
    assert transitions(before, after).stayed == 0.0
