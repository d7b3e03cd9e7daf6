"""What the sections are about, and which columns they cannot do without."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from unified_customer.hub.reporting.asked import Asked, Known
from unified_customer.reports.page import Section

BOUGHT: Final = ("customer_id", "order_id", "occurred_at", "kind", "quantity", "amount", "currency")


@dataclass(frozen=True, eq=False)
class Topic:
    """What a section is about.

    Attributes:
        name: The name of the section.
        title: Its heading.
        needs: Columns without which nothing can be told, by table.
    """

    name: str
    title: str
    needs: Mapping[str, tuple[str, ...]]


KPI: Final = Topic("kpis", "How business goes", {})
SEGMENTS: Final = Topic("segments", "Segments", {"customers": ("customer_id",), "order_lines": BOUGHT})
COHORTS: Final = Topic("cohorts", "Do customers come back?", {"order_lines": BOUGHT})
VALUE: Final = Topic("value", "What customers are worth", {"order_lines": BOUGHT})
IDENTITY: Final = Topic("identity", "Who is known", {"customers": ("customer_id", "record_count", "sources")})
QUALITY: Final = Topic("quality", "How good the data are", {})
CONSENT: Final = Topic("consent", "Who may be used for what", {})


def unseen(topic: Topic, asked: Asked, known: Known) -> Section | None:
    """Return a section that says what the purpose may not see, if it cannot see all that is needed."""
    lacking = [
        f"{column!r} of {name!r}"
        for name, columns in topic.needs.items()
        for column in columns
        if column not in known.tables[name].columns
    ]
    if not lacking:
        return None
    told = f"Nothing is told of this: {asked.purpose!r} may not see {', '.join(lacking)}."
    return Section(topic.name, topic.title, (told,))
