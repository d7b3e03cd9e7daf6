"""The collection policy at work: what of a raw batch is kept, dropped, hashed or refused, before anything is stored.

A column has the data category of the field that it is mapped to; one that nobody mapped is `user.unclassified`; one
that holds card numbers is `user.financial.credit_card`, whatever it is mapped to. The rule of the nearest category
counts. What is left out is counted and never stored, in rejects neither.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal

import polars as pl

from unified_customer.connectors.cards import any_card_number, looks_like_cards
from unified_customer.connectors.mapping import Mapping as RowMapping
from unified_customer.connectors.parsing import as_text, blank_to_null
from unified_customer.connectors.protocol import Batch
from unified_customer.connectors.rejects import UNREAD
from unified_customer.core.errors import CollectionRefusedError
from unified_customer.core.fields import OPERATIONAL, UNCLASSIFIED, covers
from unified_customer.core.tables import TABLES

Action = Literal["keep", "drop", "hash", "refuse"]
Hash = Callable[[str], str]

CARDS: Final = "user.financial.credit_card"
PREFERENCES: Final = "user.privacy_preferences"
UNIQUE_ID: Final = "user.unique_id"
DEFAULT_ACTIONS: Final[Mapping[str, Action]] = {CARDS: "refuse"}
WITHHELD: Final = f'{{"{UNREAD}": ""}}'
"""Payload of a row that could not be split into columns, where some column must not be stored."""


@dataclass(frozen=True)
class Collected:
    """What became of one column in one batch.

    Attributes:
        column: The column.
        category: Its data category.
        action: What the policy says.
        values: How many values were concerned.
    """

    column: str
    category: str
    action: Action
    values: int


def collect(
    batch: Batch,
    *,
    mapping: RowMapping | None,
    actions: Mapping[str, Action],
    hash_value: Hash,
) -> tuple[Batch, tuple[Collected, ...]]:
    """Return what the policy lets in, and what became of each column that is not simply kept.

    Args:
        batch: A raw batch.
        mapping: The mapping that tells what columns mean; None: nobody knows.
        actions: Action for each category; covers the categories below it. What no rule covers is kept.
        hash_value: Keyed hash that stands for a value.

    Raises:
        CollectionRefusedError: A column holds what the policy refuses; the message names the column.
    """
    rules = {**DEFAULT_ACTIONS, **actions}
    meanings = column_categories(mapping, batch.frame.columns)
    decided = list(_decided(batch, meanings, rules))
    for each in decided:
        if each.action == "refuse":
            raise CollectionRefusedError(_refusal(each))
    left = _without(batch, decided, hash_value)
    return _without_unread(left, strict=bool(decided), cards=action_of(CARDS, rules) != "keep"), tuple(decided)


def column_categories(mapping: RowMapping | None, columns: list[str]) -> dict[str, str]:
    """Return the data category of each of `columns` as `mapping` uses them."""
    known = dict(_mapped_categories(mapping)) if mapping is not None else {}
    return {name: known.get(name, UNCLASSIFIED) for name in columns}


def _mapped_categories(mapping: RowMapping) -> Iterator[tuple[str, str]]:
    yield from ((rule.column, PREFERENCES) for rule in mapping.consents)
    yield from ((column, _kind_category(kind)) for kind, names in mapping.identifiers.items() for column in names)
    if mapping.deleted is not None:
        yield mapping.deleted.column, OPERATIONAL
    fields = TABLES[mapping.table].fields
    for name, how in mapping.all_fields.items():
        if how.column is not None:
            yield how.column, fields[name].category if name in fields else UNIQUE_ID
    about_people = mapping.target.about_people
    yield from ((column, UNIQUE_ID if about_people else OPERATIONAL) for column in mapping.key)
    yield from ((column, UNIQUE_ID) for column in mapping.person)


def _kind_category(kind: str) -> str:
    field = TABLES["records"].fields.get(kind)
    return field.category if field is not None else UNIQUE_ID


def _decided(batch: Batch, meanings: Mapping[str, str], rules: Mapping[str, Action]) -> Iterator[Collected]:
    for name, meaning in meanings.items():
        values = batch.frame[name]
        category = CARDS if looks_like_cards(values) else meaning
        action = action_of(category, rules)
        if action != "keep":
            yield Collected(name, category, action, len(values) - values.null_count())


def action_of(category: str, rules: Mapping[str, Action]) -> Action:
    """Return the action of the nearest rule that covers `category`."""
    covering = [rule for rule in rules if covers(rule, category)]
    return rules[max(covering, key=len)] if covering else "keep"


def _refusal(found: Collected) -> str:
    return (
        f"The column {found.column!r} is of category {found.category}, which the collection policy refuses. Nothing of "
        f"this batch was stored. Remove the column at the source, or let the policy drop or hash that category."
    )


def _without(batch: Batch, decided: list[Collected], hash_value: Hash) -> Batch:
    dropped = [each.column for each in decided if each.action == "drop"]
    hashed = [_hashed(batch.frame[each.column], hash_value) for each in decided if each.action == "hash"]
    changed = {*dropped, *(values.name for values in hashed)}
    if not changed:
        return batch
    literals = {name: mask for name, mask in batch.literals.items() if name not in changed}
    frame = batch.frame.drop(dropped).with_columns(hashed)
    return replace(batch, frame=frame, literals=literals, sparse=batch.sparse or bool(dropped))


def _hashed(values: pl.Series, hash_value: Hash) -> pl.Series:
    texts = blank_to_null(as_text(values))
    distinct = texts.drop_nulls().unique()
    names = pl.Series([hash_value(text) for text in distinct.to_list()], dtype=pl.String)
    return texts.replace_strict(distinct, names, default=None, return_dtype=pl.String).rename(values.name)


def _without_unread(batch: Batch, *, strict: bool, cards: bool) -> Batch:
    """Withhold the text of rows that were not split into columns, where it may hold what must not be stored."""
    unread = batch.rejects["payload"]
    withheld = unread.is_not_null() if strict else _card_texts(unread) if cards else unread.is_null()
    if not withheld.any():
        return batch
    payload = pl.select(pl.when(withheld).then(pl.lit(WITHHELD)).otherwise(unread)).to_series()
    return replace(batch, rejects=batch.rejects.with_columns(payload.alias("payload")))


def _card_texts(payloads: pl.Series) -> pl.Series:
    return pl.Series([any_card_number([text or ""]) for text in payloads.to_list()], dtype=pl.Boolean)
