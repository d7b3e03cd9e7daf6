"""Fits and the people who were erased from them: a fit made anew closes what waited for it."""

from datetime import datetime

import polars as pl

from unified_customer.core.tables import ARTIFACTS
from unified_customer.governance.erasure import reach, steps
from unified_customer.governance.payloads import Traces
from unified_customer.store import Keys, Reader, Where, Writer


def save_fit(writer: Writer, fit: pl.DataFrame, gone: pl.DataFrame, *, at: datetime) -> None:
    """Write a fit, and see to the erasures that it concerns.

    It takes the place of older fits of the same spec and purpose: what these hold is deleted, and the steps of erasures
    that waited for that are done. If people were erased between its reading and its saving, it waits itself.

    Args:
        writer: A transaction.
        fit: One row of `artifacts`.
        gone: Who was erased since it was fitted: `record_id`, `erasure_id`.
        at: The present instant.
    """
    told = fit.row(0, named=True)
    readable = reach.holds_person(told["body"] or "", Traces(), set(gone["record_id"]))
    _write(writer, fit.with_columns(body=pl.lit(None, dtype=pl.String)) if readable else fit)
    late = gone["erasure_id"].drop_nulls().unique().sort()
    _settle_older(writer, told["artifact_id"], spec=told["spec"], purpose=told["purpose"], late=late, at=at)
    heads = steps.receipts(writer, late.to_list()) if len(late) else {}
    waiting = [
        {
            "erasure_id": name,
            "customer_id": head.customer_id,
            "request_id": head.request_id,
            "step": reach.FIT,
            "target": told["artifact_id"],
            "state": "open",
        }
        for name, head in heads.items()
    ]
    steps.write_steps(writer, waiting, at=at)


def _write(writer: Writer, fit: pl.DataFrame) -> None:
    """Add a fit, or put it in the place of the same one that was emptied."""
    stored = writer.read("artifacts", columns=["artifact_id", "body"], keys=_named(fit["artifact_id"]))
    if stored.height and stored["body"].item() is None:
        writer.delete("artifacts", stored.select("artifact_id"))
    writer.append("artifacts", fit)


def _settle_older(writer: Writer, own: str, *, spec: str, purpose: str, late: pl.Series, at: datetime) -> None:
    standing = steps.latest(writer, where=[Where("step", "==", reach.FIT)], open_only=True)
    if standing.is_empty():
        return
    same = _of(writer, standing["target"], spec=spec, purpose=purpose)
    waited = standing.join(same, left_on="target", right_on="artifact_id", how="semi", maintain_order="left")
    closed = waited.filter(~pl.col("erasure_id").is_in(late.implode()))
    older = same.filter((pl.col("artifact_id") != own) & pl.col("artifact_id").is_in(closed["target"].implode()))
    reach.without_body(writer, older.select(list(ARTIFACTS.columns)))
    steps.settle(writer, closed, state="done", at=at, detail={"refit": own})


def _of(reader: Reader, artifact_ids: pl.Series, *, spec: str, purpose: str) -> pl.DataFrame:
    where = [Where("spec", "==", spec), Where("purpose", "==", purpose)]
    return reader.read("artifacts", columns=list(ARTIFACTS.columns), where=where, keys=_named(artifact_ids))


def _named(artifact_ids: pl.Series) -> Keys:
    return Keys(pl.DataFrame({"artifact_id": artifact_ids.unique()}), ("artifact_id",))
