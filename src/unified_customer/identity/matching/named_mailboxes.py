"""Mailboxes that are made of the name of their owner: where the names agree already, they say little more."""

import re

import numpy as np
import polars as pl

from unified_customer.identity.matching.arrays import NONE, Codes, Flags, Ints, Levels
from unified_customer.identity.matching.encoding import Column, Encoded
from unified_customer.identity.matching.scales import SCALES
from unified_customer.identity.matching.similarity import MAILBOX
from unified_customer.identity.normalise.distinct import FEW

_LEAST = 3
"""A name shorter than this is in a mailbox by chance."""

_NEAR = 4
_ALIKE = SCALES["email"].place("mailbox somewhat alike")


def silence_named_mailboxes(records: Encoded, first: Ints, second: Ints, levels: Levels) -> None:
    """Let an e-mail address fall silent where it is alike, not the same, and its likeness is that of the names.

    Where both mailboxes have the same number in them, as `ann.lee71` and `anne.lee71`, it is more than that.
    """
    names = records.with_role("given_name", "family_name")
    graded = len(SCALES["email"].graded)
    for place in records.with_role("email"):
        agree = np.zeros(len(first), dtype=np.bool_)
        for name in names:
            agree |= levels[:, name] >= _NEAR
        asked = np.flatnonzero(agree & (levels[:, place] >= _ALIKE) & (levels[:, place] < graded))
        if len(asked):
            named, number = _mailboxes(records, records.columns[place])
            one, other = first[asked], second[asked]
            same_number = (number[one] == number[other]) & (number[one] != NONE)
            levels[asked[(named[one] | named[other]) & ~same_number], place] = NONE


def _mailboxes(records: Encoded, email: Column) -> tuple[Flags, Codes]:
    """Say of each record whether a mailbox of its has its name in it, and which number its first mailbox has."""
    boxes = MAILBOX(email.values)
    if len(boxes) <= FEW and len(records) <= FEW:
        return _mailboxes_of_few(records, email, boxes.to_list())
    named = np.zeros(len(records), dtype=np.bool_)
    for slot in range(email.slots):
        said = _texts(boxes, email.codes[:, slot])
        for place in records.with_role("given_name", "family_name"):
            column = records.columns[place]
            pairs = pl.DataFrame(
                {"box": said, "word": _texts(column.values.str.replace_all(" ", ""), column.codes[:, 0])}
            )
            inside = pl.col("box").str.contains(pl.col("word"), literal=True)
            long = pl.col("word").str.len_bytes() >= _LEAST
            named |= pairs.select((inside & long).fill_null(value=False))[:, 0].to_numpy()
    numbers = boxes.str.extract("([0-9]+)").rank("dense").cast(pl.Int32).fill_null(NONE).to_numpy()
    return named, np.append(numbers, NONE).astype(np.int32)[email.codes[:, 0]]


def _mailboxes_of_few(records: Encoded, email: Column, boxes: list[str]) -> tuple[Flags, Codes]:
    """Say the same of a few records in plain Python: somebody may wait for the answer."""
    words = [_words(records.columns[place]) for place in records.with_role("given_name", "family_name")]
    named, digits = np.zeros(len(records), dtype=np.bool_), list[str | None]()
    for row, codes in enumerate(email.codes.tolist()):
        theirs = [boxes[code] for code in codes if code != NONE]
        named[row] = any(said[row] and said[row] in box for said in words for box in theirs)
        number = re.search("[0-9]+", boxes[codes[0]]) if codes[0] != NONE else None
        digits.append(number and number[0])
    order = {said: place for place, said in enumerate(sorted({said for said in digits if said is not None}))}
    return named, np.array([NONE if said is None else order[said] for said in digits], dtype=np.int32)


def _words(column: Column) -> list[str]:
    """Return the name of each record as it would stand in a mailbox; empty where it is missing or too short."""
    values = [value.replace(" ", "") for value in column.values.to_list()]
    return ["" if code == NONE or len(values[code]) < _LEAST else values[code] for code in column.codes[:, 0].tolist()]


def _texts(values: pl.Series, codes: Codes) -> pl.Series:
    return values.gather(pl.Series(codes).replace(NONE, None))
