"""The laws of the roles of columns and of normal forms: content alone decides, and nothing is lost in silence."""

import datetime as dt
from collections.abc import Mapping
from random import Random
from typing import Any, get_args

import polars as pl
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from unified_customer.core.errors import ConfigurationError, SchemaError
from unified_customer.identity.matching.normal_forms import NormalForms, normal_forms
from unified_customer.identity.matching.roles import SEVERAL_VALUES, Role, Roles, infer_roles

ROLES: tuple[Role, ...] = tuple(role for role in get_args(Role) if role != "ignored")
seeds = st.integers(0, 1000)

SPELLINGS = "Anna anna ANNA dr Mr. Müller O'Neill de la Lee-Smith GmbH Ltd. und 12 a St. test n/a ' -"
WORDS = st.sampled_from(SPELLINGS.split())
FREE = st.lists(WORDS, min_size=1, max_size=4).map(" ".join)
MAILS = st.sampled_from(["ann@x.org", " Ann@X.org", "ann@@x", "annx.org", "no mail", "test@test.com", "b@y.de", "-"])
PHONES = st.sampled_from(["+44 7967 603387", "07967603387", "0000000000", "123", "030 1234567 ext. 8", "7967603387"])
DAYS = st.sampled_from(
    ["1971-02-03", "3.2.1971", "03/02/1971", "25/12/1971", "1971-81-03", "1900-01-01", "71", "19710203"]
)
VALUES = st.none() | FREE | MAILS | PHONES | DAYS | st.text(max_size=8)
TABLES = st.lists(st.tuples(VALUES, VALUES, VALUES, st.sampled_from("ab")), min_size=1, max_size=8)


def table(rows: list[tuple[Any, ...]]) -> pl.DataFrame:
    schema = {"one": pl.String, "two": pl.String, "three": pl.String, "source": pl.String}
    return pl.DataFrame(rows, schema=schema, orient="row").with_row_index("record_id")


def shuffled(records: pl.DataFrame, seed: int) -> pl.DataFrame:
    return records[Random(seed).sample(range(len(records)), len(records))]


def by_id(forms: NormalForms) -> pl.DataFrame:
    return forms.values.with_columns(record_id=forms.record_ids, source=forms.sources).sort("record_id")


def roles_of(one: Role, two: Role, three: Role) -> Roles:
    return Roles(by_column={"one": one, "two": two, "three": three})


ANY_ROLES = st.builds(roles_of, *(st.sampled_from(ROLES),) * 3)


def birth_forms(days: list[str | None], **columns: list[Any]) -> list[str | None]:
    records = pl.DataFrame({"record_id": range(len(days)), "born": pl.Series(days, dtype=pl.String), **columns})
    return normal_forms(records, Roles(by_column={"born": "birth_date"})).values["born"].to_list()


@given(TABLES, ANY_ROLES, seeds)
def test_the_order_of_rows_does_not_change_a_form(rows: list[tuple[Any, ...]], roles: Roles, seed: int) -> None:
    records = table(rows)
    assert_frame_equal(by_id(normal_forms(records, roles)), by_id(normal_forms(shuffled(records, seed), roles)))


@given(TABLES, seeds)
def test_the_order_of_rows_does_not_change_a_role(rows: list[tuple[Any, ...]], seed: int) -> None:
    records = table(rows)
    assert infer_roles(records) == infer_roles(shuffled(records, seed))


@given(TABLES, ANY_ROLES, st.data())
def test_records_read_alone_are_read_as_in_their_table(
    rows: list[tuple[Any, ...]], roles: Roles, data: st.DataObject
) -> None:
    records = table(rows)
    forms = normal_forms(records, roles)
    some = data.draw(st.lists(st.sampled_from(range(len(rows))), min_size=1, unique=True))
    alone = normal_forms(records[some], roles, forms.reading)
    assert alone.fields == forms.fields
    assert_frame_equal(alone.values, forms.values[some])


@given(TABLES, st.sampled_from([role for role in ROLES if role not in {"birth_date", "full_name"}]))
def test_a_form_depends_on_the_value_alone(rows: list[tuple[Any, ...]], role: Role) -> None:
    records, roles = table(rows), Roles(by_column={"one": role})
    every = [normal_forms(records[row], roles).values for row in range(len(rows))]
    assert_frame_equal(normal_forms(records, roles).values, pl.concat(every))


@given(TABLES, ANY_ROLES)
def test_each_record_keeps_its_row_and_each_field_its_column(rows: list[tuple[Any, ...]], roles: Roles) -> None:
    records = table(rows)
    forms = normal_forms(records, roles)
    assert forms.record_ids.to_list() == records["record_id"].to_list()
    assert forms.values.columns == [field.name for field in forms.fields]
    assert len(forms.values) == len(records)
    assert not {"full_name", "ignored"} & {field.role for field in forms.fields}
    assert all(dtype in (pl.String, pl.List(pl.String)) for dtype in forms.values.dtypes)


