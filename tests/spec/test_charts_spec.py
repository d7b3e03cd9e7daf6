"""The laws of charts of aggregates, and of what results show of themselves."""

import math
from html.parser import HTMLParser
from typing import Any

import polars as pl
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from unified_customer.core.errors import SchemaError
from unified_customer.methods.charting import (
    Chart,
    as_svg,
    bands,
    bars,
    forest,
    funnel,
    grid,
    heatmap,
    landscape,
    matrix,
    tracking,
    treemap,
    trend,
    triangle,
)
from unified_customer.methods.charting.layout import side_by_side
from unified_customer.methods.charting.lettering import cut, legible, width, wrapped
from unified_customer.methods.charting.tiles import squarified
from unified_customer.methods.display import COUNT, NUMBER, SHARE, as_html_table, card, money, result_html

few = settings(max_examples=max(5, settings().max_examples // 5))
"""Each example draws many pictures."""

NAMES = st.text(max_size=40).map(lambda text: f"<{text}>&")
NUMBERS = st.floats(0, 1e12) | st.integers(0, 10**12).map(float)
MAYBE = st.none() | NUMBERS
UNITS = st.sampled_from([COUNT, NUMBER, SHARE, money("EUR")])


@st.composite
def cells(draw: st.DrawFn) -> pl.DataFrame:
    """Draw cells of a table: names along both sides, some values null, some cells not there."""
    places = draw(st.sets(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=20))
    rows = [(f"r{row}", column, draw(MAYBE), draw(st.integers(0, 9999))) for row, column in sorted(places)]
    return pl.DataFrame(rows, schema=["one", "other", "value", "count"], orient="row", infer_schema_length=None).cast(
        {"value": pl.Float64}
    )


@st.composite
def parts(draw: st.DrawFn) -> pl.DataFrame:
    """Draw named parts with sizes, at least one of them above 0."""
    names = draw(st.lists(NAMES, min_size=1, max_size=20, unique=True))
    sizes = [draw(st.floats(0, 1e12) | st.sampled_from([1.0, 2.0])) for _ in names]
    assume(max(sizes) > 0)
    return pl.DataFrame(
        {"name": names, "size": sizes, "value": [draw(MAYBE) for _ in names]}, schema_overrides={"value": pl.Float64}
    )


@st.composite
def things(draw: st.DrawFn) -> pl.DataFrame:
    """Draw things in the plane, some of them at one place or of one name; all have a size."""
    place, size = st.floats(-1, 1) | st.sampled_from([0.0, 0.5]), st.integers(1, 999)
    rows = st.lists(
        st.tuples(NAMES, place, place, size, st.none() | st.sampled_from("abcdefghi")), min_size=1, max_size=40
    )
    return pl.DataFrame(draw(rows), schema=["name", "x", "y", "size", "group"], orient="row").cast({"group": pl.String})


def landscape_of(frame: pl.DataFrame) -> Chart:
    """Draw things in the plane."""
    return landscape(frame, name="name", x="x", y="y", size="size", group="group", size_title="s", title="t")


def picture(chart: Chart) -> dict[str, Any]:
    """Return all that a chart is; examples see to it that it is valid, which takes longer than to draw it."""
    spec: dict[str, Any] = chart.to_dict(validate=False)
    return spec


def drawn(chart: Chart) -> list[dict[str, Any]]:
    """Return the data of a chart."""
    spec = picture(chart)
    found = [each.get("data", {}).get("values", []) for each in [spec, *spec["layer"]]]
    return [row for rows in [*found, *spec.get("datasets", {}).values()] for row in rows]


def told(chart: Chart) -> str:
    """Return all that a chart tells when one points at its marks."""
    return "\n".join(row["says"] for row in drawn(chart) if "says" in row)


def all_of_cells(frame: pl.DataFrame) -> list[Chart]:
    """Draw cells in every way."""
    return [
        heatmap(
            frame, row="one", column="other", value="value", row_title="y", column_title="x", value_title="v", title="t"
        ),
        grid(frame, x="other", y="one", value="value", x_title="x", y_title="y", value_title="v", title="t"),
        triangle(
            frame,
            cohort="one",
            period="other",
            value="value",
            size="count",
            period_title="p",
            value_title="v",
            title="t",
        ),
        matrix(frame, before="one", after="other", count="count", before_title="b", after_title="a", title="t"),
        bands(frame, x="other", y="value", series="one", x_title="x", y_title="y", title="t"),
        trend(frame, period="other", value="value", series="one", value_title="v", title="t"),
    ]


def all_of_parts(frame: pl.DataFrame) -> list[Chart]:
    """Draw parts in every way in which their order says nothing."""
    return [
        treemap(frame, name="name", size="size", value="value", size_title="s", value_title="v", title="t"),
        bars(frame, name="name", values={"size": "size", "value": "value"}, value_title="v", unit=NUMBER, title="t"),
    ]


@few
@given(cells(), st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_no_chart_of_cells_or_lines(frame: pl.DataFrame, chance: Any) -> None:
    shuffled = frame[chance.sample(range(frame.height), frame.height)]
    assert [picture(chart) for chart in all_of_cells(frame)] == [picture(chart) for chart in all_of_cells(shuffled)]


@few
@given(parts(), st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_no_chart_of_parts(frame: pl.DataFrame, chance: Any) -> None:
    shuffled = frame[chance.sample(range(frame.height), frame.height)]
    assert [picture(chart) for chart in all_of_parts(frame)] == [picture(chart) for chart in all_of_parts(shuffled)]


@few
@given(things(), st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_no_landscape(frame: pl.DataFrame, chance: Any) -> None:
    shuffled = frame[chance.sample(range(frame.height), frame.height)]
    assert picture(landscape_of(frame)) == picture(landscape_of(shuffled))


@few
@given(things())
def test_every_thing_of_a_landscape_is_told_with_its_size_and_group(frame: pl.DataFrame) -> None:
    words = (f"{legible(name)}: {size} s, {group or 'none told'}" for name, _, _, size, group in frame.iter_rows())
    assert sorted(row["says"] for row in drawn(landscape_of(frame)) if "says" in row) == sorted(words)


@few
@given(things())
def test_names_of_a_landscape_cover_neither_points_nor_each_other(frame: pl.DataFrame) -> None:
    rows = drawn(landscape_of(frame))
    names = [(row["left"], row["middle"] - 6.5, width(row["text"], 11.5), 13.0) for row in rows if "left" in row]
    reach = [(row["x"], row["y"], row["area"] ** 0.5) for row in rows if "area" in row]
    points = [(x - wide / 2, y - wide / 2, wide, wide) for x, y, wide in reach]
    assert all(not over(name, other) for place, name in enumerate(names) for other in [*points, *names[:place]])


def over(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    """Return whether two rectangles (left, top, width, height) have more than an edge in common."""
    ends = ((one[axis], one[axis] + one[axis + 2], other[axis], other[axis] + other[axis + 2]) for axis in (0, 1))
    return all(min(b, d) - max(a, c) > 1e-6 for a, b, c, d in ends)


@given(things())
def test_points_of_a_landscape_hardly_cover_each_other_and_those_alone_stay(frame: pl.DataFrame) -> None:
    points = [(30.0 * x, 30.0 * y) for x, y in frame.select("x", "y").head(6).iter_rows()]
    moved = side_by_side(points, [4.0] * len(points))
    for place, (one, before) in enumerate(zip(moved, points, strict=True)):
        others = [other for at, other in enumerate(points) if at != place]
        if all(math.dist(before, other) > 60 for other in others):
            assert math.dist(one, before) < 1e-3
        assert all(math.dist(one, other) > 7 for other in moved[:place])


@few
@given(parts())
def test_every_name_is_told_in_full_when_one_points_at_its_mark(frame: pl.DataFrame) -> None:
    tiles, rows = (told(chart) for chart in all_of_parts(frame))
    assert all(name in rows for name in frame["name"])
    assert all(name in tiles for name in frame.filter(pl.col("size") > 0)["name"])


@few
@given(cells())
def test_null_cells_are_not_drawn(frame: pl.DataFrame) -> None:
    known = {(row["one"], row["other"]) for row in frame.drop_nulls("value").iter_rows(named=True)}
    for chart in all_of_cells(frame)[:3]:
        assert sum("fill" in row for row in drawn(chart)) == len(known)


@few
@given(cells(), st.sampled_from([math.nan, math.inf, -math.inf]))
def test_a_value_that_is_no_number_is_drawn_as_null_is(frame: pl.DataFrame, odd: float) -> None:
    other = frame.with_columns(pl.col("value").fill_null(odd))
    assert [picture(chart) for chart in all_of_cells(other)] == [picture(chart) for chart in all_of_cells(frame)]


@few
@given(cells())
def test_a_line_keeps_the_place_of_what_is_not_known(frame: pl.DataFrame) -> None:
    for chart in all_of_cells(frame)[4:]:
        lines = [row for row in drawn(chart) if "kind" in row]
        assert {(row["kind"], row["x"], row["y"]) for row in lines} == set(
            frame.select("one", "other", "value").iter_rows()
        )


@few
@given(cells(), st.sampled_from(["customer_id", "email", "Email", "phone", "record_id", "full name"]))
def test_a_column_that_tells_people_apart_is_refused_even_where_it_is_not_drawn(frame: pl.DataFrame, name: str) -> None:
    people = frame.with_columns(pl.lit("x").alias(name))
    with pytest.raises(SchemaError, match="of one person each"):
        all_of_cells(people)
    with pytest.raises(SchemaError, match="of one person each"):
        funnel(people.unique("one"), step="one", count="count", title="t")
    with pytest.raises(SchemaError, match="of one person each"):
        forest(people, name="one", estimate="value", low="value", high="value", reference=1, value_title="v", title="t")
    with pytest.raises(SchemaError, match="of one person each"):
        landscape(people, name="one", x="value", y="value", size="count", size_title="s", title="t")
    with pytest.raises(SchemaError, match="of one person each"):
        tracking(
            people.unique("other"), x="other", actual="value", expected="count", x_title="x", y_title="y", title="t"
        )


@given(st.lists(st.floats(1e-3, 1e9), min_size=1, max_size=40).map(lambda sizes: sorted(sizes, reverse=True)))
def test_tiles_fill_the_rectangle_each_as_large_as_its_size_and_none_over_another(sizes: list[float]) -> None:
    tiles = squarified(sizes, 640, 380)
    scale = 640 * 380 / sum(sizes)
    for tile, size in zip(tiles, sizes, strict=True):
        assert tile.wide * tile.high == pytest.approx(size * scale, rel=1e-3, abs=1e-3)
        assert -1e-6 <= tile.x <= tile.x + tile.wide <= 640 + 1e-6
        assert -1e-6 <= tile.y <= tile.y + tile.high <= 380 + 1e-6
    for place, one in enumerate(tiles):
        for other in tiles[place + 1 :]:
            wide = min(one.x + one.wide, other.x + other.wide) - max(one.x, other.x)
            high = min(one.y + one.high, other.y + other.high) - max(one.y, other.y)
            assert min(wide, high) <= 1e-6


@given(st.text(max_size=60), st.floats(0, 400))
def test_a_text_is_cut_to_its_room_and_keeps_its_beginning(text: str, room: float) -> None:
    kept = cut(text, room, 12)
    assert width(kept, 12) <= room
    assert text.startswith(kept.removesuffix("…").rstrip()) or kept == text


@given(st.lists(st.text(st.characters(exclude_characters=" "), min_size=1), max_size=12), st.floats(10, 400))
def test_a_broken_text_has_all_its_words_in_order(words: list[str], room: float) -> None:
    lines = wrapped(" ".join(words), room, 12)
    assert [word for line in lines for word in line.split(" ") if word] == words
    assert all(width(line, 12) <= room or " " not in line for line in lines)


class Page(HTMLParser):
    """What a browser makes of a piece of HTML: its tags, their attributes, its text."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: set[str] = set()
        self.text = ""
        self.tips: set[str] = set()
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}
        self.tips |= {value or "" for name, value in attrs if name == "title"}

    def handle_data(self, data: str) -> None:
        self.text += data


ALLOWED = {"div", "p", "table", "caption", "thead", "tbody", "tr", "th", "td"}
# A parser of HTML leaves out or changes these signs, wherever they come from.
READABLE = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=30)
HOSTILE = READABLE | st.sampled_from(
    ["<script>alert(1)</script>", "\"'><img src=x onerror=y>", "&lt;b&gt;", "</td></table>", '"><i>' * 20]
)


@given(st.lists(HOSTILE, min_size=1, max_size=4), HOSTILE, HOSTILE)
def test_whatever_the_data_say_html_has_no_tags_but_its_own(values: list[str], title: str, column: str) -> None:
    frame = pl.DataFrame({column: values})
    page = Page(
        result_html(title, {title: values[0], column: 1}, frame, table_title=title, note=title)
        + card(title, [], text=title)
    )
    assert set(page.tags) <= ALLOWED
    assert page.attributes <= {"style", "title", "scope"}
    assert all(value in page.text or value in page.tips for value in values)


@given(st.lists(HOSTILE, max_size=30), st.integers(0, 30))
def test_a_table_shows_so_many_rows_and_says_how_many_more_there_are(values: list[str], at_most: int) -> None:
    page = Page(as_html_table(pl.DataFrame({"x": values}, schema={"x": pl.String}), at_most=at_most))
    shown = min(len(values), at_most)
    assert page.tags.count("td") == shown
    assert (f"and {len(values) - shown} more" in page.text) or len(values) == shown


@given(st.lists(st.floats(-1, 1) | st.none(), min_size=1, max_size=8))
def test_shares_have_bars_and_changes_have_none(values: list[float | None]) -> None:
    table = as_html_table(pl.DataFrame({"x": values}, schema={"x": pl.Float64}), formats={"x": SHARE})
    known = [value for value in values if value is not None]
    bars = 0 if min(known, default=0) < 0 else sum(value > 0 for value in known)
    assert table.count("linear-gradient") == bars


@few
@given(parts())
def test_an_svg_is_one_element_that_holds_no_other_markup_than_a_picture(frame: pl.DataFrame) -> None:
    light, dark = (
        bars(frame, name="name", values={"size": "size"}, value_title="v", title="t", dark=dark)
        for dark in (False, True)
    )
    page = Page(as_svg(light, dark=dark))
    assert set(page.tags) <= {
        "svg",
        "g",
        "path",
        "rect",
        "line",
        "text",
        "tspan",
        "title",
        "desc",
        "style",
        "defs",
        "clippath",
    }


@given(st.floats(-1e18, 1e18), UNITS)
def test_a_number_is_written_with_its_sign_and_never_as_nothing(value: float, unit: Any) -> None:
    full, short = unit.written(value), unit.short(value)
    assert all(any(sign.isdigit() for sign in text) for text in (full, short))
    assert value < 0 or "-" not in full.replace("e-", "")


@given(st.floats(0, 1, exclude_min=True, exclude_max=True) | st.floats(0.99, 1, exclude_max=True))
def test_only_nothing_is_nought_per_cent_and_only_all_is_a_hundred(share: float) -> None:
    assert SHARE.written(share) not in {"0 %", "100 %"}
    assert (SHARE.written(0), SHARE.written(1)) == ("0 %", "100 %")


@given(st.floats(1, 9e14))
def test_a_short_number_is_within_a_twentieth_of_what_it_stands_for(value: float) -> None:
    text, _, sign = NUMBER.short(value).partition(" ")
    scale = {"": 1, "k": 1e3, "M": 1e6, "bn": 1e9, "tn": 1e12}[sign]
    assert float(text) * scale == pytest.approx(value, rel=0.05)
