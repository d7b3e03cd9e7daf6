"""`suggest`: a mapping inferred from names and values, to read and to edit."""

import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from unified_customer.cli.output import Output, readable
from unified_customer.connectors import BoundSource, Mapping, source, suggest_mapping
from unified_customer.core.errors import ConfigurationError


def print_suggestion(out: Output, suggested_for: BoundSource, *, zone: str | None) -> None:
    """Print the suggested mapping as TOML, with the reasons as comments."""
    mapping = suggest_mapping(suggested_for, zone=zone)
    reasons = mapping.explain().splitlines()
    out.result(
        "suggestion", {"mapping": mapping.model_dump(mode="json"), "toml": mapping.to_toml(), "reasons": reasons}
    )
    out.text(commented(mapping, reasons))


def commented(mapping: Mapping, reasons: Iterable[str]) -> str:
    """Return a mapping as TOML below the reasons for it."""
    head = ["Suggested from names and values. Read it, mend it, and load with it.", "", *reasons]
    comments = "\n".join(f"# {readable(line)}".rstrip() for line in head)
    return f"{comments}\n\n{mapping.to_toml()}".rstrip("\n")


def described(kind: str, location: str, *, table: str, options: Iterable[str]) -> BoundSource:
    """Return the source that a command line describes; nothing is read yet."""
    place = location if "://" in location else Path(location)
    return source(kind, place, table=table, **dict(map(option, options)))


def option(text: str) -> tuple[str, Any]:
    """Return name and value of an option such as `delimiter=;` or `header=false`.

    Raises:
        ConfigurationError: There is no equals sign.

    Examples:
        >>> option("header=false"), option("delimiter=;")
        (('header', False), ('delimiter', ';'))
    """
    name, equals, value = text.partition("=")
    if not equals or not name:
        message = "An option of a connector is written NAME=VALUE, such as --option delimiter=';'."
        raise ConfigurationError(message)
    try:
        return name, tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        return name, value
