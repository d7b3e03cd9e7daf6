"""Mappings: which column of a source fills which field, as a value that people write, read and edit.

A mapping says nothing of the source's file or address, so that one mapping serves every export of a system. It is
plain data: `Mapping.from_toml(mapping.to_toml()) == mapping`.
"""

import re
import tomllib
from collections.abc import Mapping as Dictionary
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self
from zoneinfo import available_timezones

from pydantic import BeforeValidator, Field, ValidationError, field_validator, model_validator

from unified_customer.connectors.targets import Target, target
from unified_customer.connectors.tomltext import toml_text
from unified_customer.core.errors import ConfigurationError, MappingError
from unified_customer.core.kinds import RECORD, check_kind
from unified_customer.core.spec import Spec
from unified_customer.core.tables.governance import LEGAL_BASES, SPEAKERS, SPECIAL_BASES, STATUSES

Scalar = str | bool | int | float
Unit = Literal["s", "ms", "us", "ns", "minor"]


def _one_or_more(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


def _column_or_table(value: Any) -> Any:
    return {"column": value} if isinstance(value, str) else value


Columns = Annotated[tuple[str, ...], BeforeValidator(_one_or_more)]


class FieldMap(Spec):
    """Where a field comes from and how its text is read.

    Examples:
        >>> FieldMap(column="dob", format="%d/%m/%Y").column
        'dob'
    """

    column: str | None = None
    """The source's column."""
    constant: Scalar | None = None
    """The same value in every row, instead of a column."""
    format: str | None = None
    """How a time or date is written, in the notation of `strptime`; by default ISO 8601."""
    zone: str | None = None
    """IANA time zone of times that name none; without it they are rejected."""
    unit: Unit | None = None
    """The number counts seconds, ... since 1970 in UTC; `minor`: hundredths of the currency."""
    decimal: Literal[".", ","] = "."
    """What stands before the decimal places."""
    thousands: Literal[".", ",", " ", "'", "\u00a0", "\u202f"] | None = None
    """What may stand between groups of three digits."""
    places: int | None = Field(default=None, ge=0, le=4)
    """Round decimals to so many places (half to even); by default more than four places are rejected."""
    values: dict[str, Scalar] | None = None
    """What the source's words mean, such as `{"yes": True}`; an empty word stands for a missing value."""
    patterns: dict[str, Scalar] | None = None
    """What texts mean in which a regular expression is found; the first that is found counts, after `values`."""
    otherwise: Scalar | None = None
    """What all other texts mean; by default they are rejected."""

    @model_validator(mode="after")
    def _has_one_origin(self) -> Self:
        if (self.column is None) == (self.constant is None):
            raise ValueError("name either a column or a constant")
        if self.otherwise is not None and not (self.values or self.patterns):
            raise ValueError("otherwise needs values or patterns")
        return self

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, zone: str | None) -> str | None:
        if zone is not None and zone not in available_timezones():
            raise ValueError("there is no such IANA time zone")
        return zone

    @field_validator("patterns")
    @classmethod
    def _valid_patterns(cls, patterns: dict[str, Scalar] | None) -> dict[str, Scalar] | None:
        for pattern in patterns or ():
            try:
                re.compile(pattern)
            except re.error as error:
                raise ValueError("a pattern is no regular expression") from error
        return patterns

    @property
    def label(self) -> str:
        """What the field is called in reasons: its column, or "constant"."""
        return self.column if self.column is not None else "constant"

    @property
    def translates(self) -> bool:
        """Whether texts are replaced by what they mean."""
        return bool(self.values or self.patterns)


FieldEntry = Annotated[FieldMap, BeforeValidator(_column_or_table)]
Entry = FieldMap | str | Dictionary[str, Any]
"""What may be written for a field: a `FieldMap`, the name of a column, or the parts of a `FieldMap`."""


class Deletion(Spec):
    """How a row says that the source deleted the record: by one of some values, or by having any value."""

    column: str
    """The source's column."""
    values: tuple[str, ...] = ()
    """The texts that mean deleted; empty: any value does, such as a time of deletion."""


