"""Sources by name: what is refused, and that secrets and values are not shown."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from pydantic import BaseModel, SecretStr, field_validator

from unified_customer.connectors import Batch, SourceSpec, connectors, registry, source
from unified_customer.connectors import Mapping as RowMapping
from unified_customer.connectors.protocol import Source
from unified_customer.core.errors import ConfigurationError, MappingError, PluginError
from unified_customer.testing.sources import SECRET, Row, SourceConformance


class ApiConfig(BaseModel):
    location: str
    token: SecretStr
    page: int = 1

    @field_validator("location")
    @classmethod
    def _is_https(cls, location: str) -> str:
        if not location.startswith("https:"):
            message = f"no: {location}"
            raise ValueError(message)
        return location


class ApiSource:
    def __init__(self, config: ApiConfig) -> None:
        self.config = config

    @classmethod
    def spec(cls) -> SourceSpec:
        return SourceSpec(ApiConfig)

    def check(self) -> None: ...

    def discover(self) -> tuple[()]:
        return ()

    def read(self, state: Any, *, batch_rows: int = 1) -> Any:
        return iter(())


@pytest.fixture
def loads(monkeypatch: pytest.MonkeyPatch) -> Any:
    return lambda found: monkeypatch.setattr(registry, "load_plugin", lambda *_: found)


def test_the_built_in_sources_are_registered() -> None:
    names = {plugin.name for plugin in connectors() if plugin.distribution == "unified-customer"}
    assert names == {"csv", "parquet", "jsonl", "excel", "dataframe"}


def test_a_name_that_is_nearly_right_is_suggested() -> None:
    with pytest.raises(PluginError, match="Did you mean 'parquet'"):
        source("parket", "x", table="records")


def test_options_that_cannot_be_meant_are_named_without_their_values(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"delimeter: Extra inputs.*Its options are: encoding") as caught:
        source("csv", tmp_path / "x.csv", table="records", delimeter=SECRET)
    assert SECRET not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_complaint_of_a_validator_does_not_quote_the_value(loads: Any) -> None:
    loads(ApiSource)
    with pytest.raises(ConfigurationError, match="location: not accepted") as caught:
        source("api", f"http://{SECRET}", table="records", token=SECRET)
    assert SECRET not in str(caught.value)


def test_a_secret_comes_from_the_environment(loads: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    loads(ApiSource)
    with pytest.raises(ConfigurationError, match="takes token from the environment variable API_TOKEN"):
        source("api", "https://x", table="records", token={"env": "API_TOKEN"})
    monkeypatch.setenv("API_TOKEN", SECRET)
    found = source("api", "https://x", table="records", token={"env": "API_TOKEN"})
    assert isinstance(found.source, ApiSource)
    assert found.source.config.token.get_secret_value() == SECRET
    assert SECRET not in repr(found) + repr(found.source.config)


@pytest.mark.parametrize("missing", ["spec", "check", "discover", "read"])
def test_what_is_no_source_is_refused(loads: Any, missing: str) -> None:
    loads(type("Broken", (ApiSource,), {missing: None}))
    with pytest.raises(PluginError, match=f"has no method {missing}"):
        source("api", "https://x", table="records", token="x")


def test_another_version_of_the_protocol_is_refused(loads: Any) -> None:
    spec = classmethod(lambda cls: SourceSpec(ApiConfig, protocol=99))
    loads(type("Newer", (ApiSource,), {"spec": spec}))
    with pytest.raises(PluginError, match="for version 99 of the Source Protocol; this is 1"):
        source("api", "https://x", table="records", token="x")


@pytest.mark.parametrize(
    ("location", "name"),
    [
        ("data/crm.csv", "crm"),
        (Path("x/crm.2026.csv.gz"), "crm"),
        (".hidden", ".hidden"),
        (pl.DataFrame(), "dataframe"),
    ],
)
def test_a_source_is_called_after_its_file(location: Any, name: str) -> None:
    kind = "dataframe" if isinstance(location, pl.DataFrame) else "csv"
    assert source(kind, location, table="records").name == name


def test_a_source_is_described_before_anything_is_read() -> None:
    found = source("csv", "nowhere.csv", table="records")
    assert repr(found) == "source('csv', name='nowhere', table='records')"
    assert isinstance(found.source, Source)
    with pytest.raises(ConfigurationError, match="has no mapping"):
        found.mapper()
    with pytest.raises(ConfigurationError, match="needs a name"):
        source("csv", "x.csv", table="records", name=" ")
    with pytest.raises(MappingError, match="fills 'records', but the source is loaded into 'events'"):
        source("csv", "x.csv", table="events", mapping=RowMapping(table="records", key="id"))


def test_events_without_a_mapping_have_the_form_of_messages() -> None:
    mapping = RowMapping(table="events", fields={"occurred_at": "at"})
    assert source("jsonl", "x.jsonl", table="events").shape == "segment"
    assert source("jsonl", "x.jsonl", table="events", mapping=mapping).shape == "flat"
    assert source("jsonl", "x.jsonl", table="events", mapping=mapping, shape="segment").shape == "segment"
    assert source("csv", "x.csv", table="records").shape == "flat"


class Careless(ApiSource):
    """Loses its last row, forgets its states, hands out values, and calls a secret plain text."""

    @classmethod
    def spec(cls) -> SourceSpec:
        return SourceSpec(type("Config", (BaseModel,), {"__annotations__": {"location": Any, "api_token": str}}))

    def __repr__(self) -> str:
        return f"Careless({self.config.location})"

    def check(self) -> None:
        raise OSError

    def discover(self) -> Any:
        return (object(),)

    def read(self, state: Any, *, batch_rows: int = 1) -> Any:
        frame = self.config.location
        yield Batch.of(pl.DataFrame(frame)[:-1])


def test_the_kit_finds_what_a_careless_source_does_wrong(loads: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    loads(Careless)
    monkeypatch.setattr("unified_customer.testing.sources.source_class", lambda _: Careless)

    class Kit(SourceConformance):
        kind = "careless"

        def options(self, folder: Path, rows: Sequence[Row]) -> Mapping[str, Any]:
            return {"location": list(rows), "api_token": "x"}

    kit = Kit()
    for law in (
        kit.test_its_secrets_are_declared_as_secrets,
        kit.test_discover_is_stable_and_changes_nothing,
        kit.test_check_passes_for_a_source_that_is_there,
        kit.test_every_row_is_yielded_exactly_once,
        kit.test_hard_values_come_through_unchanged,
        kit.test_missing_values_stay_missing,
        kit.test_a_batch_does_not_show_its_values,
    ):
        with pytest.raises((AssertionError, OSError, ExceptionGroup)):
            law()
