"""Text as people write it: the cleaned display form and the folded match key."""

import polars as pl

from unified_customer.identity.normalise.distinct import FEW, as_text, ask_each, asking, each_distinct, formed, put

_LINE_ENDS = r"[\t-\r\x1c-\x1f\x{85}\x{2028}\x{2029}]+"
# Zero-width (non-)joiners stay: Persian and several Indic scripts spell names with them.
_INVISIBLE = r"[\p{Cc}\x{ad}\x{200b}\x{200e}\x{200f}\x{202a}-\x{202e}\x{2060}-\x{2069}\x{feff}]"


def cleaned(values: pl.Series) -> pl.Series:
    """Fold whitespace, drop invisible characters and compose (NFC); blank becomes null."""
    text = values.str.replace_all(_LINE_ENDS, " ").str.replace_all(_INVISIBLE, "").str.normalize("NFC")
    text = text.str.replace_all(r"\s+", " ").str.strip_chars()
    return text.replace("", None)


def names(values: pl.Series) -> pl.Series:
    r"""Clean names, or any short text, for display.

    The text is composed (Unicode NFC), runs of whitespace become one space, control and other invisible characters go.
    Upper and lower case stay as they were written: "McDONALD" and "van der Berg" are not for a program to mend.

    Args:
        values: Text.

    Returns:
        String of the same length and order; null where the value is null or blank.

    References:
        Unicode Standard Annex 15 (normalisation forms).

    Examples:
        >>> names(pl.Series(["  Anna\tMARIA ", "Jose\u0301", " "])).to_list()
        ['Anna MARIA', 'José', None]
    """
    return each_distinct(as_text(values), cleaned)


def _to_ascii(values: pl.Series) -> pl.Series:
    from anyascii import anyascii

    if len(values) <= FEW and all(value is None or value.isascii() for value in values):
        return values
    foreign = values.str.len_bytes() != values.str.len_chars()
    if not foreign.any():
        return values
    # Pictographs would be spelt out (":grinning:"), which is not part of anybody's name.
    plain = values.filter(foreign).str.normalize("NFKC").str.replace_all(r"\p{So}", " ")
    return put(values, foreign.arg_true(), ask_each(plain, anyascii))


def folded(values: pl.Series) -> pl.Series:
    """Fold to lower-case ASCII letters, digits and single spaces; null where nothing is left."""
    return formed(values, folding)


def folding(text: pl.Expr) -> pl.Expr:
    """Return the expression of `folded`."""
    letters = asking(text, _to_ascii).str.to_lowercase().str.replace_all("['`\"]", "")
    return letters.str.replace_all(r"[^a-z0-9]+", " ").str.strip_chars(" ").replace("", None)


def name_key(values: pl.Series) -> pl.Series:
    """Fold names to a key that is equal for spellings of the same name.

    Case, accents and width are dropped, other scripts are transliterated to ASCII, apostrophes vanish ("O'Neill" and
    "ONeill" agree), and hyphens and all other punctuation become one space ("Anne-Marie" and "Anne Marie" agree).
    Umlauts lose their dots ("Müller" gives "muller"); "Mueller" is left to the comparison.

    Args:
        values: Text.

    Returns:
        String of ASCII letters, digits and single spaces, of the same length and order; null where the value is null
        or holds no letter or digit.

    Examples:
        >>> name_key(pl.Series(["O’NEILL", "Anne-Marie", "Łukasz Ōno", "Μαρία", "--"])).to_list()
        ['oneill', 'anne marie', 'lukasz ono', 'maria', None]
    """
    return each_distinct(as_text(values), folded)