class Statement(Spec):
    """A column that says what someone allows, turned into statements of the consent ledger.

    Examples:
        >>> rule = Statement(column="Newsletter", purpose="marketing.communications.email", values={"yes": "granted"})
        >>> rule.about
        'record'
    """

    column: str
    """The column that says it."""
    purpose: str = Field(pattern=r"^[a-z_]+(\.[a-z_]+)*$")
    """The purpose, a dotted path of data uses."""
    values: dict[str, str | None]
    """What each word means: a status, or null where it says nothing. Blank says nothing. Others are rejected."""
    stated_at: FieldEntry | None = None
    """When it was said; by default the observed time of the record."""
    about: str = "record"
    """`record`, or a mapped identifier such as `email`; where a row has none of these, it is about the record."""
    channel: str | None = None
    """Only for this channel."""
    recipient: str | None = None
    """Only for this recipient."""
    legal_basis: str = "consent"
    """GDPR Art. 6(1) basis."""
    jurisdiction: str | None = None
    """Law under which it was said."""
    method: str | None = "import"
    """How it was collected."""
    notice: str | None = None
    """The notice that was shown."""
    notice_version: str | None = None
    """Its version."""
    language: str | None = None
    """Language in which it was shown, as in BCP 47."""
    special_basis: str | None = None
    """GDPR Art. 9(2) basis, where it is about special categories."""
    spoken_by: str | None = None
    """Who said it: `self`, `guardian` or `agent`; by default the person."""

    if TYPE_CHECKING:

        def __init__(
            self,
            *,
            column: str,
            purpose: str,
            values: Dictionary[str, str | None],
            stated_at: Entry | None = None,
            about: str = "record",
            channel: str | None = None,
            recipient: str | None = None,
            legal_basis: str = "consent",
            jurisdiction: str | None = None,
            method: str | None = "import",
            notice: str | None = None,
            notice_version: str | None = None,
            language: str | None = None,
            special_basis: str | None = None,
            spoken_by: str | None = None,
        ) -> None: ...

    @field_validator("values")
    @classmethod
    def _known_statuses(cls, values: dict[str, str | None]) -> dict[str, str | None]:
        if not {status for status in values.values() if status is not None} <= set(STATUSES):
            raise ValueError(f"a status is one of {', '.join(STATUSES)}, or null")
        return {word: status for word, status in values.items() if word.strip() or status is not None}

    @field_validator("legal_basis")
    @classmethod
    def _known_basis(cls, basis: str) -> str:
        if basis not in LEGAL_BASES:
            raise ValueError(f"a legal basis is one of {', '.join(LEGAL_BASES)}")
        return basis

    @field_validator("special_basis")
    @classmethod
    def _known_special_basis(cls, basis: str | None) -> str | None:
        if basis not in {None, *SPECIAL_BASES}:
            raise ValueError(f"a basis for special categories is one of {', '.join(SPECIAL_BASES)}")
        return basis

    @field_validator("spoken_by")
    @classmethod
    def _known_speaker(cls, speaker: str | None) -> str | None:
        if speaker not in {None, *SPEAKERS}:
            raise ValueError(f"who said it is one of {', '.join(SPEAKERS)}")
        return speaker


