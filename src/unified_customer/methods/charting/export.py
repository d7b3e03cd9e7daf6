"""Charts as files and as SVG, without the network: `pip install "unified-customer[charts]"`."""

from pathlib import Path
from typing import Any, Final

from unified_customer.core.errors import ConfigurationError, require
from unified_customer.methods.charting.drawing import Chart
from unified_customer.methods.charting.inline_svg import inlined
from unified_customer.methods.charting.lettering import legible

_SHARP: Final = 2.0
_KINDS: Final = (".html", ".json", ".png", ".svg")


def saved(chart: Chart, path: str | Path, *, scale: float = _SHARP) -> Path:
    """Write a chart to a file, whose name says the kind: `.png`, `.svg`, `.html` (which needs no network) or `.json`.

    Args:
        chart: What is drawn.
        path: Where to. A file that is there is replaced.
        scale: Dots of a PNG for each pixel.

    Returns:
        The path.

    Raises:
        ConfigurationError: The name says no kind that is known.
        MissingDependencyError: The package that draws pictures is not installed.
    """
    target = Path(path)
    kind = target.suffix.lower()
    if kind not in _KINDS:
        raise ConfigurationError(
            f"A chart is saved as {', '.join(_KINDS)}, not as {kind or 'a file without a kind'!r}."
        )
    if kind == ".json":
        target.write_text(chart.to_json(), encoding="utf-8")
    elif kind == ".html":
        _converter()
        chart.save(str(target), inline=True)
    else:
        spec = _spec(chart)
        target.write_bytes(_png(spec, scale) if kind == ".png" else _svg(spec).encode())
    return target


def as_svg(chart: Chart, *, dark: "Chart | None" = None, name: str = "") -> str:
    """Return a chart as an SVG element to stand in an HTML page, with no script and nothing from the network.

    It has a title and a description for those who do not see it, and each mark tells its values when one points at it.
    Several of them in one page do not disturb each other.

    Args:
        chart: The chart, light.
        dark: The same chart with `dark=True`; then the picture follows the reader's choice of light or dark, and a page
            may force one with `data-theme="dark"` or `data-theme="light"` on its root. None: it keeps its colours.
        name: Tells two equal charts of one page apart.

    Raises:
        MissingDependencyError: The package that draws pictures is not installed.
    """
    spec = _spec(chart)
    # It differs in colours alone, so that what is wrong with it was found in the light one.
    other = None if dark is None else _svg(_spec(dark, validate=False))
    return inlined(_svg(spec), other, title=_title(spec), words=str(spec.get("description", "")), name=name)


def _converter() -> Any:
    return require("vl_convert", extra="charts", why="draw charts as pictures")


def _spec(chart: Chart, *, validate: bool = True) -> dict[str, Any]:
    spec: dict[str, Any] = _legible(chart.to_dict(validate=validate))
    return spec


def _legible(part: Any) -> Any:
    # The drawing program ends the whole process where it meets a sign that XML has no place for.
    if isinstance(part, dict):
        return {name: _legible(each) for name, each in part.items()}
    if isinstance(part, list):
        return [_legible(each) for each in part]
    return legible(part) if isinstance(part, str) else part


def _svg(spec: dict[str, Any]) -> str:
    drawn: str = _converter().vegalite_to_svg(spec, allowed_base_urls=[])
    return drawn


def _png(spec: dict[str, Any], scale: float) -> bytes:
    drawn: bytes = _converter().vegalite_to_png(spec, scale=scale, allowed_base_urls=[])
    return drawn


def _title(spec: dict[str, Any]) -> str:
    text = spec.get("title", {}).get("text", "")
    return text if isinstance(text, str) else " ".join(text)
