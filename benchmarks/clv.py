"""Customer lifetime value: models fitted on the first half of the transactions of a folder, and seen against the second.

The folder holds Parquet files with one row a transaction, such as those of CDNOW or of Online Retail; of several files
that called `sample` is read, or the one that `--set` names. Columns are found by their names and types: the customer,
the first time or date, an amount or a quantity and a unit price, an order if there is one. One line a model, the past
rate among them; one that is chosen by a holdout within the first half; and one for the time that a fit of 1,000,000
customers takes.
"""

import argparse
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl

from benchmarks.measuring import Stopwatch, report
from unified_customer.analytics.value import CLV, Evaluation
from unified_customer.methods.buy_till_die import MODELS, Histories, draw_histories, fit_purchases, fit_spending

MANY: Final = 1_000_000
_LIKE_CDNOW: Final = {"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426}
_AMOUNTS: Final = ("amount", "revenue", "value", "total", "price", "sales")
_ORDERS: Final = ("order_id", "invoice", "invoice_no", "invoiceno", "order", "transaction_id", "basket_id")


def main() -> None:
    """Print the lines."""
    options = _options()
    if options.data is not None:
        seen(options)
    report(benchmark="clv", data="simulated", **many(max(round(options.customers * options.scale), 1), options.seed))


def seen(options: argparse.Namespace) -> None:
    """Print the lines of the transactions of a folder."""
    path = _file(Path(options.data), options.set)
    orders = orders_of(pl.read_parquet(path))
    days = orders["ordered_at"].dt.date()
    first, until = _day(days.min()), _day(days.max()) + timedelta(days=1)
    split = options.as_of or first + timedelta(days=(until - first).days // 2)
    told = {"benchmark": "clv", "data": path.parent.name, "set": path.stem, "as_of": split.isoformat()}
    for line in lines(orders, split=_midnight(split), until=_midnight(until)):
        report(**told, **line)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", help="folder of transactions; without it the last line alone is printed")
    parser.add_argument("--set", help="name of the file without its ending")
    parser.add_argument("--as-of", type=date.fromisoformat, help="where the second half begins; the middle by default")
    parser.add_argument("--customers", type=int, default=MANY, help="how many are drawn for the last line")
    parser.add_argument("--scale", type=float, default=1.0, help="how many of them, 1 being all")
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


def _file(folder: Path, name: str | None) -> Path:
    files = {path.stem: path for path in sorted(folder.glob("*.parquet"))}
    chosen = files.get(name or "sample") if name or "sample" in files else next(iter(files.values()), None)
    if chosen is None:
        raise SystemExit(f"{folder} holds no such Parquet file; found {', '.join(files) or 'none'}.")
    return chosen


def orders_of(frame: pl.DataFrame) -> pl.DataFrame:
    """Return `customer_id`, `ordered_at` and `amount` of transactions, lines of one order added up."""
    customer = _named(frame, "customer_id") or _containing(frame, "customer") or _containing(frame, "user")
    at = next((name for name, dtype in frame.schema.items() if dtype.is_temporal()), None)
    if customer is None or at is None:
        raise SystemExit(f"No column of customers or of times among {', '.join(frame.columns)}.")
    order = next((name for name in _ORDERS if name in frame.columns), None)
    known = frame.drop_nulls([customer, at]).select(
        customer_id=pl.col(customer).cast(pl.String),
        ordered_at=pl.col(at).cast(pl.Datetime("us")),
        amount=_amount(frame).cast(pl.Decimal(18, 4)),
        order_id=pl.col(order).cast(pl.String) if order else pl.int_range(pl.len()).cast(pl.String),
    )
    return known.group_by("customer_id", "order_id").agg(pl.col("ordered_at").min(), pl.col("amount").sum())


def _amount(frame: pl.DataFrame) -> pl.Expr:
    quantity, price = _named(frame, "quantity"), _containing(frame, "price")
    if quantity is not None and price is not None:
        return pl.col(quantity) * pl.col(price)
    return pl.col(next((name for name in _AMOUNTS if name in frame.columns), frame.columns[-1]))


def _named(frame: pl.DataFrame, name: str) -> str | None:
    return next((each for each in frame.columns if each.casefold() == name), None)


def _containing(frame: pl.DataFrame, part: str) -> str | None:
    return next((each for each in frame.columns if part in each.casefold()), None)


def _day(value: Any) -> date:
    assert isinstance(value, date)
    return value


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def lines(orders: pl.DataFrame, *, split: datetime, until: datetime) -> Iterator[dict[str, Any]]:
    """Fit each model before `split` and compare it with what came until `until`."""
    tables, horizon = {"orders": orders}, (until - split).days
    for name in (*MODELS, "best"):
        spec = CLV(model=name, horizon_days=horizon)  # type: ignore[arg-type]  # a name of the models
        with Stopwatch() as fitting:
            fitted = spec.fit(tables, as_of=split)
        evaluation = fitted.evaluate(tables, until=until)
        with Stopwatch() as alone:
            fit_purchases(fitted.learned.purchases.name, _histories(fitted.table))
        fit = fitted.learned.purchases
        common = {
            "customers": fit.customers, "log_likelihood": round(fit.log_likelihood, 2), "parameters": _short(fit.parameters),
            "standard_errors": _short(fit.standard_errors), "diagnosis": [each.kind for each in fitted.diagnosis],
            "converged": fit.converged, "fit_cpu_s": alone.cpu_s, "whole_cpu_s": fitting.cpu_s,
        }  # fmt: skip
        yield {"model": name, "chosen": fit.name, "forecast": "mean"} | _errors(evaluation, 0) | common
        if name != "best":
            yield (
                {"model": f"{name}_median", "chosen": fit.name, "forecast": "median"} | _errors(evaluation, 1) | common
            )
    nothing: dict[str, Any] = {"log_likelihood": None, "parameters": {}, "diagnosis": [], "fit_cpu_s": 0.0}
    yield {"model": "naive", "forecast": "past rate"} | _errors(evaluation, -1) | nothing
    again = fitted.table.filter(pl.col("frequency") > 0)
    with Stopwatch() as fitting:
        spending = fit_spending(frequency=again["frequency"].to_numpy(), spend=again["spend"].to_numpy())
    yield {
        "model": "gamma_gamma", "customers": spending.customers, "log_likelihood": round(spending.log_likelihood, 2),
        "parameters": _short(spending.parameters), "diagnosis": [each.kind for each in spending.diagnosis],
        "fit_cpu_s": fitting.cpu_s,
    }  # fmt: skip


def _histories(table: pl.DataFrame) -> Histories:
    return Histories.of(
        frequency=table["frequency"].to_numpy(),
        recency=table["recency"].to_numpy() / 7,
        age=table["age"].to_numpy() / 7,
    )


def _errors(evaluation: Evaluation, row: int) -> dict[str, float | None]:
    found = evaluation.table.row(row, named=True)
    names = ("mae", "rmse", "total_error", "spend_mae", "spend_total_error")
    return {name: None if found[name] is None else round(found[name], 4) for name in names}


def _short(values: Any) -> dict[str, float | None]:
    return {
        name: None if value is None or not np.isfinite(value) else float(f"{value:.6g}")
        for name, value in values.items()
    }


def many(customers: int, seed: int) -> dict[str, Any]:
    """Fit BG/NBD to drawn customers whose times are whole days."""
    ages = np.random.default_rng(seed).integers(7, 7 * 104, customers) / 7
    drawn = draw_histories("bg_nbd", _LIKE_CDNOW, ages=ages, seed=seed)
    last = np.minimum(np.round(drawn.recency * 7), np.round(drawn.age * 7)) / 7
    histories = Histories.of(frequency=drawn.frequency, recency=last, age=drawn.age)
    with Stopwatch() as fitting:
        fit = fit_purchases("bg_nbd", histories)
    with Stopwatch() as valuing:
        short, place = histories.compressed()
        total = float(fit.expected_purchases(short, time=52.0)[place].sum())
    return {
        "model": "bg_nbd_many", "customers": customers, "fit_cpu_s": fitting.cpu_s, "fit_wall_s": fitting.wall_s,
        "score_cpu_s": valuing.cpu_s, "expected_purchases": round(total), "parameters": _short(fit.parameters),
        "drawn_from": _LIKE_CDNOW, "diagnosis": [each.kind for each in fit.diagnosis],
    }  # fmt: skip


if __name__ == "__main__":
    main()
