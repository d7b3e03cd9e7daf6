"""The packages that unified-customer declares, and whether they are here."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from typing import Final

from unified_customer.cli.findings import Finding

DISTRIBUTION: Final = "unified-customer"
USER_EXTRAS: Final = ("excel", "testing")
_LINE: Final = re.compile(
    r"(?P<name>[A-Za-z0-9._-]+)[^;]*?(?:>=(?P<least>[0-9.]+))?[^;]*(?:;.*extra == ['\"](?P<extra>\w+))?"
)


@dataclass(frozen=True)
class Requirement:
    """A declared package: its name, its lower bound, and the extra that brings it."""

    name: str
    least: str | None
    extra: str | None


def declared() -> list[Requirement]:
    """Return every package that the installed distribution declares."""
    found = (_LINE.match(line) for line in requires(DISTRIBUTION) or ())
    return [Requirement(each["name"], each["least"], each["extra"]) for each in found if each]


def package_findings() -> Iterator[Finding]:
    """Look at the packages that are always needed."""
    for each in declared():
        if each.extra is None:
            yield _package(each)


def extra_findings() -> Iterator[Finding]:
    """Look at the extras that a user may want."""
    for extra in USER_EXTRAS:
        wanted = [each.name for each in declared() if each.extra == extra]
        missing = [name for name in wanted if installed(name) is None]
        if missing:
            advice = f'If you want it: pip install "{DISTRIBUTION}[{extra}]"'
            yield Finding(f"extra {extra}", "note", f"not installed ({', '.join(missing)} missing)", advice)
        else:
            yield Finding(f"extra {extra}", "ok", "installed")


def installed(name: str) -> str | None:
    """Return the version of a package, or None where it is not installed."""
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def is_older(found: str, least: str) -> bool:
    """Return whether a version lies below a bound, by its leading numbers.

    Examples:
        >>> is_older("2.9.1", "2.10"), is_older("2.10.0rc1", "2.10"), is_older("2.10", "2.10.0")
        (True, False, False)
    """
    ours, bound = _numbers(found), _numbers(least)
    longest = max(len(ours), len(bound))
    return ours + [0] * (longest - len(ours)) < bound + [0] * (longest - len(bound))


def _numbers(text: str) -> list[int]:
    leading = re.match(r"\d+(\.\d+)*", text)
    return [int(part) for part in leading[0].split(".")] if leading else []


def _package(wanted: Requirement) -> Finding:
    found = installed(wanted.name)
    if found is None:
        return Finding(wanted.name, "wrong", "not installed", f"pip install {wanted.name}")
    if wanted.least is not None and is_older(found, wanted.least):
        advice = f'pip install --upgrade "{wanted.name}>={wanted.least}"'
        return Finding(wanted.name, "wrong", f"{found}, but {wanted.least} is needed", advice)
    return Finding(wanted.name, "ok", found)
