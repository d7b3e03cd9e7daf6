"""Rules worked out for every customer."""

from collections.abc import Callable, Iterator, Mapping
from functools import reduce
from operator import and_, or_

import narwhals as nw

from unified_customer.engines.portable import Lazy
from unified_customer.segmentation.audiences.compiling.bought import bought_facts
from unified_customer.segmentation.audiences.compiling.did import did_facts
from unified_customer.segmentation.audiences.compiling.facts import Facts
from unified_customer.segmentation.audiences.compiling.people import people_facts
from unified_customer.segmentation.audiences.compiling.results import (
    answer_facts,
    consent_facts,
    score_facts,
    segment_facts,
)
from unified_customer.segmentation.audiences.compiling.seen import CUSTOMER, Seen, always
from unified_customer.segmentation.audiences.compiling.sequence import sequence_facts
from unified_customer.segmentation.audiences.rules.events import Did, Sequence
from unified_customer.segmentation.audiences.rules.people import Age, Birthday, Trait
from unified_customer.segmentation.audiences.rules.purchases import Bought
from unified_customer.segmentation.audiences.rules.results import Answered, Consents, InSegment, Score
from unified_customer.segmentation.audiences.rules.tree import And, Leaf, Not, Or, Rule, leaves

_ALONE: Mapping[type, Callable[..., Facts]] = {
    Sequence: sequence_facts,
    Bought: bought_facts,
    InSegment: segment_facts,
    Score: score_facts,
    Answered: answer_facts,
    Consents: consent_facts,
}


def named_leaves(rule: Rule) -> dict[Leaf, str]:
    """Return the distinct leaves of a rule with the column of each."""
    return {leaf: f"_{place}" for place, leaf in enumerate(dict.fromkeys(leaves(rule)))}


def evaluated(rule: Rule, seen: Seen, *, base: str) -> Lazy:
    """Return whether each leaf of a rule holds of each customer, and what was found.

    Args:
        rule: The rule.
        seen: The tables.
        base: The table whose customers are looked at.

    Returns:
        `customer_id`, and for each of `named_leaves` a truth value, `_0`, and what was found, `_0_found`.
    """
    frame, names = seen.base(base), named_leaves(rule)
    holds: dict[str, nw.Expr] = {}
    found: dict[str, nw.Expr] = {}
    for facts in _facts(names, seen):
        frame = frame.join(facts.frame, on=CUSTOMER, how="left")
        holds |= facts.holds
        found |= {f"{name}_found": value for name, value in facts.values.items()}
    return frame.select(CUSTOMER, **holds, **found)


def _facts(names: Mapping[Leaf, str], seen: Seen) -> Iterator[Facts]:
    people = {name: leaf for leaf, name in names.items() if isinstance(leaf, Trait | Age | Birthday)}
    did = {name: leaf for leaf, name in names.items() if isinstance(leaf, Did)}
    if people:
        yield people_facts(people, seen)
    if did:
        yield did_facts(did, seen)
    for leaf, name in names.items():
        if type(leaf) in _ALONE:
            yield _ALONE[type(leaf)](name, leaf, seen)


def truth(rule: Rule, names: Mapping[Leaf, str]) -> nw.Expr:
    """Return whether a rule holds, as an expression of what `evaluated` returns; never null."""
    if isinstance(rule, Not):
        return ~truth(rule.rule, names)
    if isinstance(rule, And):
        return reduce(and_, (truth(each, names) for each in rule.rules), always())
    if isinstance(rule, Or):
        return reduce(or_, (truth(each, names) for each in rule.rules), ~always())
    return nw.col(names[rule])


def members(rule: Rule, seen: Seen, *, base: str) -> Lazy:
    """Return the customers of whom a rule holds: `customer_id`."""
    return evaluated(rule, seen, base=base).filter(truth(rule, named_leaves(rule))).select(CUSTOMER)
