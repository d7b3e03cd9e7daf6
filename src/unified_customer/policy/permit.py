"""The consent decision for many customers at once.

The same rules as `decision.decide`, which explains them, as joins and aggregations over whole frames. Everything is
said in narwhals expressions over lazy frames, so that it can run where the data live.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import narwhals as nw
import polars as pl

from unified_customer.core.errors import SchemaError
from unified_customer.core.models import LegalBasis
from unified_customer.core.models.purposes import EVERY_PURPOSE, ancestors
from unified_customer.core.tables import CONSENTS
from unified_customer.policy import sharing
from unified_customer.policy.decision import (
    ALLOWING,
    CONSENT_TRACK,
    EXPIRED,
    HEEDED,
    MEANING,
    NO,
    NO_STATEMENT,
    RESTRICTION_TRACK,
    SHARED,
    STRICTNESS,
    UNRESTRICTED,
    WORDS,
    YES,
    check_instant,
    reason_for,
)
from unified_customer.policy.policy import Policy
from unified_customer.policy.scopes import Request
from unified_customer.policy.sharing import CUSTOMER, SCOPE, SUBJECT, Lazy

READ: Final = (*SUBJECT, *SCOPE, "status", "stated_at", "expires_at")
"""Columns of `consents` that a decision reads."""
_REQUIRED: Final = (*SUBJECT, "purpose", "status", "stated_at")
_PLACE_IN_WORDS: Final = {
    STRICTNESS.index(word): WORDS.index(NO_STATEMENT if word == UNRESTRICTED else word) for word in STRICTNESS
}


def permit(
    subjects: pl.DataFrame, statements: pl.DataFrame, *, request: Request, policy: Policy, as_of: datetime
) -> pl.DataFrame:
    """Decide on `request` for every customer in `subjects`.

    Args:
        subjects: Whose identifiers are whose: `customer_id`, `subject_kind`, `subject_key`; a record of a customer is
            of kind `"record"`. A customer with a null kind and key is one without any identifier.
        statements: The ledger, with at least the columns of `consents` that say who, what and when; in any order.
        request: What the data are wanted for.
        policy: Names the legal basis of the purpose.
        as_of: Only what was stated strictly before counts; with a time zone.

    Returns:
        `customer_id`, `allowed` and `reason` (one of `decision.REASONS`), one row per customer, sorted by id.

    Raises:
        ConfigurationError: The purpose is unknown, or `as_of` has no time zone.
        SchemaError: A column is missing, has another type, or has a null or a status that no statement can have.

    Examples:
        >>> from datetime import UTC
        >>> subjects = pl.DataFrame({"customer_id": ["a"], "subject_kind": ["email"], "subject_key": ["0" * 24]})
        >>> permit(
        ...     subjects,
        ...     CONSENTS.empty(),
        ...     request=Request("analytics"),
        ...     policy=Policy.quickstart(),
        ...     as_of=datetime(2026, 1, 1, tzinfo=UTC),
        ... ).rows()
        [('a', True, 'basis:legitimate_interests')]
    """
    basis, at = policy.basis_of(request.purpose), check_instant(as_of)
    people = nw.from_native(_checked_subjects(subjects).lazy())
    said = nw.from_native(_checked_statements(statements).lazy())
    heard = _at_hand(_counting(said.select(*READ), request, at))
    spoken = sharing.told_apart(people, heard, _at_hand(sharing.shared_subjects(people)))
    answers = answered(*map(_at_hand, spoken), request=request, basis=basis, as_of=at)
    return answers.sort(CUSTOMER).collect("polars").to_polars()


def answered(
    subjects: Lazy, statements: Lazy, aside: Lazy, *, request: Request, basis: LegalBasis, as_of: datetime
) -> Lazy:
    """Return what `permit` returns, in no particular order, over lazy frames wherever they live.

    Args:
        subjects: `customer_id`, `subject_kind`, `subject_key`; each subject is one customer's: see `sharing.told_apart`.
        statements: Rows of `consents` about them.
        aside: Rows of `consents` that do not count, because others hold the identifier too.
        request: What the data are wanted for.
        basis: The legal basis of the purpose.
        as_of: Only what was stated strictly before counts; in UTC.
    """
    words = spoken_words(statements, request=request, heeded=HEEDED[basis], as_of=as_of)
    return decided(subjects, nw.concat([words, _unclear(aside, request, as_of)]), basis=basis)


def _at_hand(rows: Lazy) -> Lazy:
    """Return rows that are computed once, however often they are used."""
    return rows.collect("polars").lazy()


def _unclear(aside: Lazy, request: Request, as_of: datetime) -> Lazy:
    """Return the subjects of which a yes was set aside: `subject_kind`, `subject_key`, `word`."""
    yes = _counting(aside, request, as_of).filter(nw.col("status") == "granted", _contains(request))
    return yes.select(*SUBJECT).unique().with_columns(word=nw.lit(WORDS.index(SHARED)))


def spoken_words(statements: Lazy, *, request: Request, heeded: Collection[str], as_of: datetime) -> Lazy:
    """Return who says what about `request`: the subject and `word`, its place in `WORDS`.

    Args:
        statements: Rows of `consents`.
        request: What the data are wanted for.
        heeded: The words that matter under the legal basis; no other is looked for.
        as_of: Only what was stated strictly before counts; in UTC.

    Returns:
        `subject_kind`, `subject_key`, `word`; none for the silent, and more than one where a grant has expired.
    """
    said = _said(statements, request, as_of)
    tracks = [track for track in (CONSENT_TRACK, RESTRICTION_TRACK) if not track.isdisjoint(heeded)]
    return nw.concat([said.select(*SUBJECT, "word").head(0), *(_words_on(track, said, request) for track in tracks)])


def decided(subjects: Lazy, words: Lazy, *, basis: LegalBasis) -> Lazy:
    """Return `customer_id`, `allowed` and `reason` for each customer of `subjects`, by the strongest word of any.

    Args:
        subjects: `customer_id`, `subject_kind`, `subject_key`.
        words: What `spoken_words` returned.
        basis: The legal basis of the purpose.

    Returns:
        One row per customer, in no particular order.
    """
    reasons = dict(enumerate(reason_for(basis, word) for word in WORDS))
    strongest = subjects.join(words, on=list(SUBJECT), how="left").group_by(CUSTOMER).agg(nw.col("word").max())
    reason = _translated(nw.col("word"), reasons, otherwise=reasons[0])
    allowing = [place for place, each in reasons.items() if each in ALLOWING]
    return strongest.with_columns(word=nw.col("word").fill_null(0)).select(
        CUSTOMER, allowed=nw.col("word").is_in(allowing), reason=reason
    )


def _said(statements: Lazy, request: Request, as_of: datetime) -> Lazy:
    """Keep what counts and touches the request: subject, scope, `at` and `word`, a place in `STRICTNESS`."""
    counting = _counting(statements.select(*READ), request, as_of)
    over = (nw.col("status") == "granted") & (nw.col("expires_at") <= nw.lit(as_of)).fill_null(value=False)
    status = _translated(nw.col("status"), {each: STRICTNESS.index(word) for each, word in MEANING.items()})
    word = nw.when(over).then(nw.lit(STRICTNESS.index(EXPIRED))).otherwise(status)
    return counting.select(*SUBJECT, *SCOPE, word=word, at=nw.col("stated_at"))


def _counting(statements: Lazy, request: Request, as_of: datetime) -> Lazy:
    return statements.filter(nw.col("stated_at") < nw.lit(as_of), _touches(request))


def _words_on(track: Collection[str], said: Lazy, request: Request) -> Lazy:
    last = _latest(said.filter(_says(track)), track, of=(*SUBJECT, *SCOPE))
    no = _not_lifted(last.filter(_says(NO)), last.filter(_says(YES), ~_contains(request)))
    about_all = last.filter(_contains(request))
    speaking = nw.concat([each.select(*SUBJECT, "word", "at") for each in (no, about_all.filter(_says(YES)))])
    latest = _latest(speaking, track, of=SUBJECT)
    heard = nw.concat([each.select(*SUBJECT, "word") for each in (latest, about_all.filter(_says({EXPIRED})))])
    return heard.with_columns(word=_translated(nw.col("word"), _PLACE_IN_WORDS))


def _latest(said: Lazy, track: Collection[str], *, of: Sequence[str]) -> Lazy:
    """Return the columns `of`, with the time of the latest row in each group and the strictest word of that time."""
    places = {str(place): place for place, word in enumerate(STRICTNESS) if word in track}
    times = {name: nw.when(nw.col("word") == place).then(nw.col("at")) for name, place in places.items()}
    last = (
        said.with_columns(**times).group_by(*of).agg(nw.col(*places).max()).with_columns(at=nw.max_horizontal(*places))
    )
    word = nw.lit(None)
    for name, place in places.items():
        word = nw.when(nw.col(name) == nw.col("at")).then(nw.lit(place)).otherwise(word)
    return last.select(*of, "at", word=word)


def _not_lifted(no: Lazy, yes: Lazy) -> Lazy:
    """Leave out each no that a later yes of the same subject contains; a yes about all of the request needs no help."""
    pairs = no.join(yes, on=list(SUBJECT), how="left", suffix="_yes")
    purpose, broad = nw.col("purpose"), nw.col("purpose_yes")
    contained = (
        (broad == EVERY_PURPOSE) | (purpose == broad) | purpose.str.starts_with(nw.concat_str(broad, nw.lit(".")))
    )
    for part in ("channel", "recipient"):
        contained &= nw.col(f"{part}_yes").is_null() | (nw.col(part) == nw.col(f"{part}_yes"))
    lifted = contained & (nw.col("at_yes") > nw.col("at"))
    marked = pairs.with_columns(lifted=lifted.fill_null(value=False))
    judged = marked.group_by(*SUBJECT, *SCOPE).agg(nw.col("word", "at").max(), nw.col("lifted").any())
    return judged.filter(~nw.col("lifted"))


def _contains(request: Request) -> nw.Expr:
    scope = _purpose_above(request)
    for part, wanted in (("channel", request.channel), ("recipient", request.recipient)):
        scope &= nw.col(part).is_null() if wanted is None else _all_or(part, wanted)
    return scope


def _touches(request: Request) -> nw.Expr:
    scope = _purpose_above(request) | nw.col("purpose").str.starts_with(f"{request.purpose}.")
    for part, wanted in (("channel", request.channel), ("recipient", request.recipient)):
        scope = scope if wanted is None else scope & _all_or(part, wanted)
    return scope


def _purpose_above(request: Request) -> nw.Expr:
    return nw.col("purpose").is_in([*ancestors(request.purpose), EVERY_PURPOSE])


def _all_or(part: str, wanted: str) -> nw.Expr:
    return nw.col(part).is_null() | (nw.col(part) == wanted).fill_null(value=False)


def _says(words: Collection[str]) -> nw.Expr:
    return nw.col("word").is_in([STRICTNESS.index(word) for word in words])


def _translated(column: nw.Expr, table: Mapping[Any, Any], *, otherwise: Any = None) -> nw.Expr:
    translated = nw.lit(otherwise)
    for found, meant in table.items():
        translated = nw.when(column == found).then(nw.lit(meant)).otherwise(translated)
    return translated


def _checked_subjects(subjects: pl.DataFrame) -> pl.DataFrame:
    _refuse_columns(subjects, dict.fromkeys((CUSTOMER, *SUBJECT), pl.String()), "The frame of subjects")
    _refuse_nulls(subjects, [CUSTOMER], "The frame of subjects")
    return subjects


def _checked_statements(statements: pl.DataFrame) -> pl.DataFrame:
    _refuse_columns(statements, {name: CONSENTS.columns[name] for name in READ}, "The frame of statements")
    _refuse_nulls(statements, _REQUIRED, "The frame of statements")
    unknown = set(statements["status"].unique()) - set(MEANING)
    if unknown:
        message = f"The frame of statements has {len(unknown)} unknown status; the known ones: {', '.join(MEANING)}."
        raise SchemaError(message)
    return statements


def _refuse_columns(frame: pl.DataFrame, wanted: Mapping[str, pl.DataType], what: str) -> None:
    for name, dtype in wanted.items():
        if frame.schema.get(name) != dtype:
            found = frame.schema.get(name, "no such column")
            message = f"{what} needs a column {name!r} of {dtype}; found {found}."
            raise SchemaError(message)


def _refuse_nulls(frame: pl.DataFrame, columns: Iterable[str], what: str) -> None:
    for name in columns:
        if nulls := frame[name].null_count():
            message = f"{what} has {nulls} nulls in column {name!r}, which must have none."
            raise SchemaError(message)
