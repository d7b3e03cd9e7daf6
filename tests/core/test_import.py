"""The package imports lightly, and its front page is complete."""

import importlib
import subprocess
import sys

import pytest

import unified_customer as uc

HEAVY = (
    "duckdb", "sklearn", "scipy", "pandas", "pyarrow", "phonenumbers", "typer", "rich", "email_validator", "pycountry",
    "nameparser", "fastexcel", "xlsxwriter", "pytest", "hypothesis", "pyspark", "py4j", "usearch",
)  # fmt: skip


def loaded_after(code: str) -> set[str]:
    listing = f"{code}\nimport sys\nprint(*sorted({{name.partition('.')[0] for name in sys.modules}}))"
    found = subprocess.run([sys.executable, "-c", listing], capture_output=True, text=True, check=True)
    return set(found.stdout.split())


def test_importing_it_imports_nothing_heavy() -> None:
    assert loaded_after("import unified_customer").isdisjoint(HEAVY)


def test_a_hub_in_memory_needs_no_database() -> None:
    code = "import unified_customer as uc\nwith uc.CustomerHub() as hub: pass"
    assert loaded_after(code).isdisjoint({"duckdb", "sklearn", "pandas", "typer", "rich", "pytest", "hypothesis"})


def test_all_is_sorted_the_way_that_ruff_sorts_it_and_without_doubles() -> None:
    assert uc.__all__ == sorted(set(uc.__all__), key=lambda name: (not name.isupper(), not name[0].isupper(), name))


@pytest.mark.parametrize("name", uc.__all__)
def test_every_name_can_be_had(name: str) -> None:
    assert getattr(uc, name) is getattr(uc, name)
    assert name in dir(uc)


def test_dir_lists_exactly_what_is_public() -> None:
    assert dir(uc) == sorted(uc.__all__)


def test_every_name_of_the_front_page_is_public() -> None:
    rows = [line for line in str(uc.__doc__).splitlines() if line.startswith("| `")]
    named = {part for line in rows for part in line.split("|")[1].replace("`", "").replace(" ", "").split(",")}
    assert named <= set(uc.__all__)


def test_a_name_that_is_none_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="'unified_customer' has no attribute 'Custmer'"):
        _ = uc.Custmer
    with pytest.raises(ImportError):
        importlib.import_module("unified_customer.no_such_module")


def test_modules_are_what_they_say() -> None:
    assert uc.errors.__name__ == "unified_customer.core.errors"
    assert uc.connectors.__name__ == "unified_customer.connectors"
