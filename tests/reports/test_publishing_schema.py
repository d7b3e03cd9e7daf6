"""The star schema, its calendar and its models, without a hub."""

import json
from datetime import date

import lkml
import polars as pl
import pytest

from unified_customer.core.errors import ConfigurationError
from unified_customer.core.tables import TABLES
from unified_customer.engines.portable import Calendar
from unified_customer.reports.publishing import READ, STAR, Head, Schema, chosen_tables, documents, schema_for
from unified_customer.reports.publishing.calendar import calendar_days, clipped
from unified_customer.reports.publishing.measures import MEASURES, measures_of

EVERYTHING = {name: frozenset(TABLES[name].columns) for name in READ}


def whole(without: str | None = None) -> Schema:
    visible = dict(EVERYTHING)
    if without is not None:
        table, _, column = without.partition(".")
        visible[table] = visible[table] - {column}
    return schema_for(chosen_tables(None), visible)


def test_what_is_chosen_brings_what_it_refers_to() -> None:
    assert chosen_tables(["bridge_customer_segment"]) == ("dim_customer", "dim_segment", "bridge_customer_segment")
    assert chosen_tables(None) == tuple(STAR)
    assert "fact_order" in chosen_tables(["fact_order_line"])


@pytest.mark.parametrize("names", [["fact_orders"], []])
def test_what_is_no_table_cannot_be_chosen(names: list[str]) -> None:
    with pytest.raises(ConfigurationError, match=r"to publish\. Name some of: dim_customer"):
        chosen_tables(names)


def test_a_column_goes_with_what_it_is_made_of() -> None:
    schema = whole("order_lines.currency")
    assert "amount" not in schema.table("fact_order").names
    assert set(schema.withheld["fact_order_line"]) == {"unit_price", "discount", "tax", "amount", "currency"}
    assert {"revenue", "average_order_value"}.isdisjoint(each.name for each in measures_of(schema))


def test_a_table_goes_with_what_it_cannot_be_without() -> None:
    schema = whole("order_lines.order_id")
    assert schema.withheld_tables == ("fact_order", "fact_order_line")
    assert not any("order" in each.name for each in schema)
    assert {each.table for each in measures_of(schema)}.isdisjoint(schema.withheld_tables)


def test_a_dimension_comes_from_every_table_that_holds_its_keys() -> None:
    assert whole().table("dim_channel").reads == ("answers", "events", "order_lines", "spend")
    assert whole("events.channel").table("dim_channel").reads == ("answers", "order_lines", "spend")
    assert not STAR["fact_spend"].about_people


def test_no_free_text_and_no_id_of_another_system_is_published() -> None:
    needs = {need for table in STAR.values() for column in table.columns for need in column.needs}
    open_fields = {
        f"{name}.{field}" for name in READ for field in ("url", "text", "properties", "context", "traits", "detail")
    }
    assert needs.isdisjoint(open_fields | {"events.user_id", "events.anonymous_id", "events.object_id"})
    taken = {column.name for table in STAR.values() for column in table.columns}
    assert taken.isdisjoint({"customer_id", "record_id", "order_id", "line_id", "event_id", "session_id", "answer_id"})


def test_the_calendar_has_no_gap_and_counts_as_the_shop_does() -> None:
    days = calendar_days(
        pl.Series([date(2024, 2, 29), date(2026, 1, 1)]), Calendar(week_start="sunday", fiscal_month=4)
    )
    assert days["date_key"].to_list() == [
        date.fromordinal(each) for each in range(date(2024, 1, 1).toordinal(), date(2027, 1, 1).toordinal())
    ]
    row = days.filter(date_key=date(2026, 3, 29)).row(0, named=True)
    assert (row["day_of_week"], row["week_start"], row["is_weekend"]) == (1, date(2026, 3, 29), True)
    assert (row["fiscal_year"], row["fiscal_quarter"], row["fiscal_month"]) == ("2025/26", "2025/26-Q4", 12)
    assert (row["quarter"], row["month"], row["month_name"], row["day_of_year"]) == ("2026-Q1", "2026-03", "March", 88)


def test_a_day_that_cannot_be_does_not_make_a_million_rows() -> None:
    days = calendar_days(pl.Series([date(2, 1, 1), date(2026, 1, 1), date(9998, 12, 31)]), Calendar())
    assert days["year"].unique().sort().to_list() == [2, 2026, 9998]
    far = pl.DataFrame({"day": [date(1, 1, 1), date(9999, 12, 31)]}).select(clipped(pl.col("day")))
    assert far.to_series().to_list() == [date(2, 1, 1), date(9998, 12, 31)]
    assert calendar_days(pl.Series([], dtype=pl.Date), Calendar()).is_empty()