class Mapping(Spec):
    """How the columns of a source fill one table.

    Examples:
        >>> mapping = Mapping(table="records", key="id", fields={"email": "E-Mail", "country": {"constant": "DE"}})
        >>> print(mapping.to_toml())
        table = "records"
        key = "id"
        traits = "keep"
        <BLANKLINE>
        [fields]
        email = "E-Mail"
        country = { constant = "DE" }
        <BLANKLINE>
    """

    table: str
    """The table that it fills."""
    key: Columns = ()
    """The columns that name a row: they make `source_id` of records, `event_id`, `line_id`, `item_id`, ..."""
    person: Columns = ()
    """For tables that are not about people alone: the columns that make the source's id of the person."""
    observed_at: FieldEntry | None = None
    """When the source says that a row was true."""
    fields: dict[str, FieldEntry] = Field(default={})
    """The other fields of the table, by name."""
    identifiers: dict[str, Columns] = Field(default={})
    """Further identifiers of the person, by kind: the columns that hold them."""
    traits: Literal["keep", "drop"] | tuple[str, ...] = "keep"
    """What becomes of columns that nothing names: all kept, none, or those listed."""
    deleted: Deletion | None = None
    """How a row says that it was deleted at the source."""
    consents: tuple[Statement, ...] = ()
    """Columns that say what someone allows."""

    if TYPE_CHECKING:
        # What the validators take, for those who check types.
        def __init__(
            self,
            *,
            table: str,
            key: Sequence[str] = (),
            person: Sequence[str] = (),
            observed_at: Entry | None = None,
            fields: Dictionary[str, Entry] = ...,
            identifiers: Dictionary[str, Sequence[str]] = ...,
            traits: Literal["keep", "drop"] | Sequence[str] = "keep",
            deleted: Deletion | None = None,
            consents: Sequence[Statement] = (),
        ) -> None: ...

    @model_validator(mode="after")
    def _fits_its_table(self) -> Self:
        problems = list(_problems(self, target(self.table)))
        if problems:
            raise ValueError("; ".join(problems))
        return self

    @property
    def target(self) -> Target:
        """What the table takes."""
        return target(self.table)

    @property
    def all_fields(self) -> dict[str, FieldMap]:
        """The fields with `observed_at` among them."""
        observed = {} if self.observed_at is None else {"observed_at": self.observed_at}
        return {**observed, **self.fields}

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column that the mapping names, once, in its order."""
        maps = [*self.all_fields.values(), *(each.stated_at for each in self.consents if each.stated_at)]
        named = [*self.key, *self.person, *(each.column for each in maps if each.column is not None)]
        named += [column for columns in self.identifiers.values() for column in columns]
        named += [each.column for each in self.consents]
        named += [self.deleted.column] if self.deleted else []
        return tuple(dict.fromkeys([*named, *(self.traits if isinstance(self.traits, tuple) else ())]))

    @cached_property
    def explanations(self) -> dict[str, str]:
        """What each column is used for; a suggested mapping also says why."""
        uses = [*((column, "key") for column in self.key), *((column, "person") for column in self.person)]
        uses += [(how.column, name) for name, how in self.all_fields.items() if how.column is not None]
        uses += [(column, f"identifier {kind}") for kind, names in self.identifiers.items() for column in names]
        uses += [(rule.column, f"consent to {rule.purpose}") for rule in self.consents]
        uses += [(self.deleted.column, "deleted")] if self.deleted else []
        return {column: "; ".join(use for name, use in uses if name == column) for column, _ in uses}

    def explain(self) -> str:
        """Return what each column is used for, a line each."""
        return "\n".join(f"{column}: {use}" for column, use in self.explanations.items())

    def to_toml(self) -> str:
        """Return the mapping as TOML for people."""
        return toml_text(_shortened(self.model_dump(mode="json", exclude_defaults=True) | {"table": self.table}))

    @classmethod
    def from_toml(cls, text: str) -> Self:
        """Return the mapping written as TOML.

        Raises:
            MappingError: The text is no TOML, or no mapping that fits its table.
        """
        try:
            return cls.model_validate(_with_nulls(tomllib.loads(text)))
        except tomllib.TOMLDecodeError as error:
            raise MappingError(f"The mapping is no TOML: {error}") from error
        except ValidationError as error:
            complaints = error.errors(include_input=False, include_url=False)
            wrong = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in complaints)
            raise MappingError(f"The mapping is not valid: {wrong}") from error


def _problems(mapping: Mapping, fits: Target) -> Any:
    for name in mapping.all_fields:
        if name not in fits.fields:
            yield f"table {mapping.table!r} has no field {name!r}; it has: {', '.join(fits.fields)}"
    named = {*mapping.all_fields, *mapping_keys(mapping), *fits.defaults}
    for name in fits.required:
        if name not in named:
            yield f"table {mapping.table!r} needs the field {name!r}"
    if mapping.key and not fits.keys:
        yield f"rows of table {mapping.table!r} are not named by a key"
    if mapping.key and fits.keys and fits.keys[-1] in mapping.fields:
        yield f"both key and fields fill {fits.keys[-1]!r}"
    if not fits.about_people and (mapping.person or mapping.identifiers or mapping.consents):
        yield f"table {mapping.table!r} is not about people: it takes no person, identifiers or consents"
    if mapping.person and mapping.table == "records":
        yield "records take their person from key"
    if mapping.deleted and mapping.table != "records":
        yield "only records can be deleted by a column"
    yield from _kind_problems(mapping)
    yield from _consent_problems(mapping)


def _kind_problems(mapping: Mapping) -> Any:
    for kind in mapping.identifiers:
        try:
            check_kind(kind)
        except ConfigurationError as error:
            yield str(error).rstrip(".")
        if kind == RECORD:
            yield "a record is named by key, or by person in other tables, not by an identifier"


def _consent_problems(mapping: Mapping) -> Any:
    for rule in mapping.consents:
        if rule.stated_at is None and not _own_time(mapping):
            yield f"the consent rule for {rule.column!r} needs stated_at, since the mapping has no time of its own"
        if rule.about not in {RECORD, "email", "phone", *mapping.identifiers}:
            yield f"the consent rule for {rule.column!r} is about {rule.about!r}, which the mapping does not have"


def _own_time(mapping: Mapping) -> bool:
    return bool({"observed_at", "occurred_at", "answered_at"} & set(mapping.all_fields))


def mapping_keys(mapping: Mapping) -> tuple[str, ...]:
    """Return the fields that `key` and `person` fill."""
    keys = (mapping.target.keys[-1],) if mapping.key and mapping.target.keys else ()
    return (*keys, *(("source_id",) if mapping.person else ()))


NOTHING = "nothing"
"""How TOML, which has no null, says that a word says nothing."""


def _shortened(dumped: dict[str, Any]) -> dict[str, Any]:
    """Return a dump in which single columns stand for lists and tables of one."""
    short = {"table": dumped["table"], "traits": "keep", **dumped}
    for name in ("key", "person"):
        if name in short:
            short[name] = _single(short[name])
    if "observed_at" in short:
        short["observed_at"] = _short_field(short["observed_at"])
    if "fields" in short:
        short["fields"] = {name: _short_field(field) for name, field in short["fields"].items()}
    if "identifiers" in short:
        short["identifiers"] = {kind: _single(columns) for kind, columns in short["identifiers"].items()}
    if "consents" in short:
        short["consents"] = [_short_statement(rule) for rule in short["consents"]]
    return {name: short[name] for name in Mapping.model_fields if name in short}


def _single(columns: list[str]) -> str | list[str]:
    return columns[0] if len(columns) == 1 else columns


def _short_field(field: dict[str, Any]) -> Any:
    return field["column"] if set(field) == {"column"} else field


def _short_statement(rule: dict[str, Any]) -> dict[str, Any]:
    said = {word: NOTHING if status is None else status for word, status in rule["values"].items()}
    timed = {"stated_at": _short_field(rule["stated_at"])} if "stated_at" in rule else {}
    method = {"method": ""} if rule.get("method", "import") is None else {}
    return {**rule, "values": said, **timed, **method}


def _with_nulls(loaded: dict[str, Any]) -> dict[str, Any]:
    rules = loaded.get("consents")
    if not isinstance(rules, list):
        return loaded
    return {**loaded, "consents": [_statement_with_nulls(rule) for rule in rules]}


def _statement_with_nulls(rule: Any) -> Any:
    if not isinstance(rule, dict) or not isinstance(rule.get("values"), dict):
        return rule
    said = {word: None if status == NOTHING else status for word, status in rule["values"].items()}
    method = {"method": None} if rule.get("method") == "" else {}
    return {**rule, "values": said, **method}
