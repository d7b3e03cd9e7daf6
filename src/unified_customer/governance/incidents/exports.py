"""Incidents with exports: whose data went to a destination or recipient that lost them."""

from typing import Final

import polars as pl

from unified_customer.core.errors import ConfigurationError
from unified_customer.core.tables import SEQ
from unified_customer.governance.concerned import Concerned
from unified_customer.governance.exported import EXPORT, recipient_of
from unified_customer.governance.incidents.found import Found
from unified_customer.governance.incidents.rows import within
from unified_customer.governance.incidents.scope import IncidentScope
from unified_customer.governance.sight import is_known, visible_categories
from unified_customer.policy import Policy
from unified_customer.store import Keys, Reader, Where

NO_EXPORT: Final = (
    "The hub knows of no export to this destination in that time. Copies that were made by hand are not known to it."
)


def in_exports(reader: Reader, scope: IncidentScope, *, policy: Policy) -> Found:
    """Return whose data were exported to the destination of `scope`, and of which categories.

    An export is known by its name, its location or the `recipient` of its spec. One of some people counts from when it
    was made until it is written over. Categories are those that the policy
    names for the recipient, else all that the purposes of the exports may see.

    Raises:
        ConfigurationError: Neither the policy nor any export knows the destination.
    """
    sent = _sent(reader, str(scope.destination))
    recipient = policy.recipients.get(str(scope.destination))
    if sent.is_empty() and recipient is None:
        known = ", ".join(policy.recipients) or "none"
        message = f"There is no recipient {scope.destination!r} and no export to it. Recipients of the policy: {known}."
        raise ConfigurationError(message)
    made = sent.filter(_in_period(scope))
    purposes = [each for each in made["purpose"].unique() if is_known(policy, each)]
    seen = {category for each in purposes for category in visible_categories(policy, each)}
    declared = recipient.categories if recipient else ()
    return Found(
        _people(reader, made),
        made.height,
        columns=frozenset(),
        categories=frozenset(declared or seen) if made.height else frozenset(),
        notes=() if made.height else (NO_EXPORT,),
        laws=_laws(policy, recipient.jurisdictions if recipient else ()),
    )


def _sent(reader: Reader, destination: str) -> pl.DataFrame:
    columns = ["artifact_id", "name", "location", "spec", "purpose", "created_at", "covers_seq"]
    exports = reader.read("artifacts", columns=columns, where=[Where("kind", "==", EXPORT)])
    named = [
        destination in {row["name"], row["location"], recipient_of(row["spec"])}
        for row in exports.iter_rows(named=True)
    ]
    return exports.filter(pl.Series(named, dtype=pl.Boolean))


def _in_period(scope: IncidentScope) -> pl.Expr:
    since, until = (
        [compare(pl.col("created_at"), each.value) for each in within("created_at", scope) if each.op == op]
        for op, compare in ((">=", pl.Expr.ge), ("<", pl.Expr.lt))
    )
    lies_there = pl.col("covers_seq").is_null() & pl.col("location").is_not_null()
    return pl.all_horizontal(pl.lit(True), *(each | lies_there for each in since), *until)


def _people(reader: Reader, made: pl.DataFrame) -> pl.DataFrame:
    concerned = Concerned()
    keys = Keys(made.select("artifact_id"), ("artifact_id",))
    concerned.add_ids(reader.read("artifact_subjects", columns=["record_id"], keys=keys)["record_id"])
    whole: int | None = made["covers_seq"].max()  # type: ignore[assignment]  # of a column of whole numbers
    if whole is not None:
        there = [Where(SEQ, "<=", whole)]
        concerned.add_ids(reader.read("identities", columns=["record_id"], where=there)["record_id"])
    return concerned.people(reader)


def _laws(policy: Policy, named: tuple[str, ...]) -> tuple[str, ...]:
    """Return the regimes that a recipient names, by their own names or by places."""
    found = (each if each in policy.regimes else policy.jurisdictions.get(each) for each in named)
    return tuple(dict.fromkeys(each for each in found if each is not None))
