"""How good data are: what is missing, wrong, doubled, old, contradictory or worn out."""

import json
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import permutations
from typing import Any

import narwhals as nw
import polars as pl
import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from pydantic import ValidationError

from tests.searching import at_least
from unified_customer.analytics.quality import DEFAULTS, DataQuality, FittedDataQuality, Threshold, quality_history
from unified_customer.analytics.quality.thresholds import DIMENSIONS, MORE_IS_WORSE
from unified_customer.core.errors import SchemaError
from unified_customer.core.expectation import Expectation
from unified_customer.core.tables import RAW_FIELDS, RECORDS, TABLES, Table
from unified_customer.hub import LoadReport
from unified_customer.hub.writing import judged
from unified_customer.identity import normalise
from unified_customer.methods.validity import Checked, checked, fulfilled

FIRST = datetime(2025, 1, 1, tzinfo=UTC)
END = FIRST + timedelta(days=500)
SHARES = [each for each in DIMENSIONS if each != "freshness"]
SILENT = DataQuality(warns=False)
few_on_each_engine = settings(
    deadline=None,
    max_examples=at_least(3),
    phases=(Phase.generate,),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
moments = st.just(END) | st.integers(0, 700).map(lambda days: FIRST + timedelta(days=days, hours=days % 24))
customer_ids = st.sampled_from(("c1", "c2", "c3")) | st.none()
sources = st.sampled_from(("crm", "shop", "till"))
emails = st.sampled_from(("ann@b.example", "ANN@b.example", "bob@b.example", "no address", " ", ""))
Tables = dict[str, pl.DataFrame]


def frames(table: Table, /, key: str, **columns: st.SearchStrategy[Any]) -> st.SearchStrategy[pl.DataFrame]:
    """Draw rows of a table as the door gives them, each with a key of its own."""
    types = {
        "customer_id": pl.String(),
        **{name: table.columns[name] for name in (key, *columns) if name in table.columns},
    }
    row = st.fixed_dictionaries({"customer_id": customer_ids, **columns})
    rows = st.lists(row, max_size=15)
    return rows.map(
        lambda drawn: pl.DataFrame([{**each, key: f"k{place}"} for place, each in enumerate(drawn)], schema=types)
    )


records = frames(
    RECORDS,
    "version",
    record_id=st.sampled_from([f"r{place}" for place in range(8)]),
    source=sources,
    observed_at=st.none() | moments,
    deleted=st.sampled_from((False, False, True)),
    partial=st.sampled_from((None, False, True)),
    email=st.none() | emails,
    email_raw=st.none() | emails,
    phone=st.none() | st.sampled_from(("+4930123456", "030 123456")),
    city=st.none() | st.sampled_from(("Rome", "rome", "Oslo")),
    birth_date=st.none() | st.dates(date(1850, 1, 1), date(2026, 1, 1)),
)
cities = frames(
    RECORDS,
    "record_id",
    version=st.just("v"),
    source=sources | st.none(),
    city=st.none() | st.sampled_from(("Rome", "rome", "Oslo")),
)
customers = frames(
    TABLES["customers"],
    "customer_id",
    email=st.none() | emails,
    email_source=st.none() | sources,
    email_observed_at=st.none() | moments,
    phone=st.none() | st.just("+4930123456"),
    phone_observed_at=st.none() | moments,
)
events = frames(
    TABLES["events"],
    "event_id",
    source=sources,
    name=st.sampled_from(("Email Delivered", "Email Bounced", "Product Viewed")),
    occurred_at=moments,
    received_at=st.none() | moments,
    channel=st.none() | st.just("web"),
)
mails = frames(
    TABLES["events"],
    "event_id",
    name=st.none()
    | st.sampled_from(("Email Delivered", "email_delivered", "Email Bounced", "email bounced", "Viewed")),
    occurred_at=st.integers(-99, 9).map(lambda days: END + timedelta(days=days)),
)
identifiers = frames(
    TABLES["identifiers"],
    "record_id",
    kind=st.sampled_from(("email", "phone", "device_id")),
    value_key=st.sampled_from(("a" * 24, "b" * 24)),
    source=sources,
    observed_at=st.none() | moments,
)
lines = frames(
    TABLES["order_lines"],
    "line_id",
    source=sources,
    order_id=st.just("o"),
    occurred_at=moments,
    kind=st.sampled_from(("sale", "return", "cancellation")),
    amount=st.none() | st.integers(-2, 2).map(Decimal),
)
tables = st.fixed_dictionaries(
    {"records": records, "customers": customers, "events": events, "identifiers": identifiers, "order_lines": lines}
)
of_each_dimension = st.fixed_dictionaries({"records": cities, "events": events})
"""Few columns, for what does not depend on which there are."""


def told(tables: Any, *, spec: DataQuality = SILENT, as_of: datetime = END) -> pl.DataFrame:
    return spec.fit(tables, as_of=as_of).table


def number(result: pl.DataFrame, dimension: str, table: str, field: str, source: str | None = None) -> dict[str, Any]:
    same = pl.col("source").eq_missing(pl.lit(source, dtype=pl.String))
    return result.filter(same, dimension=dimension, table=table, field=field).row(0, named=True)


def plain(rows: pl.DataFrame) -> pl.DataFrame:
    """Return records that all count: none deleted or partial, each known once, none of the future."""
    kept = rows.unique("record_id", maintain_order=True).filter((pl.col("observed_at") < END).fill_null(value=True))
    return kept.with_columns(deleted=pl.lit(value=False), partial=pl.lit(None, dtype=pl.Boolean))


# -------------------------------------------------------------------------------- numbers


@given(tables)
def test_shares_lie_between_0_and_1_inside_their_interval(tables: Tables) -> None:
    shares = told(tables).filter(pl.col("dimension").is_in(SHARES)).drop_nulls("value")
    assert shares.filter(~((pl.col("value") >= 0) & (pl.col("value") <= 1))).is_empty()
    assert shares.filter(~((pl.col("low") <= pl.col("value")) & (pl.col("value") <= pl.col("high")))).is_empty()


@given(tables)
def test_a_number_is_null_and_unknown_where_it_is_of_nothing_and_nowhere_else(tables: Tables) -> None:
    result = told(tables)
    for column in ("value", "status"):
        none = pl.col(column).is_null() if column == "value" else pl.col(column) == "unknown"
        assert result.filter(none != (pl.col("n") == 0)).is_empty()


@given(tables)
def test_days_since_the_last_row_are_above_0(tables: Tables) -> None:
    days = told(tables).filter(pl.col("dimension") == "freshness").drop_nulls("value")
    assert (days["value"] > 0).all()


@given(tables)
def test_sources_add_up_to_all_of_them(tables: Tables) -> None:
    counted = told(tables).filter(pl.col("dimension").is_in(["completeness", "validity", "freshness"]))
    whole = counted.filter(pl.col("source").is_null(), pl.col("table") != "customers")
    parts = counted.drop_nulls("source").group_by("dimension", "table", "field").agg(parts=pl.col("n").sum())
    both = whole.join(parts, on=["dimension", "table", "field"], how="left")
    assert both.filter(pl.col("n") != pl.col("parts").fill_null(0)).is_empty()


@given(tables)
def test_each_number_is_told_once(tables: Tables) -> None:
    assert not told(tables).select("dimension", "table", "field", "source").is_duplicated().any()


# -------------------------------------------------------------------------------- what changes nothing


@given(tables, st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(tables: Tables, chance: Any) -> None:
    shuffled = {
        name: frame[chance.sample(range(frame.height), frame.height)] if frame.height else frame
        for name, frame in tables.items()
    }
    assert_frame_equal(told(shuffled), told(tables))


@few_on_each_engine
@given(tables)
def test_the_engine_changes_nothing(engine: Callable[[pl.DataFrame], Any], tables: Tables) -> None:
    assert_frame_equal(told({name: engine(frame) for name, frame in tables.items()}), told(tables))


@given(tables)
def test_what_happens_at_the_instant_or_later_changes_nothing(tables: Tables) -> None:
    times = {"records": "observed_at", "events": "occurred_at", "identifiers": "observed_at"}
    past = {
        name: frame.filter((pl.col(times[name]) < END).fill_null(value=True)) if name in times else frame
        for name, frame in tables.items()
    }
    assert_frame_equal(told(past), told(tables))


@given(tables)
def test_each_table_is_told_of_alone(tables: Tables) -> None:
    alone = pl.concat([told({name: frame}) for name, frame in tables.items()])
    whole = told(tables)
    key = ["dimension", "table", "field", "source"]
    assert_frame_equal(alone.sort(key), whole.sort(key))


# -------------------------------------------------------------------------------- each dimension


@given(records.filter(lambda frame: frame.height > 0), st.data())
def test_taking_a_value_away_never_makes_a_field_more_complete(frame: pl.DataFrame, data: st.DataObject) -> None:
    rows = plain(frame)
    assume(rows.height)
    place = data.draw(st.integers(0, rows.height - 1))
    name = data.draw(st.sampled_from(("email", "phone", "city", "birth_date")))
    gone = rows.with_columns(pl.when(pl.int_range(pl.len()) != place).then(pl.col(name)).alias(name))
    before, after = (number(told({"records": each}), "completeness", "records", name) for each in (rows, gone))
    missing = rows[name][place] is None or not str(rows[name][place]).strip()
    assert round((before["value"] - after["value"]) * rows.height) == (0 if missing else 1)


@given(customers)
def test_a_blank_text_is_no_value(frame: pl.DataFrame) -> None:
    blank = frame.with_columns(email=pl.col("email").fill_null("\t "))
    nulls = frame.with_columns(email=pl.when(pl.col("email").str.strip_chars() != "").then("email"))
    assert_frame_equal(*(told({"customers": each}).filter(dimension="completeness") for each in (blank, nulls)))


@given(records)
def test_the_check_of_a_load_is_the_validity_of_a_fit(frame: pl.DataFrame) -> None:
    rows = plain(frame)
    result = told({"records": rows}).filter(pl.col("source").is_null(), dimension="validity")
    found = {
        row["field"]: (row["n"], round(row["n"] * (1 - (row["value"] or 0)))) for row in result.to_dicts() if row["n"]
    }
    assert found == checked(rows.drop("customer_id"), RECORDS, as_of=END)


@given(frames(RECORDS, "version", record_id=st.just("r"), phone=st.just("+4930123456")), st.integers(0, 3))
def test_a_key_that_stands_once_is_unique_and_no_other(frame: pl.DataFrame, again: int) -> None:
    doubled = pl.concat([frame, frame.head(again)])
    result = number(told({"records": doubled}), "uniqueness", "records", "record_id + version")
    repeats = min(again, frame.height)
    assert result["n"] == frame.height
    assert result["value"] == (None if not frame.height else (frame.height - repeats) / frame.height)


@given(identifiers)
def test_an_identifier_is_unique_where_one_customer_alone_has_it(frame: pl.DataFrame) -> None:
    result = told({"identifiers": frame.with_columns(observed_at=pl.lit(FIRST))})
    known = frame.drop_nulls("customer_id").filter(kind="email")
    holders = known.group_by("value_key").agg(pl.col("customer_id").n_unique())["customer_id"]
    rows = result.filter(dimension="uniqueness", field="email")
    assert rows["value"].to_list() == ([(holders == 1).mean()] if len(holders) else [])


@given(records)
def test_a_source_agrees_with_itself(frame: pl.DataFrame) -> None:
    rows = plain(frame).with_columns(source=pl.lit("crm"))
    twin = rows.with_columns(source=pl.lit("twin"), record_id=pl.col("record_id") + "'")
    agreed = told({"records": pl.concat([rows, twin])}).filter(dimension="consistency").drop_nulls("value")
    assert (agreed["value"] == 1).all()
    both = rows.drop_nulls(["customer_id", "city"])["customer_id"].n_unique()
    assert agreed.filter(pl.col("source").is_null(), field="city")["n"].to_list() == ([both] if both else [])


@given(records)
def test_one_source_alone_is_consistent_with_nobody(frame: pl.DataFrame) -> None:
    rows = frame.with_columns(source=pl.lit("crm"))
    assert told({"records": rows}).filter(dimension="consistency")["n"].sum() == 0


@given(records)
def test_sources_agree_where_one_value_is_said_by_all(frame: pl.DataFrame) -> None:
    rows = plain(frame).drop_nulls(["customer_id", "city"])
    said: dict[str, dict[str, set[str]]] = {}
    for who, source, city in rows.select("customer_id", "source", "city").iter_rows():
        said.setdefault(who, {}).setdefault(source, set()).add(city.lower())
    several = [list(each.values()) for each in said.values() if len(each) > 1]
    agreed = [bool(set.intersection(*each)) for each in several]
    result = number(told({"records": plain(frame)}), "consistency", "records", "city")
    assert (result["n"], result["value"]) == (len(agreed), sum(agreed) / len(agreed) if agreed else None)


@given(mails)
def test_bounces_are_counted_of_the_mails_of_the_last_days(frame: pl.DataFrame) -> None:
    known = frame.filter(pl.col("occurred_at").is_between(END - timedelta(days=90), END, closed="left"))
    names = [name.lower().replace("_", " ") for name in known["name"].drop_nulls()]
    bounced, arrived = names.count("email bounced"), names.count("email delivered")
    result = number(told({"events": frame}), "decay", "events", "bounced")
    assert (result["n"], result["value"]) == (
        bounced + arrived,
        bounced / (bounced + arrived) if bounced + arrived else None,
    )


@given(cities)
def test_a_statement_of_no_source_says_nothing_of_consistency(frame: pl.DataFrame) -> None:
    result = told({"records": frame}).filter(dimension="consistency")
    assert_frame_equal(result, told({"records": frame.drop_nulls("source")}).filter(dimension="consistency"))
    assert not result.select("field", "source").is_duplicated().any()


@given(customers, st.integers(1, 400))
def test_the_more_time_one_has_to_confirm_the_less_is_worn_out(frame: pl.DataFrame, days: int) -> None:
    short, long = (
        number(
            told({"customers": frame}, spec=SILENT.model_copy(update={"confirm_days": each})),
            "decay",
            "customers",
            "email",
        )
        for each in (days, days + 30)
    )
    assert short["n"] == long["n"]
    assert (short["value"] or 0) >= (long["value"] or 0)


@given(records)
def test_of_records_the_latest_whole_statement_counts(frame: pl.DataFrame) -> None:
    last: dict[str, dict[str, Any]] = {}
    for row in frame.filter((pl.col("observed_at") < END).fill_null(value=True)).to_dicts():
        key = (row["observed_at"] or datetime(1, 1, 2, tzinfo=UTC), row["version"])
        if not row["partial"] and (row["record_id"] not in last or key >= last[row["record_id"]]["at"]):
            last[row["record_id"]] = {**row, "at": key}
    alive = sum(not row["deleted"] for row in last.values())
    assert number(told({"records": frame}), "completeness", "records", "city")["n"] == alive


@given(records)
def test_of_a_record_that_was_deleted_nothing_is_judged(frame: pl.DataFrame) -> None:
    rows = plain(frame)
    gone = rows.with_columns(deleted=pl.lit(value=True), version=pl.col("version") + "w")
    later = rows.with_columns(partial=pl.lit(value=True), version=pl.col("version") + "x")
    result = told({"records": pl.concat([rows, gone, later])})
    assert result.filter(pl.col("dimension").is_in(["completeness", "validity", "consistency"]))["n"].sum() == 0


# -------------------------------------------------------------------------------- thresholds


@st.composite
def thresholds(draw: st.DrawFn) -> Threshold:
    """Draw a threshold that is in order."""
    about = draw(st.sampled_from(DIMENSIONS))
    low, high = sorted((draw(st.floats(0, 1)), draw(st.floats(0, 1))))
    warn, fail = (low, high) if about in MORE_IS_WORSE else (high, low)
    return Threshold(dimension=about, warn=warn, fail=fail)


@given(thresholds(), st.floats(0, 1), st.floats(0, 1))
def test_a_worse_number_never_has_a_better_status(threshold: Threshold, one: float, other: float) -> None:
    worse, better = sorted((one, other), reverse=threshold.dimension in MORE_IS_WORSE)
    order = ("ok", "warn", "fail")
    assert order.index(threshold.status(worse)) >= order.index(threshold.status(better))


@given(thresholds(), st.floats(0, 1), st.floats(0, 1))
def test_a_stricter_threshold_never_gives_a_better_status(threshold: Threshold, value: float, slack: float) -> None:
    sign = -1 if threshold.dimension in MORE_IS_WORSE else 1
    bounds = {name: min(1.0, max(0.0, getattr(threshold, name) + sign * slack)) for name in ("warn", "fail")}
    order = ("ok", "warn", "fail")
    assert order.index(threshold.model_copy(update=bounds).status(value)) >= order.index(threshold.status(value))


@given(thresholds())
def test_a_threshold_itself_is_good_enough(threshold: Threshold) -> None:
    assert threshold.status(threshold.warn) == "ok"
    assert threshold.status(threshold.fail) in {"ok", "warn"}
    assert threshold.status(None) == "unknown"


@given(thresholds())
def test_a_threshold_fails_only_behind_where_it_warns(threshold: Threshold) -> None:
    assume(threshold.warn != threshold.fail)
    with pytest.raises(ValidationError):
        Threshold(dimension=threshold.dimension, warn=threshold.fail, fail=threshold.warn)


@given(of_each_dimension, thresholds())
def test_thresholds_change_no_number(tables: Tables, threshold: Threshold) -> None:
    other = told(tables, spec=SILENT.model_copy(update={"thresholds": (threshold,)}))
    told_apart = ["warn", "fail", "status"]
    assert_frame_equal(other.drop(told_apart), told(tables).drop(told_apart))


def test_of_several_thresholds_the_one_that_tells_most_apart_counts_whatever_their_order() -> None:
    wide = Threshold(dimension="completeness", warn=0, fail=0)
    field = Threshold(dimension="completeness", field="email", warn=0.9, fail=0.1)
    one = Threshold(dimension="completeness", table="customers", field="email", warn=1, fail=0.9)
    frame = pl.DataFrame({"customer_id": ["a", "b"], "email": ["a@b.example", None], "phone": [None, None]})
    for given_thresholds in permutations((wide, field, one)):
        result = told({"customers": frame}, spec=DataQuality(thresholds=given_thresholds, warns=False))
        assert number(result, "completeness", "customers", "email")["status"] == "fail"
        assert number(result, "completeness", "customers", "phone")["status"] == "ok"


def test_every_dimension_has_a_default_threshold() -> None:
    assert {each.dimension for each in DEFAULTS} == set(DIMENSIONS)


@given(of_each_dimension)
def test_what_warns_is_told_in_words_failures_first(tables: Tables) -> None:
    fitted = SILENT.fit(tables, as_of=END)
    assert [each.split(":")[0] for each in fitted.warnings] == sorted(fitted.problems["status"].to_list())
    assert len(fitted.warnings) == fitted.counts["warn"] + fitted.counts["fail"]
    assert sum(fitted.counts.values()) == fitted.table.height


# -------------------------------------------------------------------------------- history


@given(of_each_dimension, st.permutations([100, 300, 500]))
def test_a_history_is_the_same_in_whichever_order_and_form_results_are_given(tables: Tables, days: list[int]) -> None:
    fits = {each: SILENT.fit(tables, as_of=FIRST + timedelta(days=each)) for each in days}
    bodies = [json.dumps(dict(fits[each].to_body())) for each in days]
    saved = pl.DataFrame({"name": ["DataQuality"] * 3 + ["RFM"], "body": [*bodies, "{}"]})
    first = quality_history(*(fits[each] for each in sorted(days)))
    assert_frame_equal(quality_history(saved), first)
    assert_frame_equal(fits[days[0]].history(*(json.loads(each) for each in bodies)), first)
    assert first.height == sum(each.table.height for each in fits.values())


@given(of_each_dimension)
def test_a_change_is_the_difference_to_the_value_before(tables: Tables) -> None:
    early, late = (SILENT.fit(tables, as_of=each) for each in (END - timedelta(days=100), END))
    told_then = late.history(early).filter(table="events", field="channel", dimension="completeness")
    key = ["source"]
    for row in told_then.filter(as_of=END).to_dicts():
        before = told_then.filter(pl.col("source").eq_missing(row["source"]), pl.col("as_of") < END)["value"]
        known = before.to_list() and before[0] is not None and row["value"] is not None
        assert row["change"] == (row["value"] - before[0] if known else None), key


def test_what_is_no_result_is_refused() -> None:
    results: list[Any] = [
        {"as_of": "2026-01-01T00:00:00+00:00"},
        {"as_of": None, "table": []},
        pl.DataFrame({"a": [1]}),
    ]
    for wrong in results:
        with pytest.raises(SchemaError):
            quality_history(wrong)


# -------------------------------------------------------------------------------- expectations


EXPECTED = [
    (name, field, spec.quality)
    for name, table in TABLES.items()
    for field, spec in table.fields.items()
    if spec.quality is not None
]


def test_every_rule_of_the_dictionary_is_in_words_and_can_be_worked_out() -> None:
    assert {field for name, field, _ in EXPECTED if name == "records"} >= {"email", "phone", "birth_date"}
    for name, _, quality in EXPECTED:
        assert str(quality) == quality.description
        assert quality.not_after is None or name == "customers" or quality.not_after in TABLES[name].columns
        assert quality.where.keys() <= TABLES[name].columns.keys()
        assert Expectation.model_validate_json(quality.model_dump_json(exclude_defaults=True)) == quality


def test_every_rule_can_fail() -> None:
    for name, field, quality in EXPECTED:
        table = TABLES[name]
        number = -1 if quality.most is None else quality.most + 1
        bad = {"day": date(1700, 1, 1), "instant": END + timedelta(days=1), "text": "\x00 ?", "number": number}
        dtype = table.columns[field]
        kind = (
            "day"
            if dtype == pl.Date
            else "instant"
            if dtype.is_temporal()
            else "number"
            if dtype.is_numeric()
            else "text"
        )
        others = {column: [values[0]] for column, values in quality.where.items()}
        frame = pl.DataFrame({field: [bad[kind]], **others}).cast({field: dtype})
        assert checked(frame, table, as_of=END)[field] == (1, 1), (name, field)


lines_back = st.fixed_dictionaries(
    {
        "amount": st.none() | st.integers(-2, 2),
        "kind": st.none() | st.sampled_from(("sale", "return", "cancellation")),
    }
)


@given(st.lists(lines_back, min_size=1, max_size=8), st.sampled_from(((), ("kind",))))
def test_a_rule_is_about_the_rows_that_it_names(rows: list[dict[str, Any]], lacking: Sequence[str]) -> None:
    rule = Expectation(description="A rule.", most=0, where={"kind": ("return", "cancellation")})
    lines = pl.DataFrame(rows, schema={"amount": pl.Int64, "kind": pl.String}).drop(lacking)
    frame = nw.from_native(lines)
    good = frame.select(good=fulfilled("amount", rule, frame.schema, as_of=END))["good"].to_list()
    held = [not lacking and each["kind"] in {"return", "cancellation"} for each in rows]
    wanted = [
        not each or row["amount"] <= 0 if row["amount"] is not None else None
        for each, row in zip(held, rows, strict=True)
    ]
    assert good == wanted


def test_a_rule_says_something() -> None:
    rules: list[dict[str, Any]] = [{}, {"least": 2, "most": 1}, {"within_years": 3}, {"pattern": "("}, {"longest": 0}]
    nothing: list[dict[str, Any]] = [{"pattern": None}, {"values": ()}, {"least": None, "not_after": None}]
    for wrong in rules + nothing:
        with pytest.raises(ValidationError):
            Expectation(description="A rule.", **wrong)


RULES: dict[str, list[tuple[str, Any]]] = {
    "text": [("pattern", "^a$"), ("longest", 3), ("values", ("a",))],
    "number": [("least", 0), ("most", 9)],
    "time": [("not_after", "observed_at")],
}


@given(st.lists(st.sampled_from([(kind, *rule) for kind, each in RULES.items() for rule in each]), min_size=1))
def test_a_rule_is_about_texts_or_numbers_or_times(rules: list[tuple[str, str, Any]]) -> None:
    parts = {name: value for _, name, value in rules}
    if len({kind for kind, *_ in rules}) == 1:
        assert Expectation(description="A rule.", **parts).model_dump(exclude_defaults=True).keys() >= parts.keys()
    else:
        with pytest.raises(ValidationError, match="text, a number or a time"):
            Expectation(description="A rule.", **parts)


APART = [
    *(rf"^[a{mark}]{mark}$" for mark in (r"\s", r"\S", r"\d", r"\W", r"\v", r"\u0041")),
    *(r"\bab", r"ab\Z", r"(a)\1", "a(?=b)", "a(?!b)", "(?<=a)b", "(?<!a)b", "(?P<a>b)", "(?i)a", "(?>a)", "a++"),
    *("[a[b]", "[a-z&&b]"),
]
ALIKE = (r"^\\s$", r"\(\?=", r"^[(?=]+$", r"^(?:a|b)\x41\.\t$", r"[*+]", r"[\[&]")


@pytest.mark.filterwarnings("ignore:Possible:FutureWarning")
def test_a_pattern_that_engines_read_apart_is_refused_and_no_other() -> None:
    for pattern in APART:
        with pytest.raises(ValidationError, match="engines read it differently"):
            Expectation(description="A rule.", pattern=pattern)
    for pattern in ALIKE:
        assert Expectation(description="A rule.", pattern=pattern).pattern == pattern


SPACES = "\t\n\v\f\r\x85\xa0\u1680\u2003\u2028\u2029\u202f\u205f\u3000 "
odd_texts = st.text(st.sampled_from(f"aä.@/{SPACES}"), max_size=4)
values = st.tuples(odd_texts, st.sampled_from(("a@b.de", "DE", "b.de/a", "+4930123456", "de")), odd_texts).map("".join)


@given(st.lists(values, min_size=1, max_size=9), st.sampled_from([each for *_, each in EXPECTED if each.pattern]))
def test_no_value_with_a_line_break_or_a_space_is_as_expected(texts: list[str], rule: Expectation) -> None:
    frame = nw.from_native(pl.DataFrame({"text": texts}), eager_only=True)
    good = frame.filter(fulfilled("text", rule, frame.schema, as_of=END))["text"].to_list()
    assert not any(set(SPACES) & set(text) for text in good)


WRITTEN: dict[str, tuple[st.SearchStrategy[str], Callable[[pl.Series], pl.Series]]] = {
    "email": (st.emails() | st.text(max_size=20).map(lambda text: f"{text}@Bücher.example"), normalise.emails),
    "phone": (
        st.from_regex(
            r"\+?[0-9 ()/-]{4,18}( ?(ext\.?|x) ?[0-9]{1,7})?", fullmatch=True, alphabet="+0123456789 ()/-ext."
        ),
        lambda values: normalise.phones(values, "DE"),
    ),
    "country": (st.sampled_from(("Germany", "de", "DEU", "UK", "España")) | st.text(max_size=3), normalise.countries),
    "gender": (st.sampled_from(("F", "weiblich", "Mr", "x", "divers")) | st.text(max_size=3), normalise.genders),
}


@given(st.data(), st.sampled_from(sorted(WRITTEN)))
def test_what_the_normaliser_accepts_is_as_expected(data: st.DataObject, field: str) -> None:
    written, normal = WRITTEN[field]
    values = normal(pl.Series(field, data.draw(st.lists(written, min_size=1, max_size=10)), dtype=pl.String))
    result = checked(values.alias(field).to_frame(), RECORDS, as_of=END)
    accepted = values.drop_nulls().len()
    assert result == ({field: (accepted, 0)} if accepted else {})


@given(records, st.integers(0, 15))
def test_the_quality_of_the_parts_of_a_load_is_that_of_the_whole(frame: pl.DataFrame, at: int) -> None:
    rows = frame.drop("customer_id")
    parts = [LoadReport("crm", "records", quality=judged({"records": part}, at=END)) for part in (rows[:at], rows[at:])]
    assert (parts[0] + parts[1]).quality == judged({"records": rows}, at=END)


@given(st.dictionaries(st.sampled_from(RAW_FIELDS), st.tuples(st.integers(1, 9), st.integers(0, 9)), max_size=4))
def test_a_report_tells_of_every_field_that_was_checked_whether_it_passed(found: dict[str, tuple[int, int]]) -> None:
    quality = {name: Checked(rows + failed, failed) for name, (rows, failed) in found.items()}
    lines = [line for line in str(LoadReport("crm", "records", quality=quality)).splitlines() if "quality:" in line]
    for name, each in quality.items():
        assert sum(name in line.replace(",", " ").split() for line in lines if ("passed" in line) is each.passed) == 1


def is_aggregate(fitted: FittedDataQuality, secrets: list[str]) -> bool:
    shown = f"{fitted}{fitted._repr_html_()}{json.dumps(dict(fitted.to_body()))}"
    return not fitted.rows() and not any(secret in shown for secret in secrets)


@given(tables)
def test_a_result_holds_no_value_of_anybody(tables: Tables) -> None:
    assert is_aggregate(SILENT.fit(tables, as_of=END), ["b.example", "+4930", "Rome", "a" * 24])
