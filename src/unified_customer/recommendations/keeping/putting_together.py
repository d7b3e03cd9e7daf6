"""The value that a tree and arrays were made from; see `taking_apart`."""

from collections.abc import Callable, Mapping
from dataclasses import fields
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from unified_customer.core.errors import ConfigurationError
from unified_customer.methods.learning import rows_of
from unified_customer.recommendations.keeping.fitting import misfit
from unified_customer.recommendations.keeping.known import SPECS, VALUES
from unified_customer.recommendations.keeping.shapes import unlike

Array = npt.NDArray[Any]


class Together:
    """Puts values together in the order in which they were taken apart.

    Examples:
        >>> Together([], items=0).put({"mapping": [["half", 0.5], ["all", {"number": "inf"}]]})
        {'half': 0.5, 'all': inf}
    """

    def __init__(self, arrays: Any, *, items: int) -> None:
        """Take arrays by number, and how many items they are of."""
        self._items = items
        self._arrays = arrays
        self._made: list[Any] = []
        self._ways: Mapping[str, Callable[[dict[str, Any]], Any]] = {
            "array": lambda node: self._array(node["array"]),
            "rows": self._sparse,
            "names": lambda node: pl.Series(self._texts(node["names"]), dtype=pl.String),
            "words": lambda node: tuple(self._texts(node["words"])),
            "mapping": lambda node: {key: self.put(each) for key, each in node["mapping"]},
            "value": self._value,
        }

    def put(self, node: Any) -> Any:
        """Return the value of a tree.

        Raises:
            ConfigurationError: It names what is not known here, or a field does not hold what it should.
            ValueError: The tree is none. So does a KeyError, IndexError or TypeError say.
        """
        if not isinstance(node, dict):
            return _plain(node)
        if "number" in node:
            return float(node["number"])
        if "same" in node:
            return self._made[_place(node["same"])]
        if "spec" in node:
            return self._spec(node)
        (way,) = self._ways.keys() & node.keys()
        made = self._ways[way](node)
        self._made.append(made)
        return made

    def _value(self, node: dict[str, Any]) -> Any:
        kind, told = _known(VALUES, node["value"]), node["fields"]
        names = [each.name for each in fields(kind)]
        _same_names(told, names)
        made = kind(**{name: self.put(told[name]) for name in names})
        wrong = misfit(made) or unlike(node["value"], made, self._items)
        if wrong is not None:
            raise ConfigurationError(f"'{wrong}' of {kind.__name__} is not of the type or shape that it should be.")
        return made

    def _spec(self, node: dict[str, Any]) -> Any:
        kind, told = _known(SPECS, node["spec"]), node["fields"]
        return kind.model_validate({name: self._field(each) for name, each in told.items()})

    def _field(self, node: Any) -> Any:
        if isinstance(node, list):
            return [self._field(each) for each in node]
        if isinstance(node, dict) and "mapping" in node:
            return {key: self._field(each) for key, each in node["mapping"]}
        return self.put(node)

    def _sparse(self, node: dict[str, Any]) -> Any:
        first = _place(node["rows"])
        data, indices, starts = (self._array(first + each) for each in range(3))
        if data.dtype.kind != "f" or {indices.dtype.kind, starts.dtype.kind} != {"i"}:
            raise ConfigurationError("A sparse matrix is made of numbers at whole places.")
        found = rows_of(data, indices, starts, columns=_place(node["columns"]))
        found.check_format(full_check=True)
        return found

    def _texts(self, first: int) -> list[str]:
        told, lengths = bytes(self._array(first)), self._array(first + 1)
        if lengths.ndim != 1 or (lengths < 0).any() or lengths.sum() != len(told):
            raise ConfigurationError("Texts are not as long as they should be.")
        ends = np.concatenate([[0], np.cumsum(lengths)]).tolist()
        return [told[start:end].decode() for start, end in pairwise(ends)]

    def _array(self, number: int) -> Array:
        found: Array = self._arrays[_place(number)]
        return found


def _plain(node: Any) -> Any:
    if isinstance(node, list):
        raise ConfigurationError("A list stands where a value should be.")
    return node


def _place(number: Any) -> int:
    if not isinstance(number, int) or number < 0:
        raise ConfigurationError("Something that is no number stands where one should be.")
    return number


def _known(kinds: Mapping[str, Any], name: Any) -> Any:
    if not isinstance(name, str) or name not in kinds:
        raise ConfigurationError(
            "It is made of something that this release does not know: a newer one may have saved it."
        )
    return kinds[name]


def _same_names(told: Mapping[str, Any], names: list[str]) -> None:
    if set(told) != set(names):
        raise ConfigurationError("A value has not the fields that it should have.")
