"""Mappings: which column of a source fills which field, as a value that people write, read and edit.

A mapping says nothing of the source's file or address, so that one mapping serves every export of a system. It is
plain data: `Mapping.from_toml(mapping.to_toml()) == mapping`.
"""

import tomllib
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, Self

from pydantic import Field, ValidationError, model_validator

from unified_customer.connectors.consent_rules import Statement, rule_with_nulls, short_rule
from unified_customer.connectors.field_maps import Columns, Entry, FieldEntry, FieldMap, short_field, single
from unified_customer.connectors.targets import Target, target
from unified_customer.connectors.tomltext import toml_text
from unified_customer.core.errors import ConfigurationError, MappingError
from unified_customer.core.kinds import RECORD, check_kind
from unified_customer.core.spec import Spec

if TYPE_CHECKING:
    from collections.abc import Mapping as Dictionary
    from collections.abc import Sequence


class Deletion(Spec):
    """How a row says that the source deleted the record: by one of some values, or by having any value."""

    column: str
    """The source's column."""
    values: tuple[str, ...] = ()
    """The texts that mean deleted; empty: any value does, such as a time of deletion."""


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
        named += [column for each in self.consents for column in (each.column, *each.where)]
        named += [self.deleted.column] if self.deleted else []
        return tuple(dict.fromkeys([*named, *(self.traits if isinstance(self.traits, tuple) else ())]))

    @cached_property
    def explanations(self) -> dict[str, str]:
        """What each column is used for; a suggested mapping also says why."""
        uses = [*((column, "key") for column in self.key), *((column, "person") for column in self.person)]
        uses += [(how.column, name) for name, how in self.all_fields.items() if how.column is not None]
        uses += [(column, f"identifier {kind}") for kind, names in self.identifiers.items() for column in names]
        uses += [(rule.column, rule.explanation) for rule in self.consents]
        uses += [(self.deleted.column, "deleted")] if self.deleted else []
        return {column: "; ".join(use for name, use in uses if name == column) for column, _ in uses}

    def explain(self) -> str:
        """Return what each column is used for, a line each."""
        return "\n".join(f"{column}: {use}" for column, use in self.explanations.items())

    def with_opt_out(self, purposes: "Sequence[str]") -> Self:
        """Return the mapping with these as `opt_out` of the signals that name none."""
        if not any(rule.signal and rule.opt_out is None for rule in self.consents):
            return self
        chosen = {"opt_out": tuple(purposes)}
        rules = (
            rule.model_copy(update=chosen) if rule.signal and rule.opt_out is None else rule for rule in self.consents
        )
        return self.model_copy(update={"consents": tuple(rules)})

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
        if rule.stated_at is None and rule.signal != "tcf" and not _own_time(mapping):
            yield f"the consent rule for {rule.column!r} needs stated_at, since the mapping has no time of its own"
        if rule.about not in {RECORD, "email", "phone", *mapping.identifiers}:
            yield f"the consent rule for {rule.column!r} is about {rule.about!r}, which the mapping does not have"


def _own_time(mapping: Mapping) -> bool:
    return bool({"observed_at", "occurred_at", "answered_at"} & set(mapping.all_fields))


def mapping_keys(mapping: Mapping) -> tuple[str, ...]:
    """Return the fields that `key` and `person` fill."""
    keys = (mapping.target.keys[-1],) if mapping.key and mapping.target.keys else ()
    return (*keys, *(("source_id",) if mapping.person else ()))


def _shortened(dumped: dict[str, Any]) -> dict[str, Any]:
    """Return a dump in which single columns stand for lists and tables of one."""
    short = {"table": dumped["table"], "traits": "keep", **dumped}
    for name in ("key", "person"):
        if name in short:
            short[name] = single(short[name])
    if "observed_at" in short:
        short["observed_at"] = short_field(short["observed_at"])
    if "fields" in short:
        short["fields"] = {name: short_field(field) for name, field in short["fields"].items()}
    if "identifiers" in short:
        short["identifiers"] = {kind: single(columns) for kind, columns in short["identifiers"].items()}
    if "consents" in short:
        short["consents"] = [short_rule(rule) for rule in short["consents"]]
    return {name: short[name] for name in Mapping.model_fields if name in short}


def _with_nulls(loaded: dict[str, Any]) -> dict[str, Any]:
    rules = loaded.get("consents")
    if not isinstance(rules, list):
        return loaded
    return {**loaded, "consents": [rule_with_nulls(rule) for rule in rules]}
