"""What is asked of one column of the catalogue, and of which items it holds."""

from collections.abc import Iterable
from typing import Annotated, Any, Final, Literal, TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl
from pydantic import Field, StrictBool, StrictInt, StrictStr, model_validator

from unified_customer.core.errors import ConfigurationError, SchemaError
from unified_customer.core.models.base import Model
from unified_customer.engines.portable import collected, opened, texts_within
from unified_customer.recommendations.rules.memory import Memory

Mask: TypeAlias = npt.NDArray[np.bool_]
Number: TypeAlias = StrictInt | Annotated[float, Field(strict=True, allow_inf_nan=False)]
Single: TypeAlias = StrictBool | Number | StrictStr
Op: TypeAlias = Literal["is", "in", "not in", "within", "at least", "at most", "between", "is known"]
"""How a value is compared; `within` is for paths: the value itself or what lies below it."""

PATH: Final = " > "
_SEVERAL: Final = ("in", "not in", "between")
_NUMBERS: Final = ("at least", "at most", "between")


class Condition(Model):
    """One condition on a column of the catalogue.

    Examples:
        >>> Condition("category", "within", "Tea").in_words()
        "category within 'Tea'"
        >>> Condition("price", "between", (5, 20), unknown=True).in_words()
        'price between 5 and 20, or not told'
        >>> Condition("price", "at least", "much")
        Traceback (most recent call last):
        ...
        pydantic_core._pydantic_core.ValidationError: 1 validation error for Condition
          Value error, 'price' is compared by 'at least' with 'much'; it takes a number. ...
    """

    column: str = Field(min_length=1)
    """The column; `attributes.colour` is what lies under `colour` in the JSON column `attributes`."""
    op: Op = "is known"
    """How it is compared; `between` takes in both ends."""
    value: Single | tuple[Single, ...] | None = None
    """What it is compared with; several for `in` and `not in`, two for `between`, none for `is known`."""
    unknown: bool = False
    """Whether items of which the catalogue does not tell it pass."""

    def __init__(self, column: str = "", op: Op = "is known", value: Any = None, **more: Any) -> None:
        value = _in_order(value) if op in {"in", "not in"} else value
        super().__init__(**(more | {"column": column, "op": op, "value": value}))

    @model_validator(mode="after")
    def _fits_its_op(self) -> "Condition":
        if not _fits(self.op, self.value):
            raise ConfigurationError(
                f"{self.column!r} is compared by {self.op!r} with {self.value!r}; it takes {_wanted(self.op)}."
            )
        if self.op == "is known" and self.unknown:
            raise ConfigurationError(f"That {self.column!r} is known, or is not, is true of every item.")
        return self

    @property
    def values(self) -> tuple[Single, ...]:
        """What it is compared with, as a tuple."""
        if self.value is None:
            return ()
        return self.value if isinstance(self.value, tuple) else (self.value,)

    def in_words(self) -> str:
        """Return it in words."""
        between = " and " if self.op == "between" else ", "
        told = between.join(repr(each) for each in self.values)
        return " ".join(filter(None, [self.column, self.op, told])) + (", or not told" if self.unknown else "")

    def passing(self, catalogue: pl.DataFrame) -> Mask:
        """Return whether it holds, for each item.

        Args:
            catalogue: A row for each item.

        Raises:
            SchemaError: The catalogue has no such column, or it holds values of another kind.
        """
        told = _compared(self, values_of(catalogue, self.column))
        return np.asarray(told.fill_null(value=self.unknown).to_numpy(), dtype=np.bool_)

    def remembered(self, catalogue: pl.DataFrame, memory: Memory) -> Mask:
        """Return whether it holds, for each item of a catalogue; worked out once."""
        # As JSON: True and 1 are equal, but not the same to ask for.
        return memory.of(("condition", self.model_dump_json()), lambda: self.passing(catalogue))


