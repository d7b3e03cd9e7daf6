"""Rules of requests in plain Python: one item and one list at a time."""

import math
import statistics
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from unified_customer.recommendations.rules import Again, Boost, Cap, Condition, Rules
from unified_customer.testing.rule_strategies import Shop

Item = Mapping[str, Any]


def holds(condition: Condition, item: Item) -> bool:
    value: Any = item[condition.column]
    values: Sequence[Any] = condition.values
    if condition.op == "is known":
        return value is not None
    if value is None:
        return condition.unknown
    comparisons = {
        "is": value == values[0],
        "in": value in values,
        "not in": value not in values,
        "within": f"{value} > ".startswith(f"{values[0]} > "),
        "at least": isinstance(value, float) and value >= values[0],
        "at most": isinstance(value, float) and value <= values[0],
        "between": isinstance(value, float) and values[0] <= value <= values[-1],
    }
    return bool(comparisons[condition.op])


def in_stock(rules: Rules, item: Item) -> bool:
    if rules.in_stock is None:
        return True
    if item["available"] is False or (item["stock"] is not None and item["stock"] < rules.in_stock.at_least):
        return False
    return rules.in_stock.unknown or item["available"] is not None or item["stock"] is not None


def priced(rules: Rules, item: Item) -> bool:
    if rules.price is None:
        return True
    if item["price"] is None:
        return rules.price.unknown
    low, high = rules.price.low, rules.price.high
    return (low is None or item["price"] >= low) and (high is None or item["price"] <= high)


def allowed_but_for_deny(rules: Rules, shop: Shop, row: int, place: int) -> bool:
    item = shop.items[place]
    listed = rules.allow is None or item["item_id"] in rules.allow
    fulfilled = all(holds(each, item) for each in rules.conditions)
    return listed and fulfilled and in_stock(rules, item) and priced(rules, item) and not had(rules, shop, row, place)


def had(rules: Rules, shop: Shop, row: int, place: int) -> bool:
    age = shop.had[row].get(place)
    mine = isinstance(rules.owned, Again) and age is not None and age < rules.owned.after_days
    return mine or (rules.owned == "exclude" and age is not None) or shown_enough(rules, shop, row, place)


def shown_enough(rules: Rules, shop: Shop, row: int, place: int) -> bool:
    return any(
        sum(whose == row and what == place and days <= each.days for whose, what, days in shop.seen) >= each.at_most
        for each in rules.frequency
        if each.of == "item"
    )


def room(rules: Rules, shop: Shop, row: int, n: int) -> int:
    lefts = [
        max(0, each.at_most - sum(whose == row and days <= each.days for whose, _, days in shop.seen))
        for each in rules.frequency
        if each.of == "any"
    ]
    return min([n, *lefts])


def boosted(rules: Rules, item: Item, score: float) -> float:
    factor = math.prod(each.factor for each in rules.boosts if boosts(each, item))
    value, by = np.float32(score), np.float32(factor)
    return float(value * by if value > 0 else value / by) if rules.boosts else float(value)


def boosts(boost: Boost, item: Item) -> bool:
    return all(holds(each, item) for each in boost.conditions)


def novelty(shop: Shop, place: int) -> float:
    most = max(shop.popularity)
    return 1 - math.log1p(shop.popularity[place]) / math.log1p(most) if most else 1.0


def margin(item: Item) -> float | None:
    if item["cost"] is None or not item["price"]:
        return None
    share: float = (item["price"] - item["cost"]) / item["price"]
    return max(-1.0, share)


def margins(rules: Rules, shop: Shop) -> list[float]:
    told = [margin(item) for item in shop.items]
    known = [each for each in told if each is not None]
    other = statistics.median(known) if known and rules.margin_unknown == "median" else 0.0
    return [other if each is None else each for each in told]


def alike(rules: Rules, one: Item, other: Item) -> float:
    return statistics.mean(_alike(one[column], other[column]) for column in rules.alike_by)


