"""Training with all items of a catalogue, those too that nobody has touched."""

from dataclasses import replace

import polars as pl

from unified_customer.core.errors import SchemaError
from unified_customer.recommendations.content.telling import TOLD
from unified_customer.recommendations.histories import Histories, Names
from unified_customer.recommendations.models.training import Training


def with_catalogue(training: Training, catalogue: pl.DataFrame) -> Training:
    """Return what a model learns from with what a catalogue tells of items, and with the items that only it names.

    Args:
        training: What customers did.
        catalogue: `item_id`, each once, and what is told of it. Items that nobody has touched come behind all others, in an
            order that comes from what is told of them.

    Raises:
        SchemaError: An item is there twice.

    Examples:
        >>> from datetime import UTC, datetime
        >>> from unified_customer.recommendations.models.collaborative import Popularity
        >>> rows = pl.DataFrame({"customer_id": ["ann"], "item_id": ["tea"]})
        >>> training = Popularity(repeats=True).training({"interactions": rows}, as_of=datetime(2026, 1, 1, tzinfo=UTC))
        >>> with_catalogue(
        ...     training, pl.DataFrame({"item_id": ["cup", "tea"], "name": ["A cup", "Tea"]})
        ... ).catalogue.rows()
        [('tea', 'Tea'), ('cup', 'A cup')]
    """
    told = catalogue.drop_nulls("item_id").with_columns(pl.col("item_id").cast(pl.String))
    if told["item_id"].is_duplicated().any():
        raise SchemaError("An item is in the catalogue twice: it takes one row an item.")
    histories = widened(training.histories, told)
    items = histories.items.listed.rename("item_id").to_frame()
    return replace(
        training, histories=histories, catalogue=items.join(told, on="item_id", how="left", maintain_order="left")
    )


def widened(histories: Histories, catalogue: pl.DataFrame) -> Histories:
    """Return histories whose items are those of a catalogue too, untouched ones behind the others."""
    known = histories.items.listed
    new = catalogue.filter(~pl.col("item_id").is_in(known.implode()))
    content = [column for column in TOLD if column in new.columns]
    listed = new.sort(*content, "item_id", nulls_last=True)["item_id"]
    return replace(histories, items=Names(pl.concat([known, listed])))
