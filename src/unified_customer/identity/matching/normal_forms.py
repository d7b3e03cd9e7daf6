"""Normal forms of a table of records: one column for each field that a matcher compares.

normal_forms      from records and their roles to the forms
Reading           what was learnt from a table to read it, so that later records are read in the same way
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NamedTuple, TypeAlias

import polars as pl

from unified_customer.connectors.naming import listed
from unified_customer.core.errors import SchemaError
from unified_customer.core.spec import Spec
from unified_customer.identity.matching.plain_forms import has_plain_form, plain_form
from unified_customer.identity.matching.roles import SEVERAL_VALUES, Role, Roles
from unified_customer.identity.matching.value_forms import FORMS, birth_form, birth_in, date_formats, form_of, text_of
from unified_customer.identity.matching.whole_names import take_apart
from unified_customer.identity.normalise.distinct import FEW

Formats: TypeAlias = Mapping[str, Mapping[str, tuple[str, ...]]]
"""For each column and each source, the formats that its dates prove."""

FEWEST: Final = 5
"""So few records are read value by value."""

HARDLY_ANY: Final = 0.05
"""Whole names of which fewer than this share hold more than two names have no field for the rest."""
_JOINED: Final[tuple[Role, ...]] = ("email", "phone")
"""Roles whose columns become one field together: a work address in one table is the private one of the next."""


@dataclass(frozen=True)
class Field:
    """One field of the normal forms.

    Attributes:
        name: The column of the records, or what several columns became together.
        role: What it is.
    """

    name: str
    role: Role


class Reading(Spec):
    """What was learnt from a table to read it. It belongs to a fitted matcher."""

    date_formats: Mapping[str, Mapping[str, tuple[str, ...]]] = {}
    """For each column of birth dates and each source, the `strptime` formats that its dates prove."""
    other_names: bool = True
    """Whether whole names hold more than given and family names often enough to be a field of their own."""


class _Column(NamedTuple):
    """A column on its way to become a field."""

    name: str
    role: Role
    form: pl.Series


@dataclass(frozen=True)
class NormalForms:
    """Records in normal form; all in the order of the records.

    Attributes:
        record_ids: Unique, never null.
        sources: String, "" where there is none.
        fields: The fields, in the order of the columns they came from.
        values: One column for each field: String, or List(String) of distinct sorted values where a field has several.
        roles: What each column of the table is.
        reading: How the table was read.
        unread: For each column how many values are not null and have no form: junk, or nothing that can be compared.
    """

    record_ids: pl.Series
    sources: pl.Series
    fields: tuple[Field, ...]
    values: pl.DataFrame
    roles: Roles
    reading: Reading
    unread: Mapping[str, int]


def normal_forms(records: pl.DataFrame, roles: Roles, reading: Reading | None = None) -> NormalForms:
    """Bring every column that has a role to its normal form.

    - Columns of e-mail addresses become one field of lists if there are several, and so do those of phone numbers.
    - Whole names fill given and family names where a row has neither; the fields are made if there are none. What they
      hold beside becomes the field `other_names`, unless hardly any row has more.
    - Whole floats are read without ".0"; a number that has lost its leading zeros does not get them back.

    A form depends on the value alone, and for birth dates on the formats of its source.

    Args:
        records: `record_id`, optionally `source`, and the columns of `roles`; others are not read.
        roles: What each column is.
        reading: How to read, from an earlier call; by default it is learnt from `records`.

    Raises:
        SchemaError: `record_id` is missing, null or not unique; a column is missing, or holds what has no form.

    Examples:
        >>> from unified_customer.identity.matching.roles import infer_roles
        >>> people = pl.DataFrame({"record_id": [1, 2], "name": ["Dr. Ann Lee", "LEE, Ann"], "dob": ["3.1.1970", "x"]})
        >>> normal_forms(people, infer_roles(people, {"dob": "birth_date"})).values.rows()
        [('ann', 'lee', '19700103'), ('ann', 'lee', None)]
    """
    ids, sources = _record_ids(records), _sources(records)
    wanted = {column: role for column, role in roles.by_column.items() if role != "ignored"}
    _check_columns(records, wanted)
    formats = reading.date_formats if reading else _formats(records, roles.of("birth_date"), sources)
    read = [*_read(records, wanted, sources, formats)]
    columns, other_names = _without_whole_names(read, records, reading)
    for role in _JOINED:
        columns = _joined(columns, role)
    return NormalForms(
        record_ids=ids,
        sources=sources,
        fields=tuple(Field(column.name, column.role) for column in columns),
        values=pl.DataFrame([column.form.alias(column.name) for column in columns]),
        roles=roles,
        reading=Reading(date_formats=formats, other_names=other_names),
        unread={column.name: _unread(records[column.name], column.form) for column in read},
    )


def _record_ids(records: pl.DataFrame) -> pl.Series:
    if "record_id" not in records.columns:
        message = f"Records have a column record_id that names each row; found {listed(records.columns)}."
        raise SchemaError(message)
    ids = records["record_id"]
    if ids.null_count() or ids.n_unique() < len(ids):
        twice = len(ids) - ids.n_unique()
        message = (
            f"Every row has a record_id of its own; of {len(ids)} rows {ids.null_count()} have none and"
            f" {twice} repeat one. Drop the repeats, or put the source before the id."
        )
        raise SchemaError(message)
    return ids


def _sources(records: pl.DataFrame) -> pl.Series:
    if "source" not in records.columns:
        return pl.Series("source", [""], dtype=pl.String).new_from_index(0, len(records))
    sources = text_of(records["source"])
    return sources.fill_null("") if sources.null_count() else sources


def _check_columns(records: pl.DataFrame, columns: Iterable[str]) -> None:
    missing = [column for column in columns if column not in records.columns]
    if missing:
        message = f"Records lack columns that have a role: {listed(missing)}. Add them, empty if need be."
        raise SchemaError(message)


def _formats(
    records: pl.DataFrame, columns: Iterable[str], sources: pl.Series
) -> dict[str, dict[str, tuple[str, ...]]]:
    return {column: _formats_by_source(text_of(records[column]), sources) for column in columns}


def _formats_by_source(text: pl.Series, sources: pl.Series) -> dict[str, tuple[str, ...]]:
    # Only what has a separator after one or two digits can be read in two ways.
    rows = pl.DataFrame({"text": text, "source": sources}).filter(pl.col("text").str.contains(r"^\s*\d{1,2}[/.-]"))
    parts = rows.unique().partition_by("source", as_dict=True)
    found = {str(source): date_formats(part["text"]) for (source,), part in parts.items()}
    return {source: found[source] for source in sorted(found) if found[source]}


def _read(records: pl.DataFrame, wanted: Mapping[str, Role], sources: pl.Series, formats: Formats) -> Iterator[_Column]:
    """Bring columns to their forms. Those of a few records are brought to them one by one, or together."""
    plain = [name for name in wanted if not formats.get(name) and not _listed(records[name]) and _says(records[name])]
    texts = {name: text_of(records[name]) for name in plain} if records.height <= FEW else {}
    found = {name: _plain(text, wanted[name]) for name, text in texts.items()} if records.height <= FEWEST else {}
    rest = [name for name in texts if found.get(name) is None]
    if rest:
        together = pl.DataFrame([texts[name] for name in rest]).select(_expression(name, wanted[name]) for name in rest)
        found |= {name: together[name] for name in rest}
    for name, role in wanted.items():
        form = found.get(name)
        yield _Column(name, role, _form(records[name], role, sources, formats) if form is None else form)


def _plain(text: pl.Series, role: Role) -> pl.Series | None:
    """Return the forms of values that are all plain enough; see `plain_forms`."""
    values = text.to_list()
    if not all(value is None or has_plain_form(role, value) for value in values):
        return None
    return pl.Series([None if value is None else plain_form(role, value) for value in values], dtype=pl.String)


@lru_cache(maxsize=1024)
def _expression(name: str, role: Role) -> pl.Expr:
    text = pl.col(name)
    return (birth_in(text, ()) if role == "birth_date" else FORMS[role](text)).alias(name)


def _form(values: pl.Series, role: Role, sources: pl.Series, formats: Formats) -> pl.Series:
    if not _says(values) and not _listed(values):
        return pl.Series(values.name, [None], dtype=pl.String).new_from_index(0, len(values))
    if role == "birth_date":
        return _births(text_of(values), sources, formats.get(values.name, {}))
    if _listed(values) and role in SEVERAL_VALUES:
        return _listed_form(values, role)
    return form_of(role, text_of(values)).alias(values.name)


def _says(values: pl.Series) -> bool:
    return values.null_count() < len(values)


def _listed(values: pl.Series) -> bool:
    return isinstance(values.dtype, pl.List)


def _births(text: pl.Series, sources: pl.Series, formats: Mapping[str, tuple[str, ...]]) -> pl.Series:
    """Read the dates of all sources with the same formats together."""
    groups = {found: [source for source in formats if formats[source] == found] for found in formats.values()}
    forms, others = pl.Series(text.name, [None], dtype=pl.String).new_from_index(0, len(text)), text
    for found, of in groups.items():
        rows = sources.is_in(of)
        if rows.any():
            forms = forms.zip_with(~rows, birth_form(text.set(~rows, None), found))
            others = others.set(rows, None)
    return forms.zip_with(others.is_null(), birth_form(others, ())) if others.null_count() < len(text) else forms


def _listed_form(values: pl.Series, role: Role) -> pl.Series:
    rows = _long(values)
    forms = rows.select("row", form_of(role, text_of(rows["value"])).alias("value"))
    return _lists(forms, len(values)).alias(values.name)


def _lists(forms: pl.DataFrame, size: int) -> pl.Series:
    """Gather forms to the distinct sorted values of each row; null where there is none."""
    several = forms.drop_nulls().unique().sort("row", "value").group_by("row", maintain_order=True).agg("value")
    rows = pl.DataFrame({"row": pl.int_range(size, eager=True)})
    return rows.join(several, on="row", how="left", maintain_order="left")["value"]


def _unread(values: pl.Series, form: pl.Series) -> int:
    if not _listed(values):
        return form.null_count() - values.null_count()
    return int(((values.list.len() > 0) & form.is_null()).sum())


def _of(columns: Iterable[_Column], role: Role) -> list[_Column]:
    return [column for column in columns if column.role == role]


def _free(name: str, columns: Iterable[_Column]) -> str:
    """Return a name for a field that no column has."""
    taken = {column.name for column in columns}
    tried = (name, *(f"{name}_{number}" for number in range(2, len(taken) + 3)))
    return next(each for each in tried if each not in taken)


def _without_whole_names(
    columns: list[_Column], records: pl.DataFrame, reading: Reading | None
) -> tuple[list[_Column], bool]:
    """Put the parts of whole names in their place; say whether `other_names` is one of them."""
    whole = _of(columns, "full_name")
    if not whole:
        return columns, reading is not None and reading.other_names
    names = take_apart(
        [text_of(records[column.name]) for column in whole],
        [column.form for column in whole],
        given=[column.form for column in _of(columns, "given_name")],
        family=[column.form for column in _of(columns, "family_name")],
    )
    often = reading.other_names if reading else _often(names.other, whole)
    kept = _put(_put(columns, "given_name", names.given), "family_name", names.family)
    beside = [_Column(_free("other_names", kept), "text", names.other)] if often else []
    return [column for column in kept if column.role != "full_name"] + beside, often


def _often(other: pl.Series, whole: Iterable[_Column]) -> bool:
    named = pl.DataFrame([column.form.is_not_null().alias(column.name) for column in whole])
    rows = int(named.select(pl.any_horizontal(pl.all()).sum()).item())
    return len(other) - other.null_count() >= HARDLY_ANY * rows > 0


def _put(columns: list[_Column], role: Role, forms: Iterable[pl.Series]) -> list[_Column]:
    """Put forms into the columns of a role, or into a new one before the whole names if there is none."""
    ready = iter(forms)
    if _of(columns, role):
        return [column._replace(form=next(ready)) if column.role == role else column for column in columns]
    place = next(place for place, column in enumerate(columns) if column.role == "full_name")
    return [*columns[:place], _Column(_free(role, columns), role, next(ready)), *columns[place:]]


def _joined(columns: list[_Column], role: Role) -> list[_Column]:
    """Make one field of lists of several columns of a role, in the place of the first."""
    several = _of(columns, role)
    if len(several) < 2:
        return columns
    others = [column for column in columns if column.role != role]
    forms = pl.concat([_long(column.form) for column in several])
    one = _Column(_free(role, others), role, _lists(forms, len(several[0].form)))
    place = next(place for place, column in enumerate(columns) if column.role == role)
    return [*columns[:place], one, *(column for column in columns[place:] if column.role != role)]


def _long(form: pl.Series) -> pl.DataFrame:
    rows = pl.DataFrame({"row": pl.int_range(len(form), eager=True), "value": form})
    return rows.explode("value") if _listed(form) else rows
