"""Whom an id means now: every id ever issued is the name of a record, and stands for the customer who holds it."""

from collections.abc import Sequence
from typing import Final

import polars as pl

from unified_customer.core.errors import UnknownCustomerError
from unified_customer.core.kinds import RECORD
from unified_customer.governance.graves import buried
from unified_customer.store import Keys, Reader, Where

CURRENT: Final = Where("valid_to", "is_null")
"""The links that hold now."""

UNKNOWN: Final = "No record of that id was ever seen. hub.customers(purpose=...) lists the customers."
UNRESOLVED: Final = "The record is not resolved yet. Run hub.resolve()."
ERASED: Final = "The record was erased. hub.audit.entries(customer_id=...) tells when and by whom."


def current_customer(reader: Reader, any_id: str) -> str:
    """Return the customer who holds the record `any_id` now.

    Raises:
        UnknownCustomerError: The id was never issued, its record is not resolved yet, or it was erased.
    """
    current = reader.read("links", columns=["customer_id"], where=[Where("record_id", "==", any_id), CURRENT])
    if current.height:
        return str(current["customer_id"].item())
    raise UnknownCustomerError(why_nobody(reader, any_id))


def records_of(reader: Reader, customer_id: str) -> pl.DataFrame:
    """Return the records that a customer has now: `record_id`."""
    return reader.read("links", columns=["record_id"], where=[CURRENT, Where("customer_id", "==", customer_id)])


def why_nobody(reader: Reader, any_id: str) -> str:
    """Return why no customer holds the record `any_id` now, and what to do."""
    if not reader.count("identities", where=[Where("record_id", "==", any_id)]):
        return UNKNOWN
    return UNRESOLVED if buried(reader, RECORD, [any_id]).is_empty() else ERASED


def current_customers(reader: Reader, any_ids: Sequence[str]) -> pl.DataFrame:
    """Return the customers who hold the records `any_ids` now: `customer_id`, each once.

    Ids of people who were erased, or are not resolved yet, stand for nobody.

    Raises:
        UnknownCustomerError: Some of the ids were never issued.
    """
    asked = pl.DataFrame({"record_id": pl.Series(any_ids, dtype=pl.String)}).unique()
    keys = Keys(asked, ("record_id",))
    current = reader.read("links", columns=["record_id", "customer_id"], where=[CURRENT], keys=keys)
    if current.height < asked.height:
        issued = reader.read("identities", columns=["record_id"], keys=keys).unique()
        unknown = asked.height - issued.height
        if unknown:
            message = f"{unknown:,} of the {asked.height:,} ids were never issued. {UNKNOWN}"
            raise UnknownCustomerError(message)
    return current.select("customer_id").unique()
