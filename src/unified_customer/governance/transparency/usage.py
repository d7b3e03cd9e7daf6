"""What was done for each purpose: told by the audit, by what was computed, and by what was shown."""

from typing import Final

import polars as pl

from unified_customer.governance.exported import EXPORT
from unified_customer.store import Reader, Where

USES: Final = pl.Schema(
    {
        "purpose": pl.String(),
        "uses": pl.Int64(),
        "last_used": pl.Datetime("us", "UTC"),
        "most_people": pl.Int64(),
        "exports": pl.Int64(),
    }
)


def uses(reader: Reader) -> pl.DataFrame:
    """Return what was done for each purpose.

    Returns:
        `purpose`, `uses` (how often data were read, computed, shown or written for it), `last_used`, `most_people` (in
        one read; null: not known) and `exports`, sorted by purpose. Who was in several reads is not known, so people
        are never added up.
    """
    parts = [_audited(reader), _computed(reader), _shown(reader)]
    told = pl.concat([part.match_to_schema(USES, missing_columns="insert") for part in parts])
    return (
        told.group_by("purpose")
        .agg(
            pl.col("uses").sum(),
            pl.col("last_used").max(),
            pl.col("most_people").max(),
            pl.col("exports").fill_null(0).sum(),
        )
        .select(list(USES))
        .sort("purpose")
    )


def _audited(reader: Reader) -> pl.DataFrame:
    named = reader.read("audit", columns=["purpose", "at", "people"], where=[Where("purpose", "is_not_null")])
    return named.group_by("purpose").agg(
        uses=pl.len().cast(pl.Int64), last_used=pl.col("at").max(), most_people=pl.col("people").max()
    )


def _computed(reader: Reader) -> pl.DataFrame:
    made = reader.read("artifacts", columns=["purpose", "created_at", "kind"])
    return made.group_by("purpose").agg(
        uses=pl.len().cast(pl.Int64),
        last_used=pl.col("created_at").max(),
        exports=(pl.col("kind") == EXPORT).sum().cast(pl.Int64),
    )


def _shown(reader: Reader) -> pl.DataFrame:
    batches = reader.batches("exposures", columns=["purpose", "exposed_at"])
    counted = [
        each.group_by("purpose").agg(uses=pl.len().cast(pl.Int64), last_used=pl.col("exposed_at").max())
        for each in batches
    ]
    nothing = nothing_used().select("purpose", "uses", "last_used")
    return pl.concat([nothing, *counted])


def nothing_used() -> pl.DataFrame:
    """Return the uses of a hub that was not used yet."""
    return pl.DataFrame(schema=USES)
