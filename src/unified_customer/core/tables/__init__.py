"""The tables: the interface between all parts of the library.

Every table is a `Table`: a name, a dataframely schema with a `FieldSpec` on each column, a key, and whether its rows
are only ever appended. `TABLES` holds them all, also those that only some capabilities fill.
"""

from unified_customer.core.tables.behaviour import ANSWERS, EVENTS, ITEMS, ORDER_LINES, SPEND
from unified_customer.core.tables.customers import CUSTOMERS, GOLDEN_FIELDS, LINK_DECISIONS, LINKS
from unified_customer.core.tables.governance import ARTIFACT_SUBJECTS, ARTIFACTS, AUDIT, CONSENTS, TOMBSTONES
from unified_customer.core.tables.operations import CHECKPOINTS, QUARANTINE
from unified_customer.core.tables.outputs import EXPOSURES, MEMBERSHIPS, OUTCOMES, SCORES
from unified_customer.core.tables.people import ACCOUNT_LINKS, ACCOUNTS, IDENTIFIERS, IDENTITIES, RAW_FIELDS, RECORDS
from unified_customer.core.tables.registry import TABLES, table
from unified_customer.core.tables.rights import ACTIVITY, ERASURE_STEPS, HOLDS, POLICIES, REQUEST_EVENTS
from unified_customer.core.tables.table import RECORDED_AT, SEQ, Split, Table

__all__ = [
    "ACCOUNTS",
    "ACCOUNT_LINKS",
    "ACTIVITY",
    "ANSWERS",
    "ARTIFACTS",
    "ARTIFACT_SUBJECTS",
    "AUDIT",
    "CHECKPOINTS",
    "CONSENTS",
    "CUSTOMERS",
    "ERASURE_STEPS",
    "EVENTS",
    "EXPOSURES",
    "GOLDEN_FIELDS",
    "HOLDS",
    "IDENTIFIERS",
    "IDENTITIES",
    "ITEMS",
    "LINKS",
    "LINK_DECISIONS",
    "MEMBERSHIPS",
    "ORDER_LINES",
    "OUTCOMES",
    "POLICIES",
    "QUARANTINE",
    "RAW_FIELDS",
    "RECORDED_AT",
    "RECORDS",
    "REQUEST_EVENTS",
    "SCORES",
    "SEQ",
    "SPEND",
    "TABLES",
    "TOMBSTONES",
    "Split",
    "Table",
    "table",
]
