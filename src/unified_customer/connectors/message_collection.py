"""The collection policy at work on messages of the Segment shape, before anything of them is stored.

Each value of a message has the data category of its place, and a card number that of card numbers, wherever it stands.
A message that holds what is refused is rejected, without its text; the others of the batch go on. A message of which
everything is kept stays the text that came, byte for byte.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import polars as pl

from unified_customer.connectors.cards import DIGITS
from unified_customer.connectors.collection import DEFAULT_ACTIONS, WITHHELD, Collected, Hash, action_of
from unified_customer.connectors.message_fields import CATEGORIES
from unified_customer.connectors.message_sieve import UUID, Refused, Rules, Sieve
from unified_customer.connectors.protocol import REJECT_COLUMNS, Batch

_SECRETS: Final = (  # names of secrets
    r"passw|kennwort|passphrase|passcode|pwd|secret|token|jwt|credential|(?:api|access|private|auth)[^a-z0-9\"]*key"
)
_GLANCE: Final = rf"{DIGITS}|(?i:{_SECRETS})|\\u00[2-7]"
"""What a text must hold to be looked at: one pass over every message, so it is coarse."""

_CLOSER: Final = (
    r"(?:^|\D)[2-6](?:[ -]?\d){12}"  # starts like the number of an issuer
    rf'|(?i:{_SECRETS})[^"\\]*\\*"\s*:'  # a name, not a value
    r"|\\u00(?:2[0dD]|3\d|[4-7])"  # a digit, a separator or a letter that is escaped
)
# The address of push messages is no secret, and every message of a telephone has one.
_PUSH_TOKEN: Final = r'("device"\s*:\s*\{[^{}]*)"token"'  # noqa: S105 (a pattern)


def collect_messages(batch: Batch, *, actions: Rules, hash_value: Hash) -> tuple[Batch, tuple[Collected, ...]]:
    """Return what the policy lets in of messages, and what became of each field that is not simply kept.

    A refused value rejects its message, or the envelope of messages that it stands in; the payload of the reject is
    withheld. Paths in reasons and counts are names of fields, never values.

    Args:
        batch: A raw batch with one column of JSON texts.
        actions: Action for each category; covers the categories below it. What no rule covers is kept.
        hash_value: Keyed hash that stands for a value.

    Examples:
        >>> told = '{"type": "track", "properties": {"password": "x", "price": 1.50}}'
        >>> batch = Batch.of(pl.DataFrame({"message": [told]}))
        >>> rules = {"user.authorization.password": "drop"}
        >>> collected, left_out = collect_messages(batch, actions=rules, hash_value=str.upper)
        >>> collected.frame.item(), left_out[0].column
        ('{"type":"track","properties":{"price":1.50}}', 'properties.password')
    """
    rules = {**DEFAULT_ACTIONS, **actions}
    if batch.frame.dtypes != [pl.String] or all(action == "keep" for action in rules.values()):
        return batch, ()
    strict = any(action_of(category, rules) != "keep" for category in CATEGORIES)
    sieve = Sieve(rules, hash_value)
    passed = _passed(_unread_withheld(batch, strict=strict), sieve, strict=strict)
    return passed, tuple(Collected(*what, values) for what, values in sieve.counts.items())


def _suspects(texts: pl.Series) -> list[int]:
    """Return the places of texts that may hold a card number or the name of a secret."""
    places = texts.str.contains(_GLANCE).fill_null(value=False).arg_true()
    places = places.filter(texts.gather(places).str.contains(_CLOSER))
    plainer = texts.gather(places).str.replace_all(UUID, ",").str.replace_all(_PUSH_TOKEN, "$1")
    return places.filter(plainer.str.contains(_CLOSER)).to_list()


def _unread_withheld(batch: Batch, *, strict: bool) -> Batch:
    unread = batch.rejects["payload"]
    places = range(len(unread)) if strict else _suspects(unread)
    payloads = unread.to_list()
    for place in places:
        payloads[place] = WITHHELD
    told = pl.Series("payload", payloads, dtype=pl.String)
    return replace(batch, rejects=batch.rejects.with_columns(told)) if places else batch


def _passed(batch: Batch, sieve: Sieve, *, strict: bool) -> Batch:
    texts = batch.frame.to_series()
    places = texts.is_not_null().arg_true().to_list() if strict else _suspects(texts)
    reasons: dict[int, str] = {}
    changed: dict[int, str] = {}
    for place, text in zip(places, texts.gather(places).to_list(), strict=True):
        found = sieve.passed(text)
        if isinstance(found, Refused):
            reasons[place] = found.reason
        elif found != text:
            changed[place] = found
    return _without(_rewritten(batch, changed), reasons)


def _rewritten(batch: Batch, changed: Mapping[int, str]) -> Batch:
    if not changed:
        return batch
    column = batch.frame.to_series()
    texts = column.to_list()
    for place, text in changed.items():
        texts[place] = text
    return replace(batch, frame=pl.DataFrame({column.name: pl.Series(texts, dtype=pl.String)}))


def _without(batch: Batch, reasons: Mapping[int, str]) -> Batch:
    if not reasons:
        return batch
    places = pl.int_range(batch.frame.height, eager=True)
    keep = ~places.is_in(list(reasons))
    bad = batch.take(~keep)
    columns = {"row": bad.rows, "position": bad.positions(), "reason": [reasons[place] for place in sorted(reasons)]}
    rejects = pl.DataFrame({**columns, "payload": [WITHHELD] * bad.frame.height}, schema=REJECT_COLUMNS)
    return replace(batch.take(keep), rejects=pl.concat([batch.rejects, rejects]))
