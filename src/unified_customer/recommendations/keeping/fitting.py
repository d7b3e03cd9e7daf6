"""Whether a value is what its annotation says, down to the numbers of an array."""

from collections.abc import Mapping
from dataclasses import fields
from inspect import isclass
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import numpy as np


def misfit(value: Any) -> str | None:
    """Return the first field of a dataclass that does not hold what its annotation says; None: all of them do."""
    hints = get_type_hints(type(value))
    return next((each.name for each in fields(value) if not fits(getattr(value, each.name), hints[each.name])), None)


def fits(value: Any, hint: Any) -> bool:
    """Return whether a value is what an annotation says. A whole number is a number too; a protocol is met by its methods.

    Examples:
        >>> fits(np.zeros(2, np.float32), np.ndarray[Any, np.dtype[np.float32]]), fits({"a": 1}, Mapping[str, str])
        (True, False)
    """
    origin, args = get_origin(hint), get_args(hint)
    if origin in {Union, UnionType}:
        return any(fits(value, each) for each in args)
    if origin is Literal:
        return isinstance(value, str) and value in args
    if origin is np.ndarray:
        return isinstance(value, np.ndarray) and value.dtype == get_args(args[1])[0]
    if origin is tuple:
        return isinstance(value, tuple) and all(fits(each, args[0]) for each in value)
    if isclass(origin) and issubclass(origin, Mapping):
        return isinstance(value, Mapping) and all(fits(key, args[0]) and fits(value[key], args[1]) for key in value)
    return hint is Any or _is(value, hint)


def _is(value: Any, hint: Any) -> bool:
    if getattr(hint, "_is_protocol", False):
        return all(callable(getattr(value, name, None)) for name in vars(hint) if not name.startswith("_"))
    if hint is float:
        return isinstance(value, float | int) and not isinstance(value, bool)
    return isinstance(value, hint)
