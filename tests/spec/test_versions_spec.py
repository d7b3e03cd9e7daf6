"""The laws of versions: what a record says last, when some of what it says is only what changed."""

import json
from random import Random
from typing import Any

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from unified_customer.identity.versions import ADDRESS, latest_versions
from unified_customer.testing.identity_strategies import BEGINNING, histories

NAME = ("given_name", "middle_name", "family_name")
PLAIN = ("email", "phone")
Row = dict[str, Any]
patches = st.fixed_dictionaries(
    {name: st.sampled_from([None, None, "a", "b"]) for name in (*NAME, *PLAIN, *ADDRESS)}
    | {"traits": st.sampled_from([None, '{"plan":"pro"}', '{"plan":"free","vip":true}', '{"size":9}'])}
    | {"partial": st.sampled_from([True, True, True, False]), "deleted": st.just(value=False)}
)


def frame_of(rows: list[Row]) -> pl.DataFrame:
    like = histories_schema()
    full = [{**dict.fromkeys(like), **row} for row in rows]
    return pl.DataFrame(full, schema=like)


def histories_schema() -> pl.Schema:
    return pl.Schema(
        {
            name: pl.String()
            for name in ("record_id", "source", "version", *NAME, "full_name", *PLAIN, *ADDRESS, "traits")
        }
        | {"observed_at": pl.Datetime("us", "UTC"), "deleted": pl.Boolean(), "partial": pl.Boolean(), "seq": pl.Int64()}
    )


def stated(said: list[Row], times: list[int]) -> pl.DataFrame:
    rows = [
        {
            **row,
            "record_id": "r",
            "source": "web",
            "version": json.dumps([time, row]) if row["partial"] else str(time),
            "observed_at": BEGINNING.replace(microsecond=time),
            "seq": place,
        }
        for place, (row, time) in enumerate(zip(said, times, strict=True), start=1)
    ]
    return frame_of(rows)


def told(rows: list[Row]) -> Row:
    """Say it all again, one after the other, in plain Python."""
    state: Row = {}
    for row in rows:
        if not row["partial"]:
            state = {"traits": {}}
        address = [name for name in ADDRESS if row[name] is not None]
        state |= dict.fromkeys(ADDRESS) if address else {}
        state |= {name: row[name] for name in (*NAME, *PLAIN, *ADDRESS) if row[name] is not None}
        state["traits"] = state.get("traits", {}) | json.loads(row["traits"] or "{}")
    return state


@given(st.lists(patches, min_size=1, max_size=5))
def test_a_record_is_its_last_whole_version_and_what_changed_since(said: list[Row]) -> None:
    found = latest_versions(stated(said, list(range(len(said))))).to_dicts()
    assert len(found) == 1
    expected = told(said)
    for name in (*NAME, *PLAIN, *ADDRESS):
        assert found[0][name] == expected.get(name)
    assert json.loads(found[0]["traits"] or "{}") == expected["traits"]
    assert found[0]["observed_at"] == BEGINNING.replace(microsecond=len(said) - 1)


@given(
    st.lists(patches, min_size=2, max_size=5, unique_by=str), st.randoms(use_true_random=False), st.sampled_from([0, 1])
)
def test_the_order_in_which_partial_versions_arrive_does_not_matter(said: list[Row], random: Random, step: int) -> None:
    parts = [{**row, "partial": True} for row in said]
    times = [place * step for place in range(len(parts))]
    rows = stated(parts, times)
    shuffled = rows.with_columns(seq=pl.Series(random.sample(range(1, len(parts) + 1), len(parts)))).sort("seq")
    assert latest_versions(shuffled).drop("seq").equals(latest_versions(rows).drop("seq"))


@given(st.lists(patches, min_size=2, max_size=4))
def test_the_whole_name_follows_its_parts(said: list[Row]) -> None:
    parts = [{**row, "partial": True} for row in said]
    found = latest_versions(stated(parts, list(range(len(parts))))).to_dicts()[0]
    composed = " ".join(found[name] for name in NAME if found[name])
    assert (found["full_name"] or "") == composed


@given(histories(), st.lists(patches, min_size=1, max_size=3))
def test_partial_versions_of_one_record_change_no_other(records: pl.DataFrame, said: list[Row]) -> None:
    shared = [name for name in histories_schema() if name in records.columns]
    others = records.with_columns(partial=pl.lit(None, dtype=pl.Boolean), version=pl.lit("v")).select(
        *shared, *({"partial", "version"} - set(shared))
    )
    mixed = pl.concat([others, stated(said, list(range(len(said)))).select(others.columns)])
    alone, among = latest_versions(others), latest_versions(mixed).filter(pl.col("record_id") != "r")
    assert among.sort("record_id").equals(alone.sort("record_id"))
