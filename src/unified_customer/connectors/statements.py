"""From columns that say what someone allows to statements for the consent ledger."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Final

import polars as pl

from unified_customer.connectors.consent_rules import Statement
from unified_customer.connectors.field_maps import FieldMap
from unified_customer.connectors.instants import INSTANT
from unified_customer.connectors.mapping import Mapping
from unified_customer.connectors.parsed import Parsed
from unified_customer.connectors.parsing import as_text, blank_to_null, constant, parse
from unified_customer.connectors.signals import OPT_OUT, said_in
from unified_customer.connectors.signals import Said as Signalled
from unified_customer.core.errors import SignalError
from unified_customer.core.kinds import RECORD

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
    "evidence": pl.String(),
    "language": pl.String(),
    "special_basis": pl.String(),
    "spoken_by": pl.String(),
}
"""Columns of the statements of a batch. `subject_value` is raw: `source_id` for the kind `record`."""

_OF_RULE: Final = ("row", "subject_kind", "subject_value", "channel", "recipient", "stated_at")
_MEANT: Final = {
    "word": pl.String(),
    **{name: dtype for name, dtype in STATEMENT_COLUMNS.items() if name not in _OF_RULE},
    "signal_at": INSTANT,
}
"""Columns of what a word or a signal means, whoever says it."""


@dataclass(frozen=True, eq=False)
class Said:
    """What one rule found in a batch: statements, and the faults of their columns by label."""

    frame: pl.DataFrame
    faults: dict[str, Parsed]


def statements(rule: Statement, mapping: Mapping | None, raw: pl.DataFrame, typed: pl.DataFrame) -> Said:
    """Return what `rule` makes of a batch.

    Args:
        rule: The rule.
        mapping: The mapping that it belongs to; None: a rule about the record belongs to none.
        raw: Raw columns.
        typed: The fields of the same rows, with `row` and `source_id`.
    """
    words = _words(rule, raw)
    stated, faults = _stated_at(rule, raw, typed)
    kind, value = _subject(rule, mapping, raw, typed)
    about = pl.DataFrame(
        {"row": typed["row"], "subject_kind": kind, "subject_value": value, "word": words, "told_at": stated}
    )
    meant, parsed = _meant_by_words(rule, words) if rule.signal is None else _meant_by_signals(rule, words)
    said = about.join(meant, on="word", how="inner", maintain_order="left_right").with_columns(
        stated_at=_time_of(rule), channel=_text(rule.channel), recipient=_text(rule.recipient)
    )
    untimed = _rows(typed, said.filter(pl.col("stated_at").is_null()))
    parsed = parsed.with_fault("missing_time", untimed & ~_faulty(faults, len(stated)))
    parsed = parsed.with_fault("missing_subject", _rows(typed, said.filter(pl.col("subject_value").is_null())))
    kept = said.drop_nulls(["status", "stated_at", "subject_value"])
    return Said(kept.select(*STATEMENT_COLUMNS), {**faults, rule.column: parsed})


def _words(rule: Statement, raw: pl.DataFrame) -> pl.Series:
    """Return what the column says, an empty text where it is blank; null where the rule is not about the row."""
    words = as_text(raw[rule.column]).str.strip_chars().fill_null("")
    for column, texts in rule.where.items():
        asked = as_text(raw[column]).str.strip_chars().is_in(list(texts)).fill_null(value=False)
        words = pl.select(pl.when(asked).then(words)).to_series()
    return words


def _rows(typed: pl.DataFrame, said: pl.DataFrame) -> pl.Series:
    return typed["row"].is_in(said["row"].implode())


def _time_of(rule: Statement) -> pl.Expr:
    """Return when something was said: what the rule names, else what the signal tells, else the time of the row."""
    told, own = pl.col("told_at"), pl.col("signal_at")
    return pl.coalesce(own, told) if rule.stated_at is None else told


def _text(value: str | None) -> pl.Expr:
    return pl.lit(value, dtype=pl.String)


def _meant_by_words(rule: Statement, words: pl.Series) -> tuple[pl.DataFrame, Parsed]:
    """Return the meaning of each word, and the words by row, faulty where a word has none."""
    meanings = {word.strip(): status for word, status in rule.values.items()}
    unknown = ~words.fill_null("").is_in(["", *meanings])
    said = [(word, rule.purpose, status) for word, status in meanings.items() if status is not None]
    named = (
        "legal_basis", "jurisdiction", "method", "notice", "notice_version", "language", "special_basis", "spoken_by"
    )  # fmt: skip
    meant = pl.DataFrame(said, schema={name: _MEANT[name] for name in ("word", "purpose", "status")}, orient="row")
    filled = meant.with_columns(_text(getattr(rule, name)).alias(name) for name in named)
    return _whole(filled), Parsed(words).with_fault("unknown_value", unknown)


def _meant_by_signals(rule: Statement, words: pl.Series) -> tuple[pl.DataFrame, Parsed]:
    """Return what each signal says, and the signals by row, faulty where one cannot be read."""
    rows: list[dict[str, object]] = []
    unreadable: list[str] = []
    for word in words.filter(words != "").unique(maintain_order=True):
        try:
            rows += [{"word": word, **asdict(each), "signal_at": each.stated_at} for each in _said(rule, word)]
        except SignalError:
            unreadable.append(word)
    names = {name: dtype for name, dtype in _MEANT.items() if name != "word"}
    meant = pl.DataFrame(
        [{name: row.get(name) for name in ("word", *names)} for row in rows], schema={"word": pl.String(), **names}
    )
    lawful = meant.with_columns(pl.col("jurisdiction").fill_null(_text(rule.jurisdiction)))
    return lawful, Parsed(words).with_fault("unreadable_signal", words.is_in(unreadable))


def _said(rule: Statement, word: str) -> Iterable[Signalled]:
    assert rule.signal is not None  # noqa: S101 (asked before)
    opt_out = OPT_OUT if rule.opt_out is None else rule.opt_out
    return said_in(rule.signal, word, vendor_id=rule.vendor_id, opt_out=opt_out)


def _whole(meant: pl.DataFrame) -> pl.DataFrame:
    missing = {name: dtype for name, dtype in _MEANT.items() if name not in meant.columns}
    return meant.with_columns(pl.lit(None, dtype=dtype).alias(name) for name, dtype in missing.items())


def _stated_at(rule: Statement, raw: pl.DataFrame, typed: pl.DataFrame) -> tuple[pl.Series, dict[str, Parsed]]:
    if rule.stated_at is None:
        own = [typed[name] for name in ("observed_at", "occurred_at", "answered_at") if name in typed.columns]
        return own[0] if own else _never(typed.height), {}
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


def _subject(
    rule: Statement, mapping: Mapping | None, raw: pl.DataFrame, typed: pl.DataFrame
) -> tuple[pl.Series, pl.Series]:
    """Return kind and raw value of whom each row is about; a row without the identifier is about its record."""
    record = typed["source_id"] if "source_id" in typed.columns else _nobody(typed.height)
    if rule.about == RECORD or mapping is None:
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


def _never(height: int) -> pl.Series:
    return pl.Series([None], dtype=INSTANT).new_from_index(0, height)


def _nobody(height: int) -> pl.Series:
    return pl.Series([None], dtype=pl.String).new_from_index(0, height)
