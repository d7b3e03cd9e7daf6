"""`doctor`: is everything here that is needed, and what to do next."""

import platform
from collections.abc import Iterator
from dataclasses import asdict
from typing import Final

from rich.text import Text

from unified_customer.cli.findings import Finding, State
from unified_customer.cli.output import Output
from unified_customer.cli.requirements import DISTRIBUTION, extra_findings, installed, package_findings
from unified_customer.cli.storecheck import store_findings
from unified_customer.cli.tables import cell, heading, indented, plain_table
from unified_customer.core.errors import PluginError
from unified_customer.core.plugins import Plugin, check_plugins

GROUPS: Final = ("sources", "stores", "key_providers", "destinations", "enrichers")
STYLES: Final[dict[State, str]] = {"ok": "green", "note": "yellow", "wrong": "bold red"}


def examine(out: Output, store: str | None) -> bool:
    """Print what was found; return whether nothing is wrong."""
    found = [*_parts(store)]
    for part, finding in found:
        if out.as_json:
            out.line({"kind": "finding", "part": part, **asdict(finding)})
    _show(out, found)
    return all(finding.state != "wrong" for _, finding in found)


def _parts(store: str | None) -> Iterator[tuple[str, Finding]]:
    yield from (("installation", each) for each in _installation())
    yield from (("packages", each) for each in package_findings())
    yield from (("extras", each) for each in extra_findings())
    yield from (("plugins", each) for group in GROUPS for each in _plugins(group))
    if store is not None:
        yield from (("store", each) for each in store_findings(store))


def _installation() -> Iterator[Finding]:
    yield Finding(DISTRIBUTION, "ok", installed(DISTRIBUTION) or "not installed as a package")
    yield Finding("Python", "ok", f"{platform.python_version()} ({platform.python_implementation()})")
    yield Finding("system", "ok", f"{platform.system()} {platform.machine()}")


def _plugins(group: str) -> Iterator[Finding]:
    try:
        found = check_plugins(f"{DISTRIBUTION.replace('-', '_')}.{group}")
    except PluginError as error:
        yield Finding(group, "wrong", str(error))
        return
    for plugin in found.values():
        yield _plugin(group, plugin)


def _plugin(group: str, plugin: Plugin) -> Finding:
    about = f"{group.rstrip('s').replace('_', ' ')} {plugin.name}"
    if plugin.error is None:
        return Finding(about, "ok", f"from {plugin.distribution}")
    return Finding(about, "wrong", plugin.error, f"Mend or uninstall {plugin.distribution}")


def _show(out: Output, found: list[tuple[str, Finding]]) -> None:
    for part in dict.fromkeys(part for part, _ in found):
        table = plain_table("", "", "")
        table.show_header = False
        for finding in (finding for of, finding in found if of == part):
            table.add_row(Text(finding.state, style=STYLES[finding.state]), cell(finding.about), cell(finding.found))
        out.show(heading(part.capitalize()), indented(table))
    _show_advice(out, [finding for _, finding in found if finding.advice])


def _show_advice(out: Output, findings: list[Finding]) -> None:
    if not findings:
        out.show(Text("\nNothing needs doing.", style="green"))
        return
    table = plain_table("", "")
    table.show_header = False
    for finding in findings:
        table.add_row(cell(finding.about, "dim"), cell(finding.advice))
    out.show(heading("What to do next"), indented(table))
