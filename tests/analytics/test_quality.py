"""Data quality by example, on Spark too."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from unified_customer.analytics import DataQuality, Threshold
from unified_customer.core.errors import ConfigurationError, DataQualityWarning, SchemaError, UnknownTableError
from unified_customer.core.tables import RECORDS, TABLES
from unified_customer.methods.validity import checked

AS_OF = datetime(2026, 3, 29, 12, tzinfo=UTC)
START = datetime(2025, 1, 1, tzinfo=UTC)
SILENT = DataQuality(warns=False)


def records() -> pl.DataFrame:
    """Return eighty statements of three sources about twenty customers, some odd."""
    rows = [
        {
            "customer_id": f"c{place * 7 % 20}" if place % 9 else None,
            "record_id": f"r{place % 50}",
            "version": f"v{place:03}",
            "source": ("crm", "shop", "till")[place % 3],
            "observed_at": START + timedelta(hours=131 * place) if place % 5 else None,
            "deleted": place % 17 == 0,
            "partial": (None, False, True)[place % 7 % 3],
            "email": (None, "ann@b.example", "a@b", "Bob@b.example")[place % 11 % 4],
            "email_raw": ("none", "ann@b.example", "a@b", " ")[place % 11 % 4],
            "birth_date": date(1880 + place * 2, 3, 29) if place % 3 else None,
            "city": ("Rome", "rome", "Oslo", None)[place % 13 % 4],
            "gender": ("female", None)[place % 2],
        }
        for place in range(80)
    ]
    types = {"customer_id": pl.String(), **RECORDS.columns}
    return pl.DataFrame(rows, schema={name: types[name] for name in rows[0]})


def others() -> dict[str, pl.DataFrame]:
    names = ("Email Delivered", "Email Delivered", "Email Bounced", "Page Viewed")
    events = [
        {
            "customer_id": f"c{place % 20}",
            "event_id": f"e{place // 2}",
            "source": ("web", "mail")[place % 2],
            "name": names[place % 4],
            "occurred_at": AS_OF - timedelta(hours=30 * place - 40),
            "received_at": AS_OF - timedelta(hours=31 * place - 50) if place % 3 else None,
        }
        for place in range(120)
    ]
    customers = [
        {
            "customer_id": f"c{place}",
            "email": f"{place % 15}@b.example" if place % 4 else None,
            "email_source": ("crm", "shop")[place % 2] if place % 4 else None,
            "email_observed_at": AS_OF - timedelta(days=40 * place) if place % 5 else None,
            "birth_date": date(2000 + 2 * place, 1, 1),
        }
        for place in range(20)
    ]
    lines = [
        {
            "source": "shop",
            "order_id": f"o{place % 9}",
            "line_id": str(place),
            "occurred_at": START + timedelta(days=place),
            "unit_price": place - 3,
        }
        for place in range(30)
    ]
    rows: dict[str, list[dict[str, Any]]] = {"events": events, "customers": customers, "order_lines": lines}
    return {name: frame(name, each) for name, each in rows.items()}


ODD = ("", "\n", "\r", "\r\n", "\x85", "\xa0", "\u2003", "\u2028", "\u2029", "\u3000", "ä")


def odd() -> dict[str, pl.DataFrame]:
    """Return customers whose values have a line break, a space or an umlaut before them, in them or behind them."""
    written = [each for mark in ODD for each in (f"a@b.de{mark}", f"{mark}a@b.de", f"a{mark}b@b.de", f"a@b{mark}.de")]
    short = [f"{'' if place % 2 else mark}DE{mark}" for place, mark in enumerate(ODD * 4)]
    columns = {"customer_id": [f"c{place}" for place in range(len(written))], "email": written, "country": short}
    return {"customers": pl.DataFrame({**columns, "language": short, "time_zone": short})}


def frame(name: str, rows: list[dict[str, Any]]) -> pl.DataFrame:
    types = {"customer_id": pl.String(), **TABLES[name].columns}
    return pl.DataFrame(rows, schema={each: types[each] for each in rows[0]})


def everything() -> dict[str, pl.DataFrame]:
    return {"records": records(), **others()}


def told(tables: Mapping[str, Any], **spec: Any) -> pl.DataFrame:
    return DataQuality(warns=False, **spec).fit(tables, as_of=AS_OF).table


def test_every_engine_tells_the_same(engine: Callable[[pl.DataFrame], Any]) -> None:
    here = told(everything())
    assert here["dimension"].n_unique() == 6
    assert_frame_equal(told({name: engine(each) for name, each in everything().items()}), here)


def test_every_engine_reads_patterns_alike(engine: Callable[[pl.DataFrame], Any]) -> None:
    here = told(odd()).filter(dimension="validity")
    assert dict(here.select("field", "value").iter_rows())["email"] == 6 / 44
    assert_frame_equal(told({name: engine(each) for name, each in odd().items()}).filter(dimension="validity"), here)


@pytest.mark.needs_java
@pytest.mark.slow
def test_spark_tells_the_same(on_spark: Callable[[pl.DataFrame], Any]) -> None:
    for tables in (everything(), odd()):
        there = told({name: on_spark(each) for name, each in tables.items()})
        assert_frame_equal(there, told(tables))


def test_numbers_of_a_small_table_by_hand() -> None:
    rows = pl.DataFrame(
        {
            "customer_id": ["a", "a", "b", "b"],
            "record_id": ["1", "2", "3", "4"],
            "version": ["v"] * 4,
            "source": ["crm", "shop", "crm", "shop"],
            "observed_at": [AS_OF - timedelta(days=days) for days in (1, 2, 3, 10)],
            "email": ["a@b.example", "A@b.example", "b@b.example", None],
            "city": ["Rome", "Oslo", "Rome", "rome"],
        }
    )
    table = told({"records": rows}).filter(pl.col("source").is_null())
    values = {(row["dimension"], row["field"]): (row["value"], row["n"]) for row in table.to_dicts()}
    assert values["completeness", "email"] == (0.75, 4)
    assert values["validity", "email"] == (1, 3)
    assert values["consistency", "email"] == (1, 1)
    assert values["consistency", "city"] == (0.5, 2)
    assert values["freshness", "observed_at"] == (1, 4)
    assert values["uniqueness", "record_id + version"] == (1, 4)


def test_a_birth_date_is_judged_by_the_day_of_the_observation_not_by_that_of_a_zone(
    engine: Callable[[pl.DataFrame], Any],
) -> None:
    late = datetime(2026, 1, 2, 3, tzinfo=UTC)  # the day before in New York
    rows = pl.DataFrame({"customer_id": ["a"], "birth_date": [late.date()], "birth_date_observed_at": [late]})
    row = told({"customers": engine(rows)}).filter(dimension="validity").row(0, named=True)
    assert (row["field"], row["value"]) == ("birth_date", 1)


def test_a_birth_date_of_more_than_130_years_ago_is_not_valid() -> None:
    rows = (
        RECORDS.empty()
        .clear(2)
        .with_columns(
            birth_date=pl.Series([date(1895, 12, 31), date(1896, 1, 1)]),
            observed_at=pl.lit(AS_OF).cast(pl.Datetime("us", "UTC")),
        )
    )
    assert checked(rows, RECORDS, as_of=AS_OF) == {"birth_date": (2, 1)}


def test_what_a_table_does_not_have_is_not_told_of() -> None:
    table = told({"customers": pl.DataFrame({"customer_id": ["a"], "phone": [None], "birth_date": ["a text"]})})
    assert set(table["field"]) == {"customer_id", "phone", "birth_date"}
    assert table.filter(dimension="validity").is_empty()


def test_fields_can_be_chosen() -> None:
    table = told(everything(), fields={"records": ("city",)})
    assert set(table.filter(dimension="completeness", table="records")["field"]) == {"city"}


def test_only_a_failure_warns() -> None:
    rows = {"customers": pl.DataFrame({"customer_id": ["a", "b"], "email": ["a@b.example", None]})}
    spec = DataQuality(thresholds=(Threshold(dimension="completeness", field="email", warn=0.9, fail=0.5),))
    assert spec.fit(rows, as_of=AS_OF).counts["warn"] == 1
    with pytest.warns(DataQualityWarning, match=r"1 numbers .* completeness of customers\.email: 50 %"):
        DataQuality(thresholds=(Threshold(dimension="completeness", field="email", warn=0.9, fail=0.6),)).fit(
            rows, as_of=AS_OF
        )


def test_bad_input_is_told_clearly() -> None:
    with pytest.raises(UnknownTableError, match="Did you mean 'records'"):
        DataQuality(tables=("record",))
    with pytest.raises(SchemaError, match="There is none of the tables"):
        SILENT.fit({"people": records()}, as_of=AS_OF)
    with pytest.raises(ConfigurationError, match="no time zone"):
        SILENT.fit(everything(), as_of=datetime(2026, 1, 1))  # noqa: DTZ001  # that is the mistake
    fitted = SILENT.fit({"customers": others()["customers"]}, as_of=AS_OF)
    with pytest.raises(ConfigurationError, match="no numbers of freshness"):
        fitted.chart("freshness")
    with pytest.raises(ConfigurationError, match="No number of completeness"):
        fitted.chart("completeness", "history", fields=["nothing"])


def test_charts_frame_what_warns_and_leave_blank_what_is_unknown() -> None:
    fitted = SILENT.fit(everything(), as_of=AS_OF)
    spec = fitted.chart("consistency").to_dict(validate=False)
    found = [spec.get("data", {}).get("values", []), *spec.get("datasets", {}).values()]
    drawn = [row for values in found for row in values if "fill" in row]
    known = fitted.table.filter(dimension="consistency").drop_nulls("value")
    assert len(drawn) == known.height
    assert sum(each["marked"] for each in drawn) == known.filter(pl.col("status").is_in(["warn", "fail"])).height
    history = fitted.chart("consistency", "history", earlier=[fitted.to_body()], fields=["city", "email"], dark=True)
    assert "city" in str(history.to_dict(validate=False))


def test_an_identifier_of_two_customers_is_not_unique() -> None:
    rows = pl.DataFrame({"customer_id": ["a", "b", "b"], "kind": ["email"] * 3, "value_key": ["x", "x", "y"]})
    row = told({"identifiers": rows}).filter(dimension="uniqueness", field="email").row(0, named=True)
    assert (row["value"], row["n"]) == (0.5, 2)


def test_a_later_partial_statement_hides_no_whole_one() -> None:
    columns = {"customer_id": ["a", "a"], "record_id": ["1", "1"], "version": ["1", "2"], "city": ["Rome", None]}
    rows = pl.DataFrame({**columns, "observed_at": [START, AS_OF - timedelta(days=1)], "partial": [False, True]})
    row = told({"records": rows}).filter(dimension="completeness", field="city").row(0, named=True)
    assert (row["value"], row["n"]) == (1, 1)
