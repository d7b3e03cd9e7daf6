"""Mailboxes that are made of the name of their owner: where the names agree already, they say little more."""

import numpy as np
import polars as pl

from unified_customer.identity.matching.arrays import NONE, Codes, Flags, Ints, Levels
from unified_customer.identity.matching.encoding import Column, Encoded
from unified_customer.identity.matching.scales import SCALES

_LEAST = 3
"""A name shorter than this is in a mailbox by chance."""

_NEAR = 4


def silence_named_mailboxes(records: Encoded, first: Ints, second: Ints, levels: Levels) -> None:
    """Let an e-mail address fall silent where it is alike, not the same, and its likeness is that of the names."""
    names = records.with_role("given_name", "family_name")
    scale = SCALES["email"]
    alike, surest = scale.place("mailbox somewhat alike"), scale.place("long mailbox elsewhere")
    for place in records.with_role("email"):
        agree = np.zeros(len(first), dtype=np.bool_)
        for name in names:
            agree |= levels[:, name] >= _NEAR
        asked = np.flatnonzero(agree & (levels[:, place] >= alike) & (levels[:, place] <= surest))
        if len(asked):
            named = _named(records, records.columns[place])
            levels[asked[named[first[asked]] | named[second[asked]]], place] = NONE


def _named(records: Encoded, email: Column) -> Flags:
    """Say of each record whether a mailbox of its has its given or family name in it."""
    found = np.zeros(len(records), dtype=np.bool_)
    for slot in range(email.slots):
        boxes = _texts(email.values.str.extract("^([^@]*)").str.replace_all("[._-]", ""), email.codes[:, slot])
        for place in records.with_role("given_name", "family_name"):
            column = records.columns[place]
            words = _texts(column.values.str.replace_all(" ", ""), column.codes[:, 0])
            pairs = pl.DataFrame({"box": boxes, "word": words})
            inside = pl.col("box").str.contains(pl.col("word"), literal=True)
            long = pl.col("word").str.len_bytes() >= _LEAST
            found |= pairs.select((inside & long).fill_null(value=False))[:, 0].to_numpy()
    return found


def _texts(values: pl.Series, codes: Codes) -> pl.Series:
    return values.gather(pl.Series(codes).replace(NONE, None))
