"""What a command prints: for people, or one JSON object a line."""

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console, RenderableType


@dataclass(frozen=True)
class Output:
    """The two ways to tell what was done; results go to stdout, everything else to stderr.

    Attributes:
        as_json: One JSON object a line instead of text.
        debug: Show the tracebacks of errors.
    """

    as_json: bool = False
    debug: bool = False
    _written: list[str] = field(default_factory=list, repr=False)

    @cached_property
    def results(self) -> "Console":
        """Where results for people go."""
        from rich.console import Console

        return Console(highlight=False, emoji=False, markup=False, soft_wrap=False)

    @cached_property
    def notes(self) -> "Console":
        """Where everything goes that is no result."""
        from rich.console import Console

        return Console(stderr=True, highlight=False, emoji=False, markup=False)

    def result(self, kind: str, values: Mapping[str, Any], *shown: "RenderableType") -> None:
        """Print one result: `values` as JSON, or what is `shown` to people."""
        if self.as_json:
            self.line({"kind": kind, **values})
        else:
            self.show(*shown)

    def show(self, *shown: "RenderableType") -> None:
        """Print something for people only."""
        if not self.as_json:
            for each in shown:
                self.results.print(each)

    def text(self, text: str) -> None:
        """Print text for people as it is, without wrapping it."""
        if not self.as_json:
            sys.stdout.write(f"{text}\n")

    def line(self, values: Mapping[str, Any]) -> None:
        """Print one JSON object."""
        sys.stdout.write(f"{json.dumps(values, ensure_ascii=False, default=plain)}\n")
        sys.stdout.flush()

    def note(self, text: str) -> None:
        """Tell something that is no result."""
        self._aside("note", {"message": text}, text)

    def error(self, name: str, message: str, *, exit_code: int) -> None:
        """Tell why it could not be done."""
        self._aside("error", {"error": name, "message": message, "exit_code": exit_code}, f"error: {message}")

    def _aside(self, kind: str, values: Mapping[str, Any], text: str) -> None:
        if self.as_json:
            sys.stderr.write(f"{json.dumps({'kind': kind, **values}, ensure_ascii=False)}\n")
        else:
            self.notes.print(readable(text), soft_wrap=not self.notes.is_terminal)


def plain(value: Any) -> Any:
    """Return `value` as JSON takes it; for `json.dumps(default=...)`.

    Raises:
        TypeError: There is no JSON form of it.
    """
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, (Decimal, Path)):
        return str(value)
    if isinstance(value, Mapping):
        return dict(value)
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json")
    message = f"{type(value).__name__} has no JSON form"
    raise TypeError(message)


def readable(text: str) -> str:
    r"""Return text whose control characters are spelled out, so that a value cannot steer the terminal.

    Examples:
        >>> readable("a\x1b[31mb")
        'a\\x1b[31mb'
    """
    return "".join(each if each.isprintable() or each == "\n" else repr(each)[1:-1] for each in text)
