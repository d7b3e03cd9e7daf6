"""Customers who lose a part to retention: held together by what was known, and shown without what went."""

from collections.abc import Callable
from datetime import datetime

import polars as pl

from unified_customer.core.models import Actor
from unified_customer.core.tables import LINK_DECISIONS
from unified_customer.governance.naming import CURRENT
from unified_customer.hub.identity_map import decisions_of, partition_of
from unified_customer.identity import Survivorship
from unified_customer.identity.decisions import anchor_decisions, check_decisions, named_anew, standing
from unified_customer.identity.golden import SPOKEN
from unified_customer.store import Keys, Writer

PAIR = ["record_a", "record_b"]


class RemainingCustomers:
    """Looks after customers of whom something stays."""

    def __init__(self, *, survivorship: Survivorship, forget: Callable[[], None]) -> None:
        """Take the rules of the single customer view, and what lets go of all that was read before."""
        self._survivorship = survivorship
        self._forget = forget

    def anchor(self, writer: Writer, records: pl.DataFrame, *, at: datetime, actor: Actor) -> None:
        """Write down that records which lose their values belong to their customers.

        Raises:
            IdentityConflictError: A correction that nobody resolved yet says otherwise.
        """
        partition = partition_of(writer)
        written = decisions_of(writer)
        rows = anchor_decisions(partition, records["record_id"].to_list(), actor=actor.id, at=at, reason="retention")
        said = standing(written).filter(kind="must_link").select(PAIR)
        told = written.select(list(LINK_DECISIONS.columns))
        new = named_anew(_either_way(rows).join(_either_way(said), on=PAIR, how="anti"), told)
        check_decisions(pl.concat([told, new]))
        writer.append("link_decisions", new)

    def rebuild(self, writer: Writer, customers: pl.DataFrame) -> None:
        """Build the single customer view of `customers` (`customer_id`) anew."""
        links = writer.read(
            "links", columns=["record_id", "customer_id"], where=[CURRENT], keys=Keys(customers, ("customer_id",))
        )
        keys = Keys(links.select("record_id"), ("record_id",))
        identities = writer.read("identities", columns=["record_id", "source"], keys=keys)
        records = writer.read("records", columns=SPOKEN, keys=keys)
        writer.upsert("customers", self._survivorship.survive(records, links, identities))

    def settled(self) -> None:
        """Let nothing that was read before outlast what was done."""
        self._forget()


def _either_way(decisions: pl.DataFrame) -> pl.DataFrame:
    """Return decisions with the lesser record first, each pair once."""
    ordered = decisions.with_columns(record_a=pl.min_horizontal(PAIR), record_b=pl.max_horizontal(PAIR))
    return ordered.unique(PAIR, keep="first", maintain_order=True)
