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

Known = Callable[[pl.Series], pl.Series]
"""Returns those of some record ids that are stored already, so that what they carry is not made again."""

MARK: Final = "\0"
NAME: Final = "identity_name"
PERSON: Final = "source_id"
ROW: Final = "_row"

_NAMED: Final = {NAME: pl.String(), "record_id": pl.String()}


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
    """Return the record id of each row, and a row of each distinct identity, in the order of first sight, with its earliest time.

    A row that says what the source calls the person (`source_id`) is that record's; the rows of one person may carry
    different identifiers, so that such an identity has a row for each tuple of them.

    Args:
        named: Columns `identity_name` and `occurred_at`, the columns of identifiers, and maybe `source_id`.
        source: Name of the source.
        keyring: Hashes each distinct name once.
    """
    called = named.drop(PERSON, strict=False)
    rest = [name for name in called.columns if name not in {NAME, "occurred_at"}]
    tuples = [NAME]
    if PERSON in named.columns:
        called = called.with_columns(pl.coalesce(named[PERSON], NAME).alias(NAME))
        tuples += rest
    first = [pl.col(name).first() for name in rest if name not in tuples]
    told = called.with_row_index(ROW).lazy().drop_nulls(NAME)
    grouped = told.group_by(tuples).agg(pl.col("occurred_at").min(), *first, ROW)
    seen = grouped.sort(pl.col(ROW).list.first()).collect()
    seen = seen.with_columns(keyring.record_id_series(source, seen[NAME]).alias("record_id"))
    each = seen.select("record_id", ROW).explode(ROW)
    record_ids = pl.repeat(None, named.height, dtype=pl.String, eager=True).scatter(each[ROW], each["record_id"])
    return record_ids.alias("record_id"), seen.drop(NAME, ROW)


def unknown(seen: pl.DataFrame, known: Known | None) -> pl.DataFrame:
    """Return the identities of `seen` that are not known yet: the others were written with all that they carry."""
    if known is None or seen.is_empty():
        return seen
    stored = known(seen["record_id"])
    if not len(stored):
        return seen
    return seen.join(stored.to_frame("record_id"), on="record_id", how="anti", maintain_order="left")


def identities(seen: pl.DataFrame, *, source: str) -> pl.DataFrame:
    """Return the rows of `identities` for distinct identities."""
    return seen.select("record_id", source=pl.lit(source), origin=pl.lit("event")).unique(
        "record_id", maintain_order=True
    )


def identifiers(
    seen: pl.DataFrame,
    slots: Sequence[tuple[str, str]],
    *,
    source: str,
    keyring: Keyring,
    normalise: Mapping[str, Normalise],
    extra: str | None = None,
) -> pl.DataFrame:
    """Return the rows of `IDENTIFIERS` for distinct identities.

    A value that its normalisation does not accept gives no row; its identity stays.

    Args:
        seen: `record_id`, `occurred_at` and the columns of identifiers.
        slots: Pairs of identifier kind and column.
        source: Name of the source.
        keyring: Hashes each distinct value once.
        normalise: Normalisation by kind.
        extra: The column of ready name parts, if there is one.
    """
    by_kind: dict[str, list[pl.DataFrame]] = {}
    for kind, column in slots:
        by_kind.setdefault(kind, []).append(seen.select("record_id", "occurred_at", value=column).drop_nulls("value"))
    for kind, rows in _of_parts(seen, extra):
        by_kind.setdefault(kind, []).append(rows)
    found = [
        _keyed(pl.concat(rows), kind, keyring, normalise.get(kind, strip)) for kind, rows in sorted(by_kind.items())
    ]
    if not found:
        return IDENTIFIERS.empty()
    return IDENTIFIERS.conform(pl.concat(found).with_columns(source=pl.lit(source)))


def _of_parts(seen: pl.DataFrame, extra: str | None) -> list[tuple[str, pl.DataFrame]]:
    if extra is None:
        return []
    parts = seen.drop_nulls(extra).with_columns(pl.col(extra).str.split(MARK).list.slice(1))
    kind, value = pl.col(extra).list.gather_every(2), pl.col(extra).list.gather_every(2, offset=1)
    long = parts.select("record_id", "occurred_at", kind=kind, value=value).explode("kind", "value")
    return [(str(name), rows.drop("kind")) for (name,), rows in long.partition_by("kind", as_dict=True).items()]


def _keyed(rows: pl.DataFrame, kind: str, keyring: Keyring, normalise: Normalise) -> pl.DataFrame:
    clean = rows.with_columns(normalise(rows["value"]).alias("value"))
    clean = clean.filter(pl.col("value").is_not_null() & (pl.col("value") != ""))
    if clean["record_id"].n_unique() < clean.height:
        clean = clean.unique(["record_id", "value"], keep="first", maintain_order=True)
    return clean.select(
        "record_id",
        "value",
        pl.col("occurred_at").alias("observed_at"),
        keyring.value_key_series(kind, clean["value"]).alias("value_key"),
        kind=pl.lit(kind),
    )
