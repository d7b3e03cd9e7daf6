"""Charts of aggregates: valid, readable in both looks, and for aggregates alone."""

import os
import re
import runpy
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from itertools import combinations
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import polars as pl
import pytest

from unified_customer.core.errors import ConfigurationError, MissingDependencyError, SchemaError
from unified_customer.core.tables import TABLES
from unified_customer.methods import charting
from unified_customer.methods.charting import (
    DARK,
    LIGHT,
    as_svg,
    bars,
    forest,
    funnel,
    landscape,
    matrix,
    saved,
    scatter,
    tracking,
    treemap,
    trend,
    triangle,
)
from unified_customer.methods.charting.axes import number_label
from unified_customer.methods.charting.forest import AT_MOST as MOST_INTERVALS
from unified_customer.methods.charting.inline_svg import inlined
from unified_customer.methods.charting.lettering import width
from unified_customer.methods.charting.looks import Look, contrast, ink_on, tone
from unified_customer.methods.display import SHARE, money

GALLERY = runpy.run_path(str(Path(__file__).parents[2] / "scripts" / "chart_gallery.py"))
USUAL: dict[str, Callable[[bool], Any]] = GALLERY["USUAL"]
EXTREME: dict[str, Callable[[bool], Any]] = GALLERY["EXTREME"]
BOTH = pytest.mark.parametrize("look", [LIGHT, DARK], ids=lambda look: look.name)
SEGMENTS = pl.DataFrame({"segment": ["new", "loyal"], "n": [30, 10], "share": [0.75, 0.25]})
DATES = pl.DataFrame({"day": [date(2011, 1, 1), date(2011, 2, 1)], "n": [1.0, 2.0]})


def rows_of(chart: Any) -> Iterator[dict[str, Any]]:
    """Return all data of a chart."""
    spec = chart.to_dict()
    for part in [spec, *spec.get("layer", [])]:
        yield from part.get("data", {}).get("values", [])
    for named in spec.get("datasets", {}).values():
        yield from named


def parsed(svg: str) -> ET.Element:
    """Return a picture that was drawn here."""
    return ET.fromstring(svg)  # noqa: S314


def texts_of(svg: str) -> list[str]:
    """Return what is written in a picture."""
    return [element.text or "" for element in parsed(svg).iter() if element.tag.endswith("}text")]


@pytest.mark.parametrize("name", [*USUAL, *EXTREME])
def test_every_chart_of_the_gallery_is_valid_in_both_looks(name: str) -> None:
    for look in (LIGHT, DARK):
        spec = (USUAL | EXTREME)[name](look is DARK).to_dict()
        assert spec["config"]["background"] == look.background
        assert spec["config"]["axis"]["labelColor"] == look.ink
        assert spec["description"].startswith(
            " ".join(spec["title"]["text"]) if isinstance(spec["title"]["text"], list) else spec["title"]["text"]
        )


def worn(svg: str, *, dark: bool) -> list[tuple[str, ...]]:
    """Return the colours of a picture's elements, as a page shows them."""
    sheet = re.findall(r"data-theme=dark\] \.(\S+?)\{([a-z-]+):(.+?)\}", svg) if dark else []
    rules = {(name, attribute): value for name, attribute, value in sheet}
    colours = []
    for element in parsed(svg).iter():
        own = {each: element.get(each, "none") for each in ("fill", "stroke", "stop-color")}
        for name in element.get("class", "").split():
            own |= {attribute: value for (ruled, attribute), value in rules.items() if ruled == name}
        colours.append(tuple(_CLIPS.sub("", value.lower()) for value in own.values()))
    return colours


_CLIPS = re.compile(r"#uc[0-9a-f]{12}-")


@pytest.mark.parametrize("name", USUAL)
def test_one_picture_wears_the_colours_of_both_looks(name: str) -> None:
    light, dark = USUAL[name](False), USUAL[name](True)
    both = as_svg(light, dark=dark)
    assert worn(both, dark=False) == worn(as_svg(light), dark=False)
    assert worn(both, dark=True) == worn(as_svg(dark), dark=False)
    root = parsed(both)
    assert (root.attrib["role"], bool(root.attrib["aria-label"])) == ("img", True)


