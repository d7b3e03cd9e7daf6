"""`publish` and `publications` on the command line."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from typer.testing import Result

from unified_customer.cli.exits import ExitCode

Ask = Callable[..., dict[str, Any]]


def test_it_is_published_listed_refreshed_and_retracted(
    ask: Ask, command: Callable[..., Result], url: str, tmp_path: Path
) -> None:
    place = str(tmp_path / "bi")
    told = ask("publish", "--purpose", "analytics", "--to", place, "--zone", "Europe/London", "--fiscal-month", "4")
    assert (told["people"], told["tables"]["dim_customer"], told["withheld"]["people"]) == (2, 3, 0)
    assert pl.read_parquet(Path(place, "dim_customer.parquet"))["given_name"].drop_nulls().sort().to_list() == [
        "ANN",
        "Cy",
    ]
    (listed,) = ask("publications", "list")["publications"]
    assert (listed["purpose"], listed["outdated"]) == ("analytics", [])
    assert ask("publications", "refresh", place)["written"] == []
    shown = command("publications", "refresh", place, "--store", url)
    assert "2 customers are in it; withheld are 0 customers, 0 columns, 0 tables." in shown.stderr
    assert "unchanged" in shown.stdout
    assert "bi" in command("publications", "list", "--store", url).stdout
    ask("publications", "retract", place)
    assert not Path(place).exists()
    assert "Nothing is published." in command("publications", "list", "--store", url).stdout


def test_one_table_for_a_recipient(ask: Ask, tmp_path: Path) -> None:
    options = ("--table", "fact_spend", "--recipient", "agency", "--as-of", "2026-01-31", "--role", "analyst")
    told = ask("publish", "--purpose", "analytics", "--to", f"duckdb:///{tmp_path / 'bi.duckdb'}", *options)
    assert told["recipient"] == "agency"
    assert set(told["tables"]) == {"dim_date", "dim_channel", "dim_campaign", "fact_spend"}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--to", "bi", "--week-start", "friday"), "A week does not begin on 'friday'"),
        (("--to", "bi", "--zone", "Mars"), "no IANA time zone"),
        (("--to", "postgresql://server/bi"), "needs the PostgreSQL store"),
        (("--to", "bi", "--table", "fact_x"), "Name some of"),
    ],
)
def test_what_cannot_be_meant_is_told(ask: Ask, options: tuple[str, ...], message: str) -> None:
    assert message in ask("publish", "--purpose", "analytics", *options, fails=ExitCode.FAILED)["message"]


def test_what_was_not_published_names_the_command_that_lists(ask: Ask, tmp_path: Path) -> None:
    told = ask("publications", "refresh", str(tmp_path / "bi"), fails=ExitCode.FAILED)
    assert "`unified-customer publications list`" in told["message"]
