"""Publications that are not what publishing anew would write, and why."""

from typing import TYPE_CHECKING, Any, Final

import polars as pl

from unified_customer.core.errors import ConfigurationError, ConsentError
from unified_customer.governance.erasure import steps
from unified_customer.governance.exported import EXPORT
from unified_customer.governance.naming import CURRENT
from unified_customer.hub.publications import Publication
from unified_customer.reports.publishing import target_of
from unified_customer.store import Keys, Reader, Where

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from unified_customer.hub.looking import Look

OUTDATED: Final = {
    "where": pl.String(),
    "purpose": pl.String(),
    "recipient": pl.String(),
    "artifact_id": pl.String(),
    "reasons": pl.List(pl.String()),
    "tables": pl.List(pl.String()),
    "erased": pl.Int64(),
    "no_longer_allowed": pl.Int64(),
}


def outdated_row(
    store: Reader, look: "Callable[[Publication], AbstractContextManager[Look]]", publication: Publication
) -> dict[str, Any] | None:
    """Return why a publication is outdated, as a row of `OUTDATED`; None where it is not."""
    erased = _erased(store, publication)
    reasons = ["erasure"] if erased else []
    try:
        with look(publication) as seen:
            withdrawn = _withdrawn(seen)
            tables = seen.stale(_digests(publication))
            changed = any(map(seen.changed, seen.names))
    except ConsentError:
        withdrawn, tables, changed = publication.people, list(publication.parts), False
        reasons.append("refused")
    reasons += ["withdrawal"] if withdrawn and "refused" not in reasons else []
    reasons += ["change"] if changed and not reasons else []
    reasons += _lying(publication)
    if not reasons:
        return None
    told = {name: getattr(publication, name) for name in ("purpose", "recipient", "artifact_id")}
    found = {"reasons": reasons, "tables": tables, "erased": erased, "no_longer_allowed": withdrawn}
    return {"where": publication.url, **told, **found}


def _erased(reader: Reader, publication: Publication) -> int:
    where = [Where("step", "==", EXPORT), Where("target", "==", publication.artifact_id)]
    return steps.latest(reader, where=where, open_only=True)["erasure_id"].n_unique()


def _withdrawn(seen: "Look") -> int:
    """Return how many customers are in a publication whom its purpose may not see any more."""
    named = Where("artifact_id", "==", seen.asked.artifact_id)
    reader = seen.opened.reader
    held = reader.read("artifact_subjects", columns=["record_id"], where=[named])
    links = reader.read("links", columns=["customer_id"], where=[CURRENT], keys=Keys(held, ("record_id",)))
    return links.unique().join(seen.opened.admission.customers, on="customer_id", how="anti").height


def _lying(publication: Publication) -> list[str]:
    """Return what is wrong with what lies there: `gone`, `altered` or nothing."""
    if not target_of(publication.url).path.exists():
        return ["gone"]
    there = _digests(publication)
    same = all(there.get(name) == part.digest for name, part in publication.parts.items())
    return [] if same else ["altered"]


def _digests(publication: Publication) -> dict[str, str]:
    try:
        return target_of(publication.url).digests()
    except ConfigurationError:  # something else lies there by now
        return {}
