"""Hard rules that are the same for everybody: which items are out, and by which rule."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

import numpy as np
import polars as pl

from unified_customer.core.errors import SchemaError
from unified_customer.methods.learning import Ints
from unified_customer.recommendations.histories import Names
from unified_customer.recommendations.rules.conditions import Mask, values_of
from unified_customer.recommendations.rules.memory import Memory
from unified_customer.recommendations.rules.parts import InStock, Price
from unified_customer.recommendations.rules.spec import Rules

DENIED: Final = 0
"""The code of the deny list, which comes before all other rules."""
IN: Final = -1
"""The code of what no rule takes out."""


@dataclass(frozen=True, eq=False)
class Standing:
    """Which items are out, each by the first rule that it breaks.

    Attributes:
        labels: What is said of items that are out by each rule.
        codes: For each item the rule; -1 where it is not out.
        but_for_deny: Whether no other rule than the deny list takes an item out.
    """

    labels: tuple[str, ...]
    codes: Ints = field(repr=False)
    but_for_deny: Mask = field(repr=False)

    @cached_property
    def denied(self) -> Mask:
        """Whether an item is on the deny list."""
        denied: Mask = self.codes == DENIED
        return denied

    @cached_property
    def open(self) -> Mask:
        """Whether an item is not out."""
        kept: Mask = self.codes == IN
        return kept

    @cached_property
    def places(self) -> Ints:
        """The places of items that are not out."""
        return np.flatnonzero(self.open)

    @cached_property
    def counts(self) -> dict[str, int]:
        """How many items are out by each rule; only what is above 0."""
        counts = np.bincount(self.codes[~self.open], minlength=len(self.labels))
        return {label: int(count) for label, count in zip(self.labels, counts, strict=True) if count}


def standing(rules: Rules, items: Names, catalogue: pl.DataFrame, memory: Memory) -> Standing:
    """Return which items rules take out.

    Args:
        rules: The rules.
        items: The items.
        catalogue: A row for each of them.
        memory: What was worked out before for this catalogue.

    Raises:
        SchemaError: The catalogue has not the columns that the rules look at.
    """
    codes, labels = np.full(len(items), IN, np.int64), ["on the deny list"]
    denied = _listed(rules.deny, items)
    for label, out in _broken(rules, items, catalogue, memory):
        codes[out & (codes == IN)] = len(labels)
        labels.append(label)
    open_ = codes == IN
    codes[denied] = DENIED
    return Standing(tuple(labels), codes, open_)


def _broken(rules: Rules, items: Names, catalogue: pl.DataFrame, memory: Memory) -> Iterator[tuple[str, Mask]]:
    """Yield each rule but the deny list, and which items break it."""
    if rules.allow is not None:
        yield "not on the allow list", ~_listed(rules.allow, items)
    stock, price = rules.in_stock, rules.price
    if stock is not None:
        yield from memory.of(stock, lambda: tuple(_out_of_stock(stock, catalogue)))
    if price is not None:
        yield from memory.of(price, lambda: tuple(_priced_otherwise(price, catalogue)))
    for each in rules.conditions:
        yield f"without {each.in_words()}", ~each.remembered(catalogue, memory)


def _listed(names: tuple[str, ...], items: Names) -> Mask:
    found = np.zeros(len(items), np.bool_)
    places = items.places(names)
    found[places[places >= 0]] = True
    return found


def _out_of_stock(rule: InStock, catalogue: pl.DataFrame) -> Iterator[tuple[str, Mask]]:
    there = [name for name in ("available", "stock") if name in catalogue.columns]
    if not there:
        raise SchemaError("The catalogue has neither 'available' nor 'stock', so nothing tells what can be had.")
    none = pl.repeat(None, catalogue.height, eager=True)
    available = _flags(catalogue["available"] if "available" in there else none)
    stock = (values_of(catalogue, "stock") if "stock" in there else none).cast(pl.Float64)
    out = (~available).fill_null(value=False) | (stock < rule.at_least).fill_null(value=False)
    yield "out of stock", out.to_numpy()
    if not rule.unknown:
        yield "not known to be in stock", (available.is_null() & stock.is_null()).to_numpy()


def _flags(values: pl.Series) -> pl.Series:
    if values.dtype not in {pl.Boolean, pl.Null}:
        raise SchemaError(f"'available' of the catalogue holds {values.dtype}, not truth values.")
    return values.cast(pl.Boolean)


def _priced_otherwise(rule: Price, catalogue: pl.DataFrame) -> Iterator[tuple[str, Mask]]:
    price = values_of(catalogue, "price").cast(pl.Float64)
    currency = _currencies(rule, catalogue)
    if rule.currency is not None:
        other = (currency != rule.currency).fill_null(value=False)
        yield f"not priced in {rule.currency}", (other & price.is_not_null()).to_numpy()
    low, high = (-np.inf if rule.low is None else rule.low), (np.inf if rule.high is None else rule.high)
    outside = ((price < low) | (price > high)).fill_null(value=False)
    yield f"outside the price range {rule.in_words()}", outside.to_numpy()
    if not rule.unknown:
        untold = price.is_null() | (currency.is_null() if rule.currency is not None else price.is_null())
        yield "without a known price", untold.to_numpy()


def _currencies(rule: Price, catalogue: pl.DataFrame) -> pl.Series:
    """Return the currency of each item; null where none is told.

    Raises:
        SchemaError: There are several, and the rule names none.
    """
    if "currency" not in catalogue.columns:
        return pl.Series([None] * catalogue.height, dtype=pl.String)
    told = catalogue["currency"].cast(pl.String)
    several = told.filter(catalogue["price"].is_not_null()).drop_nulls().unique().sort().to_list()
    if rule.currency is None and len(several) > 1:
        raise SchemaError(
            f"Prices are in several currencies: {', '.join(several)}. Name one, as in Price(currency='EUR')."
        )
    return told
