"""Who a row is about: the identity that it points at, and the identifiers of that identity.

An identity is named by the tuple of identifiers that a row carries. Its record id is the keyed hash of that name, so
that the same tuple is the same identity in every batch. Names are made of the raw values: they outlive a change of
normalisation. They begin with NUL, which no id of a source holds, so that nobody can choose an id that is a name.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import polars as pl

from unified_customer.core.keys import Keyring
from unified_customer.core.tables import IDENTIFIERS

Normalise = Callable[[pl.Series], pl.Series]

MARK: Final = "\0"
NAME: Final = "identity_name"


def strip(values: pl.Series) -> pl.Series:
    """Return `values` without white space around them; the rule for a kind that has no other."""
    return values.str.strip_chars()


def identity_name(slots: Sequence[tuple[str, str]], *, extra: str | None = None) -> pl.Expr:
    """Return the expression of the name of the identity of a row; null where it carries no identifier.

    Args:
        slots: Pairs of identifier kind and column, in a fixed order.
        extra: A column of ready name parts.
    """
    parts = [pl.concat_str(pl.lit(f"{MARK}{kind}{MARK}"), pl.col(column)).fill_null("") for kind, column in slots]
    if extra is not None:
        parts.append(pl.col(extra).fill_null(""))
    name = pl.concat_str(parts) if parts else pl.lit("")
    return pl.when(name != "").then(name).alias(NAME)


def point(named: pl.DataFrame, *, source: str, keyring: Keyring) -> tuple[pl.Series, pl.DataFrame]:
    """Return the record id of each row, and the distinct identities with their name and earliest time.

    Args:
        named: Columns `identity_name` and `occurred_at`.
        source: Name of the source.
        keyring: Hashes each distinct name once.
    """
    seen = named.lazy().drop_nulls(NAME).group_by(NAME).agg(pl.col("occurred_at").min()).collect()
    ids = pl.Series("record_id", keyring.record_ids(source, seen[NAME].to_list()), dtype=pl.String)
    seen = seen.with_columns(ids)
    joined = named.select(NAME).join(seen.select(NAME, "record_id"), on=NAME, how="left", maintain_order="left")
    return joined["record_id"], seen


def identities(seen: pl.DataFrame, *, source: str) -> pl.DataFrame:
    """Return the rows of `identities` for distinct identities."""
    return seen.select("record_id", source=pl.lit(source), origin=pl.lit("event"))


def identifiers(
    seen: pl.DataFrame, *, source: str, keyring: Keyring, normalise: Mapping[str, Normalise]
) -> pl.DataFrame:
    """Return the rows of `IDENTIFIERS` for distinct identities (`record_id`, `identity_name`, `occurred_at`).

    A value that its normalisation does not accept gives no row; its identity stays.
    """
    parts = seen.select(
        "record_id", pl.col("occurred_at").alias("observed_at"), pl.col(NAME).str.split(MARK).list.slice(1).alias("p")
    )
    long = parts.select(
        "record_id",
        "observed_at",
        kind=pl.col("p").list.gather_every(2),
        value=pl.col("p").list.gather_every(2, offset=1),
    ).explode("kind", "value")
    keyed = [
        _keyed(rows, str(kind), keyring, normalise.get(str(kind), strip))
        for (kind,), rows in sorted(long.partition_by("kind", as_dict=True).items())
    ]
    if not keyed:
        return IDENTIFIERS.empty()
    found = pl.concat(keyed).with_columns(source=pl.lit(source))
    key = ["record_id", "kind", "value_key"]
    return IDENTIFIERS.conform(found.unique(key, keep="first", maintain_order=True))


def _keyed(rows: pl.DataFrame, kind: str, keyring: Keyring, normalise: Normalise) -> pl.DataFrame:
    values = normalise(rows["value"])
    clean = rows.with_columns(values.alias("value")).filter(pl.col("value").is_not_null() & (pl.col("value") != ""))
    return clean.with_columns(keyring.value_key_series(kind, clean["value"]).alias("value_key"))
