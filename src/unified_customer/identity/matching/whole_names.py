"""What whole names add to given and family names: the two where they are missing, and what they hold beside."""

from collections.abc import Sequence
from typing import Final, NamedTuple

import polars as pl

from unified_customer.identity.matching.value_forms import form_of
from unified_customer.identity.normalise import split_full_names
from unified_customer.identity.normalise.vocabulary import HONORIFICS, by_word

Forms = Sequence[pl.Series]

_ADDRESSED: Final = [
    word for word, meaning in by_word(HONORIFICS).items() if meaning in {"mr", "mrs", "ms", "miss", "mx", "dr", "prof"}
]
"""Forms of address that come and go between records of one person; a sir or a lady stays one."""


class Names(NamedTuple):
    """The names of each row.

    Attributes:
        given: Forms of given names, one series for each column; one that was made if there was none.
        family: The same of family names.
        other: What whole names hold beside the two, words sorted; null where nothing.
    """

    given: Forms
    family: Forms
    other: pl.Series


def take_apart(texts: Forms, whole: Forms, *, given: Forms, family: Forms) -> Names:
    """Take whole names apart where a row has neither given nor family name, or where there is no column of one.

    Args:
        texts: Columns of whole names as written, at least one.
        whole: Their forms.
        given: Forms of given names; may be empty.
        family: Forms of family names; may be empty.
    """
    nothing = pl.Series([None], dtype=pl.String).new_from_index(0, len(texts[0]))
    if all(form.null_count() == len(form) for form in whole):
        return Names(given or [nothing], family or [nothing], nothing)
    no_given, no_family = (_first([*forms, nothing]).is_null() for forms in (given, family))
    wants_given = no_given & no_family if given else no_given
    wants_family = no_given & no_family if family else no_family
    written = _first([text.set(form.is_null(), None) for text, form in zip(texts, whole, strict=True)])
    split = split_full_names(written.set(~(wants_given | wants_family), None)).struct
    first = form_of("given_name", split.field("given_name")).set(~wants_given, None)
    last = form_of("family_name", split.field("family_name")).set(~wants_family, None)
    all_given, all_family = _filled(given, first), _filled(family, last)
    return Names(all_given, all_family, _beside(whole, [*all_given, *all_family]))


def _first(columns: Forms) -> pl.Series:
    frame = pl.DataFrame([column.alias(str(place)) for place, column in enumerate(columns)])
    return frame.select(pl.coalesce(pl.all()).alias("first"))["first"]


def _filled(forms: Forms, found: pl.Series) -> Forms:
    """Fill the first column, which is null on the rows where something was found; or make it."""
    return [_first([forms[0], found]).alias(forms[0].name), *forms[1:]] if forms else [found]


def _beside(whole: Forms, parts: Forms) -> pl.Series:
    """Return the words of whole names that are no words of the parts."""
    frame = pl.DataFrame({"whole": _words(whole), "known": _words(parts)})
    rest = pl.col("whole").list.set_difference("known").list.set_difference(pl.lit(_ADDRESSED))
    return frame.select(other=rest.list.sort().list.join(" ").replace("", None))["other"]


def _words(columns: Forms) -> pl.Series:
    frame = pl.DataFrame([column.alias(str(place)) for place, column in enumerate(columns)])
    return frame.select(pl.concat_str(pl.all(), separator=" ", ignore_nulls=True).str.split(" ").alias("words"))[
        "words"
    ]
