"""What was computed from people who may no longer be read for what it was computed for."""

from datetime import datetime
from typing import Final

import polars as pl

from unified_customer.core.models.purposes import known_purposes
from unified_customer.governance.exported import EXPORT
from unified_customer.governance.gate import fold_ledger
from unified_customer.governance.naming import CURRENT
from unified_customer.policy import ALLOWING, Policy, Request
from unified_customer.store import Reader

NAMED: Final = ("artifact_id", "kind", "name", "purpose", "created_at")

_KIND: Final = pl.col("kind")
# Of a fit that was retired, and of a file that was written over, nothing is left but the name. Of an incident people
# are told in any case, and what was handed to them on request is theirs.
_DUTY: Final = (_KIND == "incident") | ((_KIND == EXPORT) & (pl.col("purpose") == "essential.legal_obligation"))
_GONE: Final = ((_KIND == "fit") & pl.col("body").is_null()) | ((_KIND == EXPORT) & pl.col("location").is_null())
_LASTING: Final = ~(_DUTY | _GONE)


def outdated(reader: Reader, policy: Policy, as_of: datetime) -> pl.DataFrame:
    """Return the artifacts in which there are people whom their purpose may not see any more.

    They withdrew, objected or restricted the processing since, or the policy changed. What was computed of each of them
    is withheld where it is read; what was learned from all of them together is as it was until it is fitted anew.

    Args:
        reader: One state of the store.
        policy: The policy in force.
        as_of: Statements made strictly before count.

    Returns:
        `artifact_id`, `kind`, `name`, `purpose`, `created_at`, `people` in it, and how many of these are
        `no_longer_allowed`; the most of them first.
    """
    artifacts = reader.read("artifacts", columns=[*NAMED, "body", "location"]).filter(_LASTING).select(NAMED)
    people = _people(reader)
    purposes = sorted(set(artifacts["purpose"]) & known_purposes(policy.purposes))
    decided = fold_ledger(reader, policy, as_of).permit([Request(each) for each in purposes])
    reasons = decided.unpivot(index="customer_id", variable_name="purpose", value_name="reason")
    may = pl.col("reason").cast(pl.String).is_in(list(ALLOWING)).fill_null(value=False)
    judged = artifacts.join(people, on="artifact_id").join(reasons, on=["customer_id", "purpose"], how="left")
    counted = judged.group_by(NAMED).agg(people=pl.len(), no_longer_allowed=(~may).sum())
    stale = counted.filter(pl.col("no_longer_allowed") > 0)
    return stale.sort("no_longer_allowed", "artifact_id", descending=[True, False])


def _people(reader: Reader) -> pl.DataFrame:
    """Return who is in each artifact: `artifact_id`, `customer_id` as they are called now; the erased are nobody."""
    links = reader.read("links", columns=["record_id", "customer_id"], where=[CURRENT])
    subjects = reader.read("artifact_subjects", columns=["artifact_id", "record_id"])
    return subjects.join(links, on="record_id").select("artifact_id", "customer_id").unique()
