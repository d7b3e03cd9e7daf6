"""Tables for people: no frames, one line for the heads, numbers to the right."""

from collections.abc import Mapping
from typing import Any, Final

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from unified_customer.cli.output import readable

NUMERIC: Final = "#"
"""A head that starts so stands over numbers."""


def plain_table(*heads: str, title: str | None = None) -> Table:
    """Return an empty table; a head such as `#rows` makes a column of numbers called `rows`."""
    table = Table(
        title=title, title_justify="left", title_style="bold", box=None, pad_edge=False, padding=(0, 2, 0, 0),
        header_style="dim",
    )  # fmt: skip
    for head in heads:
        name = head.removeprefix(NUMERIC)
        if head.startswith(NUMERIC):
            table.add_column(name, justify="right", no_wrap=True)
        else:
            table.add_column(name, overflow="fold")
    return table


def heading(text: str) -> Text:
    """Return a heading with a blank line before it."""
    return Text.assemble("\n", (text, "bold cyan"))


def indented(renderable: Any) -> Padding:
    """Return something set in by two columns."""
    return Padding(renderable, (0, 0, 0, 2), expand=False)


def cell(value: Any, style: str = "") -> Text:
    """Return a value of the data for a cell: as it is, without any meaning to the terminal."""
    return Text(readable("" if value is None else str(value)), style=style)


def counted(counts: Mapping[str, int]) -> str:
    """Return counts by name in one line.

    Examples:
        >>> counted({"ragged": 2, "nul": 1})
        '2 ragged, 1 nul'
    """
    return ", ".join(f"{count:,} {name}" for name, count in counts.items() if count)
