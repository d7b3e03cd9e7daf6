"""What the commands of `governance` have in common: the store, and where a document goes."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Protocol

import polars as pl

from unified_customer.cli.opening import looking, opened, overseen
from unified_customer.cli.output import Output
from unified_customer.cli.policyfile import policy_from
from unified_customer.core.clock import as_utc
from unified_customer.core.errors import ConfigurationError
from unified_customer.governance.incidents.incident import PURPOSE
from unified_customer.governance.transparency import Transparency
from unified_customer.policy import Policy


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
    """Open a store that is there, to tell what is in it: under the policy of a file, else under the one in force."""
    with looking(url, policy) as governance:
        yield governance.transparency


def report_incident(
    out: Output, url: str, policy: Path | None, *, actor: str, to: Path | None, ids: Path | None, **asked: Any
) -> None:
    """Print the report of an incident, or write it into a file; and write the ids of those affected where asked to.

    It is on record who is in the file of the ids, so that an erasure knows of it.

    Raises:
        ConfigurationError: The ending of the file names no form; nothing was kept then.
    """
    check_form(to)
    with opened(out, url, None, actor=actor) as hub:
        report = overseen(hub, policy).transparency.incident(**asked)
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
    raise ConfigurationError(_no_form(to))


def check_form(to: Path | None) -> None:
    """Check that the ending of a file says the form, before anything is done that is kept.

    Raises:
        ConfigurationError: It does not.
    """
    if to is not None and to.suffix.lower() not in FORMS:
        raise ConfigurationError(_no_form(to))


def _no_form(to: Path) -> str:
    return f"The ending of {to.name} has to say the form: {', '.join(FORMS)}."


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
