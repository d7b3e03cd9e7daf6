"""The parts of a person's name, forms of address, and gender as a source states it."""

from dataclasses import fields
from functools import lru_cache

import polars as pl

from unified_customer.identity.normalise.distinct import as_text, each_distinct, look_up
from unified_customer.identity.normalise.lettering import cleaned, folded
from unified_customer.identity.normalise.vocabulary import GENDERS, HONORIFICS, by_word

NAME_PARTS = ("honorific", "given_name", "middle_name", "family_name", "suffix", "nickname", "maiden_name")
"""The fields of `split_full_names`."""

_PARTS = pl.Struct(dict.fromkeys(NAME_PARTS, pl.String))
_WORD = r"\p{Latin}{2,}(?:-\p{Latin}{2,})*"
_PLAIN = rf"^{_WORD}(?: {_WORD}){{1,2}}$"
# Capitals after a comma may be letters after the name (", RN"), known or not.
_REVERSED = rf"^{_WORD}, \p{{Lu}}?\p{{Ll}}+$"
_ROMAN = "^[ivxlcdm]+$"
_LONGEST = 1000


def split_full_names(values: pl.Series) -> pl.Series:
    """Split full names into their parts.

    "Last, First", titles, particles ("van der", "de la"), suffixes, nicknames in quotes or brackets and maiden names
    after "née" are understood. A single word is taken as a given name, as nameparser does. Chinese and Korean names
    are read family name first.

    Args:
        values: Full names as found; they are cleaned as by `names` first.

    Returns:
        Struct with the String fields of `NAME_PARTS`, of the same length and order. Parts that a name has not are
        null; a null or blank value gives a null struct.

    Examples:
        >>> parts = split_full_names(pl.Series(["Dr. Ludwig van Beethoven", "Doe, Jane", None]))
        >>> parts.struct.field("family_name").to_list()
        ['van Beethoven', 'Doe', None]
        >>> parts.struct.field("honorific").to_list()
        ['Dr.', None, None]
    """
    return each_distinct(as_text(values), _split, dtype=_PARTS)


def _split(values: pl.Series) -> pl.Series:
    frame = pl.DataFrame({"name": cleaned(values)}).with_row_index("row")
    plain, other = _apart(frame)
    found = [name_parts_by_library(name) for name in other["name"]]
    split = pl.DataFrame(found, schema=dict.fromkeys(NAME_PARTS, pl.String), orient="row")
    rows = pl.concat([plain, pl.concat([other.select("row"), split], how="horizontal")])
    complete = frame.select("row").join(rows, on="row", how="left", maintain_order="left")
    some = pl.any_horizontal(pl.col(part).is_not_null() for part in NAME_PARTS)
    return complete.select(pl.when(some).then(pl.struct(NAME_PARTS)).alias("parts"))["parts"]


def _apart(frame: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Split off the names of two or three plain words, none of them in the library's vocabulary."""
    name, words = pl.col("name"), pl.col("name").str.split_exact(" ", 2).struct
    first, second, third = (words.field(f"field_{place}") for place in range(3))
    reverse = name.str.contains(_REVERSED)
    plain = (name.str.contains(_PLAIN) | reverse) & ~_has_meaning(first.str.strip_suffix(","), second, third)
    read = frame.filter(name.is_not_null()).with_columns(plain.alias("plain"))
    parts = dict.fromkeys(NAME_PARTS, pl.lit(None, pl.String)) | {
        "given_name": pl.when(reverse).then(second).otherwise(first),
        "middle_name": pl.when(third.is_not_null()).then(second),
        "family_name": pl.when(reverse).then(first.str.strip_suffix(",")).otherwise(pl.coalesce(third, second)),
    }
    return read.filter("plain").select("row", **parts), read.filter(~pl.col("plain")).select("row", "name")


def _has_meaning(*words: pl.Expr) -> pl.Expr:
    vocabulary = pl.Series(sorted(_vocabulary())).implode()
    lowered = [word.str.to_lowercase() for word in words]
    known = [word.is_in(vocabulary) | word.str.contains(_ROMAN) for word in lowered]
    return pl.any_horizontal(found.fill_null(value=False) for found in known)


@lru_cache(maxsize=1)
def _vocabulary() -> frozenset[str]:
    """Every word, and part of a word, that nameparser reads as something else than a plain name."""
    from nameparser import Lexicon

    lexicon = Lexicon.default()
    groups = (getattr(lexicon, field.name) for field in fields(lexicon))
    entries = " ".join(entry for group in groups if isinstance(group, frozenset) for entry in group)
    bare = entries.replace(".", "").replace("-", " ").replace("'", "")
    return frozenset(f"{entries} {bare}".lower().split())


def name_parts_by_library(name: str) -> tuple[str | None, ...]:
    """Split one cleaned name with nameparser; the oracle of `split_full_names`.

    Args:
        name: A name as `names` returns it.

    Returns:
        The parts in the order of `NAME_PARTS`.
    """
    from nameparser import parse

    if len(name) > _LONGEST:
        return (None,) * len(NAME_PARTS)
    parsed = parse(name)
    found = (parsed.title, parsed.given, parsed.middle, parsed.family, parsed.suffix, parsed.nickname, parsed.maiden)
    return tuple(part or None for part in found)


def honorifics(values: pl.Series) -> pl.Series:
    """Bring forms of address to one spelling.

    Args:
        values: The content of a title or salutation column, in English or a major European language. Several forms
            are read together ("Frau Prof. Dr.").

    Returns:
        String of the same length and order, words of mr, mrs, ms, miss, mx, dr, prof, sir, dame, lord, lady, rev,
        hon, ing, dipl and mag; null where the value is null or any of its words is unknown.

    Examples:
        >>> honorifics(pl.Series(["MR.", "Frau Prof. Dr.", "Captain"])).to_list()
        ['mr', 'mrs prof dr', None]
    """
    return each_distinct(as_text(values), _honorifics)


def _honorifics(values: pl.Series) -> pl.Series:
    words = pl.DataFrame({"word": folded(values).str.split(" ")}).with_row_index("row").explode("word")
    known = words.with_columns(look_up(words["word"], by_word(HONORIFICS)))
    complete = pl.when(pl.col("word").is_not_null().all()).then(pl.col("word").str.join(" "))
    return known.group_by("row", maintain_order=True).agg(complete)["word"]


def genders(values: pl.Series) -> pl.Series:
    """Read what a source says of a person's gender.

    Words, initials and forms of address of a dozen European languages are understood: f, w, weiblich, femme, mujer,
    Mrs, Frau; m, h, man, männlich, homme, hombre, Mr, Herr; d, x, divers, non-binary, Mx. A word that is not known,
    "unknown" among them, gives null and never "other". The digits of ISO/IEC 5218 give null, because sources use the
    same digits in other ways; map them in the source.

    Args:
        values: Text.

    Returns:
        String of the same length and order: "female", "male", "other" or null.

    Examples:
        >>> genders(pl.Series(["W", "Mr.", "non-binary", "unknown", None])).to_list()
        ['female', 'male', 'other', None, None]
    """
    return each_distinct(as_text(values), lambda distinct: look_up(folded(distinct), by_word(GENDERS)))
