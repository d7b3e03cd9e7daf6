"""Frames of any engine: opened once, worked on as narwhals expressions, given back as what they were.

    opened, given_back, collected    the edge: Polars (eager and lazy), DuckDB, Spark, Ibis, and what narwhals reads
    besides brought                          a small frame of this machine, put where a large one is
    civil, before                    instants as the clock on the shop's wall shows them, and all before an instant
    quantiles                        of columns of numbers
    Calendar, day_number             days, weeks, months, quarters and years as whole numbers
    texts_within                     what lies inside JSON objects

Calendar arithmetic on instants differs from engine to engine (DuckDB and Spark work in the zone of their session), so
an instant becomes civil time first, and periods are counted by expressions that all engines work out alike.
"""

from unified_customer.engines.portable.bringing import brought
from unified_customer.engines.portable.calendar import Calendar, Period, Zone, check_zone, day_number
from unified_customer.engines.portable.documents import texts_within
from unified_customer.engines.portable.frames import Lazy, Native, collected, given_back, has, opened, settled
from unified_customer.engines.portable.instants import before, civil
from unified_customer.engines.portable.quantiles import quantiles

__all__ = [
    "Calendar",
    "Lazy",
    "Native",
    "Period",
    "Zone",
    "before",
    "brought",
    "check_zone",
    "civil",
    "collected",
    "day_number",
    "given_back",
    "has",
    "opened",
    "quantiles",
    "settled",
    "texts_within",
]
