"""`retention hold`, `lift` and `holds`."""

from collections.abc import Callable
from typing import Any

from typer.testing import Result

from unified_customer.cli.exits import ExitCode

Run = Callable[..., Result]
Ask = Callable[..., dict[str, Any]]


def test_a_hold_keeps_a_customer_from_being_erased_until_it_is_lifted(ask: Ask, command: Run, url: str) -> None:
    ann = ask("rights", "request", "erasure", "--identifier", "crm=1")["customer_id"]
    placed = ask("retention", "hold", "legal claim", "--customer", ann, "--table", "records", "--actor", "kim")
    assert (placed["kind"], placed["customer_id"], placed["table"]) == ("hold", ann, "records")
    assert ask("rights", "erase", ann, "--preview")["holds"] == [placed["hold_id"]]
    assert ask("rights", "erase", ann, fails=ExitCode.FAILED)["error"] == "ConfigurationError"
    listed = ask("retention", "holds")
    assert (listed["hold_id"], listed["reason"], listed["actor"]) == (placed["hold_id"], "legal claim", "kim")
    table = command("retention", "holds", "--store", url).stdout
    assert all(word in table for word in (placed["hold_id"], "kim", "legal claim"))
    assert ask("retention", "lift", placed["hold_id"])["hold_id"] == placed["hold_id"]
    assert "Nothing is held." in command("retention", "holds", "--store", url).stdout
    assert ask("rights", "erase", ann)["rows"]["records"] == 2


def test_what_is_not_named_is_held_as_a_whole_and_that_is_told(ask: Ask, command: Run, url: str) -> None:
    ask("retention", "holds")
    told = command("retention", "hold", "audit", "--category", "user.contact", "--store", url)
    assert (told.exit_code, "user.contact of everybody" in told.stderr) == (ExitCode.OK, True)
    assert ask("retention", "holds")["hold_id"] == told.stdout.strip()
    assert ask("retention", "holds", "--as-of", "2020-01-01") == {}


def test_a_hold_that_is_not_there_is_looked_for_by_a_command(ask: Ask) -> None:
    refused = ask("retention", "lift", "nothing", fails=ExitCode.FAILED)
    assert "`unified-customer retention holds` lists those that stand." in refused["message"]
