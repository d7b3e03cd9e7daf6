"""A fitted value as a tree of JSON values and a list of arrays, and back: the tree says which array stands where.

in the tree                            what it is
null, true, 1, 0.5, "text"             itself
{"number": "inf"}                      a number that JSON has not
{"array": 3}                           the array of that number
{"rows": 3, "columns": 9}              a sparse matrix (CSR): values, columns and starts are arrays 3, 4 and 5
{"names": 3}, {"words": 3}             texts, as a series or a tuple: UTF-8 and the lengths in it are arrays 3 and 4
{"mapping": [["key", ...], ...]}       a mapping, in its order
{"value": "Blend", "fields": {...}}    a dataclass of `VALUES`
{"spec": "ALS", "fields": {...}}       a spec of `SPECS`
{"same": 2}                            what was taken apart as that number

"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from unified_customer.core.errors import ConfigurationError
from unified_customer.core.spec import Spec
from unified_customer.recommendations.keeping.fitting import misfit
from unified_customer.recommendations.keeping.known import SPEC_NAMES, VALUE_NAMES

Array = npt.NDArray[Any]


class Apart:
    """Takes values apart; what is there twice is taken once.

    Examples:
        >>> from unified_customer.recommendations.models.popularity import Popular
        >>> apart = Apart()
        >>> apart.taken({"now": Popular(np.ones(2, np.float32))})
        {'mapping': [['now', {'value': 'Popular', 'fields': {'weights': {'array': 0}}}]]}
        >>> apart.arrays[0].tolist()
        [1.0, 1.0]
    """

    def __init__(self) -> None:
        """Begin with nothing."""
        self.arrays: list[Array] = []
        self._seen: dict[int, int] = {}

    def taken(self, value: Any) -> Any:
        """Return the tree of a value.

        Raises:
            ConfigurationError: It is, or holds, something that is not known here.
        """
        if value is None or isinstance(value, bool | int | str):
            return value
        if isinstance(value, float):
            return float(value) if math.isfinite(value) else {"number": repr(float(value))}
        if isinstance(value, Spec):
            return self._spec(value)
        if id(value) in self._seen:
            return {"same": self._seen[id(value)]}
        tree = self._large(value)
        self._seen[id(value)] = len(self._seen)
        return tree

    def _large(self, value: Any) -> dict[str, Any]:
        if isinstance(value, Mapping):
            return {"mapping": [[_text(key), self.taken(each)] for key, each in value.items()]}
        if isinstance(value, np.ndarray):
            return {"array": self._added(value)}
        if isinstance(value, pl.Series) and value.dtype == pl.String:
            return {"names": self._added(*texts_apart(value.to_list()))}
        if isinstance(value, tuple):
            return {"words": self._added(*texts_apart(value))}
        if getattr(value, "format", None) == "csr":
            return {"rows": self._added(value.data, value.indices, value.indptr), "columns": int(value.shape[1])}
        if is_dataclass(value) and type(value) in VALUE_NAMES:
            return self._dataclass(value)
        raise _unknown(value)

    def _dataclass(self, value: Any) -> dict[str, Any]:
        wrong = misfit(value)
        if wrong is not None:
            raise ConfigurationError(f"'{wrong}' of {type(value).__name__} is not of the type that it says.")
        return {
            "value": VALUE_NAMES[type(value)],
            "fields": {each.name: self.taken(getattr(value, each.name)) for each in fields(value)},
        }

    def _spec(self, spec: Spec) -> dict[str, Any]:
        if type(spec) not in SPEC_NAMES:
            raise _unknown(spec)
        dumped = spec.model_dump(mode="json")
        told = {name: self._field(getattr(spec, name), dumped[name]) for name in type(spec).model_fields}
        return {"spec": SPEC_NAMES[type(spec)], "fields": told}

    def _field(self, value: Any, dumped: Any) -> Any:
        if isinstance(value, Spec):
            return self._spec(value)
        if isinstance(dumped, dict):
            inside = value if isinstance(value, Mapping) else dumped
            return {"mapping": [[_text(key), self._field(inside.get(key), each)] for key, each in dumped.items()]}
        if isinstance(dumped, list):
            return [self._field(None, each) for each in dumped]
        return self.taken(dumped)

    def _added(self, *arrays: Array) -> int:
        self.arrays.extend(arrays)
        return len(self.arrays) - len(arrays)


def texts_apart(texts: Sequence[str]) -> tuple[Array, Array]:
    """Return texts one after the other as UTF-8, and the length of each in it."""
    encoded = [_text(text).encode() for text in texts]
    return np.frombuffer(b"".join(encoded), np.uint8), np.array([len(each) for each in encoded], np.int64)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise _unknown(value)
    return value


def _unknown(value: object) -> ConfigurationError:
    return ConfigurationError(
        f"{type(value).__name__} cannot be saved: it is not among what a saved recommender may be made of"
        f" ({_KNOWN} has the list)."
    )


_KNOWN: Final = "recommendations.keeping.known"
