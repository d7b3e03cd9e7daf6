"""Whom rows for the quarantine are about: rows of people who were erased are not kept there either."""

import json
from collections.abc import Iterator, Sequence
from typing import Final

import polars as pl

from unified_customer.connectors import BoundSource
from unified_customer.core.keys import Keyring
from unified_customer.core.kinds import RECORD
from unified_customer.governance.payloads import texts_of
from unified_customer.hub.people import IDENTIFIER_NORMALISERS, normalise_identifier
from unified_customer.store import Keys, Reader

SIGNS: Final = {"place": pl.Int64(), "kind": pl.String(), "value": pl.String()}
MESSAGE_IDS: Final = {"userId": "user_id", "anonymousId": "anonymous_id"}
"""Fields of a message of the Segment shape that name a person."""


def about(rejects: pl.DataFrame, source: BoundSource, keyring: Keyring) -> pl.DataFrame:
    """Return whom rejects are about, as far as that can be read: `place` in the frame, `kind`, `value_key`.

    A row that names its record is about that record; any value in it may be an e-mail address or a telephone number.
    """
    payloads = rejects["payload"].to_list()
    signs = [(place, *sign) for place, text in enumerate(payloads) if text for sign in _signs(text, source)]
    said = pl.DataFrame(signs, schema=SIGNS, orient="row").unique()
    keyed = [
        part.select("place", "kind", _keys(str(kind), part["value"], source, keyring).alias("value_key"))
        for (kind,), part in said.partition_by("kind", as_dict=True).items()
    ]
    empty = pl.DataFrame(schema={**SIGNS, "value_key": pl.String}).drop("value")
    return pl.concat([empty, *keyed]).drop_nulls()


def without_erased(reader: Reader, rejects: pl.DataFrame, named: pl.DataFrame) -> pl.DataFrame:
    """Return `rejects` with `record_id` where one was read, and without those about people who were erased."""
    keys = Keys(named.select("kind", "value_key").unique(), ("kind", "value_key"))
    graves = reader.read("tombstones", columns=["kind", "value_key"], keys=keys)
    gone = named.join(graves, on=["kind", "value_key"], how="semi")["place"].unique()
    records = named.filter(pl.col("kind") == RECORD).select("place", record_id="value_key").unique("place")
    placed = rejects.with_row_index("place").with_columns(pl.col("place").cast(pl.Int64))
    kept = placed.filter(~pl.col("place").is_in(gone.implode()))
    return kept.join(records, on="place", how="left", maintain_order="left").drop("place")


def _signs(payload: str, source: BoundSource) -> Iterator[tuple[str, str]]:
    for text in set(texts_of(payload)):
        yield from ((kind, text) for kind in IDENTIFIER_NORMALISERS)
    row = _fields(payload)
    for kind, columns in _naming(source).items():
        values = [str(row[name]).strip() for name in columns if row.get(name) is not None]
        if values and (kind != RECORD or len(columns) == 1):
            yield from ((kind, value) for value in values if value)


def _naming(source: BoundSource) -> dict[str, Sequence[str]]:
    """Return the fields of a row that name a person, by kind of identifier."""
    mapping = source.mapping
    if mapping is None:
        return {kind: (name,) for name, kind in MESSAGE_IDS.items()}
    record = mapping.key if mapping.table == "records" else mapping.person
    return {RECORD: record, **mapping.identifiers} if record else dict(mapping.identifiers)


def _fields(payload: str) -> dict[str, object]:
    try:
        row = json.loads(payload)
    except ValueError:
        return {}
    return row if isinstance(row, dict) else {}


def _keys(kind: str, values: pl.Series, source: BoundSource, keyring: Keyring) -> pl.Series:
    if kind == RECORD:
        return keyring.record_id_series(source.name, values)
    return keyring.value_key_series(kind, normalise_identifier(kind, values))
