"""An SVG picture made fit to stand in a page, in both looks at once.

A chart has the same shapes in both looks, so the two pictures differ in colours alone. The light colours stay where
they are, and each element whose colour differs gets a class named after the two colours, which a style sheet turns into
the dark one. A class so named means the same in every picture of a page.
"""

import re
from collections.abc import Iterator, Mapping
from hashlib import blake2b
from typing import Final
from xml.etree import ElementTree as ET

from unified_customer.core.errors import ConfigurationError

_SPACE: Final = "{http://www.w3.org/2000/svg}"
_COLOURS: Final[Mapping[str, str]] = {"fill": "f", "stroke": "s", "stop-color": "p"}
_DROPPED: Final = ("class", "role", "aria-roledescription", "aria-hidden", "aria-label", "pointer-events")
_NUMBER: Final = re.compile(r"-?\d+\.\d{3,}")
_REFERENCE: Final = re.compile(r"url\(#([^)]+)\)")
_RGB: Final = re.compile(r"rgb\((\d+), ?(\d+), ?(\d+)\)")


def inlined(light: str, dark: str | None, *, title: str, words: str, name: str = "") -> str:
    """Return one SVG element of a picture, which is light and dark as the page is.

    Args:
        light: The picture.
        dark: The same shapes in dark colours. None: it keeps its colours.
        title: What it shows.
        words: The same at length, for those who do not see it.
        name: Tells two equal pictures of one page apart.

    Raises:
        ConfigurationError: The two pictures differ in more than colours.
    """
    root = _parsed(light)
    rules = {} if dark is None else _turned(root, _parsed(dark))
    for element in root.iter():
        _cleaned(element)
    _pruned(root)
    # What the drawing program calls its parts depends on what it drew before, so the names go before the hash is taken.
    _renamed(root, "part")
    prefix = "uc" + blake2b(f"{name}\0{_written(root)}".encode(), digest_size=6).hexdigest()
    _renamed(root, prefix)
    _headed(root, prefix, title, words, _sheet(rules))
    return _written(root)


def _written(root: ET.Element) -> str:
    return ET.tostring(root, encoding="unicode")


def _parsed(picture: str) -> ET.Element:
    root = ET.fromstring(picture)  # noqa: S314  # what is read here was drawn here
    for element in root.iter():
        element.tag = element.tag.removeprefix(_SPACE)
    return root


def _turned(light: ET.Element, dark: ET.Element) -> dict[str, str]:
    """Mark the elements of the light picture whose colour differs in the dark one; return class names and their rules."""
    rules: dict[str, str] = {}
    ones, others = list(light.iter()), list(dark.iter())
    if [each.tag for each in ones] != [each.tag for each in others]:
        raise ConfigurationError("The light and the dark chart have different shapes. Draw both from the same frame.")
    for one, other in zip(ones, others, strict=True):
        found = dict(_differences(one, other))
        rules |= found
        if found:
            one.set("data-turned", " ".join(found))
    return rules


def _differences(one: ET.Element, other: ET.Element) -> Iterator[tuple[str, str]]:
    for attribute, letter in _COLOURS.items():
        now, then = (_hex(each.get(attribute, "")) for each in (one, other))
        if now != then and "url(" not in now + then:
            marks = re.sub(r"[^0-9a-z]+", "", f"{letter}-{now}".replace("-", "")), re.sub(r"[^0-9a-z]+", "", then)
            yield f"uc-{marks[0]}-{marks[1]}", f"{attribute}:{then or 'none'}"


def _hex(colour: str) -> str:
    found = _RGB.fullmatch(colour)
    return "#" + "".join(f"{int(part):02x}" for part in found.groups()) if found else colour.lower()


def _cleaned(element: ET.Element) -> None:
    """Keep what is seen, and turn what a mark says of itself into what shows when one points at it."""
    says = element.get("aria-label") if element.get("role") == "graphics-symbol" else None
    is_mark = says is not None and element.tag not in {"g", "text"}
    for attribute in _DROPPED:
        element.attrib.pop(attribute, None)
    for attribute, value in element.attrib.items():
        if attribute in {"d", "transform", "x", "y", "x1", "x2", "y1", "y2", "width", "height"}:
            element.set(attribute, _NUMBER.sub(lambda number: f"{float(number[0]):.2f}", value))
    turned = element.attrib.pop("data-turned", None)
    if turned:
        element.set("class", turned)
    if element.get("opacity") == "1":
        del element.attrib["opacity"]
    if is_mark and says:
        title = ET.Element("title")
        title.text = says
        element.insert(0, title)


def _pruned(root: ET.Element) -> None:
    """Leave out paths without a shape, and the font where it is that of the whole."""
    fonts = {font for element in root.iter() if (font := element.get("font-family"))}
    for element in root.iter():
        for child in list(element):
            if child.tag == "path" and child.get("d", "") in {"", "M0,0h0v0h0Z"}:
                element.remove(child)
        if len(fonts) == 1:
            element.attrib.pop("font-family", None)
    if len(fonts) == 1:
        root.set("font-family", fonts.pop())


def _renamed(root: ET.Element, prefix: str) -> None:
    """Give the names inside the picture a prefix of its own, in the order in which they stand."""
    names = [name for element in root.iter() if (name := element.get("id"))]
    new = {name: f"{prefix}-{place}" for place, name in enumerate(names)}
    for element in root.iter():
        if element.get("id") in new:
            element.set("id", new[element.attrib["id"]])
        for attribute, value in element.attrib.items():
            if "url(#" in value:
                element.set(attribute, _REFERENCE.sub(lambda found: f"url(#{new.get(found[1], found[1])})", value))


def _headed(root: ET.Element, prefix: str, title: str, words: str, sheet: str) -> None:
    root.set("xmlns", _SPACE[1:-1])
    root.set("class", "uc-chart")
    root.set("role", "img")
    root.set("aria-label", title)
    root.set("aria-describedby", f"{prefix}-words")
    root.set("style", "max-width:100%;height:auto")
    told = ET.Element("desc", {"id": f"{prefix}-words"})
    told.text = words
    style = ET.Element("style")
    style.text = f".uc-chart text{{pointer-events:none}}{sheet}"
    root.insert(0, style)
    root.insert(0, told)


def _sheet(rules: Mapping[str, str]) -> str:
    if not rules:
        return ""
    follow = "".join(f":root:not([data-theme=light]) .{name}{{{rule}}}" for name, rule in sorted(rules.items()))
    force = "".join(f":root[data-theme=dark] .{name}{{{rule}}}" for name, rule in sorted(rules.items()))
    return f"@media screen and (prefers-color-scheme:dark){{{follow}}}@media screen{{{force}}}"
