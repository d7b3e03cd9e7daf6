"""Many things in the plane, those that are alike near each other: the map of a catalogue."""

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from unified_customer.core.errors import ConfigurationError
from unified_customer.methods.charting.aggregates import aggregates
from unified_customer.methods.charting.drawing import layered, need_altair, titled
from unified_customer.methods.charting.layout import side_by_side
from unified_customer.methods.charting.lettering import cut, legible
from unified_customer.methods.charting.looks import Look, look_of, tone
from unified_customer.methods.charting.naming import LETTERS, named_beside, names_drawn
from unified_customer.methods.display.numbers import COUNT, TEXT, Format

if TYPE_CHECKING:
    import altair as alt

AT_MOST: Final = 2000
"""Points that the landscape takes."""
UNTOLD: Final = "none told"
"""The group of what is in no group."""
_WIDE: Final = 660.0
_HIGH: Final = 500.0
_LONGEST: Final = 130.0
_NAMED: Final = 25
_TRIED: Final = 100
_FILLED: Final = 0.06
_SMALLEST: Final = 2.6
_LARGEST: Final = 14.0
_ROOM: Final = _LARGEST + 2
_USUAL: Final = 6.0
"""How far a point reaches that has its name at the usual distance."""
_GREY: Final = 5
"""The place of the kind that is hardly told from what stands back."""


def landscape(
    frame: pl.DataFrame,
    *,
    name: str,
    x: str,
    y: str,
    size: str,
    group: str | None = None,
    size_title: str,
    group_title: str = "",
    size_unit: Format = COUNT,
    title: str,
    subtitle: Sequence[str] = (),
    dark: bool = False,
) -> "alt.LayerChart":
    """Draw a point for each thing, as large as its size and in the colour of its group, without axes.

    The largest have their names where these cover neither points nor each other; all others are told when one points at
    the mark. The six largest groups have colours of their own.

    Args:
        frame: One row a thing, at most 2,000, in any order. A row without both numbers or with a size of 0 or null is not
            drawn.
        name: The column of names; two things may have one name.
        x: The column of what goes to the right.
        y: The column of what goes up, in the same unit.
        size: The column of sizes, at least 0.
        group: The column of groups, null where none is told. None: there are no groups.
        size_title: What the sizes are, such as "customers".
        group_title: What the groups are.
        size_unit: How sizes are written.
        title: What it shows.
        subtitle: Lines below the title.
        dark: On a dark ground.

    Raises:
        ConfigurationError: There are no rows, or too many, or a size is negative.
        MissingDependencyError: Altair is not installed.
        SchemaError: A column is missing or tells people apart.
    """
    need_altair()
    taken = aggregates(frame, [name, x, y, size, group], chart="landscape", at_most=AT_MOST)
    things = _things(taken, {"name": name, "x": x, "y": y, "size": size}, group)
    look = look_of(dark=dark)
    kinds = _kinds(things, look)
    rows = _rows(things, kinds, f"{{}} {size_title}", size_unit)
    words = [
        *subtitle, f"The larger the point, the more {size_title}. Who is next to whom means something; directions do not.",
    ]  # fmt: skip
    points = _points(rows, list(kinds.values()), group_title if group else None, look)
    picture = layered(points, names_drawn(_named(rows), look), width=_WIDE, height=_HIGH)
    return titled(picture, title, words, look, width=_WIDE)


def _things(taken: pl.DataFrame, columns: Mapping[str, str], group: str | None) -> pl.DataFrame:
    """Return what is drawn under names of its own, the largest first."""
    if (taken[columns["size"]] < 0).any():
        raise ConfigurationError("The chart landscape shows sizes, and the frame has a negative one.")
    of_group = pl.lit("") if group is None else pl.col(group).map_elements(_written, return_dtype=pl.String)
    named = taken.select(
        pl.col(columns["name"]).map_elements(_written, return_dtype=pl.String, skip_nulls=False).alias("name"),
        *(pl.col(columns[each]).cast(pl.Float64).alias(each) for each in ("x", "y", "size")),
        of_group.fill_null(UNTOLD).alias("group"),
    )
    drawn = named.drop_nulls(["x", "y", "size"]).filter(pl.col("size") > 0)
    return drawn.sort("size", "name", "x", "y", "group", descending=[True, False, False, False, False])


def _written(value: Any) -> str:
    return legible(TEXT.written(value))


