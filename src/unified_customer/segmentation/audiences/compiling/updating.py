"""Who is in an audience now, worked out from who was in it before."""

from collections.abc import Iterable
from datetime import datetime

import narwhals as nw

from unified_customer.core.errors import ConfigurationError
from unified_customer.engines.portable import Lazy
from unified_customer.segmentation.audiences.compiling.changes import touched
from unified_customer.segmentation.audiences.compiling.evaluation import members
from unified_customer.segmentation.audiences.compiling.seen import CUSTOMER, Seen
from unified_customer.segmentation.audiences.rules.tree import Rule


def updated_members(
    rule: Rule, before: Lazy, seen: Seen, *, since: datetime, base: str, changed: Iterable[str], old: Lazy
) -> Lazy:
    """Return who is in now: those who may have changed are worked out anew, all others stay what they were.

    Args:
        rule: The rule.
        before: Who was in it at `since`: `customer_id`.
        seen: The tables as they are now.
        since: The earlier instant.
        base: The table whose customers are looked at.
        changed: Customers whose rows changed otherwise than by becoming past.
        old: The customers of the base at `since`.

    Raises:
        ConfigurationError: The new instant is before the old one.
    """
    if seen.as_of < since:
        raise ConfigurationError(
            f"It was worked out as of {since.isoformat()}; {seen.as_of.isoformat()} is before that."
        )
    now = seen.base(base)
    came = now.join(old, on=CUSTOMER, how="anti")
    told = now.filter(nw.col(CUSTOMER).is_in(list(changed)))
    moved = nw.concat([came, told, *touched(rule, seen, since=since, base=base)]).unique()
    stayed = before.join(moved, on=CUSTOMER, how="anti").join(now, on=CUSTOMER, how="semi")
    return nw.concat([stayed, members(rule, seen.of(moved), base=base)])
