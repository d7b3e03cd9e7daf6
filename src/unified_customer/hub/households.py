"""Who lives with whom in a store, of those whom a purpose may see."""

from typing import Final

import polars as pl

from unified_customer.core.models import Actor
from unified_customer.core.tables import RECORDS
from unified_customer.governance.door import Door, query
from unified_customer.hub.resolving import latest_people
from unified_customer.identity import Identity, MatchedIdentity
from unified_customer.identity.matching.households import Households

READ: Final = [name for name in (*MatchedIdentity.reads, "email", "phone", "observed_at") if name in RECORDS.columns]


def read_households(door: Door, spec: Identity, *, purpose: str, actor: Actor, most: int) -> Households:
    """Find the households of the customers whom `purpose` may see; see `IdentityMap.households`."""
    matched = spec if isinstance(spec, MatchedIdentity) else MatchedIdentity()
    asked = query("records", purpose, columns=["record_id", *READ], actor=actor)
    with door.opened(asked, action="households") as (reader, admission):
        people = latest_people(reader, [*MatchedIdentity.reads, "observed_at"])
        identities = reader.read("identities", columns=["record_id", "source"])
        identifiers = reader.read("identifiers", columns=["record_id", "kind", "value"])
        seen = people.join(admission.records, on="record_id", how="semi")
        visible = identifiers.filter(~pl.col("kind").is_in(door.withheld_kinds(asked)))
        return matched.households(identities, visible, people=seen, partition=admission.records, most=most)
