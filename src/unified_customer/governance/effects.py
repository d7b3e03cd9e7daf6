"""What a policy comes to: who is allowed what under it, and whom a change of it would gain or lose."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import polars as pl

from unified_customer.core.models.purposes import DATA_USES
from unified_customer.governance.gate import fold_ledger
from unified_customer.policy import ALLOWING, Policy, Request
from unified_customer.store import Reader

EFFECT: Final = {
    "purpose": pl.String(),
    "allowed_before": pl.Int64(),
    "allowed_after": pl.Int64(),
    "gained": pl.Int64(),
    "lost": pl.Int64(),
}


def decisions(reader: Reader, requests: Sequence[Request], *, policy: Policy, as_of: datetime) -> pl.DataFrame:
    """Return the decision about every customer: `customer_id`, and for each request a column with the reason."""
    return fold_ledger(reader, policy, as_of).permit(requests)


def effect(
    reader: Reader, requests: Sequence[Request], *, before: Policy, after: Policy, as_of: datetime
) -> pl.DataFrame:
    """Return how many customers each request may see under one policy and under another.

    Returns:
        `purpose` (the request), `allowed_before`, `allowed_after`, `gained`, `lost`: numbers of customers.
    """
    then, now = (decisions(reader, requests, policy=policy, as_of=as_of) for policy in (before, after))
    rows = []
    for request in map(str, requests):
        was, is_ = (frame[request].cast(pl.String).is_in(list(ALLOWING)) for frame in (then, now))
        rows.append((request, was.sum(), is_.sum(), (is_ & ~was).sum(), (was & ~is_).sum()))
    return pl.DataFrame(rows, schema=EFFECT, orient="row")


def worth_asking(*policies: Policy) -> list[str]:
    """Return the purposes that policies name, and the highest of each kind: what a change may make a difference to."""
    tops = [each for each in DATA_USES if "." not in each]
    return sorted({*tops, *(purpose for policy in policies for purpose in policy.bases)})
