"""What a user gets when the package is installed."""

import tomllib
from importlib.metadata import EntryPoint, distribution
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from hatchling.builders.wheel import WheelBuilder

ROOT = Path(__file__).parents[2]
INSTALLED = distribution("unified-customer")
EXTRAS = INSTALLED.metadata.get_all("Provides-Extra") or []


@pytest.fixture(scope="module")
def project() -> dict[str, Any]:
    declared: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return declared


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> ZipFile:
    (built,) = WheelBuilder(str(ROOT)).build(directory=str(tmp_path_factory.mktemp("wheel")), versions=["standard"])
    return ZipFile(built)


@pytest.fixture(scope="module")
def documents() -> str:
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    return "\n".join(page.read_text(encoding="utf-8") for page in pages)


def test_the_installed_version_is_the_declared_one(project: dict[str, Any]) -> None:
    assert INSTALLED.version == project["version"]


def test_the_wheel_ships_its_types_and_its_licence(wheel: ZipFile) -> None:
    names = {name.split("/", 1)[1] for name in wheel.namelist()}
    assert {"py.typed", "__init__.py", "licenses/LICENSE"} <= names


def test_the_wheel_holds_the_package_and_nothing_else(wheel: ZipFile) -> None:
    tops = {name.split("/", 1)[0] for name in wheel.namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"unified_customer"}


def test_the_installed_entry_points_are_the_declared_ones(project: dict[str, Any]) -> None:
    groups = project["entry-points"] | {"console_scripts": project["scripts"]}
    declared = {(group, name, value) for group, entries in groups.items() for name, value in entries.items()}
    assert {(entry.group, entry.name, entry.value) for entry in INSTALLED.entry_points} == declared


@pytest.mark.parametrize("entry", INSTALLED.entry_points, ids=lambda entry: f"{entry.group}:{entry.name}")
def test_every_entry_point_leads_to_something(entry: EntryPoint) -> None:
    assert entry.load() is not None


@pytest.mark.parametrize("extra", EXTRAS)
def test_every_extra_is_documented(extra: str, documents: str) -> None:
    assert f"unified-customer[{extra}]" in documents