# ------------------------------------------------------------------------------------------------------------- models


def told(kind: str = "parquet") -> dict[str, str]:
    return documents(whole(), Head("analytics", recipient="agency"), kind)  # type: ignore[arg-type]


def test_power_bi_gets_a_database_that_it_can_load() -> None:
    bim = json.loads(told()["powerbi/customers.SemanticModel/model.bim"])
    assert bim["compatibilityLevel"] >= 1550
    model = bim["model"]
    tables = {each["name"]: {column["name"]: column for column in each["columns"]} for each in model["tables"]}
    for table in model["tables"]:
        assert all({"name", "dataType", "sourceColumn"} <= set(column) for column in table["columns"])
        (partition,) = table["partitions"]
        assert partition["source"]["type"] == "m"
        assert f"{table['name']}.parquet" in "".join(partition["source"]["expression"])
        assert sum(column.get("isKey", False) for column in table["columns"]) <= 1
    for each in model["relationships"]:
        ends = tables[each["fromTable"]][each["fromColumn"]], tables[each["toTable"]][each["toColumn"]]
        assert ends[0]["dataType"] == ends[1]["dataType"]
        assert ends[1].get("isKey")


def test_power_bi_finds_one_way_from_a_dimension_to_a_fact() -> None:
    model = json.loads(told()["powerbi/customers.SemanticModel/model.bim"])["model"]
    active = [(each["toTable"], each["fromTable"]) for each in model["relationships"] if each.get("isActive", True)]

    def ways(start: str, end: str) -> int:
        return (start == end) + sum(ways(to, end) for begin, to in active if begin == start)

    assert all(ways(one, other) <= 1 for one in STAR for other in STAR)


def test_measures_of_power_bi_have_names_of_their_own() -> None:
    model = json.loads(told()["powerbi/customers.SemanticModel/model.bim"])["model"]
    names = [each["name"].lower() for table in model["tables"] for each in table.get("measures", [])]
    assert len(names) == len(set(names)) == len(MEASURES)
    for table in model["tables"]:
        own = {each["name"].lower() for each in table.get("measures", [])}
        assert own.isdisjoint(column["name"].lower() for column in table["columns"])
    said = {each["name"]: each["expression"] for table in model["tables"] for each in table.get("measures", [])}
    assert said["Revenue"] == "IF(DISTINCTCOUNT(fact_order[currency]) <= 1, SUM(fact_order[amount]))"
    assert said["Average order value"] == "DIVIDE([Sales], [Orders])"


def test_a_duckdb_file_is_read_over_odbc() -> None:
    bim = told("duckdb")["powerbi/customers.SemanticModel/model.bim"]
    assert "DuckDB Driver" in bim
    assert "Parquet" not in bim


def test_tableau_gets_the_dictionary_alone() -> None:
    assert set(told("hyper")) == {"dictionary.json", "README.md"}


def test_lookml_joins_on_fields_that_there_are() -> None:
    texts = told()
    views = {
        path.split("/")[1].removesuffix(".view.lkml"): lkml.load(text)["views"][0]
        for path, text in texts.items()
        if path.endswith(".view.lkml")
    }
    fields = {
        name: {each["name"] for each in view.get("dimensions", [])}
        | {f"{each['name']}_{frame}" for each in view.get("dimension_groups", []) for frame in each["timeframes"]}
        for name, view in views.items()
    }
    for explore in lkml.load(texts["lookml/customers.model.lkml"])["explores"]:
        for join in explore["joins"]:
            sides = [each.strip(" ${}").split(".") for each in join["sql_on"].split("=")]
            assert all(field in fields[view] for view, field in sides)
            assert join["relationship"] in {"many_to_one", "one_to_many"}
    for name, table in STAR.items():
        keys = [each["name"] for each in views[name].get("dimensions", []) if each.get("primary_key") == "yes"]
        assert len(keys) == bool(table.key)


def test_the_page_tells_each_column_and_for_what_it_may_be_used() -> None:
    page = told()["README.md"]
    assert "for the purpose `analytics`, for the recipient `agency`" in page
    assert all(f"| `{column.name}` |" in page for table in STAR.values() for column in table.columns)
    assert "The purpose may not see" not in page
    hidden = documents(whole("customers.email"), Head("analytics"), "parquet")["README.md"]
    assert "The purpose may not see: `dim_customer.email`." in hidden
