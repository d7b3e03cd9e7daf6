"""`report` on the command line."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

from unified_customer.cli.exits import ExitCode

Ask = Callable[..., dict[str, Any]]


def test_a_report_is_written_and_told(ask: Ask, tmp_path: Path) -> None:
    target = tmp_path / "report.html"
    told = ask(
        "report", "--purpose", "analytics", "--to", str(target), "--title", "The shop", "--zone", "Europe/London"
    )
    assert (told["path"], told["purpose"], told["customers"]) == (str(target), "analytics", 2)
    assert "Segments" in told["sections"]
    text = target.read_text(encoding="utf-8")
    assert "<h1>The shop</h1>" in text
    assert "ann@example.com" not in text


def test_it_is_as_of_an_instant(ask: Ask, tmp_path: Path) -> None:
    target = tmp_path / "report.html"
    told = ask("report", "--purpose", "analytics", "--to", str(target), "--as-of", "2024-12-31")
    assert (told["as_of"], told["customers"]) == ("2024-12-31T00:00:00+00:00", 0)


def test_people_are_told_where_it_is(ask: Ask, command: Callable[..., Result], url: str, tmp_path: Path) -> None:
    ask("publications", "list")
    shown = command("report", "--purpose", "analytics", "--to", str(tmp_path / "page.html"), "--store", url)
    assert "page.html: 2 customers, " in " ".join(shown.stdout.split())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--rate", "GBP=1.15"), "name it with --currency"),
        (("--currency", "EUR", "--rate", "GBP=much"), "A rate is a number"),
        (("--currency", "EUR", "--rate", "GBP=-1"), "a rate above zero"),
        (("--currency", "euro"), "ISO 4217"),
        (("--zone", "Mars"), "no IANA time zone"),
        (("--week-start", "friday"), "A week does not begin on 'friday'"),
    ],
)
def test_what_cannot_be_meant_is_told(ask: Ask, tmp_path: Path, options: tuple[str, ...], message: str) -> None:
    target = tmp_path / "report.html"
    failed = ask("report", "--purpose", "analytics", "--to", str(target), *options, fails=ExitCode.FAILED)
    assert message in failed["message"]
    assert not target.exists()


def test_a_folder_that_is_not_there_is_told(ask: Ask, tmp_path: Path) -> None:
    target = tmp_path / "nowhere" / "report.html"
    failed = ask("report", "--purpose", "analytics", "--to", str(target), fails=ExitCode.FAILED)
    assert "nowhere" in failed["message"]