def test_a_picture_needs_no_script_and_nothing_from_elsewhere() -> None:
    svg = as_svg(USUAL["triangle"](False), dark=USUAL["triangle"](True))
    assert "<script" not in svg
    assert set(re.findall(r"https?://[^\"' ]+", svg)) == {"http://www.w3.org/2000/svg"}


def test_a_mark_tells_its_values_when_one_points_at_it() -> None:
    titles = [
        element.text for element in parsed(as_svg(USUAL["funnel"](False))).iter() if element.tag.endswith("}title")
    ]
    assert titles[1] == "Product Added: 11,873 visitors, 25 % of the first step, 75 % lost since the step before"


def test_pictures_of_one_page_have_names_of_their_own_and_drawing_again_changes_none() -> None:
    chart = USUAL["levels"](False)
    one, again, other = as_svg(chart), as_svg(chart), as_svg(chart, name="second")
    assert one == again
    ids = [set(re.findall(r' id="([^"]+)"', svg)) for svg in (one, other)]
    assert ids[0]
    assert ids[1]
    assert not ids[0] & ids[1]
    assert set(re.findall(r"url\(#([^)]+)\)", one)) <= ids[0]


def test_names_inside_a_picture_do_not_depend_on_what_was_drawn_before() -> None:
    clipped = (
        '<svg xmlns="http://www.w3.org/2000/svg"><g clip-path="url(#clip{n})" fill="#fff"/>'
        '<defs><clipPath id="clip{n}"/></defs></svg>'
    )
    one, other = (inlined(clipped.format(n=n), None, title="t", words="w") for n in (1, 7))
    assert one == other
    name = re.findall(r' id="(uc[0-9a-f]{12}-0)"', one)
    assert re.findall(r"url\(#([^)]+)\)", one) == name != []


def test_a_dark_chart_of_another_frame_is_refused() -> None:
    draw = GALLERY["triangle_of"]
    with pytest.raises(ConfigurationError, match="different shapes"):
        as_svg(draw(3)(False), dark=draw(4)(True))


@pytest.mark.parametrize(
    ("kind", "start"), [(".png", b"\x89PNG\r\n"), (".SVG", b"<svg"), (".html", b"<!DOCTYPE html>"), (".json", b"{")]
)
def test_a_chart_is_saved_as_its_name_says(kind: str, start: bytes, tmp_path: Path) -> None:
    path = saved(USUAL["bars"](False), tmp_path / f"bars{kind}")
    assert path.read_bytes().lstrip().startswith(start)
    assert not re.search(rb'(src|href)="?https?:', path.read_bytes())


def test_other_kinds_of_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"not as '\.gif'"):
        saved(USUAL["bars"](False), tmp_path / "bars.gif")


def test_without_the_drawing_package_a_picture_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "vl_convert", None)
    with pytest.raises(MissingDependencyError, match=r'pip install "unified-customer\[charts\]"'):
        as_svg(USUAL["bars"](False))


@pytest.mark.parametrize(
    "name",
    [
        "bands",
        "bars",
        "forest",
        "funnel",
        "grid",
        "heatmap",
        "landscape",
        "matrix",
        "scatter",
        "tracking",
        "treemap",
        "trend",
        "triangle",
    ],
)
def test_without_altair_every_chart_says_what_to_install(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "altair", None)
    draw = USUAL[name]
    with pytest.raises(MissingDependencyError, match="altair is needed to draw charts"):
        draw(False)


def test_identifiers_and_contacts_of_the_tables_are_refused() -> None:
    of_people = (
        "user.contact.email",
        "user.contact.phone_number",
        "user.name",
        "user.contact.address.street",
        "user.demographic.date_of_birth",
    )
    names = {name for name, field in TABLES["records"].fields.items() if field.category.startswith(of_people)}
    assert names >= {"email", "phone_raw", "full_name", "birth_date"}
    for name in {*names - {"honorific"}, "customer_id", "Customer-ID", "record_id"}:
        with pytest.raises(SchemaError, match="of one person each"):
            bars(
                SEGMENTS.with_columns(pl.lit(1).alias(name)),
                name="segment",
                values={"share": "share"},
                value_title="share",
                title="",
            )


