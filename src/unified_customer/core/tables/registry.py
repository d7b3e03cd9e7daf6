"""All tables by name."""

from collections.abc import Mapping
from difflib import get_close_matches
from types import MappingProxyType
from typing import Final

from unified_customer.core.errors import UnknownTableError
from unified_customer.core.tables.behaviour import ANSWERS, EVENTS, ITEMS, ORDER_LINES, SPEND
from unified_customer.core.tables.customers import CUSTOMERS, LINK_DECISIONS, LINKS
from unified_customer.core.tables.governance import ARTIFACT_SUBJECTS, ARTIFACTS, AUDIT, CONSENTS, TOMBSTONES
from unified_customer.core.tables.operations import CHECKPOINTS, QUARANTINE
from unified_customer.core.tables.outputs import EXPOSURES, MEMBERSHIPS, OUTCOMES, SCORES
from unified_customer.core.tables.people import ACCOUNT_LINKS, ACCOUNTS, IDENTIFIERS, IDENTITIES, RECORDS
from unified_customer.core.tables.rights import ACTIVITY, ERASURE_STEPS, HOLDS, POLICIES, REQUEST_EVENTS
from unified_customer.core.tables.table import Table

_ALL: Final = (
    IDENTITIES, RECORDS, IDENTIFIERS, ACCOUNTS, ACCOUNT_LINKS,
    EVENTS, ORDER_LINES, ITEMS, ANSWERS, SPEND,
    LINKS, LINK_DECISIONS, CUSTOMERS,
    CONSENTS, ARTIFACTS, ARTIFACT_SUBJECTS, TOMBSTONES, AUDIT,
    REQUEST_EVENTS, ERASURE_STEPS, HOLDS, POLICIES, ACTIVITY,
    MEMBERSHIPS, SCORES, EXPOSURES, OUTCOMES,
    QUARANTINE, CHECKPOINTS,
)  # fmt: skip

TABLES: Final[Mapping[str, Table]] = MappingProxyType({each.name: each for each in _ALL})


def table(name: str) -> Table:
    """Return the table called `name`.

    Raises:
        UnknownTableError: There is none.

    Examples:
        >>> table("customers").key
        ('customer_id',)
    """
    if name in TABLES:
        return TABLES[name]
    near = get_close_matches(name, TABLES, n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    message = f"There is no table {name!r}.{hint} The tables are: {', '.join(TABLES)}."
    raise UnknownTableError(message)