@given(TABLES, st.sampled_from([role for role in ROLES if role != "full_name"]))
def test_what_has_no_form_is_counted(rows: list[tuple[Any, ...]], role: Role) -> None:
    forms = normal_forms(table(rows), Roles(by_column={"one": role}))
    given_values = sum(row[0] is not None for row in rows)
    assert forms.unread == {"one": given_values - (len(rows) - forms.values["one"].null_count())}


@given(st.lists(st.tuples(st.none() | MAILS, st.none() | MAILS), min_size=1, max_size=6))
def test_two_columns_of_addresses_hold_what_one_column_of_lists_holds(rows: list[tuple[str | None, ...]]) -> None:
    ids = pl.DataFrame({"record_id": range(len(rows))})
    two = ids.with_columns(pl.DataFrame(rows, schema={"a": pl.String, "b": pl.String}, orient="row"))
    lists = ids.with_columns(email=pl.Series([list(row) for row in rows], dtype=pl.List(pl.String)))
    apart = normal_forms(two, Roles(by_column={"a": "email", "b": "email"})).values
    assert_frame_equal(apart, normal_forms(lists, Roles(by_column={"email": "email"})).values)


@given(st.sampled_from(SEVERAL_VALUES), st.lists(st.lists(VALUES, max_size=4) | st.none(), min_size=1, max_size=5))
def test_lists_hold_each_form_once_in_order(role: Role, rows: list[list[str | None] | None]) -> None:
    records = pl.DataFrame({"record_id": range(len(rows)), "x": pl.Series(rows, dtype=pl.List(pl.String))})
    for found in normal_forms(records, Roles(by_column={"x": role})).values["x"]:
        assert found is None or (len(found) and found.to_list() == sorted(set(found)))


@given(st.dates(dt.date(1902, 1, 1), dt.date(2023, 12, 31)), st.sampled_from(["%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y"]))
def test_a_day_has_one_form_however_its_source_writes_it(day: dt.date, form: str) -> None:
    proof = dt.date(1971, 12, 25).strftime(form)
    assume((day.month, day.day) not in {(1, 1), (12, 31)})
    found = birth_forms([day.strftime(form), proof, day.isoformat()], source=["a", "a", "b"])
    assert found == [day.strftime("%Y%m%d"), "19711225", day.strftime("%Y%m%d")]


@given(st.integers(1, 12), st.integers(1, 12))
def test_the_format_of_one_source_reads_no_other(first: int, second: int) -> None:
    day = f"{first:02}/{second:02}/1971"
    _, found = birth_forms(["25/12/1971", day], source=["a", "b"])
    assert found in {day.replace("/", ""), f"1971{first:02}{second:02}" if first == second else None}


@given(st.text("0123456789", min_size=8, max_size=8), st.sampled_from(["{0}{1}{2}", "{0}-{1}-{2}", "{0}/{1}/{2}"]))
def test_eight_digits_of_a_birth_date_are_kept_or_junk(digits: str, form: str) -> None:
    (found,) = birth_forms([form.format(digits[:4], digits[4:6], digits[6:])])
    assert found in {digits, None}
    assert found or digits[4:] in {"0101", "1231", "1230"} or len(set(digits)) <= 1 or set(digits) <= {"9", "0"}


@given(TABLES, st.sampled_from(get_args(Role)), st.sampled_from(["one", "two", "three"]))
def test_a_role_that_was_told_is_kept(rows: list[tuple[Any, ...]], role: Role, column: str) -> None:
    told = infer_roles(table(rows), {column: role})
    assert told.by_column[column] == role
    assert infer_roles(table(rows)).with_roles({column: role}).by_column[column] == role


@given(TABLES)
def test_every_column_has_a_role_and_a_reason(rows: list[tuple[Any, ...]]) -> None:
    roles = infer_roles(table(rows).with_columns(cluster_id="one"))
    assert list(roles.by_column) == ["one", "two", "three"] == list(roles.reasons)
    assert all(roles.reasons.values())
    assert Roles.from_json(roles.to_json()) == roles


@given(st.text("qzjx@", min_size=4, max_size=12))
def test_no_reason_holds_a_value(secret: str) -> None:
    roles = infer_roles(pl.DataFrame({"record_id": [1, 2], "email": [secret, f"{secret}x"], "c": [secret, secret]}))
    assert secret not in roles.explain()


@pytest.mark.parametrize(
    "changes", [{"onne": "email"}, {"one": "emial"}, {"cluster_id": "text"}, {"record_id": "identifier"}]
)
def test_what_cannot_be_meant_is_refused(changes: Mapping[str, Any]) -> None:
    records = table([("a", "b", "c", "a")]).with_columns(cluster_id="one")
    with pytest.raises(ConfigurationError):
        infer_roles(records, changes)
    with pytest.raises(ConfigurationError):
        infer_roles(records).with_roles(changes)


@given(st.lists(st.integers(0, 3) | st.none(), max_size=5))
def test_records_without_a_name_of_their_own_are_refused(ids: list[int | None]) -> None:
    records = pl.DataFrame({"record_id": pl.Series(ids, dtype=pl.Int64)})
    assume(None in ids or len(set(ids)) < len(ids))
    with pytest.raises(SchemaError, match="record_id"):
        normal_forms(records, Roles(by_column={}))