def _in_order(value: Any) -> Any:
    """Return several values each once, in an order of their own; what is not that is left to be refused."""
    if not isinstance(value, Iterable) or isinstance(value, str):
        return value
    return tuple(dict.fromkeys(sorted(value, key=lambda each: (_sort(each), each))))


def _sort(value: Any) -> str:
    if isinstance(value, bool):
        return "truth values"
    return "numbers" if isinstance(value, int | float) else "texts"


def _fits(op: Op, value: Any) -> bool:
    if op == "is known":
        return value is None
    several = isinstance(value, tuple)
    if several != (op in _SEVERAL) or value is None or value == ():
        return False
    sorts = {_sort(each) for each in (value if several else (value,))}
    if op in _NUMBERS:
        return sorts == {"numbers"} and (op != "between" or (len(value) == 2 and value[0] <= value[1]))
    return len(sorts) == 1 and (op != "within" or sorts == {"texts"})


def _wanted(op: Op) -> str:
    return {
        "is": "one value", "in": "values of one kind", "not in": "values of one kind", "within": "a text",
        "between": "two numbers, the lower first", "is known": "none",
    }.get(op, "a number")  # fmt: skip


def values_of(catalogue: pl.DataFrame, column: str) -> pl.Series:
    """Return a column of the catalogue, or what lies inside one of JSON; numbers as floats.

    Raises:
        SchemaError: There is no such column.
    """
    if column in catalogue.columns:
        return plain(catalogue[column])
    outer, _, inner = column.partition(".")
    if not inner or outer not in catalogue.columns:
        there = ", ".join(catalogue.columns)
        raise SchemaError(f"The catalogue has no column {column!r}; it has: {there}.")
    if catalogue.schema[outer] == pl.Null:
        return pl.Series(column, [None] * catalogue.height, dtype=pl.String)
    told = texts_within(opened(catalogue.select(outer)), outer, {"_inner": tuple(inner.split("."))})
    return collected(told.select("_inner")).to_series()


def plain(values: pl.Series) -> pl.Series:
    """Return numbers as floats, with null for what is none, and texts as texts."""
    if values.dtype.is_numeric():
        floats = values if values.dtype == pl.Float64 else values.cast(pl.Float64)
        return floats.fill_nan(None) if floats.is_nan().any() else floats
    return values.cast(pl.String) if isinstance(values.dtype, pl.Categorical | pl.Enum) else values


def _compared(condition: Condition, values: pl.Series) -> pl.Series:
    """Return whether it holds for each value; null where that is not told."""
    if condition.op == "is known":
        return values.is_not_null()
    alike = _as(values, _sort(condition.values[0]), condition.column)
    first, last = condition.values[0], condition.values[-1]
    match condition.op:
        case "within":
            return (alike == first) | alike.str.starts_with(f"{first}{PATH}")
        case "at least":
            return alike >= first
        case "at most":
            return alike <= first
        case "between":
            return (alike >= first) & (alike <= last)
        case _:
            found = alike.is_in(pl.Series(list(condition.values), dtype=alike.dtype).implode())
            return ~found if condition.op == "not in" else found


def _as(values: pl.Series, sort: str, column: str) -> pl.Series:
    """Return values as the sort with which they are compared; texts are read as numbers where that can be."""
    dtype = values.dtype
    if dtype == pl.Null or (sort == "numbers" and dtype == pl.String):
        wanted = {"numbers": pl.Float64(), "texts": pl.String(), "truth values": pl.Boolean()}[sort]
        return values.cast(wanted, strict=False)
    if sort == "truth values" and dtype == pl.String:
        return values.replace_strict({"true": True, "false": False}, default=None, return_dtype=pl.Boolean)
    if dtype != {"numbers": pl.Float64, "texts": pl.String, "truth values": pl.Boolean}[sort]:
        raise SchemaError(f"{column!r} of the catalogue holds {dtype}; it cannot be compared with {sort}.")
    return values