def test_a_refusal_repeats_no_value() -> None:
    with pytest.raises(SchemaError) as refused:
        bars(
            pl.DataFrame({"email": ["ann@example.org"], "n": [1]}),
            name="email",
            values={"n": "n"},
            value_title="n",
            title="",
        )
    assert "ann" not in str(refused.value)


def test_more_rows_than_one_can_see_and_none_at_all_are_refused() -> None:
    frame = pl.DataFrame({"name": "a", "x": [1.0] * (MOST_INTERVALS + 1)})
    said = {
        "name": "name",
        "estimate": "x",
        "low": "x",
        "high": "x",
        "reference": 1.0,
        "value_title": "lift",
        "title": "",
    }
    with pytest.raises(ConfigurationError, match="shows 1 to 60 rows, and the frame has 61 rows"):
        forest(frame, **said)  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match="has no row"):
        forest(frame.clear(), **said)  # type: ignore[arg-type]


def test_a_missing_column_and_a_place_that_is_there_twice_are_refused() -> None:
    with pytest.raises(SchemaError, match="needs a column 'size'; the frame has segment, n, share"):
        treemap(SEGMENTS, name="segment", size="size", size_title="", title="")
    with pytest.raises(SchemaError, match="one row for each day"):
        trend(pl.concat([DATES, DATES]), period="day", value="n", value_title="n", title="")


def test_names_of_a_scatter_cover_neither_each_other_nor_points() -> None:
    crowd = pl.DataFrame({"model": [f"model {n}" for n in range(12)], "x": [n / 40 for n in range(12)], "y": 0.5})
    chart = scatter(crowd, name="model", x="x", y="y", x_title="x", y_title="y", title="A crowd")
    shown = [row for row in rows_of(chart) if "left" in row]
    spans = [(row["left"], row["middle"], row["left"] + width(row["text"], 11.5)) for row in shown]
    assert all(abs(a[1] - b[1]) >= 13 or a[2] <= b[0] or b[2] <= a[0] for a, b in combinations(spans, 2))
    assert {row["says"].split(":")[0] for row in rows_of(chart) if "says" in row} == set(crowd["model"])


def test_a_scatter_draws_only_what_has_both_numbers_and_names_each_once() -> None:
    frame = pl.DataFrame({"model": ["a", "b"], "x": [1.0, None], "y": [2.0, 3.0]})
    said: dict[str, Any] = {"name": "model", "x": "x", "y": "y", "x_title": "x", "y_title": "y", "title": ""}
    assert {row["name"] for row in rows_of(scatter(frame, **said)) if "name" in row} == {"a"}
    with pytest.raises(SchemaError, match="one row for each model"):
        scatter(pl.concat([frame, frame]), **said)


def groups_of(sizes: dict[str | None, int]) -> tuple[list[str], list[str]]:
    """Return the names and colours of the legend of a landscape of such groups."""
    frame = pl.DataFrame({"group": list(sizes), "n": list(sizes.values())}).with_columns(x=pl.col("n") * 1.0, y=0.0)
    spec = landscape(frame, name="group", x="x", y="y", size="n", group="group", size_title="n", title="").to_dict()
    scale = spec["layer"][0]["encoding"]["fill"]["scale"]
    return scale["domain"], scale["range"]


def test_groups_of_a_landscape_stand_in_order_of_size_and_small_ones_are_one() -> None:
    names, colours = groups_of({None: 99, **{letter: place + 1 for place, letter in enumerate("abcdefgh")}})
    assert names == ["h", "g", "f", "e", "d", "c", "2 others", "none told"]
    assert len(set(colours)) == 8
    assert groups_of(dict.fromkeys("gfedcba", 1))[0] == list("abcdefg")


def test_points_of_a_landscape_are_as_large_as_their_sizes_and_no_size_is_below_0() -> None:
    frame = pl.DataFrame({"item": ["a", "b", "c"], "n": [1, 4, 0], "x": [0.0, 1.0, 2.0]})
    said: dict[str, Any] = {"name": "item", "x": "x", "y": "x", "size": "n", "size_title": "buyers", "title": ""}
    marks = [row for row in rows_of(landscape(frame, **said)) if "area" in row]
    assert [row["says"] for row in marks] == ["b: 4 buyers", "a: 1 buyers"]
    assert marks[0]["area"] == pytest.approx(4 * marks[1]["area"], rel=0.01)
    with pytest.raises(ConfigurationError, match="a negative one"):
        landscape(frame.with_columns(n=-pl.col("n")), **said)


