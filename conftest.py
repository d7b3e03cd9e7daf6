"""What a test or an example needs, what was left out for want of it, and a folder of its own for every example."""

import os
import shutil
from collections import defaultdict
from pathlib import Path

import pytest

ROOT = Path(__file__).parent
LAWS = ROOT / "tests" / "spec"
DATA_VARIABLE = "UNIFIED_CUSTOMER_DATA"
# A marker, and the programs of which one must be there.
PROGRAMS = {
    "needs_java": ("java",),
    "needs_node": ("node",),
    "needs_browser": ("chromium", "chromium-browser", "google-chrome"),
}
# Pages whose examples read real data sets.
ON_REAL_DATA = {"online-retail.md", "recommend-on-online-retail.md", "who-is-who.md"}


@pytest.fixture(autouse=True)
def _examples_run_in_an_empty_folder(request: pytest.FixtureRequest) -> None:
    if isinstance(request.node, pytest.DoctestItem):
        monkeypatch = request.getfixturevalue("monkeypatch")
        monkeypatch.chdir(request.getfixturevalue("tmp_path"))
        if request.node.path.name in ON_REAL_DATA:
            monkeypatch.setenv(DATA_VARIABLE, str(data_folder()))


def data_folder() -> Path:
    """Return the folder of real data sets, be it there or not."""
    return Path(os.environ.get(DATA_VARIABLE) or ROOT.parent / "shared" / "data")


def skip_without_data() -> None:
    """Skip the test where there are no real data sets, and say so."""
    folder = data_folder()
    if not folder.is_dir():
        pytest.skip(f"no real data at {folder}; set {DATA_VARIABLE} to the folder that holds it")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data sets; a test that asks for it is skipped where there is none."""
    skip_without_data()
    return data_folder()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the laws."""
    for item in items:
        if LAWS in item.path.parents:
            item.add_marker("law")


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip tests that need what is not there."""
    if item.get_closest_marker("needs_shared_data") or item.path.name in ON_REAL_DATA:
        skip_without_data()
    for marker, programs in PROGRAMS.items():
        if item.get_closest_marker(marker) and not any(map(shutil.which, programs)):
            pytest.skip(f"no {programs[0]} on this machine; install it to run this test")


def reason(report: pytest.TestReport) -> str:
    """Return why a test was skipped."""
    text = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    return text.removeprefix("Skipped: ")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """List what was skipped, and why."""
    skipped: dict[str, list[str]] = defaultdict(list)
    for report in terminalreporter.stats.get("skipped", []):
        skipped[reason(report)].append(report.nodeid)
    if not skipped:
        return
    terminalreporter.section("NOT RUN ON THIS MACHINE", sep="=", yellow=True, bold=True)
    for why, tests in sorted(skipped.items()):
        terminalreporter.write_line(f"{len(tests)} skipped: {why}", yellow=True)
        for test in sorted(tests):
            terminalreporter.write_line(f"    {test}")
