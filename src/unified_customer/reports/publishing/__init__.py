"""Publications: a documented star schema of what a purpose may see, for BI tools.

    schema, tables      what a publication holds: dimensions, bridges, facts, and what each column is made of
    sources, star, calendar, keys    the tables built from what was read
    measures            revenue, orders, customers, ...: said once, written for each tool
    documents           a data dictionary, LookML and a Power BI model, made of the same description
    targets             a folder of Parquet files, a DuckDB file, a Hyper file: written beside, then swapped

Nothing here reads a hub; `hub.publish` does, through its door.
"""

from unified_customer.reports.publishing.documents import documents
from unified_customer.reports.publishing.keys import UNKNOWN_KEY, Naming
from unified_customer.reports.publishing.published import Head, Published, Withheld
from unified_customer.reports.publishing.schema import Schema, StarColumn, StarTable
from unified_customer.reports.publishing.sources import READ, Sources, columns_to_read
from unified_customer.reports.publishing.star import build
from unified_customer.reports.publishing.tables import STAR, chosen_tables, schema_for
from unified_customer.reports.publishing.targets import Target, Writing, target_of

__all__ = [
    "READ",
    "STAR",
    "UNKNOWN_KEY",
    "Head",
    "Naming",
    "Published",
    "Schema",
    "Sources",
    "StarColumn",
    "StarTable",
    "Target",
    "Withheld",
    "Writing",
    "build",
    "chosen_tables",
    "columns_to_read",
    "documents",
    "schema_for",
    "target_of",
]
