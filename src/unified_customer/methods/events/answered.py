"""Consent as answers of messages carry it: statements about the user, else the visitor, else the record of the event.

Who is logged in speaks as that user, whatever the device: a later answer from another one takes the place of the
former.
"""

from collections.abc import Iterator, Sequence
from typing import Final

import polars as pl

from unified_customer.connectors.answer_rules import ANSWER
from unified_customer.connectors.consent_rules import Statement
from unified_customer.connectors.statements import statements
from unified_customer.core.keys import Keyring
from unified_customer.core.kinds import RECORD
from unified_customer.core.spec import canonical_json, content_hash
from unified_customer.core.tables import CONSENTS
from unified_customer.methods.events.batch import Finding

KNOWN_BY: Final = ("user_id", "anonymous_id")
UNMEANT: Final = "an answer about consent that no rule has a meaning for"
NOT_ABOUT_ANYBODY: Final = "an answer about consent of nobody"


def stated_in_answers(
    answers: pl.DataFrame, speakers: pl.DataFrame, rules: Sequence[Statement], *, keyring: Keyring
) -> tuple[pl.DataFrame, list[Finding]]:
    """Return rows of `CONSENTS`, and findings of what could not become one.

    Args:
        answers: Rows of `ANSWERS`, of several events under one id too.
        speakers: `event_id`, `user_id` and `anonymous_id` of the events.
        rules: What answers mean.
        keyring: Names the identifiers.
    """
    if not rules:
        return CONSENTS.empty(), []
    told = answers.join(speakers, on="event_id", how="left", maintain_order="left")
    asked = told.with_row_index("row").with_columns(pl.col("row").cast(pl.Int64), _answer())
    parts, findings = [CONSENTS.empty()], []
    for rule in rules:
        typed = asked.select("row", "answered_at", source_id="record_id")
        said = statements(rule, None, asked, typed)
        parts.append(_rows(said.frame, asked, keyring))
        findings += [
            (event_id, _FINDINGS[reason], question)
            for reason, wrong in said.faults[ANSWER].faults
            for event_id, question in asked.filter(wrong).select("event_id", "question").iter_rows()
        ]
    return pl.concat(parts).unique("statement_id", maintain_order=True), findings


_FINDINGS: Final = {"unknown_value": UNMEANT, "missing_subject": NOT_ABOUT_ANYBODY, "missing_time": NOT_ABOUT_ANYBODY}


def _answer() -> pl.Expr:
    """Return what was answered as people would write it: 1, not 1.0."""
    number = pl.col("value")
    whole = number.round() == number
    written = pl.when(whole).then(number.cast(pl.Int64, strict=False).cast(pl.String)).otherwise(number.cast(pl.String))
    return pl.coalesce("text", written).alias(ANSWER)


def _rows(said: pl.DataFrame, asked: pl.DataFrame, keyring: Keyring) -> pl.DataFrame:
    of = said.join(asked.select("row", "source", "event_id", *KNOWN_BY), on="row", maintain_order="left")
    keys = [keyring.value_key_series(kind, of[kind].str.strip_chars()).alias(kind) for kind in KNOWN_BY]
    kinds = [pl.when(pl.col(kind).is_not_null()).then(pl.lit(kind)) for kind in KNOWN_BY]
    filled = of.with_columns(keys).with_columns(
        subject_kind=pl.coalesce(*kinds, pl.lit(RECORD)),
        subject_key=pl.coalesce(*KNOWN_BY, "subject_value"),
        verified=False,
        evidence=pl.coalesce("evidence", pl.format("event {}", "event_id")),
    )
    known = filled.select(name for name in CONSENTS.columns if name in filled.columns)
    return CONSENTS.conform(known.with_columns(statement_id=pl.Series(list(_ids(known)), dtype=pl.String)))


def _ids(rows: pl.DataFrame) -> Iterator[str]:
    # By content, so that loading a message twice says it once.
    for row in rows.with_columns(pl.col("stated_at").dt.to_string("iso:strict")).iter_rows(named=True):
        yield content_hash(canonical_json({name: value for name, value in row.items() if value is not None}))
