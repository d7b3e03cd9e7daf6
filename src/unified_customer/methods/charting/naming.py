"""Where names stand beside points so that they cover neither points nor each other, in pixels."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from unified_customer.methods.charting.lettering import width
from unified_customer.methods.charting.looks import Look

if TYPE_CHECKING:
    import altair as alt

LETTERS: Final = 11.5
"""How large names are written."""
_LINE: Final = 13.0
_AWAY: Final = 9.0

Box = tuple[float, float, float, float]
"""Left, top, right, bottom."""


def named_beside(
    wanted: Sequence[tuple[str, float, float, float]], covered: Sequence[Box], *, right: float, bottom: float
) -> list[dict[str, Any]]:
    """Return the names that have a place: to the right of the point, else left, above or below; the first comes first.

    Args:
        wanted: A name, the middle of its point, and how much further away than usual the name stands.
        covered: What may not be written on.
        right: Where the picture ends.
        bottom: Where it ends.

    Returns:
        `text`, `left` and `middle` of each name that has a place.

    Examples:
        >>> names = named_beside([("tea", 10, 20, 0), ("cup", 10, 50, 0)], [(20, 0, 25, 25)], right=45, bottom=99)
        >>> [(name["text"], round(name["left"]), name["middle"]) for name in names]
        [('tea', 2, 35.5), ('cup', 19, 50.0)]
    """
    taken, names = list(covered), list[dict[str, Any]]()
    for text, x, y, more in wanted:
        box = next(
            (b for b in _places(x, y, width(text, LETTERS), _AWAY + more) if _free(b, taken, right, bottom)), None
        )
        if text and box is not None:
            taken.append(box)
            names.append({"left": box[0], "middle": (box[1] + box[3]) / 2, "text": text})
    return names


def names_drawn(names: Sequence[Mapping[str, Any]], look: Look) -> "alt.Chart":
    """Return the names as a layer."""
    import altair as alt

    base = alt.Chart(alt.InlineData(values=list(names)))
    text = base.mark_text(align="left", baseline="middle", fontSize=LETTERS, color=look.ink, aria=False)
    x, y = alt.X("left:Q", scale=None, axis=None), alt.Y("middle:Q", scale=None, axis=None)
    drawn: alt.Chart = text.encode(x=x, y=y, text=alt.Text("text:N"))
    return drawn


def _places(x: float, y: float, wide: float, away: float) -> list[Box]:
    half = _LINE / 2
    corners = [
        (x + away, y - half),
        (x - away - wide, y - half),
        (x - wide / 2, y - away - _LINE),
        (x - wide / 2, y + away),
        *((x + away * side - wide * (side < 0), y + _LINE * step - half) for step in (-1, 1) for side in (1, -1)),
    ]
    return [(left, top, left + wide, top + _LINE) for left, top in corners]


def _free(box: Box, taken: Sequence[Box], right: float, bottom: float) -> bool:
    inside = box[0] >= 0 and box[1] >= 0 and box[2] <= right and box[3] <= bottom
    return inside and all(box[2] <= a or box[0] >= c or box[3] <= b or box[1] >= d for a, b, c, d in taken)
