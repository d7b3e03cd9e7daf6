"""What a page is made of."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from unified_customer.methods.display import Format


@dataclass(frozen=True)
class Tile:
    """A number that is seen first.

    Attributes:
        name: What it is.
        value: How it is written.
        note: What to compare it with, such as the change since the period before.
        good: Whether the note is good news (True), bad news (False) or neither (None).
    """

    name: str
    value: str
    note: str = ""
    good: bool | None = None


@dataclass(frozen=True)
class Figure:
    """A chart.

    Attributes:
        svg: The picture, as `methods.charting.as_svg` gives it.
        wide: Whether it takes the whole width.
    """

    svg: str
    wide: bool = False


@dataclass(frozen=True, eq=False)
class Block:
    """A table of aggregates.

    Attributes:
        title: What it shows.
        frame: Its rows.
        formats: How columns are written.
        names: What columns are called.
    """

    title: str
    frame: pl.DataFrame
    formats: Mapping[str, Format] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Section:
    """A part of the page with a heading.

    Attributes:
        name: What the table of contents points at: lower-case letters and hyphens.
        title: Its heading.
        says: What was found, in sentences; the first one is what to remember, and stands in short at the top of the
            page.
        tiles: Its numbers.
        headline: Numbers of it that are seen first on the page.
        parts: Charts and tables, in order.
        notes: Small print: how it was worked out.
    """

    name: str
    title: str
    says: tuple[str, ...] = ()
    tiles: tuple[Tile, ...] = ()
    headline: tuple[Tile, ...] = ()
    parts: tuple[Figure | Block, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Page:
    """A page.

    Attributes:
        title: Its heading.
        subtitle: What it is about, of which day and for which purpose.
        sections: Its parts.
        foot: Small print of the whole.
    """

    title: str
    subtitle: str
    sections: tuple[Section, ...]
    foot: tuple[str, ...] = ()
