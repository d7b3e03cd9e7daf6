"""What the statements of a ledger come to, per customer and scope: folded once, asked about any purpose afterwards.

The rules are those of `decision`. Texts are turned into numbers first, so that every step is one over whole columns.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import polars as pl

from unified_customer.core.kinds import RECORD
from unified_customer.policy.decision import CONSENT_TRACK, GUARDIAN, MEANING, STRICTNESS, check_instant
from unified_customer.policy.grounds import EXPIRED, NEEDS_GUARDIAN, SHARED
from unified_customer.policy.sharing import CUSTOMER, SCOPE, SUBJECT, YES_STATUS

STATUS: Final = pl.Enum(list(MEANING))
_WORDS_OF_STATUS: Final = pl.Series([STRICTNESS.index(word) for word in MEANING.values()], dtype=pl.UInt8)
_GRANTED: Final = list(MEANING).index("granted")
_YES: Final = [list(MEANING).index(status) for status in YES_STATUS]
_CONSENT: Final = [STRICTNESS.index(word) for word in STRICTNESS if word in CONSENT_TRACK]
_UTTERANCE: Final = ("customer", "status", "scope", "at", "until")


@dataclass(frozen=True)
class Standing:
    """What the customers of a ledger have said, as of an instant.

    Attributes:
        customers: Every customer: `customer_id`, sorted; its row number is what the others call it.
        said: The last that each subject said of each scope: `customer`, `subject`, `scope` (row number in `scopes`),
            `word` (place in `STRICTNESS`), `at` (microseconds); several words where they were said at one time.
        unheard: Each yes that does not count, with the reason: `customer`, `scope`, `reason`.
        scopes: Every scope that something was said of: `purpose`, `channel`, `recipient`.
    """

    customers: pl.DataFrame
    said: pl.DataFrame
    unheard: pl.DataFrame
    scopes: pl.DataFrame


def fold(subjects: pl.DataFrame, statements: pl.DataFrame, *, as_of: datetime, guardian: bool = False) -> Standing:
    """Return what statements come to.

    Args:
        subjects: `customer_id`, `subject_kind`, `subject_key`; see `permit`.
        statements: Rows of `consents`, in any order.
        as_of: Only what was stated strictly before counts; with a time zone.
        guardian: Whether only a guardian's yes counts.
    """
    customers, owned = _numbered(subjects)
    past = statements.filter(pl.col("stated_at") < check_instant(as_of))
    codes, scopes = _scopes(past)
    told = _joined(_told(past, codes), owned, SUBJECT).select("subject", "shared", "guardian", *_UTTERANCE)
    heard, unheard = _of_guardians(told) if guardian else (told, told.clear())
    counted, aside = _told_apart(heard)
    silent = [_yet_valid(each, as_of, reason) for each, reason in ((aside, SHARED), (unheard, NEEDS_GUARDIAN))]
    return Standing(customers, _latest(counted, as_of), pl.concat(silent), scopes)


def _numbered(subjects: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the customers, and the subjects with a number, that of their customer, and whether others hold it too."""
    customers = subjects.select(CUSTOMER).unique().sort(CUSTOMER)
    known = subjects.drop_nulls(list(SUBJECT))
    numbers = _joined(known.select(CUSTOMER).with_row_index("row"), customers.with_row_index("customer"), (CUSTOMER,))
    ordered = numbers.sort("customer", "row").with_row_index("subject")
    owned = ordered.select("subject", "customer").with_columns(known[list(SUBJECT)][ordered["row"]])
    return customers, owned.with_columns(shared=_shared(owned))


def _shared(owned: pl.DataFrame) -> pl.Series:
    """Return which identifiers more than one customer holds; records never are."""
    alike = owned.select(_hashed(SUBJECT, 0).is_duplicated() & (pl.col("subject_kind") != RECORD)).to_series()
    held = owned.filter(alike).filter(pl.col("customer").n_unique().over(SUBJECT) > 1)
    return owned["subject"].is_in(held["subject"].implode())


