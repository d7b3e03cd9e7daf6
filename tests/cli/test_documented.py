"""The guide to the command line does what it says."""

import re
import shlex
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from typer.testing import Result

from unified_customer.cli.exits import ExitCode

GUIDE = Path(__file__).parents[2] / "docs" / "how-to" / "use-the-command-line.md"
BLOCKS = re.compile(r"^```(?P<kind>\w+)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture
def blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    monkeypatch.chdir(tmp_path)
    return [(each["kind"], each["body"]) for each in BLOCKS.finditer(GUIDE.read_text(encoding="utf-8"))]


@pytest.mark.slow
def test_every_command_and_every_file_of_the_guide_works(
    command: Callable[..., Result], blocks: list[tuple[str, str]]
) -> None:
    said: dict[str, str] = {}
    for kind, body in blocks:
        if body.startswith("# file: "):
            head, _, content = body.partition("\n")
            Path(head.removeprefix("# file: ")).write_text(content, encoding="utf-8")
        for line in body.splitlines() if kind == "console" else ():
            program, name, *arguments = shlex.split(line.removeprefix("$ "))
            result = command(name, *arguments, *(["--customers", "10"] if name == "demo" else []))
            assert (program, result.exit_code) == ("unified-customer", ExitCode.OK), result.stderr
            said[name] = result.stdout
    assert "# E-Mail: email" in said["suggest"]
    assert "1 held" in said["doctor"]
    assert pl.read_csv("newsletter.csv")["given_name"].to_list() == ["Bob"]
    assert set(said) == {"demo", "suggest", "run", "doctor", "export", "import"}


def test_the_guide_names_every_exit_code() -> None:
    found = re.findall(r"^\| (\d+) \|", GUIDE.read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(map(int, found)) == sorted(ExitCode)
