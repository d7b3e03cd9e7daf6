"""What the values of a column say of its role: shares of the distinct values, never the values themselves."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Final

import polars as pl

from unified_customer.connectors.evidence import EMAIL, LETTERS, date_evidence, digits_share, share, texts_of
from unified_customer.identity.hypocorisms import hypocorisms
from unified_customer.identity.matching.role_names import Role
from unified_customer.identity.normalise import countries, genders, name_key

Verdict = tuple[Role, str]

SAMPLE: Final = 2_000
"""Number of distinct values that are looked at, chosen by their content."""

LEGAL_FORM: Final = (
    r"(?i)\b(?:ltd|limited|inc|incorporated|llc|llp|gmbh|plc|corp|s\.?a\.?r\.?l|bv|b\.v\.|s\.?r\.?l|ohg|kg|ag|e\.k\.|e\.v\."
    r"|oy|a/s|aps|sp\. ?z ?o\.? ?o|s\.a\.|s\.l\.|sas|eurl|company|holdings?)(?:\W|$)|&"
)
_WEBSITE: Final = r"(?i)^(?:https?://)?(?:[a-z0-9-]+\.)+[a-z]{2,}(?::\d+)?(?:[/?#]\S*)?$"
_TELEPHONE: Final = r"^\s*(?:\+|0|\(0)|\d[ ()./-]+\d"
_POSTCODE: Final = r"(?i)^(?:[a-z]{1,2}\d[a-z0-9]? ?\d[a-z]{2}|[a-z]\d[a-z] ?\d[a-z]\d|\d{4} ?[a-z]{2}|[a-z]{1,2}-\d{4,5}|\d{5}-\d{4}|\d\d-\d{3})$"
_DATE: Final = (
    r"^(?:(?:1[5-9]|20)\d\d[-/.]?(?:0?[1-9]|1[0-2])[-/.]?(?:0?[1-9]|[12]\d|3[01])"
    r"|(?:0?[1-9]|[12]\d|3[01])[-/. ]+(?:0?[1-9]|[12]\d|3[01]|[A-Za-z]{3,9})[-/. ]+(?:1[5-9]|20)\d\d)$"
)
_CODE: Final = r"^[\p{L}\d][\p{L}\d ./_:-]*$"
_PREFIXED: Final = r"^[A-Za-z]{0,4}[ -]?(?:\d[ ./-]?){5,}[A-Za-z]{0,3}\d{0,3}$"
_WHOLE_NUMBER: Final = r"^-?\d+$"
_NUMBER: Final = r"^[+-]?\d*[.,]?\d+(?:[eE][+-]?\d+)?$"
_YES_OR_NO: Final = r"(?i)^(?:true|false|t|f|yes|no|y|n|0|1|-1|ja|nein|oui|non|si|on|off|x|wahr|falsch|vrai|faux)$"
_FEW: Final = 100
_FEWEST_YEARS: Final = 15
"""Birth dates of a population are spread over so many years or more; those of what happened to them seldom are."""


@dataclass(frozen=True)
class Profile:
    """A column, summed up once.

    Attributes:
        rows: Number of rows.
        filled: Number of rows with a value.
        distinct: Number of different values.
        sample: Some of the different values as text, the same ones whatever the order of the rows.
    """

    rows: int
    filled: int
    distinct: int
    sample: pl.Series

    @classmethod
    def of(cls, values: pl.Series) -> "Profile":
        """Sum up a column of any plain type."""
        texts = texts_of(values)
        different = texts.unique()
        return cls(len(values), len(texts), len(different), _some(different))

    def share(self, pattern: str) -> float:
        """Return the share of the different values that match."""
        return share(self.sample, pattern)

    @property
    def repeats(self) -> float:
        """How often a value comes, on average."""
        return self.filled / self.distinct if self.distinct else 0.0

    @property
    def is_key(self) -> bool:
        """Whether every row has a value of its own."""
        return 1 < self.rows == self.distinct

    @property
    def is_flag(self) -> bool:
        """Whether the values say yes or no."""
        return 0 < self.distinct <= 3 and self.share(_YES_OR_NO) == 1

    @property
    def same_length(self) -> float:
        """The share of the values that have the most common length."""
        lengths = self.sample.str.len_chars().value_counts()["count"]
        return int(lengths.max() or 0) / len(self.sample) if len(self.sample) else 0.0  # type: ignore[arg-type]  # it is a number

    @cached_property
    def words(self) -> pl.Series:
        """The words of each value."""
        return name_key(self.sample).drop_nulls().str.split(" ")

    @property
    def known_given_names(self) -> float:
        """The share of the values that begin with a given name that is known."""
        if self.words.is_empty():
            return 0.0
        known = self.words.list.first().is_in(_given_names())
        return float(known.mean() or 0.0)  # type: ignore[arg-type]  # the mean of truth values is a number

    def word_share(self, least: int, most: int) -> float:
        """Return the share of the values that have so many words."""
        return _mean(self.words.list.len().is_between(least, most))


def _some(different: pl.Series) -> pl.Series:
    if len(different) <= SAMPLE:
        return different.sort()
    return pl.DataFrame({"text": different, "at": different.hash(seed=1)}).bottom_k(SAMPLE, by="at")["text"].sort()


def _mean(truths: pl.Series) -> float:
    return float(truths.mean() or 0.0) if len(truths) else 0.0  # type: ignore[arg-type]  # as above


@lru_cache(maxsize=1)
def _given_names() -> tuple[str, ...]:
    from nicknames import NickNamer

    return tuple(sorted({*NickNamer().nickname_lookup, *hypocorisms()}))


def agrees(role: Role, profile: Profile) -> bool:
    """Say whether the values of a column can have the role that its name says."""
    test = _TESTS.get(role)
    return test is None or test(profile)


def _is_date(profile: Profile) -> bool:
    digits = (
        profile.share(r"^\D*\d{1,4}\D+\d{1,2}\D+\d{1,4}\b") + profile.share(r"^\d{8}$") + profile.share(r"[a-z].*\d{4}")
    )
    return max(date_evidence(profile.sample).share, min(1.0, digits)) >= 0.5


_TESTS: Final[Mapping[Role, Callable[[Profile], bool]]] = {
    "email": lambda profile: profile.share("@") >= 0.5,
    "phone": lambda profile: digits_share(profile.sample.str.replace(r"(?i)(?:ext|x)[. ]*\d+$", "")) >= 0.5,
    "birth_date": _is_date,
    "postcode": lambda profile: profile.share(r"^.{2,12}$") >= 0.7 and profile.share(r"\d") >= 0.4,
    "website": lambda profile: profile.share(r"\w\.\w") >= 0.5,
    "gender": lambda profile: _mean(genders(profile.sample).is_not_null()) >= 0.3 or profile.distinct <= 10,
    "country": lambda profile: _mean(countries(profile.sample).is_not_null()) >= 0.2 or profile.share(LETTERS) >= 0.8,
    "house_number": lambda profile: profile.share(r"\d") >= 0.5 and profile.share("^.{1,12}$") >= 0.7,
} | dict.fromkeys(
    ("given_name", "family_name", "full_name", "city", "street", "organisation"),
    lambda profile: profile.share(LETTERS) >= 0.5 and profile.share("@") < 0.5,
)


def role_of_values(profile: Profile) -> Verdict:
    """Return the role of a column whose name says nothing, and why."""
    return next(found for judge in _JUDGES if (found := judge(profile)))


def _contact(profile: Profile) -> Verdict | None:
    for role, pattern, what in (("email", EMAIL, "e-mail addresses"), ("website", _WEBSITE, "web addresses")):
        if (portion := profile.share(pattern)) >= 0.7:
            return ("email" if role == "email" else "website"), f"{portion:.0%} of the values are {what}"
    return None


def _date(profile: Profile) -> Verdict | None:
    found = date_evidence(profile.sample)
    portion = max(found.share, profile.share(_DATE))
    if portion < 0.7:
        return None
    if found.timed or _years(profile.sample) < _FEWEST_YEARS:
        return "ignored", "dates or times, but not spread as births are"
    return "birth_date", f"{portion:.0%} of the values are dates, spread over many years"


def _years(texts: pl.Series) -> int:
    """Return over how many years the middle four fifths of the dates are spread."""
    years = texts.str.extract(r"(?:^|\D)((?:1[5-9]|20)\d\d)(?:\D|$)").fill_null(
        texts.str.extract(r"^((?:1[5-9]|20)\d\d)\d{4}$")
    )
    numbers = years.drop_nulls().cast(pl.Int32)
    return int((numbers.quantile(0.9) or 0) - (numbers.quantile(0.1) or 0))


def _few(profile: Profile) -> Verdict | None:
    if profile.distinct <= _FEW and profile.repeats >= 5 and profile.share("^.{1,60}$") == 1:
        return "category", f"{profile.distinct} different values"
    return None


def _phone(profile: Profile) -> Verdict | None:
    portion = digits_share(profile.sample)
    if portion >= 0.8 and profile.share(_TELEPHONE) >= 0.6 and profile.share(r"(?:\d\D*){8}") >= 0.6:
        return "phone", f"{portion:.0%} of the values can be telephone numbers"
    return None


def _postcode(profile: Profile) -> Verdict | None:
    certain = profile.share(_POSTCODE)
    portion = certain + profile.share(r"^\d{4,5}$")
    if portion >= 0.8 and (certain >= 0.3 or (profile.same_length >= 0.95 and profile.repeats >= 1.5)):
        return "postcode", f"{portion:.0%} of the values have the form of postcodes"
    return None


def _number(profile: Profile) -> Verdict | None:
    if profile.share(_NUMBER) < 0.95:
        return None
    long = profile.share(_WHOLE_NUMBER) == 1 and profile.share(r"^\d{5,}$") >= 0.9 and profile.same_length >= 0.9
    if long and profile.repeats < 5:
        return "identifier", "numbers of one length, mostly different"
    return "ignored", "numbers that count or measure"


def _code(profile: Profile) -> Verdict | None:
    shaped = profile.share(_PREFIXED) >= 0.9 or min(profile.share(r"^\S+$"), profile.share(_CODE)) >= 0.9
    if shaped and profile.share(r"\d") >= 0.8 and profile.repeats < 5 and profile.share("^.{4,64}$") >= 0.9:
        return "identifier", "codes of letters and digits, mostly different"
    return None


def _person(profile: Profile) -> Verdict | None:
    portion = profile.known_given_names
    if portion < 0.25 or profile.share(r"\d") > 0.1 or profile.share(LEGAL_FORM) > 0.05:
        return None
    if profile.word_share(2, 4) >= 0.7:
        return "full_name", f"{portion:.0%} of the values begin with a known given name"
    if profile.word_share(1, 1) >= 0.6:
        return "given_name", f"{portion:.0%} of the values are known given names"
    return None


def _organisation(profile: Profile) -> Verdict | None:
    portion = profile.share(LEGAL_FORM)
    return (
        ("organisation", f"{portion:.0%} of the values have a legal form or an ampersand") if portion >= 0.2 else None
    )


def _street(profile: Profile) -> Verdict | None:
    portion = profile.share(r"^\d+\w? +\p{L}{2,}|\p{L}{3,}\.? \d+ ?\p{L}?$")
    return (
        ("street", f"{portion:.0%} of the values are words with a number before or after") if portion >= 0.8 else None
    )


def _text(_: Profile) -> Verdict:
    return "text", "words that nothing else explains"


_JUDGES: Final[tuple[Callable[[Profile], Verdict | None], ...]] = (
    _contact, _date, _postcode, _few, _phone, _number, _code, _person, _organisation, _street, _text,
)  # fmt: skip
