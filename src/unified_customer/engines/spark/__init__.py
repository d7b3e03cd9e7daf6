"""Spark as an engine: `pip install "unified-customer[spark]"`, and a Java runtime, 17 or newer.

    local_session    a session on this machine, offline and without a page of its own
    map_chunks       a function of Polars frames on all rows, through Arrow
    map_groups       the same with the rows of each group in one piece
    grouped          aggregates by group, from SQL expressions
    connected        the connected components of a graph
    settled, kept    frames that are worked out once

PySpark is imported here alone, and only when it is needed. Spark moves the rows; what is done to them is the code that
runs on one machine.
"""

from unified_customer.engines.spark.components import connected
from unified_customer.engines.spark.frames import Frame, column_type, from_polars, grouped, kept, settled, to_polars
from unified_customer.engines.spark.mapping import map_chunks, map_groups
from unified_customer.engines.spark.session import Session, local_session

__all__ = [
    "Frame",
    "Session",
    "column_type",
    "connected",
    "from_polars",
    "grouped",
    "kept",
    "local_session",
    "map_chunks",
    "map_groups",
    "settled",
    "to_polars",
]
