"""What the statements of a ledger come to, per customer and scope: folded once, asked about any purpose afterwards.

The rules are those of `decision`. Texts are turned into numbers first, so that every step is one over whole columns.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from unified_customer.core.kinds import RECORD
from unified_customer.policy.decision import CONSENT_TRACK, GUARDIAN, MEANING, STRICTNESS, check_instant
from unified_customer.policy.grounds import EXPIRED, NEEDS_GUARDIAN, SHARED
from unified_customer.policy.sharing import CUSTOMER, SCOPE, SUBJECT, YES_STATUS

Flags = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.uint32]

STATUS: Final = pl.Enum(list(MEANING))
_WORDS_OF_STATUS: Final = pl.Series([STRICTNESS.index(word) for word in MEANING.values()], dtype=pl.UInt8)
_GRANTED: Final = list(MEANING).index("granted")
_YES: Final = [list(MEANING).index(status) for status in YES_STATUS]
_CONSENT: Final = [STRICTNESS.index(word) for word in STRICTNESS if word in CONSENT_TRACK]
_UTTERANCE: Final = ("customer", "status", "scope", "at", "until")
_WORD_BITS: Final = 3
_SUBJECT_BITS: Final = 32


@dataclass(frozen=True)
class Standing:
    """What the customers of a ledger have said, as of an instant.

    Attributes:
        customers: Every customer: `customer_id`, in no particular order; its row number is what the others call it.
        said: The last that each subject said of each scope: `customer`, `subject`, `scope` (row number in `scopes`),
            `word` (place in `STRICTNESS`), `at` (microseconds); several words where they were said at one time.
        unheard: Each yes that does not count, with the reason: `customer`, `scope`, `reason`.
        scopes: Every scope that something was said of: `purpose`, `channel`, `recipient`.
    """

    customers: pl.DataFrame
    said: pl.DataFrame
    unheard: pl.DataFrame
    scopes: pl.DataFrame


@dataclass(frozen=True)
class Told:
    """What was said, by customer, in numbers; not yet judged.

    Attributes:
        customers: Every customer: `customer_id`, in no particular order; its row number is what the others call it.
        rows: A row for each customer who holds what a statement is about.
        scopes: Every scope that something was said of: `purpose`, `channel`, `recipient`.
        as_of: Only what was stated strictly before is there.
    """

    customers: pl.DataFrame
    rows: pl.DataFrame
    scopes: pl.DataFrame
    as_of: datetime

    def standing(self) -> Standing:
        """Return what it comes to."""
        return self._standing(self.rows, self.rows.clear())

    def standing_of_wards(self, wards: Flags) -> Standing:
        """Return what it comes to where only a guardian's yes counts; of the customers alone for whom `wards` is true."""
        theirs = self.rows.filter(pl.Series(wards[self.rows["customer"].to_numpy()]))
        unheard = (pl.col("status") == _GRANTED) & ~pl.col("guardian")
        return self._standing(theirs.filter(~unheard), theirs.filter(unheard))

    def _standing(self, heard: pl.DataFrame, unheard: pl.DataFrame) -> Standing:
        counted, aside = _told_apart(heard)
        silent = [_yet_valid(each, self.as_of, why) for each, why in ((aside, SHARED), (unheard, NEEDS_GUARDIAN))]
        return Standing(self.customers, _latest(counted, self.as_of), pl.concat(silent), self.scopes)


def told(subjects: pl.DataFrame, statements: pl.DataFrame, *, as_of: datetime) -> Told:
    """Return what statements say of whom.

    Args:
        subjects: `customer_id`, `subject_kind`, `subject_key`; see `permit`.
        statements: Rows of `consents`, in any order.
        as_of: Only what was stated strictly before counts; with a time zone.
    """
    past = statements.filter(pl.col("stated_at") < check_instant(as_of))
    customers, owned = _numbered(subjects, past["subject_kind"].unique())
    codes, scopes = _scopes(past)
    return Told(customers, _said(past, codes, owned), scopes, as_of)