def _alike(one: str | None, other: str | None) -> float:
    if one is None or other is None:
        return 0.0
    steps, others = one.split(" > "), other.split(" > ")
    common = sum(steps[:size] == others[:size] for size in range(1, min(len(steps), len(others)) + 1))
    return common / max(len(steps), len(others))


def kind(cap: Cap, item: Item) -> Any:
    value = item[cap.column]
    return " > ".join(value.split(" > ")[: cap.level]) if isinstance(value, str) and cap.level else value


def caps_hold(rules: Rules, items: Sequence[Item]) -> bool:
    return all(
        count <= cap.at_most
        for cap in rules.caps
        for value, count in Counter(kind(cap, item) for item in items).items()
        if value is not None
    )


def pinned(rules: Rules, shop: Shop, allowed: Sequence[int], most: int, n: int) -> list[int]:
    """Return what is pinned, the first places first."""
    places = {item["item_id"]: place for place, item in enumerate(shop.items)}
    found: list[int] = []
    for name, at in sorted(rules.pins.items(), key=lambda pin: pin[1]):
        may = at <= n and places.get(name) in allowed and len(found) < most
        if may and caps_hold(rules, [shop.items[each] for each in (*found, places[name])]):
            found.append(places[name])
    return found


class Replay:
    """One list, filled again step by step, to see whether each item of it is one that is worth most."""

    def __init__(self, rules: Rules, shop: Shop, row: int, n: int) -> None:
        self.rules, self.shop, self.row, self.n = rules, shop, row, n
        every = [place for place in range(len(shop.items)) if allowed_but_for_deny(rules, shop, row, place)]
        self.boosted = [boosted(rules, item, score) for item, score in zip(shop.items, shop.scores[row], strict=True)]
        self.ranked = sorted(every, key=lambda place: (-self.boosted[place], place))
        self.allowed = [place for place in every if shop.items[place]["item_id"] not in rules.deny]
        self.room = room(rules, shop, row, n)
        self.pinned = pinned(rules, shop, self.allowed, self.room, n)
        size = max(10 * n, 200) if rules.candidates is None else max(rules.candidates, n)
        self.pools = [self.ranked[:size]]
        weighed = rules.novelty or rules.margin or rules.diversity
        self.scale = (max((abs(self.boosted[place]) for place in self.pools[0]), default=0) or 1.0) if weighed else 1.0
        self.margins = margins(rules, shop)
        self.size = size

    def beside(self, places: Sequence[int], picked: Sequence[int]) -> list[int]:
        """Return which of some places may stand beside others."""
        items = self.shop.items
        return [
            place
            for place in places
            if place not in picked and caps_hold(self.rules, [items[each] for each in (*picked, place)])
        ]

    def left(self, picked: Sequence[int]) -> list[int]:
        """Return which candidates may follow; if there is none, the next best of all that may are candidates."""
        while True:
            found = [place for place in self.beside(self.pools[-1], picked) if place in self.allowed]
            seen = {place for pool in self.pools for place in pool}
            others = [place for place in self.beside(self.ranked, picked) if place not in seen]
            if found or not others:
                return found
            self.pools.append(others[: self.size * 4 ** len(self.pools)])

    def worth(self, place: int, picked: Sequence[int]) -> float:
        rules, items = self.rules, self.shop.items
        relevance = (1 - rules.novelty - rules.margin) * self.boosted[place] / self.scale
        own = rules.novelty * novelty(self.shop, place) + rules.margin * self.margins[place]
        likeness = max((alike(rules, items[place], items[each]) for each in picked), default=0.0)
        return ((1 - rules.diversity) * (relevance + own) - rules.diversity * likeness) * self.scale

    def steps(self, others: Sequence[int]) -> Iterator[tuple[float, float]]:
        """Yield what each item that is not pinned is worth, and what the best one is worth that could be there.

        Raises:
            AssertionError: An item could not be there, or another one could follow the last one.
        """
        picked = list(self.pinned)
        for place in others:
            left = self.left(picked)
            assert place in left
            yield self.worth(place, picked), max(self.worth(each, picked) for each in left)
            picked.append(place)
        assert len(picked) == self.room or not self.left(picked)
