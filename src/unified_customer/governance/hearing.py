"""A yes that allows nothing: told to whoever records it, since nothing else about it would be seen."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import polars as pl

from unified_customer.core.errors import UnheardYesWarning
from unified_customer.core.fields import covers
from unified_customer.core.models.purposes import EVERY_PURPOSE
from unified_customer.core.warning import warn
from unified_customer.governance.gate import holders, said_of, who_they_are
from unified_customer.policy import Policy, Request, permit
from unified_customer.policy.grounds import EXPIRED, RESTRICTED
from unified_customer.policy.sharing import YES_STATUS
from unified_customer.store import Reader, Store

if TYPE_CHECKING:
    from datetime import datetime

    from unified_customer.governance.stating import Statement

UNHEARD: Final = (
    "The yes to {request!r} was recorded, and no read hears it ({reasons}). A no stands until it is lifted for the whole "
    "of what was refused, and of everything that the person is known by: record that with customer_id=... of the "
    "verified person. hub.consent.statements(...) shows what was said."
)


def warn_if_unheard(
    store: Store, said: "Statement", subjects: Sequence[tuple[str, str]], *, policy: Policy, as_of: "datetime"
) -> None:
    """Warn if `said` is a yes, and nobody whom it is about can be read for it; with counts, reasons and the remedy.

    One that has expired already is not told: whoever records it knows.

    Args:
        store: Where the statement is by now.
        said: What was said.
        subjects: Of which identifiers, `(kind, key)`; all those of one customer, or a single one.
        policy: Decides.
        as_of: What was stated strictly before counts.
    """
    if said.purpose == EVERY_PURPOSE or said.status not in YES_STATUS:
        return
    request = Request(said.purpose, channel=said.channel, recipient=said.recipient)
    with store.snapshot() as reader:
        people = _decided(reader, request, said, subjects, policy=policy, as_of=as_of)
    asked = people.filter(pl.col("reason") != EXPIRED)
    unheard = asked.filter(pl.col("reason") == RESTRICTED if said.status == "unrestricted" else ~pl.col("allowed"))
    if unheard.is_empty() or unheard.height < asked.height:
        return
    counts = unheard["reason"].value_counts(name="customers").sort("reason")
    reasons = ", ".join(f"{count:,} {reason}" for reason, count in counts.iter_rows())
    warn(UNHEARD.format(request=str(request), reasons=reasons), UnheardYesWarning)


def _decided(
    reader: Reader,
    request: Request,
    said: "Statement",
    subjects: Sequence[tuple[str, str]],
    *,
    policy: Policy,
    as_of: "datetime",
) -> pl.DataFrame:
    """Return the decision about everybody who holds one of `subjects`; of nobody where the yes is plainly heard."""
    known, statements = said_of(reader, subjects)
    meant = known.select("customer_id").unique()
    if meant.height == 1 and _plain(said, statements, policy):
        return meant.clear().with_columns(allowed=True, reason=pl.lit(""))
    everybody = pl.concat([known, holders(reader, statements)]).unique()
    people = who_they_are(reader, policy, known)
    decided = permit(everybody, statements, request=request, policy=policy, as_of=as_of, people=people)
    return decided.join(meant, on="customer_id", how="semi")


def _plain(said: "Statement", statements: pl.DataFrame, policy: Policy) -> bool:
    """Return whether nothing speaks against a yes of one person: so it is nearly always, and it costs less to see."""
    asked = not policy.by_person and policy.basis_of(said.purpose) not in {"never", "guardian_consent"}
    refused = statements.filter(~pl.col("status").is_in(list(YES_STATUS)))["purpose"].unique()
    return asked and said.expires_at is None and not any(_related(said.purpose, each) for each in refused)


def _related(one: str, other: str) -> bool:
    return other == EVERY_PURPOSE or covers(one, other) or covers(other, one)
