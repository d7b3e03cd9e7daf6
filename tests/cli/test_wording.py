"""Messages speak of commands where they are told on the command line."""

from pathlib import Path

import pytest

import unified_customer
from unified_customer.cli.wording import COMMANDS, in_commands

ROOT = Path(unified_customer.__file__).parent
SOURCES = [path.read_text(encoding="utf-8") for path in ROOT.rglob("*.py") if path.relative_to(ROOT).parts[0] != "cli"]


@pytest.mark.parametrize("call", COMMANDS)
def test_every_call_stands_in_a_message(call: str) -> None:
    assert any(call in source for source in SOURCES)


@pytest.mark.parametrize("call", COMMANDS)
def test_nothing_is_left_of_a_call(call: str) -> None:
    assert in_commands(f"See {call}.") == f"See {COMMANDS[call]}."