def _numbered(subjects: pl.DataFrame, kinds: pl.Series) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the customers, and the subjects of some kinds, numbered in the order of customers, and who shares them."""
    known = pl.col("subject_kind").is_in(kinds.implode()) & pl.col("subject_key").is_not_null()
    order, starts = _ordered(subjects[CUSTOMER])
    customers = subjects.select(CUSTOMER)[order[starts]]
    number = np.cumsum(starts, dtype=np.uint32) - np.uint32(1)
    numbers = pl.DataFrame({"row": order.astype(np.uint32), "customer": number}).with_row_index("subject").sort("row")
    owned = subjects.select(SUBJECT).with_columns(numbers.select("customer", "subject")).filter(known)
    return customers, owned.with_columns(shared=_shared(owned))


def _ordered(ids: pl.Series, *, seed: int = 0) -> tuple[Rows, Flags]:
    """Return an order in which equal ids lie together, and where each id begins: the order of a hash, as it is cheap."""
    first, second = (ids.hash(seed + half).to_numpy() for half in (0, 1))
    order = pl.Series(first).arg_sort().to_numpy()
    starts, others = (_begins(hashed[order]) for hashed in (first, second))
    two_of_one_hash = (others & ~starts).any()
    return _ordered(ids, seed=seed + 2) if two_of_one_hash else (order, starts)


def _shared(owned: pl.DataFrame) -> pl.Series:
    """Return which identifiers more than one customer holds; records never are."""
    identifiers = owned.with_row_index("row").filter(pl.col("subject_kind") != RECORD)
    alike = identifiers.filter(identifiers.select(_hashed(SUBJECT, 0).is_duplicated()).to_series())
    held = alike.filter(pl.col("customer").n_unique().over(SUBJECT) > 1)
    shared = np.zeros(owned.height, dtype=np.bool_)
    shared[held["row"].to_numpy()] = True
    return pl.Series(shared)


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


def _said(past: pl.DataFrame, codes: pl.Series, owned: pl.DataFrame) -> pl.DataFrame:
    """Return what was said by whom, in numbers: a row for each customer who holds what a statement is about."""
    by = pl.col("spoken_by") == GUARDIAN if "spoken_by" in past.columns else pl.lit(value=False)
    said = past.select(
        scope=codes,
        status=pl.col("status").cast(STATUS).to_physical(),
        at=pl.col("stated_at").to_physical(),
        until=pl.col("expires_at").to_physical(),
        guardian=by.fill_null(value=False),
    )
    found = _matched(past.select(SUBJECT), owned.select(SUBJECT), SUBJECT)
    return said[found["left"]].with_columns(owned.select("customer", "subject", "shared")[found["right"]])


def _told_apart(rows: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return what counts, and each yes about a shared identifier that its holder says of nothing else: see `sharing`."""
    is_yes = pl.col("status").is_in(_YES)
    doubtful = rows.filter("shared", is_yes)
    if doubtful.is_empty():
        return rows, doubtful
    holders = doubtful.select("customer").unique()
    own = rows.filter(~pl.col("shared"), is_yes).join(holders, on="customer", how="semi").select(_UTTERANCE)
    heard = doubtful.join(own, on=list(_UTTERANCE), how="semi", nulls_equal=True)
    aside = doubtful.join(own, on=list(_UTTERANCE), how="anti", nulls_equal=True)
    return pl.concat([rows.filter(~(pl.col("shared") & is_yes)), heard]), aside


def _latest(rows: pl.DataFrame, as_of: datetime) -> pl.DataFrame:
    """Return the last that each subject said of each scope, on the track of consent and on that of restriction.

    What is said of one thing is a number, and so is when and how strictly it was said: the last is the greatest.
    """
    word = pl.when(_over(as_of)).then(STRICTNESS.index(EXPIRED)).otherwise(_WORDS_OF_STATUS.gather(rows["status"]))
    track = word.is_in(_CONSENT).cast(pl.UInt64)
    numbered = rows.select(
        of=pl.col("subject").cast(pl.UInt64) * 2**_SUBJECT_BITS + pl.col("scope").cast(pl.UInt64) * 2 + track,
        last=pl.col("at") * 2**_WORD_BITS + word.cast(pl.Int64),
        customer="customer",
    )
    of, starts, order = _grouped(numbered["of"])
    last = np.maximum.reduceat(numbered["last"].to_numpy()[order], starts) if len(of) else np.empty(0, dtype=np.int64)
    return pl.DataFrame(
        {
            "customer": numbered["customer"].to_numpy()[order[starts]],
            "subject": (of >> _SUBJECT_BITS).astype(np.uint32),
            "scope": ((of & (2**_SUBJECT_BITS - 1)) >> 1).astype(np.uint32),
            "at": last >> _WORD_BITS,
            "word": (last & (2**_WORD_BITS - 1)).astype(np.uint8),
        }
    )


def _grouped(values: pl.Series) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.intp], Rows]:
    """Return the distinct values in order, where each group begins, and the order in which rows lie in groups."""
    order = values.arg_sort().to_numpy()
    ordered = values.to_numpy()[order]
    starts = np.flatnonzero(_begins(ordered))
    return ordered[starts], starts, order


def _begins(ordered: npt.NDArray[np.uint64]) -> Flags:
    """Return which values differ from the one before."""
    begins = np.ones(len(ordered), dtype=np.bool_)
    begins[1:] = ordered[1:] != ordered[:-1]
    return begins


def _over(as_of: datetime) -> pl.Expr:
    instant = pl.lit(as_of).cast(pl.Datetime("us", "UTC")).to_physical()
    return (pl.col("status") == _GRANTED) & (pl.col("until") <= instant).fill_null(value=False)


def _yet_valid(rows: pl.DataFrame, as_of: datetime, reason: str) -> pl.DataFrame:
    yes = rows.filter(pl.col("status") == _GRANTED, ~_over(as_of))
    return yes.select("customer", "scope", reason=pl.lit(reason)).sort("customer")


def _matched(left: pl.DataFrame, right: pl.DataFrame, on: Sequence[str]) -> pl.DataFrame:
    """Return the row numbers of a join on texts, `left` and `right`, by way of two hashes of 64 bits.

    Together these are longer than the keys themselves, and cost a third of comparing texts.
    """
    rows = left.select(
        pl.int_range(pl.len(), dtype=pl.UInt32).alias("left"), _first=_hashed(on, 0), _second=_hashed(on, 1)
    )
    others = right.select(
        pl.int_range(pl.len(), dtype=pl.UInt32).alias("right"), _first=_hashed(on, 0), _other=_hashed(on, 1)
    )
    found = rows.join(others, on="_first")
    return found.filter(pl.col("_second") == pl.col("_other")).select("left", "right")


def _hashed(columns: Sequence[str], half: int) -> pl.Expr:
    hashed = pl.lit(0, dtype=pl.UInt64)
    for place, name in enumerate(columns):
        hashed = hashed ^ pl.col(name).hash(2 * place + half)
    return hashed
