"""How hard Hypothesis searches, what a test may need, and what was left out for want of it."""

import os
import shutil
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from unified_customer.engines.spark import Session

ROOT = Path(__file__).parents[1]
DATA_VARIABLE = "UNIFIED_CUSTOMER_DATA"
# A marker, and the programs of which one must be there.
PROGRAMS = {
    "needs_java": ("java",),
    "needs_node": ("node",),
    "needs_browser": ("chromium", "chromium-browser", "google-chrome"),
}

settings.register_profile("dev", max_examples=25, deadline=None)
settings.register_profile("ci", max_examples=25, deadline=None, derandomize=True, print_blob=True)
settings.register_profile("deep", max_examples=2000, deadline=None, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "dev"))


def data_folder() -> Path:
    return Path(os.environ.get(DATA_VARIABLE) or ROOT.parent / "shared" / "data")


def skip_without_data() -> None:
    folder = data_folder()
    if not folder.is_dir():
        pytest.skip(f"no real data at {folder}; set {DATA_VARIABLE} to the folder that holds it")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data sets; a test that asks for it is skipped where there is none."""
    skip_without_data()
    return data_folder()


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator["Session"]:
    """Spark on this machine, in a zone that is not UTC; a test that asks for it is marked `needs_java`."""
    from unified_customer.engines.spark import local_session

    folder = str(tmp_path_factory.mktemp("spark"))
    options = {
        "spark.local.dir": folder,
        "spark.sql.warehouse.dir": folder,
        "spark.sql.shuffle.partitions": "2",
        # What runs for seconds is better not compiled twice.
        "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", "America/New_York")
        session = local_session(cores=2, options=options, name="tests")
    yield session
    session.stop()


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("needs_shared_data"):
        skip_without_data()
    for marker, programs in PROGRAMS.items():
        if item.get_closest_marker(marker) and not any(map(shutil.which, programs)):
            pytest.skip(f"no {programs[0]} on this machine; install it to run this test")


def reason(report: pytest.TestReport) -> str:
    text = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    return text.removeprefix("Skipped: ")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
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