def _scopes(past: pl.DataFrame) -> tuple[pl.Series, pl.DataFrame]:
    """Return the number of each statement's scope, and the scopes by number."""
    texts = {
        name: pl.concat([pl.Series([None], dtype=pl.String), past[name].unique().drop_nulls().sort()]) for name in SCOPE
    }
    code, size = pl.lit(0, dtype=pl.UInt64), 1
    for name, known in texts.items():
        place = pl.col(name).cast(pl.Enum(known[1:])).to_physical().cast(pl.UInt64) + 1
        code, size = code + place.fill_null(0) * size, size * len(known)
    codes = past.select(code).to_series()
    present = codes.unique().sort()
    return pl.Series(present.search_sorted(codes), dtype=pl.UInt32), _spelled(present, texts)


def _spelled(codes: pl.Series, texts: dict[str, pl.Series]) -> pl.DataFrame:
    columns, rest = {}, codes
    for name, known in texts.items():
        columns[name], rest = known.gather(rest % len(known)), rest // len(known)
    return pl.DataFrame(columns)


def _told(past: pl.DataFrame, codes: pl.Series) -> pl.DataFrame:
    by = pl.col("spoken_by") == GUARDIAN if "spoken_by" in past.columns else pl.lit(value=False)
    return past.select(
        *SUBJECT,
        scope=codes,
        status=pl.col("status").cast(STATUS).to_physical(),
        at=pl.col("stated_at").to_physical(),
        until=pl.col("expires_at").to_physical(),
        guardian=by.fill_null(value=False),
    )


def _of_guardians(told: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    unheard = (pl.col("status") == _GRANTED) & ~pl.col("guardian")
    return told.filter(~unheard), told.filter(unheard)


def _told_apart(told: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return what counts, and each yes about a shared identifier that its holder says of nothing else: see `sharing`."""
    is_yes = pl.col("status").is_in(_YES)
    doubtful = told.filter("shared", is_yes)
    if doubtful.is_empty():
        return told, doubtful
    holders = doubtful.select("customer").unique()
    own = told.filter(~pl.col("shared"), is_yes).join(holders, on="customer", how="semi").select(_UTTERANCE)
    heard = doubtful.join(own, on=list(_UTTERANCE), how="semi", nulls_equal=True)
    aside = doubtful.join(own, on=list(_UTTERANCE), how="anti", nulls_equal=True)
    return pl.concat([told.filter(~(pl.col("shared") & is_yes)), heard]), aside


def _latest(told: pl.DataFrame, as_of: datetime) -> pl.DataFrame:
    """Return the last that each subject said of each scope, on the track of consent and on that of restriction."""
    word = pl.when(_over(as_of)).then(STRICTNESS.index(EXPIRED)).otherwise(_WORDS_OF_STATUS.gather(told["status"]))
    said = told.select("customer", "subject", "scope", "at", word=word.cast(pl.UInt8))
    said = said.with_columns(track=pl.col("word").is_in(_CONSENT))
    ordered = said.sort("subject", "scope", "track", "at", "word")
    following = pl.struct("subject", "scope", "track")
    return ordered.filter((following != following.shift(-1)).fill_null(value=True)).drop("track")


def _over(as_of: datetime) -> pl.Expr:
    instant = pl.lit(as_of).cast(pl.Datetime("us", "UTC")).to_physical()
    return (pl.col("status") == _GRANTED) & (pl.col("until") <= instant).fill_null(value=False)


def _yet_valid(told: pl.DataFrame, as_of: datetime, reason: str) -> pl.DataFrame:
    yes = told.filter(pl.col("status") == _GRANTED, ~_over(as_of))
    return yes.select("customer", "scope", reason=pl.lit(reason)).sort("customer")


def _joined(left: pl.DataFrame, right: pl.DataFrame, on: Sequence[str]) -> pl.DataFrame:
    """Join on texts by way of two hashes of 64 bits, together longer than the keys themselves: at a third of the cost."""
    own = left.with_columns(_first=_hashed(on, 0), _second=_hashed(on, 1))
    named = right.select(pl.exclude(on), _first=_hashed(on, 0), _other=_hashed(on, 1))
    found = own.drop(on).join(named, on="_first")
    return found.filter(pl.col("_second") == pl.col("_other")).drop("_first", "_second", "_other")


def _hashed(columns: Sequence[str], half: int) -> pl.Expr:
    hashed = pl.lit(0, dtype=pl.UInt64)
    for place, name in enumerate(columns):
        hashed = hashed ^ pl.col(name).hash(2 * place + half)
    return hashed
