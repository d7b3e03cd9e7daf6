"""The consent decision for frames that live elsewhere: in DuckDB, on Spark, in a warehouse.

The same rules as `decision.decide`, which explains them, as joins and aggregations in narwhals expressions, so that
nothing is moved to be decided on.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from itertools import product
from typing import Any, Final, NamedTuple

import narwhals as nw
from narwhals.typing import IntoFrame

from unified_customer.core.models.purposes import EVERY_PURPOSE, ancestors
from unified_customer.policy import sharing
from unified_customer.policy.decision import (
    ALLOWING,
    CONSENT_TRACK,
    GUARDIAN,
    MEANING,
    NO,
    RESTRICTION_TRACK,
    STRICTNESS,
    YES,
    check_instant,
    reason_for,
)
from unified_customer.policy.grounds import (
    EXPIRED,
    HEEDED,
    NEEDS_GUARDIAN,
    NO_STATEMENT,
    SHARED,
    WORDS,
    Ground,
)
from unified_customer.policy.places import spellings
from unified_customer.policy.policy import Policy
from unified_customer.policy.scopes import Request
from unified_customer.policy.sharing import CUSTOMER, SCOPE, SUBJECT, Lazy

READ: Final = (*SUBJECT, *SCOPE, "status", "stated_at", "expires_at", "spoken_by")
GROUND: Final = "ground"


def permit_elsewhere(
    subjects: IntoFrame,
    statements: IntoFrame,
    *,
    request: Request,
    policy: Policy,
    as_of: datetime,
    people: IntoFrame | None = None,
) -> Any:
    """Decide on `request` for every customer in `subjects`, where the frames are.

    Args:
        subjects: `customer_id`, `subject_kind`, `subject_key`; see `permit`.
        statements: Rows of `consents`.
        request: What the data are wanted for.
        policy: Names what the purpose rests on.
        as_of: Only what was stated strictly before counts; with a time zone.
        people: `customer_id`, `country`, `region`, `birth_date`; see `permit`.

    Returns:
        A lazy frame of the kind of `subjects` (of frames in memory, such as those of pandas, one of Polars):
        `customer_id`, `allowed`, `reason`, one row per customer, in no particular order.

    Raises:
        ConfigurationError: The purpose is unknown, or `as_of` has no time zone.

    Examples:
        >>> import polars as pl
        >>> from datetime import UTC
        >>> from unified_customer.core.tables import CONSENTS
        >>> owned = pl.LazyFrame({"customer_id": ["a"], "subject_kind": ["email"], "subject_key": ["0" * 24]})
        >>> at = datetime(2026, 1, 1, tzinfo=UTC)
        >>> asked = Request("analytics")
        >>> policy = Policy.quickstart()
        >>> permit_elsewhere(owned, CONSENTS.empty().lazy(), request=asked, policy=policy, as_of=at).collect().rows()
        [('a', True, 'basis:legitimate_interests')]
    """
    at = check_instant(as_of)
    owned, ledger = _lazy(subjects), _lazy(statements)
    asked = _Asked(request, policy, at)
    grounds = asked.grounds()
    customers = _with_grounds(owned.select(CUSTOMER).unique(), people, asked)
    for guardian in sorted({ground == "guardian_consent" for ground in grounds}):
        said = _flags(owned, ledger.select(*READ), asked, guardian=guardian)
        customers = customers.join(said, on=CUSTOMER, how="left")
    reason = nw.lit(None, dtype=nw.String)
    for ground in grounds:
        reason = nw.when(nw.col(GROUND) == ground).then(_reason(ground)).otherwise(reason)
    decided = customers.with_columns(reason=reason)
    return decided.select(CUSTOMER, allowed=nw.col("reason").is_in(sorted(ALLOWING)), reason="reason").to_native()


def _lazy(frame: IntoFrame) -> Lazy:
    """Return a lazy frame where the frame is; what is in memory goes to Polars, as not every library can do all of this."""
    found = nw.from_native(frame)
    return nw.from_native(found.to_polars().lazy()) if isinstance(found, nw.DataFrame) else found.lazy()


class _Asked(NamedTuple):
    request: Request
    policy: Policy
    as_of: datetime

    def ground(self, place: str | None, years: int | None) -> Ground:
        return self.policy.basis_of(self.request.purpose, jurisdiction=place, years=years)

    def situations(self) -> list[tuple[str | None, int | None]]:
        """Return every place and age that may make a difference; an age stands for the band that it begins."""
        if not self.policy.by_person:
            return [(None, None)]
        return list(product([*self.policy.jurisdictions, None], [0, *self.policy.ages, None]))

    def grounds(self) -> list[Ground]:
        return list(dict.fromkeys(self.ground(*each) for each in self.situations()))


# ------------------------------------------------------------------------------------------------- what was said


def _flags(owned: Lazy, ledger: Lazy, asked: _Asked, *, guardian: bool) -> Lazy:
    """Return for each customer of whom something was said which words are said: a column of truth values for each."""
    past = ledger.filter(nw.col("stated_at") < nw.lit(asked.as_of), _touches(asked.request))
    unheard = (nw.col("status") == "granted") & (nw.col("spoken_by") != GUARDIAN).fill_null(value=True)
    heard = past.filter(~unheard) if guardian else past
    subjects, counted, aside = sharing.told_apart(owned, heard, sharing.shared_subjects(owned))
    words = [*(_words_on(track, counted, asked) for track in (CONSENT_TRACK, RESTRICTION_TRACK))]
    said = subjects.join(nw.concat([*words, _unclear(aside, asked, SHARED)]), on=list(SUBJECT), how="inner")
    own = [said.select(CUSTOMER, "said")]
    if guardian:
        silent = _unclear(past.filter(unheard), asked, NEEDS_GUARDIAN)
        own.append(owned.join(silent, on=list(SUBJECT), how="inner").select(CUSTOMER, "said"))
    told = nw.concat(own).with_columns(**{_flag(word, guardian): nw.col("said") == word for word in WORDS[1:]})
    return told.group_by(CUSTOMER).agg(*(nw.col(_flag(word, guardian)).max() for word in WORDS[1:]))


def _flag(word: str, guardian: bool) -> str:  # noqa: FBT001 (it is part of the name)
    return f"{'guarded' if guardian else 'says'}_{word}"


def _unclear(yes: Lazy, asked: _Asked, word: str) -> Lazy:
    """Return the subjects of which a yes does not count that would allow: `subject_kind`, `subject_key`, `said`."""
    speaking = yes.filter(nw.col("status") == "granted", ~_over(asked.as_of), _contains(asked.request))
    return speaking.select(*SUBJECT).unique().with_columns(said=nw.lit(word))


def _over(as_of: datetime) -> nw.Expr:
    return (nw.col("status") == "granted") & (nw.col("expires_at") <= nw.lit(as_of)).fill_null(value=False)


def _words_on(track: Collection[str], statements: Lazy, asked: _Asked) -> Lazy:
    """Return who says what on one track: `subject_kind`, `subject_key`, `said`."""
    status = _translated(nw.col("status"), {each: STRICTNESS.index(word) for each, word in MEANING.items()})
    word = nw.when(_over(asked.as_of)).then(nw.lit(STRICTNESS.index(EXPIRED))).otherwise(status)
    said = statements.select(*SUBJECT, *SCOPE, word=word, at=nw.col("stated_at")).filter(_says(track))
    last = _latest(said, track)
    no = _standing(last.filter(_says(NO)), last.filter(_says(YES)), asked)
    speaking = last.filter(~_says(NO), _contains(asked.request))
    heard = nw.concat([each.select(*SUBJECT, "word") for each in (no, speaking)])
    spelled = _translated(nw.col("word"), {place: word for place, word in enumerate(STRICTNESS) if word in WORDS})
    return heard.select(*SUBJECT, said=spelled).filter(~nw.col("said").is_null())


def _latest(said: Lazy, track: Collection[str]) -> Lazy:
    """Return of each scope of a subject the time of the latest statement, and the strictest word of that time."""
    places = {str(place): place for place, word in enumerate(STRICTNESS) if word in track}
    times = {name: nw.when(nw.col("word") == place).then(nw.col("at")) for name, place in places.items()}
    by = (*SUBJECT, *SCOPE)
    last = (
        said.with_columns(**times).group_by(*by).agg(nw.col(*places).max()).with_columns(at=nw.max_horizontal(*places))
    )
    word = nw.lit(None)
    for name, place in places.items():
        word = nw.when(nw.col(name) == nw.col("at")).then(nw.lit(place)).otherwise(word)
    return last.select(*by, "at", word=word)


def _standing(no: Lazy, yes: Lazy, asked: _Asked) -> Lazy:
    """Leave out each no that a later yes of the same subject lifts."""
    pairs = no.join(yes, on=list(SUBJECT), how="left", suffix="_yes")
    purpose, broad = nw.col("purpose"), nw.col("purpose_yes")
    lifts = (broad == EVERY_PURPOSE) | (purpose == broad) | purpose.str.starts_with(nw.concat_str(broad, nw.lit(".")))
    for part in ("channel", "recipient"):
        lifts &= nw.col(f"{part}_yes").is_null() | (nw.col(part) == nw.col(f"{part}_yes")).fill_null(value=False)
    if asked.policy.narrower_yes == "later":
        lifts |= _contains(asked.request, suffix="_yes")
    lifted = lifts & (nw.col("at_yes") > nw.col("at"))
    marked = pairs.with_columns(lifted=lifted.fill_null(value=False))
    judged = marked.group_by(*SUBJECT, *SCOPE).agg(nw.col("word").max(), nw.col("lifted").any())
    return judged.filter(~nw.col("lifted"))


# ----------------------------------------------------------------------------------------------- scopes and words


def _contains(request: Request, *, suffix: str = "") -> nw.Expr:
    scope = _purpose_above(request, suffix=suffix)
    for part, wanted in (("channel", request.channel), ("recipient", request.recipient)):
        name = f"{part}{suffix}"
        scope &= nw.col(name).is_null() if wanted is None else _all_or(name, wanted)
    return scope


def _touches(request: Request) -> nw.Expr:
    scope = _purpose_above(request) | nw.col("purpose").str.starts_with(f"{request.purpose}.")
    for part, wanted in (("channel", request.channel), ("recipient", request.recipient)):
        scope = scope if wanted is None else scope & _all_or(part, wanted)
    return scope


def _purpose_above(request: Request, *, suffix: str = "") -> nw.Expr:
    return nw.col(f"purpose{suffix}").is_in([*ancestors(request.purpose), EVERY_PURPOSE])


def _all_or(part: str, wanted: str) -> nw.Expr:
    return nw.col(part).is_null() | (nw.col(part) == wanted).fill_null(value=False)


def _says(words: Collection[str]) -> nw.Expr:
    return nw.col("word").is_in([STRICTNESS.index(word) for word in words])


def _translated(column: nw.Expr, table: Mapping[Any, Any]) -> nw.Expr:
    translated = nw.lit(None)
    for found, meant in table.items():
        translated = nw.when(column == found).then(nw.lit(meant)).otherwise(translated)
    return translated


# ------------------------------------------------------------------------------------------- what the purpose rests on


def _with_grounds(customers: Lazy, people: IntoFrame | None, asked: _Asked) -> Lazy:
    if not asked.policy.by_person or people is None:
        return customers.with_columns(ground=nw.lit(asked.ground(None, None)))
    known = _lazy(people).select(CUSTOMER, place=_place(asked.policy), years=_years(asked))
    ground = nw.lit(asked.ground(None, None))
    for place, years in asked.situations():
        here = _is("place", place) & _is("years", years)
        ground = nw.when(here).then(nw.lit(asked.ground(place, years))).otherwise(ground)
    return customers.join(known, on=CUSTOMER, how="left").select(CUSTOMER, ground=ground)


def _is(name: str, value: str | int | None) -> nw.Expr:
    return nw.col(name).is_null() if value is None else (nw.col(name) == value).fill_null(value=False)


def _place(policy: Policy) -> nw.Expr:
    region = nw.col("region").str.strip_chars().str.to_lowercase()
    place = nw.when(nw.col("country").is_in([each for each in policy.jurisdictions if "-" not in each])).then("country")
    found = place.otherwise(nw.lit(None, dtype=nw.String))
    for each in policy.jurisdictions:
        country, _, part = each.partition("-")
        if part:
            here = (nw.col("country") == country) & region.is_in(sorted(spellings(each)))
            found = nw.when(here.fill_null(value=False)).then(nw.lit(each)).otherwise(found)
    return found


def _years(asked: _Asked) -> nw.Expr:
    """Return the age that begins the band that somebody is in."""
    born, day = nw.col("birth_date"), asked.as_of.date()
    month, date_of_month = born.dt.month().cast(nw.Int32), born.dt.day().cast(nw.Int32)
    to_come = month * 100 + date_of_month > day.month * 100 + day.day
    years = nw.lit(day.year) - born.dt.year() - nw.when(to_come).then(nw.lit(1)).otherwise(nw.lit(0))
    band = nw.when(years >= 0).then(nw.lit(0)).otherwise(nw.lit(None))
    for bound in asked.policy.ages:
        band = nw.when(years >= bound).then(nw.lit(bound)).otherwise(band)
    return band


def _reason(ground: Ground) -> nw.Expr:
    reason = nw.lit(reason_for(ground, NO_STATEMENT))
    for word in WORDS[1:]:
        if word in HEEDED[ground]:
            said = nw.col(_flag(word, guardian=ground == "guardian_consent")).fill_null(value=False)
            reason = nw.when(said).then(nw.lit(word)).otherwise(reason)
    return reason
