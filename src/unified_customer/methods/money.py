"""Amounts of money, added exactly and never across currencies in silence."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import reduce
from operator import add, or_
from typing import Any, Final

import narwhals as nw
from pydantic import Field, field_validator, model_validator

from unified_customer.core.errors import ConfigurationError, SchemaError
from unified_customer.core.models.base import Model
from unified_customer.engines.portable import Lazy, collected, has

AMOUNT: Final = nw.Decimal(18, 4)
UNKNOWN: Final = "without a currency"
CODE: Final = r"^[A-Z]{3}$"
EXAMPLE: Final = "Money(currency='EUR', rates={'USD': 0.92})"


class Money(Model):
    """In which currency amounts are added up.

    Left as it is, amounts must all be of one currency. Frames without a column `currency` are of one.

    Examples:
        >>> Money(currency="EUR", rates={"USD": "0.92"}).rates["USD"]
        Decimal('0.92')
    """

    currency: str | None = Field(default=None, pattern=CODE)
    """ISO 4217 code of the results; None: that of the amounts."""
    rates: Mapping[str, Decimal] = Field(default_factory=dict)
    """What one unit of each other currency is worth in `currency`; one rate for all times."""
    missing: str | None = Field(default=None, pattern=CODE)
    """The currency of amounts that name none; None: such amounts are added up among themselves alone."""

    @field_validator("rates")
    @classmethod
    def _above_zero(cls, rates: Mapping[str, Decimal]) -> Mapping[str, Decimal]:
        wrong = sorted(code for code, rate in rates.items() if not rate > 0)
        if wrong:
            raise ConfigurationError(f"Rates are above zero; that of {', '.join(wrong)} is not.")
        return rates

    @model_validator(mode="after")
    def _rates_into_something(self) -> "Money":
        if self.rates and self.currency is None:
            raise ConfigurationError("Rates are into a currency: name it, as in Money(currency='EUR', rates=...).")
        return self

    def exchange(self, lazy: Lazy) -> "Exchange":
        """Look at the currencies of a frame and return how its amounts are added.

        Args:
            lazy: The frame; its column `currency`, if it has one, holds ISO 4217 codes.

        Raises:
            SchemaError: There are currencies that cannot be added.
        """
        if not has(lazy, "currency"):
            return Exchange(self.currency)
        found = collected(lazy.select(nw.col("currency")).unique())["currency"].to_list()
        return self._exchange({code or self.missing for code in found})

    def _exchange(self, found: Iterable[str | None]) -> "Exchange":
        codes = sorted(found, key=lambda code: code or "")
        if self.currency is None and len(codes) < 2:
            return Exchange(next(iter(codes), None))
        known = {self.currency, *self.rates}
        left = [code or UNKNOWN for code in codes if code not in known]
        if left:
            raise SchemaError(self._refusal(codes, left))
        others = {code: float(self.rates[code]) for code in codes if code is not None and code != self.currency}
        return Exchange(self.currency, others, missing=self.missing)

    def _refusal(self, codes: list[str | None], left: list[str]) -> str:
        found = ", ".join(code or UNKNOWN for code in codes)
        if self.currency is None:
            return f"Amounts are of several currencies: {found}. Name one and its rates, as in {EXAMPLE}."
        return f"Amounts are of {found}, and nothing says what {', '.join(left)} is worth in {self.currency}. Add it to `rates`, or name `missing`."


@dataclass(frozen=True)
class Exchange:
    """How the amounts of one frame are added: by currency, exactly, then together at their rates.

    Attributes:
        currency: ISO 4217 code of the results; None: amounts name none.
        rates: The other currencies that are there, with what one unit is worth.
        missing: The currency of amounts that name none.
    """

    currency: str | None
    rates: Mapping[str, float] = field(default_factory=dict)
    missing: str | None = None

    def parts(self, name: str, amount: nw.Expr) -> dict[str, nw.Expr]:
        """Return the columns to make before grouping: the amounts of each currency apart."""
        if not self.rates:
            return {name: amount}
        return {_part(name, code): nw.when(self._is(code)).then(amount) for code in self._codes()}

    def sums(self, name: str) -> list[nw.Expr]:
        """Return the aggregates over `parts`: exact sums, missing amounts left out."""
        return [nw.col(_part(name, code)).sum() for code in self._codes()] if self.rates else [nw.col(name).sum()]

    def total(self, name: str) -> nw.Expr:
        """Return the sum in one currency as a float, from what `sums` gave, where no amount at all is 0.

        It may be asked of the rows of `parts` too: a row is of one currency, and null where it has no amount.
        """
        if not self.rates:
            return nw.col(name).cast(nw.Float64)
        parts = [nw.col(_part(name, code)).cast(nw.Float64) for code in self._codes()]
        rates = [1.0, *(rate for _, rate in sorted(self.rates.items()))]
        known = reduce(or_, (~part.is_null() for part in parts))
        worth = (part.fill_null(0.0) * rate for part, rate in zip(parts, rates, strict=True))
        return nw.when(known).then(reduce(add, worth))

    def _codes(self) -> list[str | None]:
        return [self.currency, *sorted(self.rates)]

    def _is(self, code: str | None) -> nw.Expr:
        said = nw.col("currency")
        return said == code if code != self.missing else said.is_null() | (said == code)


def _part(name: str, code: str | None) -> str:
    return f"{name}_{code}"


def exact(lazy: Lazy, column: str) -> nw.Expr:
    """Return a column of amounts as money: four decimal places.

    Raises:
        SchemaError: It holds no numbers.
    """
    dtype: Any = lazy.collect_schema()[column]
    if isinstance(dtype, nw.Decimal):
        return nw.col(column)
    if not dtype.is_numeric():
        raise SchemaError(f"{column!r} holds {dtype}, not amounts of money.")
    return nw.col(column).cast(AMOUNT)
