"""The laws of versions: what a record says last, when some of what it says is only what changed."""

import json
from random import Random
from typing import Any

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from unified_customer.identity.versions import ADDRESS, latest_versions, standing_versions
from unified_customer.testing.identity_strategies import BEGINNING, histories

NAME = ("given_name", "middle_name", "family_name")
PLAIN = ("email", "phone")
Row = dict[str, Any]
patches = st.fixed_dictionaries(
    {name: st.sampled_from([None, None, "a", "b"]) for name in (*NAME, *PLAIN, *ADDRESS)}
    | {"traits": st.sampled_from([None, '{"plan":"pro"}', '{"plan":"free","vip":true}', '{"size":9}'])}
    | {"partial": st.sampled_from([True, True, True, False]), "deleted": st.sampled_from([False] * 6 + [True])}
    | {"full_name_raw": st.sampled_from([None, None, None, "Zoe X"])}
)


def frame_of(rows: list[Row]) -> pl.DataFrame:
    like = histories_schema()
    full = [{**dict.fromkeys(like), **row} for row in rows]
    return pl.DataFrame(full, schema=like)


def histories_schema() -> pl.Schema:
    texts = ("record_id", "source", "version", "full_name_raw", *NAME, "full_name", *PLAIN, *ADDRESS, "traits")
    times = {"observed_at": pl.Datetime("us", "UTC")}
    flags = {"deleted": pl.Boolean(), "partial": pl.Boolean(), "seq": pl.Int64()}
    return pl.Schema([*dict.fromkeys(texts, pl.String()).items(), *times.items(), *flags.items()])


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
        if not row["partial"] or row["deleted"] or state.get("deleted"):
            state = {"traits": {}}
        state["deleted"] = row["deleted"]
        state |= dict.fromkeys(NAME) if row["full_name_raw"] else {}
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
    assert found[0]["deleted"] is expected["deleted"]
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


@given(st.lists(patches, min_size=1, max_size=5))
def test_every_value_stands_once_at_the_time_at_which_it_was_said_last(said: list[Row]) -> None:
    rows = stated(said, list(range(len(said))))
    stands = standing_versions(rows)
    at = dict(zip(rows["observed_at"], rows.iter_rows(named=True), strict=True))
    for name in PLAIN:
        found = stands.filter(pl.col(name).is_not_null())
        assert found[name].to_list() == [at[time][name] for time in found["observed_at"]]
        assert found.height <= 1
    assert latest_versions(rows).select(PLAIN).row(0) == tuple(stands[name].drop_nulls().last() for name in PLAIN)


def named(*said: dict[str, Any]) -> str:
    """Return the whole name of somebody of whom this was said, the name in parts or as a whole."""
    rows = [{**dict.fromkeys((*NAME, *PLAIN, *ADDRESS, "traits", "full_name_raw")), **each} for each in said]
    frame = stated([{**row, "partial": True, "deleted": False} for row in rows], list(range(len(rows))))
    return str(latest_versions(frame)["full_name"].item())


WHOLE: dict[str, Any] = {
    "full_name_raw": "Ann Lee Jr.",
    "full_name": "Ann Lee Jr.",
    "given_name": "Ann",
    "family_name": "Lee",
}


def test_a_whole_name_stays_until_a_part_of_it_changes() -> None:
    assert named(WHOLE, {"email": "a"}) == "Ann Lee Jr."
    assert named(WHOLE, {"family_name": "Ray", "full_name": "Ray"}) == "Ann Ray"
    assert named({"given_name": "Ann", "full_name": "Ann"}, {"family_name": "Lee", "full_name": "Lee"}) == "Ann Lee"


def test_a_new_whole_name_is_not_mixed_with_parts_of_the_old_one() -> None:
    assert named(WHOLE, {"full_name_raw": "Cher", "full_name": "Cher", "given_name": "Cher"}) == "Cher"


@given(histories(), st.lists(patches, min_size=1, max_size=3))
def test_partial_versions_of_one_record_change_no_other(records: pl.DataFrame, said: list[Row]) -> None:
    shared = [name for name in histories_schema() if name in records.columns]
    others = records.with_columns(partial=pl.lit(None, dtype=pl.Boolean), version=pl.lit("v")).select(
        *shared, *({"partial", "version"} - set(shared))
    )
    mixed = pl.concat([others, stated(said, list(range(len(said)))).select(others.columns)])
    alone, among = latest_versions(others), latest_versions(mixed).filter(pl.col("record_id") != "r")
    assert among.sort("record_id").equals(alone.sort("record_id"))
