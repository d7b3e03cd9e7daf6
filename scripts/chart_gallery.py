"""Draw every chart in both looks from invented aggregates, to be looked at.

Usage: `python scripts/chart_gallery.py FOLDER [NAME ...]`
"""

import argparse
import math
from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path
from random import Random

import polars as pl

from unified_customer.methods.charting import (
    Chart,
    as_svg,
    bands,
    bars,
    curve,
    forest,
    funnel,
    grid,
    heatmap,
    landscape,
    levels,
    matrix,
    network,
    saved,
    scatter,
    tracking,
    treemap,
    trend,
    triangle,
    waterfall,
)
from unified_customer.methods.display import COUNT, NUMBER, SHARE, as_html_table, card, money, result_html

SEGMENTS = (
    "Champions", "Loyal", "Potential Loyalist", "New", "Promising", "Need Attention", "About to Sleep", "At Risk",
    "Can't Lose", "Hibernating",
)  # fmt: skip
STATES = ("new", "active", "at risk", "lapsed", "lost", "reactivated")
LONG = "Families who buy gifts and decorations in the weeks before Christmas and nothing else"

Draw = Callable[[bool], Chart]


def months(count: int, *, first: date = date(2010, 12, 1)) -> list[date]:
    """Return the first days of so many months."""
    ahead = [first.month - 1 + each for each in range(count)]
    return [date(first.year + each // 12, each % 12 + 1, 1) for each in ahead]


def segments(count: int = 10) -> pl.DataFrame:
    """Return invented segments."""
    chance = Random(7)
    names = [SEGMENTS[each] if each < 10 else f"Micro-segment {each}" for each in range(count)]
    sizes = [int(chance.paretovariate(0.9) * 120) for _ in names]
    revenue = [size * chance.lognormvariate(4, 1) for size in sizes]
    frame = pl.DataFrame({"segment": names, "customers": sizes, "revenue": revenue})
    shares = frame.select(
        size=pl.col("customers") / pl.col("customers").sum(), money=pl.col("revenue") / pl.col("revenue").sum()
    )
    return pl.concat([frame, shares], how="horizontal").with_columns(mean=pl.col("revenue") / pl.col("customers"))


def cohorts(count: int) -> pl.DataFrame:
    """Return an invented triangle of retention."""
    chance = Random(3)
    rows = []
    for place, first in enumerate(months(count)):
        size = chance.randint(80, 1400)
        for period in range(count):
            kept = 1.0 if period == 0 else (0.42 * period**-0.35) * chance.uniform(0.8, 1.2)
            rows.append((first, period, kept if place + period < count else None, size))
    return pl.DataFrame(rows, schema=["cohort", "period", "retention", "size"], orient="row")


def rfm(most: int = 5) -> pl.DataFrame:
    """Return an invented RFM grid."""
    chance = Random(5)
    rows = [
        (r, f, int(900 * math.exp(-abs(r - f) * 0.6) * chance.uniform(0.4, 1.2)), SEGMENTS[(r * 2 + f) % 10])
        for r in range(1, most + 1)
        for f in range(1, most + 1)
        if (r, f) != (1, most)
    ]
    return pl.DataFrame(rows, schema=["recency", "frequency", "customers", "segment"], orient="row")


def fields() -> pl.DataFrame:
    """Return how complete invented fields of invented sources are."""
    chance = Random(4)
    names = ("email", "telephone number", "street", "town", "birth date", "gender")
    told = [
        (name, source, None if chance.random() < 0.15 else min(1.0, chance.uniform(0.1, 1.2)), chance.randint(40, 9000))
        for name in names
        for source in ("all", "crm", "email tool", "point of sale")
    ]
    frame = pl.DataFrame(told, schema=["field", "source", "share", "rows"], orient="row")
    return frame.with_columns(low=(pl.col("share") < 0.5).fill_null(value=False))


def moves() -> pl.DataFrame:
    """Return invented moves between states."""
    chance = Random(2)
    rows: list[tuple[str, str, int | None]] = [
        (one, other, int(chance.paretovariate(0.6) * 8)) for one in STATES[:5] for other in STATES if other != "new"
    ]
    rows += [("active", "active", 4000), ("lapsed", "active", None)]
    frame = pl.DataFrame(rows, schema=["before", "after", "customers"], orient="row")
    return frame.unique(["before", "after"], keep="last", maintain_order=True)


def rates(count: int) -> pl.DataFrame:
    """Return an invented rate by month with its interval and a gap."""
    chance = Random(4)
    value = [0.031 + 0.008 * math.sin(each / 3) + chance.uniform(-0.003, 0.003) for each in range(count)]
    known = [None if each in {7, 8, 11} else one for each, one in enumerate(value)]
    return pl.DataFrame({"month": months(count), "rate": known}).with_columns(
        low=pl.col("rate") * 0.85, high=pl.col("rate") * 1.17
    )


def weeks() -> pl.DataFrame:
    """Return invented weekly sums of purchases: what came, and what two models expected."""
    week = list(range(1, 79))
    actual = [6200 * (1 - math.exp(-each / 40)) + 90 * math.sin(each / 5) for each in week]
    bg, naive = [6000 * (1 - math.exp(-each / 39)) for each in week], [82.0 * each for each in week]
    return pl.DataFrame({"week": week, "actual": actual, "bg": bg, "naive": naive})


def things(count: int) -> pl.DataFrame:
    """Return invented things in nine groups of places."""
    chance = Random(6)
    rows = []
    for each in range(count):
        place = each % 9
        category = ("Bags", "Cups", "Lights", "Boxes", "Signs", "Tins", "Clocks", "Games", None)[place]
        x, y = (turn(place * 0.7) * (1 + place / 9) + chance.gauss(0, 0.15) for turn in (math.cos, math.sin))
        rows.append((f"{category or 'Thing'} {each}", category, x, y, int(20 * chance.paretovariate(1.2))))
    return pl.DataFrame(rows, schema=["thing", "category", "x", "y", "customers"], orient="row")


def lifts() -> pl.DataFrame:
    """Return invented lifts with intervals."""
    rows = [
        ("buys gift wrap", 2.4, 2.1, 2.7), ("lives in Germany", 1.6, 1.2, 2.1), ("came by e-mail", 1.1, 0.9, 1.3),
        ("has a loyalty card", 0.98, 0.7, 1.35), (LONG, 0.7, 0.55, 0.9), ("returns goods", 0.3, 0.1, 0.8),
        ("too few to say", 1.4, None, None),
    ]  # fmt: skip
    return pl.DataFrame(rows, schema=["trait", "lift", "low", "high"], orient="row")


def retention() -> pl.DataFrame:
    """Return invented retention curves of three channels."""
    rows = [
        (channel, period, kept := 1.0 if period == 0 else drop * period**-0.4, kept * 0.93, min(1.0, kept * 1.07))
        for channel, drop in (("organic", 0.5), ("paid search", 0.34), ("e-mail", 0.62))
        for period in range(13)
    ]
    return pl.DataFrame(rows, schema=["channel", "month", "retention", "low", "high"], orient="row")


def averaged(frame: pl.DataFrame) -> pl.DataFrame:
    """Add the mean of all cohorts, with a band."""
    overall = frame.group_by("period").agg(pl.col("retention").mean()).with_columns(cohort=pl.lit("all cohorts"))
    named = frame.select(pl.col("cohort").dt.strftime("%Y-%m"), "period", "retention")
    both = pl.concat([named, overall.select("cohort", "period", "retention")])
    band = pl.when(pl.col("cohort") == "all cohorts").then(pl.col("retention"))
    return both.with_columns(low=band * 0.93, high=band * 1.07)


def triangle_of(count: int) -> Draw:
    """Return how a triangle of so many cohorts is drawn."""
    return lambda dark: triangle(
        cohorts(count), cohort="cohort", period="period", value="retention", size="size",
        cohort_title="month of the first purchase", period_title="months since the first purchase",
        value_title="customers who bought again", title="Who comes back", subtitle=["Share of each cohort, by month."], dark=dark,
    )  # fmt: skip


def bars_of(frame: pl.DataFrame) -> Draw:
    """Return how segments are drawn side by side."""
    return lambda dark: bars(
        frame, name="segment", values={"size": "share of customers", "money": "share of revenue"}, value_title="share",
        title="Segments by size and revenue", dark=dark,
    )  # fmt: skip


def treemap_of(frame: pl.DataFrame) -> Draw:
    """Return how segments are drawn as tiles."""
    return lambda dark: treemap(
        frame, name="segment", size="customers", value="mean", size_title="customers", value_title="revenue per customer",
        value_unit=money("EUR"), title="Segments", dark=dark,
    )  # fmt: skip


def models() -> pl.DataFrame:
    """Return invented models."""
    names = ["popularity", "buy again", "item neighbours", "hybrid of several parts", "ALS", "EASE"]
    frame = pl.DataFrame(
        {"model": names, "coverage": [0.02, 0.31, 0.57, 0.6, 0.62, 0.9], "ndcg": [0.14, 0.32, 0.33, 0.37, 0.29, 0.28]}
    )
    return frame.with_columns(low=pl.col("ndcg") - 0.015, high=pl.col("ndcg") + 0.015)


USUAL: dict[str, Draw] = {
    "grid": lambda dark: grid(
        rfm(), x="recency", y="frequency", value="customers", label="segment", x_title="recency score",
        y_title="frequency score", value_title="customers", title="Customers by recency and frequency", dark=dark,
    ),
    "heatmap": lambda dark: heatmap(
        fields(), row="field", column="source", value="share", count="rows", marked="low", columns=["all"], row_title="field",
        column_title="source", value_title="share of rows with a value", title="Completeness of records", dark=dark,
    ),
    "treemap": treemap_of(segments()),
    "bars": bars_of(segments()),
    "matrix": lambda dark: matrix(
        moves(), before="before", after="after", count="customers", states=STATES, before_title="state on 1 March 2011",
        after_title="state on 1 June 2011", title="Where customers went", dark=dark,
    ),
    "triangle": triangle_of(13),
    "bands": lambda dark: bands(
        retention(), x="month", y="retention", low="low", high="high", series="channel", x_title="months since the first purchase",
        y_title="customers who bought again", title="Retention by channel", subtitle=["With 95 % intervals."], dark=dark,
    ),
    "bands_many": lambda dark: bands(
        averaged(cohorts(13)), x="period", y="retention", low="low", high="high", series="cohort", mean="all cohorts",
        x_title="months since the first purchase", y_title="customers who bought again", title="Retention of cohorts", dark=dark,
    ),
    "trend": lambda dark: trend(
        rates(24), period="month", value="rate", low="low", high="high", value_title="conversion", unit=SHARE, target=0.035,
        title="Conversion by month", subtitle=["With 95 % intervals; months without traffic are left open."], dark=dark,
    ),
    "tracking": lambda dark: tracking(
        weeks(), x="week", actual="actual", expected={"bg": "expected (BG/NBD)", "naive": "past rate"}, split_at=39,
        x_title="week", y_title="repeat purchases so far", title="Repeat purchases against the model", dark=dark,
    ),
    "funnel": lambda dark: funnel(
        pl.DataFrame({"step": ["Product Viewed", "Product Added", "Checkout Started", "Order Completed"],
                      "visitors": [48210, 11873, 5204, 3961]}),
        step="step", count="visitors", count_title="visitors", title="From a look to an order", dark=dark,
    ),
    "forest": lambda dark: forest(
        lifts(), name="trait", estimate="lift", low="low", high="high", reference=1, reference_title="as all others",
        value_title="lift", logarithmic=True, title="What tells Champions apart", subtitle=["Lift against the rest, 95 % intervals."],
        dark=dark,
    ),
    "scatter": lambda dark: scatter(
        models(), name="model", x="coverage", y="ndcg", low="low", high="high", x_title="coverage", x_unit=SHARE, y_title="NDCG",
        title="Accuracy against coverage", subtitle=["With 95 % intervals."], dark=dark,
    ),
    "landscape": lambda dark: landscape(
        things(200), name="thing", x="x", y="y", size="customers", group="category", size_title="customers", group_title="category",
        title="What is wanted together", subtitle=["Things that the same customers want are near each other."], dark=dark,
    ),
    "waterfall": lambda dark: waterfall(
        pl.DataFrame({"step": ["start", "name", "town"], "bits": [-6.0, 9.5, -1.5], "total": [-6.0, 3.5, 2.0]}),
        labels=[["any two records"], ["name: equal", "Ann | Ann"], ["town: differ"], ["score"]], change="bits", total="total",
        unit="bits", title="Do a and b match?", line=1.0, line_name="threshold", dark=dark,
    ),
    "levels": lambda dark: levels(
        pl.DataFrame({"field": ["name", "name", "town", "town"], "agreement": ["equal", "differ", "equal", "differ"],
                      "bits": [8.0, -4.0, 3.0, -2.0], "m": [0.9, 0.1, 0.8, 0.2], "u": [0.001, 0.999, 0.1, 0.9]}),
        group="field", level="agreement", value="bits", unit="bits", rates={"m": "one person (m)", "u": "by chance (u)"},
        title="What agreement weighs", dark=dark,
    ),
    "curve": lambda dark: curve(
        pl.DataFrame({"bits": [-10.0, 0.0, 5.0, 10.0], "share": [0.0, 0.1, 0.4, 1.0]}), x="bits", x_title="threshold in bits",
        share="share", share_title="share of records", at=4.0, at_name="threshold", title="Records that say too little", dark=dark,
    ),
    "network": lambda dark: network(
        pl.DataFrame({"name": ["a1", "a2", "b1", "b2", "b3"], "kind": ["shop", "crm", "shop", "crm", "till"], "part": [0, 0, 1, 1, 1]}),
        pl.DataFrame({"one": ["a1", "a1", "b1", "b2"], "other": ["a2", "b1", "b2", "b3"], "weight": [6.0, 1.2, 5.0, 4.0],
                      "look": ["strong", "marked", "strong", "plain"]}),
        unit="bits", title="What holds 5 records together", dark=dark,
    ),
}  # fmt: skip

EXTREME: dict[str, Draw] = {
    "triangle_24": triangle_of(24),
    "triangle_1": triangle_of(1),
    "bars_40": bars_of(segments(40)),
    "bars_1": bars_of(segments(1)),
    "bars_odd": bars_of(
        pl.DataFrame({"segment": [LONG, "none", "unknown"], "size": [1.0, 0.0, None], "money": [0.00001, -0.2, 0.9999]})
    ),
    "treemap_40": treemap_of(segments(40)),
    "treemap_1": treemap_of(segments(1)),
    "treemap_odd": treemap_of(
        pl.DataFrame({"segment": [LONG, "middling", "tiny", "none"], "customers": [10**12, 10**9, 1, 0], "mean": [1e9, None, 3.0, 0.0]})
    ),
    "grid_10": lambda dark: grid(
        rfm(10), x="recency", y="frequency", value="customers", x_title="recency score", y_title="frequency score",
        value_title="customers", title="Deciles", dark=dark,
    ),
    "grid_money": lambda dark: grid(
        rfm().with_columns(revenue=pl.col("customers").cast(pl.Float64) ** 4), x="recency", y="frequency", value="revenue",
        count="customers", x_title="recency score", y_title="frequency score", value_title="revenue", unit=money("EUR"),
        title="Revenue by recency and frequency", dark=dark,
    ),
    "matrix_long": lambda dark: matrix(
        pl.DataFrame({"before": [LONG, "b", "b"], "after": ["b", LONG, "b"], "n": [0, 10**7, 5]}), before="before", after="after",
        count="n", before_title="before", after_title="after", title="Long names, a row of nothing, and a title that goes on for rather a while", dark=dark,
    ),
    "trend_1": lambda dark: trend(
        rates(1), period="month", value="rate", low="low", high="high", value_title="conversion", unit=SHARE, title="One month", dark=dark,
    ),
    "trend_huge": lambda dark: trend(
        pl.DataFrame({"quarter": [f"2011-Q{each}" for each in (1, 2, 3, 4)], "value": [1.2e9, None, 3.4e9, 2.2e9]}), period="quarter",
        value="value", value_title="revenue", unit=money("USD"), title="Huge numbers", dark=dark,
    ),
    "trend_kinds": lambda dark: trend(
        pl.concat(rates(24).with_columns(channel=pl.lit(f"channel {each}"), rate=pl.col("rate") * (1 + each / 3)) for each in range(7)),
        period="month", value="rate", series="channel", value_title="conversion", unit=SHARE, from_zero=True, title="Seven channels", dark=dark,
    ),
    "trend_nothing": lambda dark: trend(
        pl.DataFrame({"month": months(3), "value": [None, None, None]}, schema_overrides={"value": pl.Float64}), period="month",
        value="value", value_title="revenue", title="Nothing is known", dark=dark,
    ),
    "tracking_dates": lambda dark: tracking(
        pl.DataFrame({"month": months(18), "came": [100.0 + each * 7 for each in range(18)], "model": [101.0 + each * 6 for each in range(18)]}),
        x="month", actual="came", expected="model", split_at=date(2011, 10, 1), x_title="", y_title="revenue", unit=money("EUR"),
        title="Revenue by month", dark=dark,
    ),
    "funnel_odd": lambda dark: funnel(
        pl.DataFrame({"step": [LONG, "nobody came", "more came", "unknown"], "n": [1, 0, 3, None]}), step="step", count="n",
        title="An odd funnel", dark=dark,
    ),
    "forest_odd": lambda dark: forest(
        pl.DataFrame({"name": ["endless", "nothing", "exact"], "x": [0.2, None, 0.0], "low": [0.1, None, 0.0], "high": [math.inf, None, 0.0]}),
        name="name", estimate="x", low="low", high="high", reference=0, value_title="difference", unit=SHARE, title="Odd intervals", dark=dark,
    ),
    "scatter_odd": lambda dark: scatter(
        pl.DataFrame({"name": [LONG, "same", "as that", "unknown"], "x": [1.0, 2.0, 2.0, None], "y": [0.0, 0.0, 0.0, 1.0]}), name="name",
        x="x", y="y", x_title="x", y_title="y", title="Odd points", dark=dark,
    ),
    "scatter_1": lambda dark: scatter(
        models().head(1), name="model", x="coverage", y="ndcg", x_title="coverage", y_title="NDCG", title="One model", dark=dark,
    ),
    "landscape_odd": lambda dark: landscape(
        pl.DataFrame({"name": [LONG, "same", "same", None, "unknown"], "x": [1.0, 2.0, 2.0, 2.0, None], "y": [0.0] * 5, "n": [9, 1, 1, 0, 3],
                      "group": [LONG, None, "a", "b", "c"]}),
        name="name", x="x", y="y", size="n", group="group", size_title="customers", group_title="category", title="Odd points", dark=dark,
    ),
    "landscape_1": lambda dark: landscape(
        things(1), name="thing", x="x", y="y", size="customers", size_title="customers", title="One thing", dark=dark,
    ),
    "landscape_600": lambda dark: landscape(
        things(600), name="thing", x="x", y="y", size="customers", group="category", size_title="customers", title="Many", dark=dark,
    ),
    "forest_alone": lambda dark: forest(
        models(), name="model", estimate="ndcg", low="low", high="high", reference=None, value_title="NDCG", title="Models", dark=dark,
    ),
}  # fmt: skip


def page(pictures: Iterable[str]) -> str:
    """Return a page with pictures and pieces of HTML, light or dark as the reader has it."""
    frame = segments()
    formats = {"revenue": money("EUR"), "size": SHARE, "money": SHARE, "mean": money("EUR")}
    pieces = [
        result_html("RFM of 4,338 customers", {"customers": 4338, "segments": 10, "revenue": money("EUR").short(8.9e6)}, frame,
                    formats=formats, at_most=6, note="as of 2011-12-10"),
        as_html_table(pl.DataFrame({"name": [LONG, None], "n": [1, None]}), title="Odd"),
        card("Champions", {"customers": COUNT.written(1040), "of revenue": SHARE.written(0.63), "orders": NUMBER.written(11.4)},
             text="They bought lately and often."),
    ]  # fmt: skip
    style = "<style>:root{color-scheme:light dark}body{margin:24px;font-family:sans-serif}</style>"
    return f"<!doctype html><html lang=en><meta charset=utf-8><title>Charts</title>{style}<body>{'<hr>'.join([*pieces, *pictures])}"


def main() -> None:
    """Draw the charts that are named, or all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("names", nargs="*", metavar="NAME")
    asked = parser.parse_args()
    asked.folder.mkdir(parents=True, exist_ok=True)
    every = USUAL | EXTREME
    for name in asked.names or every:
        for dark in (False, True):
            print(saved(every[name](dark), asked.folder / f"{name}_{'dark' if dark else 'light'}.png"))
    if not asked.names:
        pictures = [as_svg(draw(False), dark=draw(True)) for draw in USUAL.values()]
        (asked.folder / "page.html").write_text(page(pictures), encoding="utf-8")


if __name__ == "__main__":
    main()
