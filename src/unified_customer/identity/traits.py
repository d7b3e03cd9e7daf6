"""Traits of several records of one customer, merged key by key."""

from collections.abc import Iterable

import msgspec
import polars as pl

from unified_customer.core.errors import SchemaError

_DECODER = msgspec.json.Decoder(dict[str, msgspec.Raw])


def merged_traits(voices: pl.DataFrame, customers: pl.Series, surviving: pl.Series) -> pl.Series:
    """Merge the traits of each customer: a key has the value of the first record that gives it one.

    Args:
        voices: `customer_id`, `row`, `traits`: the surviving record of a customer is that with the lowest `row` that
            has traits, unless a rule chose another; that one then comes first.
        customers: Ids of customers.
        surviving: The traits of the surviving record of each.

    Returns:
        `traits`: JSON objects, one for each of `customers`; as they stand where only one record has any.
    """
    said = voices.filter(pl.col("traits").is_not_null()).select("customer_id", "row", "traits")
    several = said.filter(pl.col("traits").n_unique().over("customer_id") > 1).sort("row")
    if several.is_empty():
        return surviving.alias("traits")
    first = pl.DataFrame({"customer_id": customers, "first": surviving})
    lists = several.group_by("customer_id", maintain_order=True).agg("traits").join(first, on="customer_id")
    texts = [merged([lead, *others]) for lead, others in lists.select("first", "traits").iter_rows()]
    union = lists.select("customer_id", traits=pl.Series(texts, dtype=pl.String))
    return first.join(union, on="customer_id", how="left", maintain_order="left").select(
        traits=pl.coalesce("traits", "first")
    )["traits"]


def merged(texts: Iterable[str]) -> str:
    """Return the union of JSON objects, first come first kept; a null is no value; keys are sorted.

    Raises:
        SchemaError: A text is no JSON object.
    """
    union: dict[str, msgspec.Raw] = {}
    for text in texts:
        for key, value in _decoded(text).items():
            if bytes(union.get(key, b"null")) == b"null":
                union[key] = value
    return msgspec.json.encode(union, order="sorted").decode()


def _decoded(text: str) -> dict[str, msgspec.Raw]:
    try:
        return _DECODER.decode(text)
    except msgspec.DecodeError as error:
        raise SchemaError(
            "A row of records holds traits that are not a JSON object. Load them as an object."
        ) from error
