"""Values that stand in a field and identify nobody."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import polars as pl

from unified_customer.core.errors import ConfigurationError
from unified_customer.identity.normalise.distinct import as_text, each_distinct, formed

Kind = Literal["any", "email", "phone", "name", "date", "postcode", "address", "id"]


@dataclass(frozen=True, slots=True)
class JunkPattern:
    """A kind of value that identifies nobody.

    Attributes:
        reason: What such values are, in words.
        pattern: Regular expression (Rust syntax) of the whole value, lower-cased and stripped.
    """

    reason: str
    pattern: str


def _same(least: int) -> str:
    return "|".join(f"{digit}{{{least},}}" for digit in range(10))


_STAND_INS = (
    "null none n/a #n/a undefined undef unknown unbekannt inconnu desconocido missing empty nobody noone no[_-]?one "
    "anonymous anonym anon tbd tba tbc todo test testing tests dummy fake example default xxx+ asdf+ qwertz qwerty foo bar "
    r"foobar abc abcdef false true \?+ not[_-]?(?:available|applicable|known|provided|given|set|specified) "
    r"keine? keine[_]angabe k\.a\. n\.v\. sin[_]nombre"
)
_MAILBOXES = (
    "no[._-]?reply|do[._-]?not[._-]?reply|mailer-daemon|no[._-]?e?-?mail|null|none|unknown|anonymous|anon|nobody|noone|"
    r"test(?:ing|er|mail|user)?\d{0,3}|dummy|fake|example|sample|spam|asdf+|qwertz?y?|xxx+|foo|bar|foobar|your\.?name"
)
_NO_DOMAIN = "test|none|null|no-?e?-?mail|unknown|fake|dummy|asdf|nowhere|domain"
_ANY = (
    JunkPattern("nothing but spaces", ""),
    JunkPattern("nothing but punctuation", r"[\p{P}\p{S}\s]+"),
    JunkPattern("nothing but zeros and hyphens", r"[0-]+"),
    JunkPattern("minus one, which programs write for nothing", r"-1(?:\.0)?"),
    JunkPattern("a word for nothing", "|".join(_STAND_INS.split()).replace("_", r" _")),
    JunkPattern("a word for nothing that is also a name", "na|nan|nil|blank|void|sample"),
    JunkPattern("one digit over and over", _same(4)),
    JunkPattern("digits in a row", r"12345(?:6(?:7(?:89?0?)?)?)?|0123456(?:7(?:89?)?)?|9876543(?:2(?:10?)?)?"),
    JunkPattern("nines, which programs write for nothing", r"9{3,}"),
)
_OF_KIND: dict[str, tuple[JunkPattern, ...]] = {
    "email": (
        JunkPattern("a mailbox of nobody or of everybody", rf"(?:{_MAILBOXES})(?:\+[^@]*)?@[^@]+"),
        JunkPattern("a domain that stands for none", rf"[^@]+@(?:{_NO_DOMAIN})\.[a-z]{{2,7}}"),
    ),
    "phone": (
        JunkPattern("one digit over and over", rf"\+?\d{{0,3}}(?:{_same(7)})"),
        JunkPattern("digits in a row", r"\+?\d{0,3}(?:123456789\d?|9876543210?)|12345678?"),
        JunkPattern("five digits or fewer", r"\+?\d{1,5}"),
    ),
    "name": (
        JunkPattern(
            "a word for nobody",
            r"(?:no|first|last|given|family|sur|your|full|my|vor|nach)[ _-]?names?|fname|lname|customer|"
            r"client|user|admin|administrator|john doe|jane doe|max mustermann|erika mustermann|mustermann|"
            r"walk[ -]?in(?: customer)?|cash (?:customer|sale)|laufkunde|barverkauf|mr|mrs|ms|herr|frau|"
            r"test\w*(?: test\w*)*|anonymous (?:user|customer)|unknown (?:user|customer)|dear customer|valued customer",
        ),
        JunkPattern("one letter over and over", "|".join(f"{letter}{{3,}}" for letter in "abcdefghijklmnopqrstuvwxyz")),
        JunkPattern("nothing but digits", r"\d+"),
    ),
    "date": (
        JunkPattern("where the calendar of a program begins", "(?:0001|1753|1900|1970)-01-01|1899-12-3[01]"),
        JunkPattern("where the calendar of a program ends", "(?:2099|2999|9999)-12-31"),
    ),
    "postcode": (JunkPattern("a stand-in", r"x+|00000|99999|12345(?:-?0000|-?6789)?|zz\d* ?\d*zz|aa1 ?1aa"),),
    "address": (
        JunkPattern("a stand-in", r"(?:(?:some|any|my|your|test)[ _-]?)?(?:street|address|adresse|city|town) ?\d*"),
        JunkPattern("no fixed address", r"no fixed (?:abode|address)|homeless|ohne festen wohnsitz|poste restante"),
    ),
    "id": (JunkPattern("a row of zeros in groups", r"0{8}-0{4}-0{4}-0{4}-0{12}"), JunkPattern("one sign", r".")),
    "any": (),
}
# What is the real thing more often than a stand-in.
_NOT_JUNK_IN = {
    "date": {"digits in a row"},
    "postcode": {"one digit over and over", "digits in a row"},
    "name": {"a word for nothing that is also a name"},
}


def junk_values(kind: Kind = "any") -> tuple[JunkPattern, ...]:
    """The patterns of values that identify nobody.

    Args:
        kind: What the value is meant to be; "any" has those that all kinds share.

    Returns:
        The patterns that `is_junk` uses for the kind, each with its reason.

    Raises:
        ConfigurationError: The kind is not known.

    Examples:
        >>> [pattern.reason for pattern in junk_values("phone")][-1]
        'five digits or fewer'
    """
    if kind not in _OF_KIND:
        raise ConfigurationError(f"A kind of junk is one of {', '.join(sorted(_OF_KIND))}; found {kind!r}.")
    left_out = _NOT_JUNK_IN.get(kind, set())
    return tuple(pattern for pattern in _ANY if pattern.reason not in left_out) + _OF_KIND[kind]


def is_junk(values: pl.Series, kind: Kind = "any") -> pl.Series:
    """Tell whether values identify nobody.

    Works on raw and on normalised values: case and surrounding spaces do not count, nor does punctuation in telephone
    numbers. See `junk_values` for the patterns.

    Args:
        values: Text; dates also as Date.
        kind: What the values are meant to be.

    Returns:
        Boolean of the same length and order; null where the value is null.

    Raises:
        ConfigurationError: The kind is not known.

    Examples:
        >>> is_junk(pl.Series(["N/A", "noreply@shop.com", "ann@shop.com", None]), "email").to_list()
        [True, True, False, None]
        >>> is_junk(pl.Series(["+49 000 0000000", "0123456789", "+49 30 1234 5678"]), "phone").to_list()
        [True, True, False]
    """
    text = values.cast(pl.String) if values.dtype == pl.Date else as_text(values)
    return each_distinct(text, lambda distinct: formed(distinct, lambda each: junk_in(each, kind)), dtype=pl.Boolean)


def junk_in(text: pl.Expr, kind: Kind) -> pl.Expr:
    """Return the expression of `is_junk`."""
    return _bare(text, kind).str.contains(_pattern(kind))


@lru_cache(maxsize=16)
def _pattern(kind: Kind) -> str:
    return "^(?:" + "|".join(f"(?:{junk.pattern})" for junk in junk_values(kind)) + ")$"


def _bare(text: pl.Expr, kind: Kind) -> pl.Expr:
    bare = text.str.to_lowercase().str.strip_chars()
    if kind != "phone":
        return bare
    digits = bare.str.replace_all(r"[\s().\-/]", "")
    return pl.when(digits.str.contains(r"^\+?\d+$")).then(digits).otherwise(bare)