def _kinds(things: pl.DataFrame, look: Look) -> dict[str, tuple[str, str]]:
    """Return how each group is called and coloured, the largest first; small ones share one name and colour."""
    told = things.filter(pl.col("group") != UNTOLD).group_by("group").agg(pl.col("size").sum())
    groups = told.sort("size", "group", descending=[True, False])["group"].to_list()
    hues = [colour for colour in look.kinds if colour != look.kinds[_GREY]]
    own, rest = groups[: len(hues)], groups[len(hues) :]
    together = rest[0] if len(rest) == 1 else f"{len(rest)} others"
    found = dict(zip(own, zip(own, hues, strict=False), strict=True)) | dict.fromkeys(
        rest, (together, tone((look.faint, look.plain), 0.5))
    )
    return found | ({UNTOLD: (UNTOLD, tone((look.grid, look.faint), 0.5))} if UNTOLD in things["group"] else {})


def _rows(things: pl.DataFrame, kinds: Mapping[str, tuple[str, str]], says: str, unit: Format) -> list[dict[str, Any]]:
    """Return the points in pixels from the left and from the top."""
    radii = _radii(things["size"].to_list())
    places = side_by_side(_fitted(things["x"].to_list(), things["y"].to_list()), radii)
    return [
        {
            "name": row["name"],
            "kind": kinds[row["group"]][0],
            "x": round(x, 2),
            "y": round(y, 2),
            "area": round((2 * radius) ** 2, 1),  # of the square around it, as the library has it
            "says": ", ".join(filter(None, [f"{row['name']}: {says.format(unit.written(row['size']))}", row["group"]])),
        }
        for row, radius, (x, y) in zip(things.iter_rows(named=True), radii, places, strict=True)
    ]


def _radii(sizes: Sequence[float]) -> list[float]:
    """Return radii of circles as large as sizes; together they fill a part of the picture, many or few."""
    most = max(sizes, default=1.0)
    shares = [size / most for size in sizes]
    widest = math.sqrt(_FILLED * _WIDE * _HIGH / (math.pi * sum(shares))) if shares else 0.0
    return [max(min(widest, _LARGEST) * math.sqrt(share), _SMALLEST) for share in shares]


def _fitted(x: Sequence[float], y: Sequence[float]) -> list[tuple[float, float]]:
    """Return the points in the middle of the picture, one scale for both directions."""
    spans = [max(each, default=0.0) - min(each, default=0.0) for each in (x, y)]
    room = (_WIDE - 2 * _ROOM, _HIGH - 2 * _ROOM)
    scale = min((wide / span for wide, span in zip(room, spans, strict=True) if span > 0), default=0.0)
    middles = [(max(each, default=0.0) + min(each, default=0.0)) / 2 for each in (x, y)]
    return [
        (_WIDE / 2 + (across - middles[0]) * scale, _HIGH / 2 - (up - middles[1]) * scale)
        for across, up in zip(x, y, strict=True)
    ]


def _points(
    rows: Sequence[Mapping[str, Any]], kinds: Sequence[tuple[str, str]], group_title: str | None, look: Look
) -> "alt.Chart":
    import altair as alt

    x = alt.X("x:Q", axis=None, scale=alt.Scale(domain=[0, _WIDE], nice=False))
    y = alt.Y("y:Q", axis=None, scale=alt.Scale(domain=[_HIGH, 0], nice=False))
    names, colours = zip(*dict.fromkeys(kinds), strict=True) if kinds else ((), ())
    scale = alt.Scale(domain=list(names), range=list(colours))
    drawn: alt.Chart = (
        alt.Chart(alt.InlineData(values=list(rows)))
        .mark_point(filled=True, shape="circle", opacity=0.9, stroke=look.background, strokeWidth=0.8)
        .encode(
            x=x,
            y=y,
            size=alt.Size("area:Q", scale=None, legend=None),
            fill=alt.Fill("kind:N", scale=scale, legend=_legend(group_title)),
            tooltip=alt.Tooltip("says:N"),
            description=alt.Description("says:N"),
        )
    )
    return drawn


def _legend(title: str | None) -> "alt.Legend | None":
    import altair as alt

    if title is None:
        return None
    return alt.Legend(
        title=title or None, orient="bottom", columns=4, symbolType="circle", symbolSize=110, symbolStrokeWidth=0,
        symbolOpacity=1, labelLimit=130,
    )  # fmt: skip


def _named(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the names of the largest that have a place."""
    reach = [math.sqrt(row["area"]) / 2 for row in rows]
    covered = [
        (row["x"] - far, row["y"] - far, row["x"] + far, row["y"] + far) for row, far in zip(rows, reach, strict=True)
    ]
    wanted = [
        (cut(row["name"], _LONGEST, LETTERS), row["x"], row["y"], far - _USUAL)
        for row, far in zip(rows[:_TRIED], reach, strict=False)
    ]
    return named_beside(wanted, covered, right=_WIDE, bottom=_HIGH)[:_NAMED]
