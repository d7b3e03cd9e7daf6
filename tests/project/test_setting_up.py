"""What somebody sees whose Python cannot make the environments, and what the lowest versions are."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# A Python that runs the script it is given after pretending to be another.
PRETENDER = """#!{python}
import runpy, sys
{pretence}
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    for name in ("Makefile", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    shutil.copytree(ROOT / "scripts", tmp_path / "scripts", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def make_with(checkout: Path, target: str, python: str) -> subprocess.CompletedProcess[str]:
    command = ["make", target, f"PYTHON={python}"]
    return subprocess.run(command, cwd=checkout, capture_output=True, text=True, check=False)


def pretender(folder: Path, pretence: str) -> str:
    path = folder / "pretender"
    path.write_text(PRETENDER.format(python=sys.executable, pretence=pretence), encoding="utf-8")
    path.chmod(0o755)
    return str(path)


@pytest.mark.parametrize("target", ["demo", "test", "check", "docs", "test-deep", "test-lowest"])
@pytest.mark.parametrize(
    ("pretence", "message"),
    [
        ("sys.version_info = (3, 10, 13, 'final', 0)", "needs Python 3.11 or newer, but"),
        ("sys.version_info = (2, 7, 18, 'final', 0)", "is Python 2.7"),
        ("sys.modules['ensurepip'] = None", "apt install python3."),
        ("sys.modules['venv'] = None", "has no module `venv`"),
    ],
)
def test_a_python_that_will_not_do_is_told_so(checkout: Path, target: str, pretence: str, message: str) -> None:
    ended = make_with(checkout, target, pretender(checkout, pretence))
    assert ended.returncode != 0
    assert message in ended.stderr
    assert "Traceback" not in ended.stderr
    assert not list(checkout.glob(".venv*"))


def test_a_python_that_is_not_there_is_told_so(checkout: Path) -> None:
    ended = make_with(checkout, "demo", "python-of-nowhere")
    assert ended.returncode != 0
    assert "there is no 'python-of-nowhere' here" in ended.stderr


def lowest(*extras: str) -> list[str]:
    command = [sys.executable, str(ROOT / "scripts" / "lowest_requirements.py"), *extras]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()


def test_every_direct_dependency_has_one_lowest_version() -> None:
    names = [line.split("==")[0] for line in lowest("excel")]
    assert {"polars", "duckdb", "pydantic", "fastexcel"} <= set(names)
    assert len(names) == len(set(names))


def test_the_lowest_versions_are_exact() -> None:
    assert all(line.count("==") == 1 and line.split("==")[1][0].isdigit() for line in lowest("excel", "testing"))
