"""The frozen base of everything that computes.

A spec is a value: it declares which tables it needs and how to compute, and holds no state. `fit` returns another
frozen value. "Not fitted" cannot be written down.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol, Self, TypeVar

import polars as pl
from pydantic import BaseModel, ConfigDict

Tables = Mapping[str, pl.DataFrame]
"""Frames by table name, each with `customer_id` where its rows are about people."""


class Spec(BaseModel):
    """Base of all specs: a frozen pydantic value that saves to JSON and loads back equal.

    Examples:
        >>> class Recency(Spec):
        ...     days: int = 30
        >>> Recency.from_json(Recency(days=7).to_json())
        Recency(days=7)
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    @property
    def needs(self) -> tuple[str, ...]:
        """Names of the tables that `fit` reads; most specs say it once for all their values, as a class variable."""
        return ()

    @property
    def asks(self) -> tuple[tuple[str, str | None], ...]:
        """Further purposes, each with its channel or None, of which `fit` has to know who allows them.

        It finds them in the table `permitted`: `customer_id`, `purpose`, `channel`.
        """
        return ()

    @property
    def of_nobody(self) -> tuple[str, ...]:
        """Names of the tables of which `fit` wants the rows about nobody known too, without what can hold anything.

        Their `customer_id` is null. Most specs want those of known customers alone.
        """
        return ()

    def to_json(self) -> str:
        """Return the spec as JSON with sorted keys; equal specs give equal text."""
        return canonical_json(self.model_dump(mode="json"))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Return the spec that `to_json` wrote.

        Raises:
            pydantic.ValidationError: The text is not such a spec.
        """
        return cls.model_validate_json(text)


class Fitted(Protocol):
    """What `fit` of a spec returns: a frozen value that knows its spec and its rows."""

    @property
    def spec(self) -> Spec:
        """The spec that was fitted."""
        ...

    def rows(self) -> Mapping[str, pl.DataFrame]:
        """Rows for the tables that keep results, such as `{"scores": frame}`; may be empty."""
        ...

    def to_body(self) -> Mapping[str, Any]:
        """What was learned, as JSON values: the body of the artifact."""
        ...


FittedT = TypeVar("FittedT", bound=Fitted)
FittedT_co = TypeVar("FittedT_co", bound=Fitted, covariant=True)


class FittableSpec(Protocol[FittedT_co]):
    """A spec that `hub.fit` can run."""

    @property
    def needs(self) -> tuple[str, ...]:
        """Names of the tables that `fit` reads: of the class, or of this spec."""
        ...

    def fit(self, tables: Tables, *, as_of: datetime) -> FittedT_co:
        """Fit on `tables`, which hold only what happened strictly before `as_of`."""
        ...

    def to_json(self) -> str:
        """Return the spec as JSON with sorted keys."""
        ...


def canonical_json(value: Any) -> str:
    """Return `value` as JSON text with sorted keys and no spaces.

    Examples:
        >>> canonical_json({"b": 1, "a": None})
        '{"a":null,"b":1}'
    """
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def content_hash(*parts: str) -> str:
    """Return the BLAKE2b digest of `parts`, 32 hexadecimal digits; not keyed, so never of a personal value alone.

    Examples:
        >>> content_hash("a", "b") == content_hash("ab")
        False
    """
    state = hashlib.blake2b(digest_size=16)
    for part in parts:
        encoded = part.encode("utf-8", "surrogatepass")
        state.update(len(encoded).to_bytes(8, "little") + encoded)
    return state.hexdigest()
