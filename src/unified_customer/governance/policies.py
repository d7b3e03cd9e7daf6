"""Which policy was in force when: what was allowed on a past date is decided under the policy of that date."""

from datetime import datetime

import polars as pl

from unified_customer.core.clock import Clock
from unified_customer.core.models import Actor
from unified_customer.core.spec import content_hash
from unified_customer.core.tables import POLICIES
from unified_customer.governance.audit import Entry, write_entry
from unified_customer.policy import Policy
from unified_customer.store import Reader, Store


def adopt(store: Store, policy: Policy | None, *, clock: Clock, actor: Actor) -> Policy:
    """Put `policy` in force if it is another than the one that is; None: leave that in force.

    Args:
        store: Where policies are remembered.
        policy: What somebody opened a hub with.
        clock: Gives the present instant.
        actor: Who opened it.

    Returns:
        The policy in force from now on: without any, the one under which every purpose needs consent.
    """
    current = policy_in_force(store)
    if policy is None or policy == current:
        return current or Policy()
    now, body = clock(), policy.to_json()
    row = {"policy_id": content_hash(body, now.isoformat()), "in_force_from": now, "body": body, "actor": actor.id}
    with store.transaction(recorded_at=now) as writer:
        writer.append("policies", pl.DataFrame([row], schema=POLICIES.columns))
        write_entry(writer, actor, Entry("policy", table="policies", detail={"policy": row["policy_id"]}), at=now)
    return policy


def policy_in_force(reader: Reader, as_of: datetime | None = None) -> Policy | None:
    """Return the policy that was in force right before `as_of`, or that is now; None where there never was one.

    Before the first policy the first one counts: a hub that did not exist then allowed nothing that it would not have.
    """
    known = reader.rows("policies", columns=["in_force_from", "body"], order_by=["in_force_from"])
    if not known:
        return None
    before = [each for each in known if as_of is None or each["in_force_from"] < as_of]
    return Policy.from_json((before or known[:1])[-1]["body"])


def policy_history(reader: Reader) -> pl.DataFrame:
    """Return every policy that was in force: `policy_id`, `in_force_from`, `actor`, `changes` (lines of TOML that differ)."""
    known = reader.read("policies", columns=["policy_id", "in_force_from", "actor", "body"], order_by=["in_force_from"])
    policies = [Policy.from_json(body) for body in known["body"]]
    earlier = [Policy(), *policies[:-1]]
    changes = [before.difference(after) for before, after in zip(earlier, policies, strict=False)]
    return known.drop("body").with_columns(changes=pl.Series(changes, dtype=pl.String))
