"""The command line as a process of its own: what a shell, a pipe and a scheduler see."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from unified_customer.cli.exits import ExitCode
from unified_customer.store import open_store

FORCING = ("FORCE_COLOR", "GITHUB_ACTIONS", "PY_COLORS", "TTY_COMPATIBLE", "TTY_INTERACTIVE", "CLICOLOR_FORCE")
LIGHT = """
import sys
from unified_customer.cli.app import app
try:
    app(["--help"])
except SystemExit:
    pass
heavy = {"polars", "duckdb", "pyarrow", "pydantic", "numpy"} & set(sys.modules)
print(sorted(heavy), file=sys.stderr)
"""


def start(*arguments: str) -> subprocess.Popen[str]:
    quiet = {name: value for name, value in os.environ.items() if name not in FORCING}
    return subprocess.Popen(
        [sys.executable, "-m", "unified_customer.cli", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=quiet,
    )


def test_nothing_but_text_is_printed_where_there_is_no_terminal(shop: Path) -> None:
    process = start("run", str(shop / "shop.toml"))
    stdout, stderr = process.communicate(timeout=120)
    assert process.returncode == ExitCode.OK, stderr
    assert "\x1b" not in stdout + stderr
    assert "\r" not in stdout + stderr
    assert stderr == ""


def test_help_imports_nothing_heavy() -> None:
    done = subprocess.run([sys.executable, "-c", LIGHT], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"
    for command in ("demo", "run", "suggest", "connectors", "profile", "export", "import", "doctor"):
        assert command in done.stdout


def test_wrong_usage_is_two() -> None:
    process = start("profile", "x")
    _, stderr = process.communicate(timeout=60)
    assert (process.returncode, "--store" in stderr) == (ExitCode.USAGE, True)


def test_a_store_that_another_process_holds_is_worth_another_try(url: str) -> None:
    store = open_store(url)
    try:
        process = start("profile", "x", "--store", url, "--purpose", "analytics", "--json")
        stdout, stderr = process.communicate(timeout=60)
    finally:
        store.close()
    assert (process.returncode, stdout) == (ExitCode.RETRY, "")
    assert json.loads(stderr)["error"] == "StoreLockedError"


def test_doctor_says_that_another_process_holds_the_store(url: str) -> None:
    store = open_store(url)
    try:
        process = start("doctor", "--store", url)
        stdout, _ = process.communicate(timeout=120)
    finally:
        store.close()
    assert (process.returncode, "Another process" in stdout) == (ExitCode.OK, True)


@pytest.mark.skipif(os.name != "posix", reason="Ctrl-C is a signal of POSIX")
def test_ctrl_c_ends_it_cleanly(tmp_path: Path) -> None:
    process = start("demo", "--customers", "20000", "--keep", str(tmp_path / "kept"))
    while not (tmp_path / "kept" / "shop").exists():
        assert process.poll() is None, process.communicate()
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    stdout, stderr = process.communicate(timeout=120)
    # A library that runs at that moment may end the process by the signal itself; a shell says 130 to both.
    assert process.returncode in {ExitCode.INTERRUPTED, -signal.SIGINT}
    assert "Traceback" not in stderr
    assert stdout == ""


@pytest.mark.skipif(os.name != "posix", reason="a closed pipe is a signal of POSIX")
def test_a_reader_that_leaves_early_is_no_error_worth_a_traceback() -> None:
    process = start("doctor", "--json")
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    stderr = process.stderr.read()
    process.stderr.close()
    process.wait(timeout=120)
    assert "Traceback" not in stderr
