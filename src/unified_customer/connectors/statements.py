"""From columns that say what someone allows to statements for the consent ledger."""

from dataclasses import dataclass
from typing import Final

import polars as pl

from unified_customer.connectors.instants import INSTANT
from unified_customer.connectors.mapping import FieldMap, Mapping, Statement
from unified_customer.connectors.parsed import Parsed
from unified_customer.connectors.parsing import as_text, blank_to_null, constant, parse

STATEMENT_COLUMNS: Final = {
    "row": pl.Int64(),
    "subject_kind": pl.String(),
    "subject_value": pl.String(),
    "purpose": pl.String(),
    "channel": pl.String(),
    "recipient": pl.String(),
    "status": pl.String(),
    "legal_basis": pl.String(),
    "jurisdiction": pl.String(),
    "stated_at": INSTANT,
    "method": pl.String(),
    "notice": pl.String(),
    "notice_version": pl.String(),
    "language": pl.String(),
    "special_basis": pl.String(),
    "spoken_by": pl.String(),
}
"""Columns of the statements of a batch. `subject_value` is raw: `source_id` for the kind `record`."""


@dataclass(frozen=True, eq=False)
class Said:
    """What one rule found in a batch: statements, and the faults of their columns by label."""

    frame: pl.DataFrame
    faults: dict[str, Parsed]


def statements(rule: Statement, mapping: Mapping, raw: pl.DataFrame, typed: pl.DataFrame) -> Said:
    """Return what `rule` makes of a batch.

    Args:
        rule: The rule.
        mapping: The mapping that it belongs to.
        raw: Raw columns.
        typed: The fields of the same rows, with `row` and `source_id`.
    """
    status = _status(rule, raw)
    stated, faults = _stated_at(rule, raw, typed)
    untimed = status.values.is_not_null() & stated.is_null()
    status = status.with_fault("missing_time", untimed & ~_faulty(faults, len(stated)))
    kind, value = _subject(rule, mapping, raw, typed)
    said = pl.DataFrame(
        {
            "row": typed["row"],
            "subject_kind": kind,
            "subject_value": value,
            "status": status.values,
            "stated_at": stated,
        }
    ).with_columns(pl.lit(getattr(rule, name), dtype=pl.String).alias(name) for name in _constants())
    status = status.with_fault("missing_subject", said["status"].is_not_null() & said["subject_value"].is_null())
    kept = said.drop_nulls(["status", "stated_at", "subject_value"])
    return Said(kept.select(*STATEMENT_COLUMNS), {**faults, rule.column: status})


def _constants() -> list[str]:
    return [name for name in STATEMENT_COLUMNS if name in Statement.model_fields and name != "stated_at"]


def _status(rule: Statement, raw: pl.DataFrame) -> Parsed:
    words = as_text(raw[rule.column]).str.strip_chars().fill_null("")
    meanings = {word.strip(): status for word, status in rule.values.items()}
    known = words.is_in(["", *meanings])
    silent = {word: status for word, status in meanings.items() if status is not None}
    found = words.replace_strict(silent, default=None, return_dtype=pl.String)
    return Parsed(found).with_fault("unknown_value", ~known)


def _stated_at(rule: Statement, raw: pl.DataFrame, typed: pl.DataFrame) -> tuple[pl.Series, dict[str, Parsed]]:
    if rule.stated_at is None:
        own = next(name for name in ("observed_at", "occurred_at", "answered_at") if name in typed.columns)
        return typed[own], {}
    parsed = _time(rule.stated_at, raw)
    if "observed_at" not in typed.columns:
        return parsed.values, {rule.stated_at.label: parsed}
    blank = _blank(rule.stated_at, raw)
    filled = pl.select(pl.when(blank).then(typed["observed_at"]).otherwise(parsed.values)).to_series()
    return filled, {rule.stated_at.label: parsed}


def _time(how: FieldMap, raw: pl.DataFrame) -> Parsed:
    return constant(how, INSTANT, raw.height) if how.column is None else parse(raw[how.column], INSTANT, how)


def _blank(how: FieldMap, raw: pl.DataFrame) -> pl.Series:
    if how.column is None:
        return pl.repeat(value=False, n=raw.height, dtype=pl.Boolean, eager=True)
    return blank_to_null(as_text(raw[how.column])).is_null()


def _faulty(faults: dict[str, Parsed], height: int) -> pl.Series:
    faulty = pl.repeat(value=False, n=height, dtype=pl.Boolean, eager=True)
    for parsed in faults.values():
        for _, rows in parsed.faults:
            faulty |= rows
    return faulty


def _subject(rule: Statement, mapping: Mapping, raw: pl.DataFrame, typed: pl.DataFrame) -> tuple[pl.Series, pl.Series]:
    """Return kind and raw value of whom each row is about; a row without the identifier is about its record."""
    record = typed["source_id"] if "source_id" in typed.columns else _nobody(typed.height)
    if rule.about == "record":
        return pl.Series(["record"]).new_from_index(0, typed.height), record
    named = _identifier(rule.about, mapping, raw, typed)
    frame = pl.DataFrame({"named": named, "record": record})
    has = pl.col("named").is_not_null()
    kinds = pl.when(has).then(pl.lit(rule.about)).otherwise(pl.lit("record"))
    both = frame.select(kind=kinds, value=pl.coalesce("named", "record"))
    return both["kind"], both["value"]


def _identifier(kind: str, mapping: Mapping, raw: pl.DataFrame, typed: pl.DataFrame) -> pl.Series:
    if kind in typed.columns:
        return typed[kind]
    columns = mapping.identifiers.get(kind, ())
    texts = [blank_to_null(as_text(raw[column])).rename(str(index)) for index, column in enumerate(columns)]
    if not texts:
        return _nobody(raw.height)
    return pl.DataFrame(texts).select(pl.coalesce(pl.all())).to_series()


def _nobody(height: int) -> pl.Series:
    return pl.Series([None], dtype=pl.String).new_from_index(0, height)
