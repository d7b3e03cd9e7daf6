"""The two looks of every chart: ink on a light ground, and light on a dark one."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final


@dataclass(frozen=True)
class Look:
    """The colours of a chart.

    Attributes:
        name: `light` or `dark`.
        background: Of the whole picture.
        ink: Text, and lines that mark a value.
        soft: Text that stands back.
        grid: Lines of grids and axes.
        faint: Marks that stand back.
        plain: Marks of no kind.
        rise: What speaks for something, or the one kind there is.
        fall: What speaks against it.
        kinds: Kinds without an order, told apart by the colour-blind.
        sequential: From little to much; much is furthest from the background.
        diverging: From less than a middle to more than it.

    References:
        M. Okabe, K. Ito (2008): Color universal design.
    """

    name: str
    background: str
    ink: str
    soft: str
    grid: str
    faint: str
    plain: str
    rise: str
    fall: str
    kinds: tuple[str, ...]
    sequential: tuple[str, ...]
    diverging: tuple[str, ...]

    def kind(self, place: int) -> str:
        """Return the colour of the n-th kind; they begin again after the last."""
        return self.kinds[place % len(self.kinds)]


LIGHT: Final = Look(
    name="light",
    background="#FFFFFF",
    ink="#222222",
    soft="#5A5A5A",
    grid="#DDDDDD",
    faint="#B5B5B5",
    plain="#5F5F5F",
    rise="#0072B2",
    fall="#D55E00",
    kinds=("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#5F5F5F", "#D55E00"),
    sequential=("#EAF2F9", "#BCD7EB", "#80B3DA", "#4189BF", "#14619B", "#093C68"),
    diverging=("#A84500", "#E08A45", "#F5D2AE", "#F1F1F1", "#AED1E8", "#4F97C9", "#005A93"),
)
DARK: Final = Look(
    name="dark",
    background="#16191D",
    ink="#E8E8E8",
    soft="#B0B4B8",
    grid="#3A3F45",
    faint="#666C73",
    plain="#A3A8AD",
    rise="#4A9BE8",
    fall="#FF8A3D",
    kinds=("#4A9BE8", "#F7C948", "#1CC492", "#F3A9D4", "#C4ECFF", "#777D84", "#FF7433"),
    sequential=("#20303D", "#1F4C6C", "#22709F", "#3E99CD", "#83C3E9", "#D2ECFC"),
    diverging=("#FFA25C", "#C26A2E", "#6E4629", "#2D3238", "#26506C", "#3087BE", "#80C8F3"),
)


def look_of(*, dark: bool) -> Look:
    """Return the dark look or the light one.

    Examples:
        >>> look_of(dark=True).name
        'dark'
    """
    return DARK if dark else LIGHT


def tone(ramp: Sequence[str], share: float) -> str:
    """Return the colour at a share of the way along a ramp; beyond the ends stand the ends.

    Examples:
        >>> tone(("#000000", "#ffffff"), 0.5), tone(("#000000", "#ffffff"), 7)
        ('#808080', '#ffffff')
    """
    place = min(max(share, 0.0), 1.0) * (len(ramp) - 1)
    left = min(int(place), len(ramp) - 2)
    ends = zip(_channels(ramp[left]), _channels(ramp[left + 1]), strict=True)
    return "#" + "".join(f"{round(one + (other - one) * (place - left)):02x}" for one, other in ends)


def ink_on(fill: str) -> str:
    """Return the ink that reads best on a colour: nearly black or white.

    Examples:
        >>> ink_on("#ffffff"), ink_on("#000000")
        ('#141414', '#ffffff')
    """
    return max(("#141414", "#ffffff"), key=lambda ink: contrast(ink, fill))


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, from 1 to 21.

    References:
        W3C (2023): Web Content Accessibility Guidelines 2.2, contrast ratio.

    Examples:
        >>> round(contrast("#000000", "#ffffff"), 1)
        21.0
    """
    less, more = sorted((_luminance(one), _luminance(other)))
    return (more + 0.05) / (less + 0.05)


def _luminance(colour: str) -> float:
    parts = (each / 255 for each in _channels(colour))
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def _channels(colour: str) -> list[int]:
    return [int(colour[start:end], 16) for start, end in pairwise((1, 3, 5, 7))]
