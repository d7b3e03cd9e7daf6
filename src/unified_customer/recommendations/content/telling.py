"""What a catalogue tells of items, kind by kind, as lists of terms."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, Literal, TypeAlias

import polars as pl

from unified_customer.core.errors import SchemaError
from unified_customer.methods.learning import characters, plain, words
from unified_customer.recommendations.content.prices import PriceBands

Kind: TypeAlias = Literal["words", "characters", "category", "brand", "price", "attributes"]
"""What is told of an item: words of name and description, runs of characters of the name, and so on."""

WEIGHTS: Final[Mapping[Kind, float]] = {
    "words": 1.0, "characters": 0.5, "category": 1.0, "brand": 0.5, "price": 0.1, "attributes": 0.5,
}  # fmt: skip
"""How much each kind counts where a spec does not say otherwise."""

PATH: Final = ">"
"""What stands between a category and its parent."""

TOLD: Final = ("name", "description", "category", "brand", "price", "currency", "attributes")
"""Columns of a catalogue that tell of an item."""

_DESCRIBING: Final = ("name", "description", "category", "brand", "attributes")

Documents: TypeAlias = list[list[str]]


def describes(catalogue: pl.DataFrame) -> bool:
    """Return whether a catalogue tells of any item what it is, and not its price alone."""
    named = [column for column in _DESCRIBING if column in catalogue.columns]
    return any(catalogue[column].null_count() < catalogue.height for column in named)


def told_of(catalogue: pl.DataFrame, kind: Kind, bands: PriceBands) -> Documents:
    """Return the terms of one kind for each row of a catalogue; none where nothing is told.

    Args:
        catalogue: Any of `name`, `description`, `category` (a path with `>`), `brand`, `price`, `currency` and
            `attributes` (JSON objects).
        kind: Which one.
        bands: Of prices.

    Raises:
        SchemaError: Attributes are no JSON objects.
    """
    if kind == "price":
        return bands.terms(catalogue)
    return _TELLING[kind](catalogue)


def _texts(catalogue: pl.DataFrame, column: str) -> list[str]:
    if column not in catalogue.columns:
        return [""] * catalogue.height
    return catalogue[column].cast(pl.String).fill_null("").to_list()


def _words(catalogue: pl.DataFrame) -> Documents:
    return [words(f"{name}\n{more}") for name, more in zip(*_names_and_descriptions(catalogue), strict=True)]


def _characters(catalogue: pl.DataFrame) -> Documents:
    return [characters(name or more) for name, more in zip(*_names_and_descriptions(catalogue), strict=True)]


def _names_and_descriptions(catalogue: pl.DataFrame) -> tuple[list[str], list[str]]:
    return _texts(catalogue, "name"), _texts(catalogue, "description")


def _categories(catalogue: pl.DataFrame) -> Documents:
    return [ancestry(path) for path in _texts(catalogue, "category")]


def ancestry(path: str) -> list[str]:
    """Return a category and all that it is in, the widest first, in the form in which they are compared.

    Examples:
        >>> ancestry("Home > Kitchen > Tea-Pots")
        ['home', 'home>kitchen', 'home>kitchen>tea pots']
    """
    steps = [step for step in map(plain, path.split(PATH)) if step]
    return [PATH.join(steps[: end + 1]) for end in range(len(steps))]


def _brands(catalogue: pl.DataFrame) -> Documents:
    return [[brand] if brand else [] for brand in map(plain, _texts(catalogue, "brand"))]


def _attributes(catalogue: pl.DataFrame) -> Documents:
    return [sorted(set(_pairs("", _opened(text)))) for text in _texts(catalogue, "attributes")]


def _opened(text: str) -> Mapping[str, Any]:
    try:
        found = json.loads(text) if text.strip() else {}
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise SchemaError("'attributes' of a catalogue holds something that is no JSON object.")
    return found


def _pairs(path: str, value: Any) -> Iterator[str]:
    """Yield `key=value` for all that lies inside, each of several values by itself; keys inside keys are joined by dots."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _pairs(f"{path}.{plain(key)}" if path else plain(key), inner)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for each in value:
            yield from _pairs(path, each)
    elif value is not None:
        # A number is compared as it is written: 1.5 and 15 differ.
        yield f"{path}={plain(value) if isinstance(value, str) else json.dumps(value)}"


_TELLING: Final[Mapping[str, Callable[[pl.DataFrame], Documents]]] = {
    "words": _words,
    "characters": _characters,
    "category": _categories,
    "brand": _brands,
    "attributes": _attributes,
}