def test_a_forest_without_a_reference_tells_no_side() -> None:
    sides = {row["side"] for row in rows_of(EXTREME["forest_alone"](False)) if "side" in row}
    assert sides == {"not told apart"}


def test_sizes_of_tiles_are_above_zero() -> None:
    for sizes, words in (([1, -1], "a negative one"), ([0, None], "no row of the frame has one above 0")):
        with pytest.raises(ConfigurationError, match=words):
            treemap(pl.DataFrame({"s": ["a", "b"], "n": sizes}), name="s", size="n", size_title="", title="")


def test_a_logarithmic_axis_takes_what_is_above_zero() -> None:
    frame = pl.DataFrame({"name": ["a"], "x": [1.0], "low": [0.0], "high": [2.0]})
    with pytest.raises(ConfigurationError, match="not above 0"):
        forest(
            frame,
            name="name",
            estimate="x",
            low="low",
            high="high",
            reference=1,
            value_title="lift",
            logarithmic=True,
            title="",
        )


def test_shares_of_a_matrix_are_of_their_row() -> None:
    frame = pl.DataFrame({"before": ["a", "a", "b"], "after": ["a", "b", "a"], "n": [3, 1, 7]})
    said = [
        row["text"]
        for row in rows_of(
            matrix(frame, before="before", after="after", count="n", before_title="", after_title="", title="")
        )
        if "text" in row
    ]
    assert said == ["75 %", "25 %", "100 %"]


def test_states_of_a_matrix_stand_in_the_order_that_is_given_and_others_behind() -> None:
    frame = pl.DataFrame({"before": ["new", "lost", "odd"], "after": ["new", "new", "lost"], "n": [1, 2, 3]})
    svg = as_svg(
        matrix(
            frame,
            before="before",
            after="after",
            count="n",
            states=["new", "lost"],
            before_title="x",
            after_title="y",
            title="t",
        )
    )
    assert [text for text in texts_of(svg) if text in {"new", "lost", "odd"}] == ["new", "lost", "new", "lost", "odd"]


def test_a_funnel_tells_shares_of_the_first_step_and_what_was_lost_since_the_last() -> None:
    frame = pl.DataFrame({"step": ["seen", "added", "bought"], "n": [200, 50, 40]})
    rows = list(rows_of(funnel(frame, step="step", count="n", title="")))
    assert [(row["text"], row["lost"]) for row in rows] == [
        ("200 · 100 %", ""),
        ("50 · 25 %", "75 % lost"),
        ("40 · 20 %", "20 % lost"),
    ]


def test_the_side_of_an_interval_is_told_only_where_it_leaves_the_reference() -> None:
    chart = USUAL["forest"](False)
    sides = [row["side"] for row in rows_of(chart) if "side" in row]
    assert sides == ["above", "above", "not told apart", "not told apart", "below", "below", "not told apart"]


def test_period_zero_of_shares_does_not_weaken_the_others() -> None:
    frame = pl.DataFrame({"c": ["a"] * 3, "p": [0, 1, 2], "v": [1.0, 0.2, 0.1]})
    fills = [
        row["fill"]
        for row in rows_of(
            triangle(frame, cohort="c", period="p", value="v", period_title="", value_title="", title="")
        )
        if "fill" in row
    ]
    assert fills[0] == fills[1] == LIGHT.sequential[-1].lower() != fills[2]


def test_decimal_amounts_are_drawn_as_numbers_are() -> None:
    frame = pl.DataFrame({"c": ["a", "a"], "p": [0, 1], "v": [Decimal("10.50"), Decimal(21)]})
    rows = rows_of(
        triangle(frame, cohort="c", period="p", value="v", period_title="", value_title="", unit=money("EUR"), title="")
    )
    assert [row["text"] for row in rows if "text" in row] == ["EUR 10.50", "EUR 21"]


