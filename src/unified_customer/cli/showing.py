"""What the commands of `governance` have in common: the store, and where a document goes."""

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Protocol

import polars as pl

from unified_customer.cli.output import Output
from unified_customer.cli.policyfile import policy_from
from unified_customer.cli.storefile import check_exists
from unified_customer.core.clock import as_utc, system_clock
from unified_customer.core.errors import ConfigurationError
from unified_customer.core.models import Actor
from unified_customer.governance.incidents.incident import PURPOSE
from unified_customer.governance.policies import policy_in_force
from unified_customer.governance.transparency import Transparency
from unified_customer.hub import CustomerHub
from unified_customer.policy import Policy
from unified_customer.store import open_store


class Shown(Protocol):
    """A document in three forms."""

    def to_markdown(self) -> str:
        """Return it as Markdown."""
        ...

    def to_html(self) -> str:
        """Return it as HTML."""
        ...

    def to_json(self) -> str:
        """Return it as JSON."""
        ...


FORMS: Final = (".md", ".html", ".json")


@contextmanager
def telling(url: str, policy: Path | None) -> Iterator[Transparency]:
    """Open a store that is there, to tell what is in it under a policy, or under the one in force."""
    check_exists(url)
    with closing(open_store(url)) as store:
        told = policy_from(policy) or policy_in_force(store) or Policy()
        yield Transparency(store, policy=told, clock=system_clock)


def report_incident(
    out: Output, url: str, policy: Path | None, *, actor: Actor, to: Path | None, ids: Path | None, **asked: Any
) -> None:
    """Print the report of an incident, or write it into a file; and write the ids of those affected where asked to.

    It is on record who is in the file of the ids, so that an erasure knows of it.
    """
    check_exists(url)
    with CustomerHub(url, policy=policy_from(policy), actor=actor) as hub:
        report = hub.governance.transparency.incident(**asked)
        show(out, "incident", report, to)
        if ids is not None:
            known = report.affected.filter(pl.col("known_as") != "erased")["customer_id"]
            with hub.rights.erasures.exporting(ids, known, purpose=PURPOSE, spec={"incident": report.incident_id}):
                ids.write_text(report.to_csv(), encoding="utf-8", newline="")
            out.note(f"{ids} names {report.people:,} people. Protect it as you protect the store.")


def show(out: Output, kind: str, shown: Shown, to: Path | None) -> None:
    """Print a document, or write it into a file in the form that its ending names.

    Raises:
        ConfigurationError: The ending names no form.
    """
    if to is None:
        out.result(kind, json.loads(shown.to_json()))
        out.text(shown.to_markdown().rstrip("\n"))
        return
    to.write_text(_in_form(shown, to), encoding="utf-8", newline="\n")
    out.result(kind, {"to": to})
    out.note(f"Written to {to}.")


def _in_form(shown: Shown, to: Path) -> str:
    match to.suffix.lower():
        case ".md":
            return shown.to_markdown()
        case ".html":
            return shown.to_html()
        case ".json":
            return shown.to_json()
    message = f"The ending of {to.name} has to say the form: {', '.join(FORMS)}."
    raise ConfigurationError(message)


def show_changes(out: Output, told: Transparency, since: Path) -> None:
    """Print what changed in the privacy notice since an earlier policy."""
    changes = told.notice_changes(policy_from(since) or Policy())
    out.result("notice_changes", {"changes": changes})
    out.text(changes or "Nothing changed in the notice.")


def instant(text: str) -> datetime:
    """Return the instant that a text names.

    Raises:
        ConfigurationError: It names none, or has no time zone.

    Examples:
        >>> instant("2026-02-01T09:00:00Z").isoformat()
        '2026-02-01T09:00:00+00:00'
    """
    try:
        return as_utc(datetime.fromisoformat(text), name=repr(text))
    except ValueError as error:
        message = f"{text!r} is no instant with a time zone. Write it as 2026-02-01T09:00:00Z."
        raise ConfigurationError(message) from error
