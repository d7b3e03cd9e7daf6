"""Statements about a purpose that nobody knows are not taken in: they would be kept, and never be heard."""

from collections.abc import Iterator
from typing import Final

import polars as pl

from unified_customer.connectors import BoundSource, Mapped
from unified_customer.connectors.answer_rules import answer_rules
from unified_customer.core.errors import ConfigurationError
from unified_customer.hub.people import ROW
from unified_customer.policy import Policy

UNKNOWN: Final = "purpose: unknown_value"


def check_stated_purposes(source: BoundSource, policy: Policy) -> None:
    """Do nothing if every purpose that the mapping or the options of `source` name is known.

    Raises:
        ConfigurationError: One is neither in the taxonomy nor declared by the policy; the message names the nearest.
    """
    for purpose in _named(source):
        policy.check_stated_purpose(purpose)


def unknown_purposes(mapped: Mapped, policy: Policy) -> pl.DataFrame:
    """Return `row` and `reason` of the statements of a batch whose purpose nobody knows."""
    if "purpose" not in mapped.frame.columns:
        return pl.DataFrame(schema={ROW: pl.Int64, "reason": pl.String})
    named = mapped.frame["purpose"].drop_nulls().unique().to_list()
    unknown = [purpose for purpose in named if not _is_known(purpose, policy)]
    return mapped.frame.filter(pl.col("purpose").is_in(unknown)).select(ROW, reason=pl.lit(UNKNOWN))


def _named(source: BoundSource) -> Iterator[str]:
    for rule in source.mapping.consents if source.mapping is not None else ():
        yield from rule.purposes
    for rule in answer_rules(source.options) if source.shape != "flat" else ():
        yield from rule.purposes
    for each in dict(source.options.get("purposes") or {}).values():
        yield from (each,) if isinstance(each, str) else each


def _is_known(purpose: str, policy: Policy) -> bool:
    try:
        policy.check_stated_purpose(purpose)
    except ConfigurationError:
        return False
    return True
