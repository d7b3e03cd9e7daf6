"""KPIs by example: what is told where nothing fits, as tables and pictures, and in the documentation."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import ValidationError

from unified_customer.analytics import KPIS, FittedScorecard, Scorecard
from unified_customer.core.errors import ConfigurationError, SchemaError
from unified_customer.engines.portable import Calendar, collected, opened
from unified_customer.engines.portable.dates import with_microseconds
from unified_customer.methods.money import Money

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "measure-kpis.md"
Put = Callable[[pl.DataFrame], Any]
JANUARY = datetime(2026, 1, 1, tzinfo=UTC)
MARCH = datetime(2026, 3, 1, tzinfo=UTC)


def orders(**further: Any) -> pl.DataFrame:
    """Return an order of each of ten customers in January, and of half of them in February."""
    days = [(who, month) for month in (1, 2) for who in range(10 if month == 1 else 5)]
    rows = [
        {"customer_id": f"c{who}", "ordered_at": datetime(2026, month, 3 + who, tzinfo=UTC), "amount": 10.0 * month}
        for who, month in days
    ]
    return pl.DataFrame(rows).with_columns(channel=pl.lit("web"), **further)


def visits(*minutes: float, **further: Any) -> pl.DataFrame:
    """Return pages that one visitor saw so many minutes after midnight."""
    rows = [{"customer_id": "c1", "type": "page", "occurred_at": JANUARY + timedelta(minutes=each)} for each in minutes]
    return pl.DataFrame(rows).with_columns(name=pl.lit(None, dtype=pl.String), **further)


def spend(**further: Any) -> pl.DataFrame:
    row = {
        "period_start": date(2026, 1, 17),
        "period_end": date(2026, 2, 15),
        "channel": "paid_search",
        "amount": 300.0,
    }
    return pl.DataFrame([{**row, **further}])


def contracts(*told: tuple[str, str, int, str], **further: Any) -> pl.DataFrame:
    """Return events of subscriptions: whose, which one, on which day of January or later, and what."""
    rows = [
        {
            "customer_id": who,
            "object_id": thing,
            "occurred_at": JANUARY + timedelta(days=day),
            "name": name,
            "amount": 10.0,
        }
        for who, thing, day, name in told
    ]
    return pl.DataFrame(rows).with_columns(type=pl.lit("track"), **further)


def fit(tables: dict[str, pl.DataFrame], *kpis: str, **fields: Any) -> FittedScorecard:
    return Scorecard(kpis=kpis, **{"min_customers": 1, **fields}).fit(tables, as_of=MARCH)


def values(tables: dict[str, pl.DataFrame], kpi: str, **fields: Any) -> list[float | None]:
    return fit(tables, kpi, **fields).table["value"].to_list()


class TestCounting:
    def test_spend_is_laid_on_its_days(self) -> None:
        assert values({"spend": spend()}, "spend") == [150.0, 150.0]

    def test_spend_that_was_not_over_does_not_count(self) -> None:
        assert values({"spend": spend(period_end=date(2026, 3, 1))}, "spend") == []

    @pytest.mark.parametrize(("minutes", "expected"), [((0, 30), 1), ((0, 31), 2), ((0, 20, 40), 1)])
    def test_a_pause_ends_a_session(self, minutes: tuple[int, ...], expected: int) -> None:
        assert values({"events": visits(*minutes)}, "sessions")[0] == expected

    def test_a_session_that_is_named_has_no_pause(self) -> None:
        named = visits(0, 300, session_id=pl.lit("s"))
        assert values({"events": named}, "session_duration")[0] == 18_000

    @pytest.mark.parametrize("anonymous", ["a1", "z9"])
    def test_who_logs_in_is_one_visitor_and_one_buyer(self, anonymous: str) -> None:
        logged_in = visits(0, 5, session_id=pl.lit("s1"), anonymous_id=pl.lit(anonymous)).with_columns(
            customer_id=pl.Series([None, "c1"])
        )
        later = visits(500, session_id=pl.lit("s2"), anonymous_id=pl.lit(anonymous))
        tables = {"events": pl.concat([logged_in, later]), "orders": orders()}
        row = fit(tables, "conversion_rate").table.row(0, named=True)
        assert (row["numerator"], row["denominator"]) == (1, 1)

    def test_what_comes_back_counts_in_the_period_of_its_order(self) -> None:
        line = {"customer_id": "c1", "order_id": "o1", "quantity": 1, "amount": 10.0}
        rows = [
            {**line, "kind": "sale", "occurred_at": JANUARY},
            {**line, "kind": "return", "occurred_at": JANUARY + timedelta(days=40), "quantity": -1, "amount": -4.0},
        ]
        assert values({"order_lines": pl.DataFrame(rows)}, "refund_rate") == [0.4, None]
        assert "of the orders of the period" in KPIS["refund_rate"].formula

    def test_acquisition_costs(self) -> None:
        tables = {"orders": orders(), "spend": spend()}
        assert values(tables, "cac_blended") == [15.0, None]

    def test_what_is_left_of_a_customer(self) -> None:
        # In February five of ten stay active: 0.5 * 100 / 5 each, and half of that a month later.
        tables = {"orders": orders(ordered_at=pl.col("ordered_at").dt.truncate("1mo").dt.offset_by("14d"))}
        told = values(tables, "cltv", churn_days=17, margin=0.5, discount=0, ltv_months=2)
        assert told == [None, pytest.approx(10 * (1 + 0.5))]

    @pytest.mark.parametrize(("days", "expected"), [(17, [None, 0.5]), (18, [None, None])])
    def test_nobody_leaves_before_the_data_reach_back_far_enough(
        self, days: int, expected: list[float | None], engine: Put
    ) -> None:
        # All bought on the 15th of January: 17 days before February.
        frame = orders(ordered_at=pl.col("ordered_at").dt.truncate("1mo").dt.offset_by("14d"))
        card = Scorecard(kpis=("churn_rate", "retention_rate", "cltv"), churn_days=days, min_customers=1)
        told = card.fit({"orders": engine(frame)}, as_of=MARCH).table
        by_kpi = [told.filter(pl.col("kpi") == kpi) for kpi in card.kpis]
        assert [frame["value"].to_list() for frame in by_kpi[:2]] == [expected, expected]
        assert by_kpi[2]["value"].is_null().to_list() == [True, days > 17]
        assert by_kpi[0]["low"].is_null().to_list() == [each is None for each in expected]

    def test_by_channel_a_new_customer_costs_what_its_last_touch_did(self) -> None:
        seen = visits(0, channel=pl.lit("paid_search"))
        tables = {"orders": orders(), "spend": spend(), "events": seen}
        assert fit(tables, "cac_blended", by="channel").wide("cac_blended")["paid_search"].to_list() == [150.0, None]
        assert "events" in Scorecard(kpis=("cac_blended",), by="channel").needs
        assert "events" not in Scorecard(kpis=("cac_blended",)).needs

    @pytest.mark.parametrize(("hour", "found"), [(19, 0), (20, 10)])
    def test_times_without_a_zone_are_the_shops_in_attribution_too(self, engine: Put, hour: int, found: float) -> None:
        # The visit was at half past seven in the evening on the clock of the shop.
        seen = visits(14 * 60, channel=pl.lit("paid_search"))
        bought = pl.DataFrame(
            {"customer_id": ["c1"], "ordered_at": [JANUARY + timedelta(hours=hour)], "amount": [10.0]}
        )
        bought = bought.with_columns(pl.col("ordered_at").dt.replace_time_zone(None))
        tables = {"orders": engine(bought), "events": engine(seen), "spend": engine(spend())}
        card = Scorecard(kpis=("attributed_revenue",), min_customers=1, calendar=Calendar(zone="Asia/Kolkata"))
        assert card.fit(tables, as_of=MARCH).table["numerator"].sum() == found

    def test_a_scale_that_is_another_is_left_out(self) -> None:
        said = {"instrument": "csat", "question": "q", "answered_at": JANUARY}
        answers = pl.DataFrame(
            [{"customer_id": f"c{place}", "value": value, "scale": scale, **said} for place, (value, scale) in
             enumerate([(5.0, None), (4.0, "1-5"), (3.0, None), (5.0, "1-7"), (9.0, None)])]
        )  # fmt: skip
        row = fit({"answers": answers}, "csat").table.row(0, named=True)
        assert (row["numerator"], row["denominator"]) == (2, 3)

    def test_what_somebody_wrote_is_left_out_and_in_no_error(self, engine: Put) -> None:
        said = ["9", " 10 ", "Call me, Ann Lee", "", None, "6.0", "-1", "1e9", "9" * 400, "٩", "9\n9", "NaN", "5."]
        rows = [{"customer_id": f"c{place}", "value": value} for place, value in enumerate(said)]
        answers = pl.DataFrame(rows).with_columns(
            instrument=pl.lit("nps"), question=pl.lit("q"), answered_at=pl.lit(JANUARY)
        )
        row = (
            Scorecard(kpis=("nps",), min_customers=1)
            .fit({"answers": engine(answers)}, as_of=MARCH)
            .table.row(0, named=True)
        )
        assert (row["numerator"], row["denominator"]) == (1, 3)

    @pytest.mark.parametrize("value", [True, JANUARY, ["9"]])
    def test_a_value_of_another_kind_is_no_number(self, value: Any) -> None:
        answers = pl.DataFrame(
            {"customer_id": ["c"], "instrument": ["nps"], "question": ["q"], "answered_at": [JANUARY]}
        )
        told = fit({"answers": answers.with_columns(value=pl.Series([value]))}, "nps")
        assert told.table["value"].drop_nulls().is_empty()

    @pytest.mark.parametrize(
        ("asked", "likelihoods", "ratings"),
        [
            ([("NPS 2026", "Would you recommend us?", 10), ("NPS 2026", "How satisfied with delivery?", 5)], [10], [5]),
            ([("NPS 2026", "q1", 10), ("NPS 2026", "How satisfied with delivery?", 5)], [10], [5]),
            ([("NPS 2026", "recommend?", 10), ("NPS 2026", "How old are you?", 5), ("NPS 2025", "q1", 9)], [10, 9], []),
            ([("CSAT", "q1", 4), ("CSAT", "recommend?", 3), (None, "satisfied?", 5), ("quiz", "q1", 5)], [3], [4, 5]),
        ],
    )
    def test_the_question_decides_and_else_the_instrument(
        self, asked: list[tuple[str | None, str, int]], likelihoods: list[int], ratings: list[int], engine: Put
    ) -> None:
        said = pl.DataFrame(asked, schema=["instrument", "question", "value"], orient="row")
        answers = said.with_columns(customer_id=pl.lit("c"), answered_at=pl.lit(JANUARY))
        card = Scorecard(kpis=("nps", "csat"), min_customers=1)
        told = card.fit({"answers": engine(answers)}, as_of=MARCH).table.filter(pl.col("period") == JANUARY.date())
        counts = dict(told.select("kpi", "denominator").iter_rows())
        assert counts.get("nps", 0) == len(likelihoods)
        assert counts.get("csat", 0) == len(ratings)

    def test_purchases_tell_retention_where_no_subscription_does(self) -> None:
        assert fit({"orders": orders(), "events": visits(0)}).retained == "purchases"
        assert fit({"orders": orders()}, "churn_rate", retained="contracts").table.is_empty()


@given(
    at=st.datetimes(datetime(1971, 1, 1), datetime(2099, 1, 1)),  # noqa: DTZ001 (civil times)
    zone=st.sampled_from(("America/New_York", "Europe/Berlin", "Australia/Lord_Howe")),
)
@example(at=datetime(2026, 10, 25, 2, 30), zone="Europe/Berlin")  # noqa: DTZ001 (shown twice)
@example(at=datetime(2026, 3, 29, 2, 30), zone="Europe/Berlin")  # noqa: DTZ001 (never shown)
def test_civil_times_are_the_instants_that_the_zone_says(at: datetime, zone: str) -> None:
    told = with_microseconds(opened(pl.DataFrame({"at": [at]})), "at", name="moment", zone=zone)
    since = at.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)
    assert collected(told)["moment"].item() == since // timedelta(microseconds=1)


class TestComparing:
    def test_the_period_before_and_the_year_before(self) -> None:
        old = orders(ordered_at=pl.col("ordered_at").dt.offset_by("-1y"))
        row = fit({"orders": pl.concat([old, orders()])}, "revenue").table.row(-1, named=True)
        assert (row["previous"], row["change"], row["growth"]) == (100.0, 0.0, 0.0)
        assert (row["year_before"], row["year_change"]) == (100.0, 0.0)

    def test_only_what_is_asked_for_is_compared(self) -> None:
        table = fit({"orders": orders()}, "revenue", compare=()).table
        assert table.select("previous", "change", "year_before").null_count().row(0) == (2, 2, 2)

    def test_weeks_are_compared_with_those_52_weeks_before(self) -> None:
        old = orders(ordered_at=pl.col("ordered_at").dt.offset_by("-364d"))
        table = fit({"orders": pl.concat([old, orders()])}, "orders", every="week").table
        weeks = dict(table.select("period", "year_before").iter_rows())
        assert [weeks[date(2026, 2, day)] for day in (2, 9, 23)] == [5.0, 0.0, None]


class TestRefusing:
    def test_a_kpi_that_does_not_exist(self) -> None:
        with pytest.raises(ValidationError, match="no KPI 'magic'"):
            Scorecard(kpis=("magic",))

    def test_a_kpi_that_the_tables_cannot_feed(self) -> None:
        with pytest.raises(SchemaError, match="'roas' needs events, spend"):
            fit({"orders": orders()}, "roas")

    def test_currencies_of_two_tables(self) -> None:
        tables = {"orders": orders(currency=pl.lit("EUR")), "spend": spend(currency="USD")}
        with pytest.raises(SchemaError, match="EUR"):
            fit(tables, "mer")
        rates = Money(currency="EUR", rates={"USD": Decimal("0.5")})
        assert values(tables, "spend", money=rates) == [75.0, 75.0]

    @pytest.mark.parametrize(
        ("days", "said"),
        [
            ({"period_start": None}, "2 without a first day"),
            ({"period_end": None}, "2 without a last day"),
            ({"period_start": date(2026, 2, 16)}, "2 whose `period_end` is before their `period_start`"),
        ],
    )
    def test_spend_that_cannot_be_laid_on_days(self, engine: Put, days: dict[str, date | None], said: str) -> None:
        odd = spend(**days).with_columns(pl.col("period_start", "period_end").cast(pl.Date))
        with pytest.raises(SchemaError, match=said):
            Scorecard(kpis=("spend",)).fit({"spend": engine(pl.concat([spend(), odd, odd]))}, as_of=MARCH)

    @pytest.mark.parametrize("by", ["value", "kpi", "customer_id"])
    def test_a_dimension_that_is_a_column_of_the_result(self, by: str) -> None:
        with pytest.raises(ValidationError, match="told apart"):
            Scorecard(by=by)

    def test_a_dimension_without_customers(self) -> None:
        with pytest.raises(ValidationError, match="Name the column"):
            Scorecard(by_table="customers")
        with pytest.raises(SchemaError, match="'customers' is not among"):
            fit({"orders": orders()}, "orders", by="country", by_table="customers")

    def test_a_scale_of_two_values(self) -> None:
        with pytest.raises(ValidationError, match="three values"):
            Scorecard(csat_scale=(0, 1))

    def test_a_dimension_that_no_table_has(self) -> None:
        with pytest.raises(SchemaError, match="'chanel' is a column of no table"):
            fit({"orders": orders()}, by="chanel")

    @pytest.mark.parametrize(("tables", "there"), [({}, "none"), ({"order": orders()}, "order")])
    def test_no_table_that_is_known(self, tables: dict[str, pl.DataFrame], there: str) -> None:
        with pytest.raises(SchemaError, match=f"'orders'.* there are: {there}"):
            fit(tables)

    @pytest.mark.parametrize(
        ("kpi", "lacking"),
        [
            ("open_rate", "'object_id' in events"),
            ("cac_paid", "'channel' in events"),
            ("roas", "'amount' in orders, 'channel' in events"),
            ("email_conversion_rate", "'object_id' in events, 'channel' in events"),
            *[
                (name, "'amount' in orders")
                for name in ("revenue", "average_order_value", "refund_rate", "cltv", "mer")
            ],
            ("net_revenue_retention", "'amount' in orders or events"),
        ],
    )
    def test_a_kpi_that_lacks_a_column(self, kpi: str, lacking: str) -> None:
        tables = {"orders": orders().drop("amount"), "events": visits(0), "spend": spend()}
        with pytest.raises(SchemaError, match=f"'{kpi}' needs {lacking};"):
            fit(tables, kpi)
        assert kpi not in fit(tables).kpis

    def test_a_dimension_of_one_of_two_tables(self) -> None:
        tables = {"orders": orders().drop("channel"), "spend": spend()}
        assert fit(tables, by="channel").kpis == ("spend", "paid_spend", "break_even_roas")
        with pytest.raises(SchemaError, match="'orders' needs 'channel' in orders"):
            fit(tables, "spend", "orders", by="channel")
        with pytest.raises(SchemaError, match="'cac_blended' needs events"):
            fit({"orders": orders(), "spend": spend()}, "cac_blended", by="channel")

    def test_visits_of_nobody(self) -> None:
        with pytest.raises(SchemaError, match="'customer_id or anonymous_id' in events"):
            fit({"events": visits(0).drop("customer_id")}, "visitors")

    @pytest.mark.parametrize("kpi", ["mer", "ltv_cac", "payback_months"])
    def test_orders_against_spend_by_a_column_of_both(self, kpi: str) -> None:
        tables = {"orders": orders(), "spend": spend(), "events": visits(0, channel=pl.lit("paid_search"))}
        assert kpi in fit(tables).kpis
        assert kpi not in fit(tables, by="channel").kpis
        with pytest.raises(ConfigurationError, match=f"'{kpi}' cannot be told by 'channel'"):
            fit(tables, kpi, by="channel")

    def test_retention_without_amounts_tells_of_no_money(self) -> None:
        tables = {"orders": orders().drop("amount"), "events": visits(0, amount=pl.lit(1.0))}
        told = fit(tables, churn_days=20).kpis
        assert "retention_rate" in told
        assert not {"net_revenue_retention", "gross_revenue_retention", "revenue"} & {*told}


def mails(*told: tuple[str | None, str | None, str, int, str], **further: Any) -> pl.DataFrame:
    """Return events of e-mails: whose (known or not), of which message, on which day of January or later, and what."""
    rows = [
        {
            "customer_id": who,
            "anonymous_id": visitor,
            "object_id": thing,
            "occurred_at": JANUARY + timedelta(days=day),
            "name": name,
        }
        for who, visitor, thing, day, name in told
    ]
    schema = dict.fromkeys(("customer_id", "anonymous_id"), pl.String)
    return pl.DataFrame(rows, schema_overrides=schema).with_columns(type=pl.lit("track"), **further)


class TestMails:
    def test_who_unsubscribes_alone_is_not_shown(self) -> None:
        sent = [(f"c{each}", None, "m", 0, "Email Sent") for each in range(6)]
        gone = mails(*sent, ("c1", None, "m", 40, "Unsubscribed"))
        rows = fit({"events": gone}, "unsubscribe_rate", min_customers=5).table.select("numerator", "value").rows()
        assert rows == [(0, 0), (None, None)]

    def test_who_complains_was_reached(self) -> None:
        told = mails(("c1", None, "m", 0, "Email Delivered"), ("c2", None, "m", 0, "Email Marked as Spam"))
        assert values({"events": told}, "complaint_rate") == [0.5, None]

    def test_a_campaign_to_people_not_known_is_a_message_to_each(self) -> None:
        told = mails(
            (None, "v1", "m", 0, "Email Sent"), (None, "v2", "m", 0, "Email Sent"), (None, "v1", "m", 1, "Email Opened")
        )
        assert values({"events": told}, "open_rate") == [0.5, None]


class TestContracts:
    @pytest.mark.parametrize("customers", [1, 4, 5, 6])
    def test_customers_are_guarded_and_not_contracts(self, customers: int) -> None:
        told = [(f"c{each % customers}", f"s{each}", 0, "Subscription Started") for each in range(6)]
        fitted = fit({"events": contracts(*told)}, "active_customers", "churn_rate", min_customers=5)
        shown = fitted.table.filter(period=date(2026, 2, 1)).select("numerator", "n").rows()
        assert shown == ([(6, customers), (0, 6)] if customers >= 5 else [(None, None), (None, None)])

    @pytest.mark.parametrize("name", ["Payment Succeeded", "Invoice Paid"])
    @pytest.mark.parametrize("day", [20, 21])
    def test_a_payment_opens_no_contract_that_was_closed(self, name: str, day: int) -> None:
        told = [
            ("c1", "s1", 0, "Subscription Started"),
            ("c2", "s2", 0, "Subscription Started"),
            ("c1", "s1", 20, "Subscription Cancelled"),
            ("c1", "s1", day, name),
        ]
        assert values({"events": contracts(*told)}, "active_customers") == [0, 1]

    def test_a_payment_says_what_a_contract_pays(self) -> None:
        told = [("c1", "s1", 0, "Subscription Started"), ("c1", "s1", 40, "Payment Succeeded")]
        paid = contracts(*told).with_columns(amount=pl.Series([10.0, 15.0]))
        assert values({"events": paid}, "net_revenue_retention") == [None, 1.5]

    def test_of_what_nothing_but_payments_is_told_runs(self) -> None:
        assert values({"events": contracts(("c1", "s1", 0, "Invoice Paid"))}, "active_customers") == [0, 1]


class TestShowing:
    def test_small_cells_are_blank(self) -> None:
        assert values({"orders": orders()}, "revenue", min_customers=6) == [100.0, None]

    def test_a_dimension_of_customers(self) -> None:
        people = pl.DataFrame({"customer_id": [f"c{who}" for who in range(10)], "country": ["DE"] * 6 + ["AT"] * 4})
        fitted = fit({"orders": orders(), "customers": people}, "orders", by="country", by_table="customers")
        assert fitted.wide("orders").rows() == [(date(2026, 1, 1), 4.0, 6.0), (date(2026, 2, 1), 0.0, 5.0)]
        assert Scorecard(by="country", by_table="customers").needs == (
            "answers", "customers", "events", "order_lines", "spend",
        )  # fmt: skip

    def test_it_shows_itself(self) -> None:
        fitted = fit({"orders": orders(currency=pl.lit("EUR")), "spend": spend(currency="EUR")})
        html = fitted._repr_html_()
        assert all(text in html for text in ("Scorecard", "Average order value", "EUR 20", "2026-02-01"))
        assert "Revenue: EUR 100" in str(fitted)
        assert fitted.to_body()["currency"] == "EUR"

    def test_nothing_shows_itself_too(self) -> None:
        fitted = fit({"orders": orders().clear()})
        assert str(fitted) == "No period is over yet of which enough is known."
        assert "Scorecard" in fitted._repr_html_()
        with pytest.raises(ConfigurationError, match="There are: none"):
            fitted.chart()

    @pytest.mark.parametrize("by", [None, "channel"])
    @pytest.mark.parametrize("dark", [True, False])
    def test_charts_of_what_is_over(self, by: str | None, dark: bool) -> None:  # noqa: FBT001 (a parameter of pytest)
        fitted = Scorecard(by=by, min_customers=1).fit({"orders": orders()}, as_of=MARCH - timedelta(days=9))
        drawn = str(fitted.chart("average_order_value", dark=dark).to_dict())
        assert "2026-01-01" in drawn
        assert "2026-02-01" not in drawn

    def test_a_matrix_needs_a_dimension(self) -> None:
        with pytest.raises(ConfigurationError, match="no dimension"):
            fit({"orders": orders()}).wide("orders")

    def test_the_day_is_that_of_the_shop(self) -> None:
        late = orders(ordered_at=pl.lit(datetime(2026, 1, 31, 23, 30, tzinfo=UTC)))
        table = fit({"orders": late}, "orders", calendar=Calendar(zone="Europe/Berlin")).table
        assert table["period"][0] == date(2026, 2, 1)


class TestDocumentation:
    def test_the_page_names_each_kpi_in_its_family(self) -> None:
        rows = re.findall(r"^\| (\w+) \| (`.*?`) \| .* \|$", PAGE.read_text("utf-8"), flags=re.MULTILINE)
        told = {
            family: tuple(re.findall(r"`(\w+)`", names)) for family, names in rows if "," in names and family != "field"
        }
        families = dict.fromkeys(kpi.family for kpi in KPIS.values())
        named = {family: tuple(name for name, kpi in KPIS.items() if kpi.family == family) for family in families}
        assert {family: told.get(family) for family in named} == named

    def test_the_page_names_the_defaults(self) -> None:
        text, spec = PAGE.read_text("utf-8"), Scorecard()
        for field in ("margin", "churn_days", "session_minutes"):
            assert f"| `{field}` | {getattr(spec, field):g} |" in text