def test_many_curves_are_thin_lines_below_their_mean() -> None:
    words = USUAL["bands_many"](False).to_dict()["title"]["subtitle"]
    assert words == [
        "Thin lines are 13 curves, from 2010-12 (faint) to 2011-12 (strong).",
        "The thick line is all cohorts.",
    ]


DRAW_IN_A_ZONE = """
from datetime import UTC, date, datetime
import polars as pl
from unified_customer.methods.charting import as_svg, trend
for kind, more in ((date, {}), (datetime, {}), (datetime, {"tzinfo": UTC})):
    frame = pl.DataFrame({"at": [kind(2011, 1, 1, **more), kind(2011, 2, 1, **more)], "n": [1.0, 2.0]})
    print(as_svg(trend(frame, period="at", value="n", value_title="n", title="t")).replace(" 00:00", ""))
"""


@pytest.mark.slow
def test_dates_stand_where_they_are_in_every_zone() -> None:
    pages = [
        subprocess.run(
            [sys.executable, "-c", DRAW_IN_A_ZONE],
            env={**os.environ, "TZ": zone},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for zone in ("America/New_York", "Pacific/Kiritimati")
    ]
    assert pages[0] == pages[1]
    for svg in pages[0].splitlines():
        assert {"Jan 2011", "Feb 2011"} <= set(texts_of(svg))


def test_the_border_between_calibration_and_holdout_is_named() -> None:
    assert {"← calibration", "holdout →"} <= set(texts_of(as_svg(USUAL["tracking"](False))))
    without = tracking(DATES, x="day", actual="n", expected="n", x_title="", y_title="", title="t")
    assert not any("holdout" in text for text in texts_of(as_svg(without)))


def test_axes_write_numbers_as_people_read_them() -> None:
    frame = pl.DataFrame({"q": ["1", "2"], "v": [0.0, 3e6]})
    svg = as_svg(
        trend(frame, period="q", value="v", value_title="revenue", unit=money("EUR"), from_zero=True, title="t")
    )
    assert {"1 M", "revenue in EUR"} <= set(texts_of(svg))
    assert "'k'" not in number_label(SHARE)


@BOTH
def test_text_can_be_read_on_its_ground(look: Look) -> None:
    assert min(contrast(colour, look.background) for colour in (look.ink, look.soft)) >= 4.5
    assert min(contrast(colour, look.background) for colour in (look.rise, look.fall, look.plain)) >= 3
    fills = [tone(ramp, share / 100) for ramp in (look.sequential, look.diverging) for share in range(101)]
    assert min(contrast(ink_on(fill), fill) for fill in fills) >= 4.2


@BOTH
def test_much_is_ever_further_from_the_ground_than_little(look: Look) -> None:
    apart = [contrast(tone(look.sequential, share / 20), look.background) for share in range(21)]
    assert apart == sorted(apart)


# How the eyes without one kind of cones see red, green and blue. G. Machado, M. Oliveira, L. Fernandes (2009): A
# physiologically-based model for simulation of color vision deficiency.
BLINDNESS = {
    "protan": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deutan": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
}


def seen(colour: str, blindness: str) -> tuple[float, ...]:
    """Return a colour as it is seen."""
    channels = [(int(colour[at : at + 2], 16) / 255) ** 2.2 for at in (1, 3, 5)]
    mixed = (sum(weight * part for weight, part in zip(row, channels, strict=True)) for row in BLINDNESS[blindness])
    return tuple(max(each, 0.0) ** (1 / 2.2) for each in mixed)


@BOTH
@pytest.mark.parametrize("blindness", BLINDNESS)
def test_kinds_are_told_apart_by_the_colour_blind(look: Look, blindness: str) -> None:
    pairs = combinations([seen(colour, blindness) for colour in look.kinds], 2)
    assert min(sum((a - b) ** 2 for a, b in zip(one, other, strict=True)) ** 0.5 for one, other in pairs) > 0.18


def test_every_chart_is_named_in_the_map_of_the_package() -> None:
    words = charting.__doc__ or ""
    assert all(name in words for name in charting.__all__ if name not in {"Chart", "Look"})
