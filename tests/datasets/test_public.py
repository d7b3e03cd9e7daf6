"""Loaders of public data: what they read, and what they say where there is nothing."""

import json
from pathlib import Path

import polars as pl
import pytest

from unified_customer.core.errors import ConfigurationError, DatasetNotFoundError
from unified_customer.datasets import open_cdnow, open_online_retail, open_people, open_telco


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data folder with a set of people of our own."""
    home = tmp_path / "people" / "ours"
    home.mkdir(parents=True)
    pl.DataFrame({"record_id": ["1", "2"], "source": ["a", "a"], "cluster_id": ["x", "x"]}).write_parquet(
        home / "records.parquet"
    )
    pl.DataFrame({"id_l": ["1"], "id_r": ["2"]}).write_parquet(home / "pairs.parquet")
    return tmp_path


def test_any_set_of_the_layout_opens(folder: Path) -> None:
    found = open_people("ours", folder)
    assert (found.name, found.records.height, found.pairs.rows(), found.licence) == ("ours", 2, [("1", "2")], "unknown")


def test_a_set_can_state_its_licence(folder: Path) -> None:
    (folder / "people" / "ours" / "META.json").write_text(json.dumps({"licence": "CC0"}))
    assert open_people("ours", folder).licence == "CC0"


def test_the_environment_names_the_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNIFIED_CUSTOMER_DATA", str(folder))
    assert open_people("ours").records.height == 2


def test_without_a_folder_the_message_says_where_to_get_the_data(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("UNIFIED_CUSTOMER_DATA", raising=False)
    with pytest.raises(DatasetNotFoundError, match=r"UNIFIED_CUSTOMER_DATA is not set.*CC BY 4\.0.*online_retail"):
        open_online_retail()


def test_a_missing_set_is_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"There is no .*febrl1.*BSD-3-Clause.*FOLDER/people/febrl1"):
        open_people("febrl1", tmp_path)
    with pytest.raises(DatasetNotFoundError, match="see its publisher"):
        open_people("unheard_of", tmp_path)


@pytest.mark.parametrize("name", ["../secrets", "", "a/b", ".hidden"])
def test_a_name_cannot_leave_the_folder(folder: Path, name: str) -> None:
    with pytest.raises(ConfigurationError, match="no name of a data set"):
        open_people(name, folder)


def test_cdnow_has_two_parts(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="'sample' and 'master'"):
        open_cdnow(tmp_path, part="half")  # type: ignore[arg-type]  # not of that type, on purpose


@pytest.mark.needs_shared_data
def test_the_published_sets_are_as_described(shared_data: Path) -> None:
    assert open_people("fake_1000", shared_data).pairs.height == 2_031
    assert open_people("historical_50k", shared_data).licence.startswith("github.com/moj-analytical-services")
    lines = open_online_retail(shared_data)
    assert (lines.height, lines["customer_id"].null_count()) == (541_909, 135_080)
    assert open_cdnow(shared_data)["customer_id"].n_unique() == 2_357
    assert open_cdnow(shared_data, part="master")["customer_id"].n_unique() == 23_570
    assert open_telco(shared_data).height == 7_043
