"""Where the rows ended that were broken on purpose, and which sound rows were held back."""

from typing import Final

import polars as pl

ROW: Final = r"row (\d+)"


def outcomes(planted: pl.DataFrame, quarantine: pl.DataFrame) -> pl.DataFrame:
    """Return what became of the planted rows.

    Args:
        planted: `Shop.planted()`.
        quarantine: `source`, `position` and `reason` of the rows in quarantine.

    Returns:
        One row per source and planted reason: `source`, `planted`, `rows`, how many of them are `held` in quarantine,
        and under which reasons (`as`).
    """
    both = planted.rename({"reason": "planted"}).join(held_rows(quarantine), on=["source", "row"], how="left")
    counted = both.group_by("source", "planted", maintain_order=True).agg(
        rows=pl.len(),
        held=pl.col("reasons").is_not_null().sum(),
        **{"as": pl.col("reasons").drop_nulls().explode().unique(maintain_order=True)},
    )
    return counted.sort("source", "planted")


def held_sound_rows(planted: pl.DataFrame, quarantine: pl.DataFrame) -> pl.DataFrame:
    """Return the rows in quarantine that were not broken on purpose: `source`, `row`, `reasons`."""
    return held_rows(quarantine).join(planted, on=["source", "row"], how="anti").sort("source", "row")


def held_rows(quarantine: pl.DataFrame) -> pl.DataFrame:
    """Return each row in quarantine once, with all reasons: `source`, `row`, `reasons`."""
    numbered = quarantine.with_columns(row=pl.col("position").str.extract(ROW).cast(pl.Int64))
    return numbered.group_by("source", "row").agg(reasons=pl.col("reason").unique().sort())
