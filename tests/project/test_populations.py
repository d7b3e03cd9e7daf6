"""Invented people for judging matchers: the same from the same seed, with a truth, and with errors in them."""

from functools import cache
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from benchmarks.populations import KINDS, population
from benchmarks.populations.folder import true_pairs, write

ROWS = 300
TRUTH = ("record_id", "source", "cluster_id")
NAMES = {"companies": "name", "restaurants": "name", "five_sources": "email"}

every_kind = pytest.mark.parametrize("kind", sorted(KINDS))


@cache
def made(kind: str, seed: int = 1, rows: int = ROWS) -> pl.DataFrame:
    return population(kind, rows=rows, seed=seed)


def count(frame: pl.DataFrame, condition: pl.Expr) -> int:
    return frame.filter(condition).height


def owners_of(records: pl.DataFrame, *fields: str) -> pl.DataFrame:
    return records.drop_nulls(fields).group_by(fields).agg(owners=pl.col("cluster_id").n_unique())


@every_kind
def test_the_same_seed_gives_the_same_records_and_another_seed_gives_others(kind: str) -> None:
    assert_frame_equal(made(kind), population(kind, rows=ROWS, seed=1))
    assert not made(kind).equals(made(kind, seed=2))


@every_kind
@pytest.mark.parametrize("rows", [1, 2, 10, ROWS])
def test_there_are_as_many_records_as_asked_for_each_with_an_id_of_its_own(kind: str, rows: int) -> None:
    records = made(kind, rows=rows)
    assert records.height == records["record_id"].n_unique() == rows
    assert set(records.schema.values()) == {pl.String()}
    assert records.select(TRUTH).null_count().sum_horizontal().item() == 0


@every_kind
def test_neither_order_nor_ids_tell_who_is_who(kind: str) -> None:
    records = made(kind, rows=1000)
    for ordered in (records, records.sort("record_id")):
        assert count(ordered, pl.col("cluster_id") == pl.col("cluster_id").shift(1)) < 10


@every_kind
def test_the_true_pairs_are_all_pairs_of_a_cluster_once(kind: str) -> None:
    records = made(kind)
    pairs, owner = true_pairs(records), dict(records.select("record_id", "cluster_id").iter_rows())
    sizes = records.group_by("cluster_id").len()["len"].cast(pl.Int64)
    assert pairs.height == pairs.unique().height == (sizes * (sizes - 1) // 2).sum() > 0
    assert all(left < right and owner[left] == owner[right] for left, right in pairs.iter_rows())


@every_kind
def test_records_of_one_owner_differ_and_records_of_others_agree_at_times(kind: str) -> None:
    records = made(kind, rows=1000)
    fields = [name for name in records.columns if name not in TRUTH]
    exact = records.select(pl.struct(fields)).to_series().n_unique()
    within = records.group_by("cluster_id").agg(names=pl.col(NAMES.get(kind, "family_name")).drop_nulls().n_unique())
    assert exact > records["cluster_id"].n_unique() * 1.1
    assert count(within, pl.col("names") > 1) > 10
    assert all(records[field].null_count() > 0 for field in fields if field != "name")


@every_kind
def test_a_field_is_seldom_so_wrong_that_nothing_of_the_owner_is_left(kind: str) -> None:
    records = made(kind, rows=1000)
    fields = [name for name in records.columns if name not in TRUTH]
    several = records.filter(pl.len().over("cluster_id") > 1)
    again = pl.any_horizontal(
        (pl.len().over("cluster_id", field) > 1) & pl.col(field).is_not_null() for field in fields
    )
    share = several.select(again.mean()).item()
    assert share > 0.8


def test_linked_sources_are_free_of_duplicates_and_overlap_by_half() -> None:
    records = made("link", rows=400)
    assert records.group_by("source", "cluster_id").len()["len"].max() == 1
    assert records.height - records["cluster_id"].n_unique() == 100


def test_five_sources_have_fields_and_formats_of_their_own() -> None:
    records = made("five_sources", rows=1000)
    by_source = {name: frame for (name,), frame in records.group_by("source")}
    assert set(by_source) == {"crm", "shop", "newsletter", "support", "loyalty"}
    assert by_source["shop"]["given_name"].null_count() == by_source["shop"].height
    assert by_source["loyalty"]["birth_date"].drop_nulls().str.contains(r"^\d{8}$").all()
    assert by_source["crm"]["birth_date"].drop_nulls().str.contains(r"^\d\d/\d\d/\d{4}$").all()
    assert by_source["loyalty"]["cluster_id"].is_duplicated().sum() == 0
    assert by_source["support"]["cluster_id"].is_duplicated().sum() > 0


def test_households_share_what_is_not_theirs_alone() -> None:
    records = made("households", rows=1000)
    assert count(owners_of(records, "family_name", "street", "city"), pl.col("owners") > 1) > 50


def test_mailboxes_and_numbers_of_many_would_join_the_wrong_people() -> None:
    for name in ("email", "phone"):
        owners = owners_of(made("mailboxes", rows=1000), name)
        assert count(owners, pl.col("owners") >= 8) > 0
        assert count(owners, pl.col("owners") > 1) > 20


@every_kind
def test_a_folder_has_records_and_pairs(kind: str, tmp_path: Path) -> None:
    records = made(kind)
    write(records, tmp_path / kind)
    assert_frame_equal(pl.read_parquet(tmp_path / kind / "records.parquet"), records)
    assert pl.read_parquet(tmp_path / kind / "pairs.parquet").columns == ["id_l", "id_r"]
