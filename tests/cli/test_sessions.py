import json
import warnings
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import typer

from unified_customer.cli import progress, requirements
from unified_customer.cli.exits import ExitCode, exit_code_of
from unified_customer.cli.listing import listed
from unified_customer.cli.output import Output, plain, readable
from unified_customer.cli.requirements import extra_findings, is_older, package_findings
from unified_customer.cli.session import session
from unified_customer.cli.storefile import file_of, relative_to
from unified_customer.connectors import source
from unified_customer.core.errors import (
    EverythingWithheldWarning,
    FieldWithheldError,
    SourceError,
    StoreLockedError,
    UnifiedCustomerError,
)
from unified_customer.core.models import Actor
from unified_customer.core.plugins import Plugin


def ended(error: BaseException, **how: bool) -> int:
    with pytest.raises(typer.Exit) as stopped, session(**how):
        raise error
    return stopped.value.exit_code


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (SourceError("gone"), ExitCode.FAILED),
        (FieldWithheldError("no"), ExitCode.REFUSED),
        (StoreLockedError("held"), ExitCode.RETRY),
        (KeyboardInterrupt(), ExitCode.INTERRUPTED),
        (ValueError("ann@example.com"), ExitCode.DEFECT),
        (typer.Exit(ExitCode.QUARANTINED), ExitCode.QUARANTINED),
    ],
)
def test_every_end_has_its_exit_code(error: BaseException, code: ExitCode) -> None:
    assert ended(error) == code


def test_every_error_of_ours_is_ours() -> None:
    assert exit_code_of(UnifiedCustomerError("no")) == ExitCode.FAILED


def test_a_foreign_error_is_not_quoted_since_it_may_hold_a_value(capsys: pytest.CaptureFixture[str]) -> None:
    ended(ValueError("ann@example.com"))
    told = capsys.readouterr().err
    assert "ValueError" in told
    assert "ann@" not in told


def test_debug_shows_the_traceback_and_keeps_the_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    assert ended(SourceError("gone"), debug=True) == ExitCode.FAILED
    assert "Traceback" in capsys.readouterr().err


def test_a_closed_pipe_is_left_to_the_command_line() -> None:
    with pytest.raises(BrokenPipeError), session():
        raise BrokenPipeError(32, "Broken pipe")


def test_warnings_of_ours_are_notes_and_others_stay_what_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    with session() as out:
        warnings.warn("nobody may be read", EverythingWithheldWarning, stacklevel=1)
        assert not out.as_json
    assert capsys.readouterr().err == "nobody may be read\n"
    with pytest.raises(typer.Exit), session():
        warnings.warn("old", DeprecationWarning, stacklevel=1)
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        with session():
            warnings.warn("old", DeprecationWarning, stacklevel=1)
    assert [str(each.message) for each in seen] == ["old"]


def test_json_output_holds_one_object_a_line_and_nothing_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    out = Output(as_json=True)
    values: dict[str, Any] = {
        "at": datetime(2026, 1, 1, tzinfo=UTC),
        "sum": Decimal("1.5"),
        "to": Path("x"),
        "who": Actor(),
    }
    out.result("thing", values, "for people")
    out.show("for people")
    out.text("for people")
    out.note("by the way")
    told = capsys.readouterr()
    assert json.loads(told.out)["sum"] == "1.5"
    assert json.loads(told.err) == {"kind": "note", "message": "by the way"}


def test_what_has_no_json_form_is_refused() -> None:
    from types import MappingProxyType

    assert plain(MappingProxyType({"a": 1})) == {"a": 1}
    with pytest.raises(TypeError):
        plain(object())


def test_a_value_cannot_steer_the_terminal() -> None:
    assert readable("a\x1b]0;title\x07\nb") == "a\\x1b]0;title\\x07\nb"


def test_progress_is_shown_on_a_terminal_only(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from rich.console import Console

    out = Output()
    out.__dict__["notes"] = Console(stderr=True, force_terminal=True, width=80)
    with progress.working(out, "Loading") as seen:
        seen(3)
        seen(0)
    assert "Loading" in capsys.readouterr().err
    with progress.working(Output(), "Loading") as seen:
        seen(3)
    assert capsys.readouterr().err == ""


def test_a_watched_source_tells_how_many_rows_came(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id\n1\n2\n", encoding="utf-8")
    rows: list[int] = []
    watched = progress.watched(source("csv", tmp_path / "a.csv", table="records"), rows.append)
    list(watched.read())
    assert sum(rows) == 2
    assert list(progress.watched(watched, rows.append).read())


def test_a_connector_that_cannot_be_used_says_why() -> None:
    broken = Plugin("odd", "unified_customer.sources", "odd:Source", "odd-package", error="'odd' does not load")
    assert listed(broken).error == "'odd' does not load"
    unknown = Plugin("nothing", "unified_customer.sources", "nothing:Source", "odd-package")
    assert "PluginError" in str(listed(unknown).error)


def test_packages_that_are_missing_or_too_old_are_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = ["duckdb>=2.0.0", "polars", "absent>=1", "rich>=14; extra == 'excel'", "missing; extra == 'testing'"]
    monkeypatch.setattr(requirements, "requires", lambda _: lines)
    monkeypatch.setattr(requirements, "installed", {"duckdb": "1.9", "polars": "2.1", "rich": "15"}.get)
    assert [each.state for each in package_findings()] == ["wrong", "ok", "wrong"]
    assert [each.state for each in extra_findings()] == ["ok", "note"]


def test_versions_are_compared_by_their_numbers() -> None:
    assert is_older("2.9.9", "2.10")
    assert not is_older("unknown", "0")
    assert requirements.installed("no-such-package-at-all") is None


def test_a_url_of_a_file_is_taken_from_a_folder_and_others_are_left_alone() -> None:
    assert file_of("duckdb://") is None
    assert relative_to("duckdb:////srv/shop.duckdb", Path("/elsewhere")) == "duckdb:////srv/shop.duckdb"
    assert relative_to("postgresql://host/shop", Path("/srv")) == "postgresql://host/shop"
