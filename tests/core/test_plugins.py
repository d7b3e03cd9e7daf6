"""Plugins: listing imports nothing, and what does not load is shown."""

import sys
from collections.abc import Callable
from importlib.metadata import EntryPoint
from types import SimpleNamespace
from typing import Any

import pytest

from unified_customer.core import plugins as module
from unified_customer.core.errors import MissingDependencyError, PluginError
from unified_customer.core.plugins import DISABLE, check_plugins, load_plugin, plugins

GROUP = "unified_customer.tests"


class Entry(EntryPoint):
    """An entry point of an invented distribution."""

    @property
    def dist(self) -> Any:  # type: ignore[override]  # a double of an entry point
        owner = OWNERS.get(self.value)
        return None if owner is None else SimpleNamespace(name=owner)


OWNERS = {"math:floor": "unified-customer", "math:ceil": "somebody-elses", "no_such_module:x": "broken-one"}


@pytest.fixture
def registered(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    monkeypatch.delenv(DISABLE, raising=False)

    def register(**entries: str) -> None:
        made = tuple(Entry(name.rstrip("_"), value, GROUP) for name, value in entries.items())
        monkeypatch.setattr(module, "_all_entries", lambda group: made if group == GROUP else ())

    return register


def test_listing_names_the_distribution_and_imports_nothing(registered: Callable[..., None]) -> None:
    registered(up="math:ceil", down="math:floor", broken="no_such_module:x")
    found = plugins(GROUP)
    assert list(found) == ["broken", "down", "up"]
    assert (found["up"].distribution, found["up"].target, found["up"].error) == ("somebody-elses", "math:ceil", None)
    assert "no_such_module" not in sys.modules
    with pytest.raises(TypeError):
        found["up"] = found["down"]  # type: ignore[index]  # a double of an entry point


def test_loading_gives_the_object(registered: Callable[..., None]) -> None:
    registered(down="math:floor")
    assert load_plugin(GROUP, "down")(1.5) == 1


def test_a_name_that_is_nearly_one_is_recognised(registered: Callable[..., None]) -> None:
    registered(down="math:floor", up="math:ceil")
    with pytest.raises(PluginError, match=r"'dwn'.*Did you mean 'down'\? Registered: down, up"):
        load_plugin(GROUP, "dwn")
    registered()
    with pytest.raises(PluginError, match="Registered: nothing"):
        load_plugin(GROUP, "dwn")


def test_two_plugins_of_one_name_name_both_owners(registered: Callable[..., None]) -> None:
    registered(down="math:floor", down_="math:ceil")
    with pytest.raises(PluginError, match="unified-customer and somebody-elses both register 'down'"):
        plugins(GROUP)


def test_the_same_registered_twice_is_one(registered: Callable[..., None]) -> None:
    registered(down="math:floor", down_="math:floor")
    assert list(plugins(GROUP)) == ["down"]


def test_one_that_does_not_load_is_shown_and_the_others_work(registered: Callable[..., None]) -> None:
    registered(down="math:floor", broken="no_such_module:x")
    found = check_plugins(GROUP)
    assert found["down"].error is None
    assert "broken-one" in str(found["broken"].error)
    assert "ModuleNotFoundError" in str(found["broken"].error)
    with pytest.raises(PluginError, match="does not load"):
        load_plugin(GROUP, "broken")


def test_a_missing_extra_stays_what_it_is(registered: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(_: EntryPoint) -> None:
        raise MissingDependencyError('pip install "unified-customer[excel]"')

    registered(down="math:floor")
    monkeypatch.setattr(Entry, "load", missing)
    with pytest.raises(MissingDependencyError):
        load_plugin(GROUP, "down")
    assert "pip install" in str(check_plugins(GROUP)["down"].error)


def test_others_can_be_switched_off(registered: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    registered(up="math:ceil", down="math:floor", lost="math:trunc")
    assert plugins(GROUP)["lost"].distribution == "an unknown distribution"
    monkeypatch.setenv(DISABLE, "1")
    assert list(plugins(GROUP)) == ["down"]


def test_the_built_in_ones_are_registered_as_any_other_is() -> None:
    assert {"csv", "parquet", "jsonl", "excel", "dataframe"} <= set(plugins("unified_customer.sources"))
    assert {"duckdb", "memory"} <= set(plugins("unified_customer.stores"))
    assert all(each.error is None for each in check_plugins("unified_customer.key_providers").values())
