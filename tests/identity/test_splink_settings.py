"""Settings of Splink 5: a file that Splink wrote, what cannot be read, and the real Splink where there is one.

`samples/splink_5_model.json` was saved by Splink 5.0 after training on `benchmarks.populations plain`.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from benchmarks.populations import population
from unified_customer.core.errors import ConfigurationError
from unified_customer.identity.accuracy import accuracy
from unified_customer.identity.matching import FittedMatcher, Matcher
from unified_customer.identity.matching.comparison import compare
from unified_customer.identity.matching.encoding import encode
from unified_customer.identity.matching.scales import SCALES
from unified_customer.identity.matching.shared_model import SharedKeyPart, levels_taken, shared_model
from unified_customer.identity.matching.splink_settings import from_splink, splink_table, to_splink
from unified_customer.testing.matching_strategies import fitted_matcher, invented_records

SAMPLE = (Path(__file__).parent / "samples" / "splink_5_model.json").read_text("utf-8")
SPLINK = os.environ.get("UNIFIED_CUSTOMER_SPLINK", sys.executable)
"""An interpreter that has Splink: it is no dependency of the project."""

RUN = """
import json, logging, sys
from pathlib import Path
import duckdb
from splink import DuckDBAPI, Linker

folder = Path(sys.argv[1])
connection = duckdb.connect()
connection.execute("CREATE TABLE people AS SELECT * FROM read_parquet(?)", [str(folder / "people.parquet")])
table = DuckDBAPI(connection=connection).register("people")
linker = Linker(table, json.loads((folder / "settings.json").read_text()), log_level=logging.ERROR)
pairs = linker.inference.predict().as_duckdbpyrelation()
pairs.project("record_id_l, record_id_r, match_weight").to_parquet(str(folder / "pairs.parquet"))
linker.misc.save_model_to_json(str(folder / "saved.json"))
"""


def places(model: Any) -> set[str]:
    return {each.place for each in model.left_out}


def test_a_model_that_splink_saved_is_read() -> None:
    found = from_splink(SAMPLE)
    levels = {field.name: [(level.measure, level.bound) for level in field.levels] for field in found.model.fields}
    assert levels["given_name"] == [
        ("exact", None), ("jaro_winkler", 0.95), ("jaro_winkler", 0.9), ("jaro_winkler", 0.7), ("else", None)
    ]  # fmt: skip
    assert levels["birth_date"] == [("exact", None), ("levenshtein", 1), ("levenshtein", 2), ("else", None)]
    assert levels["postcode"] == [("exact", None), ("damerau_levenshtein", 1), ("else", None)]
    assert [field.name for field in found.model.fields if field.levels[0].frequencies] == [
        "given_name", "family_name", "email", "city"
    ]  # fmt: skip
    assert found.model.keys[-1] == (SharedKeyPart(field="family_name", first=3), SharedKeyPart(field="city"))


def test_what_is_not_understood_of_it_is_named() -> None:
    found = from_splink(SAMPLE)
    assert "phones" not in {field.name for field in found.model.fields}
    assert places(found) == {"phones", "email", "blocking"}
    assert any("list_intersect" in each.what for each in found.left_out)


def test_a_matcher_with_the_weights_of_splink_finds_people() -> None:
    records = population("plain", rows=1500, seed=5)
    seeded = from_splink(SAMPLE).fit(records)
    assert {"birth_date", "family_name", "phones"} <= places(seeded)
    found = seeded.matcher.match(records.drop("cluster_id")).partition
    rates = accuracy(found, records.select("record_id", "cluster_id")).closure
    assert rates.f1 > 0.93
    assert set(seeded.matcher.prior) == {"one"}
    assert FittedMatcher.from_json(seeded.matcher.to_json()) == seeded.matcher
    assert all(key.most > 100 for key in seeded.matcher.keys)


@pytest.mark.filterwarnings("ignore::unified_customer.core.errors.WeakMatchingWarning")
def test_fields_that_the_records_have_not_are_named_and_others_are_silent() -> None:
    records = invented_records(40, seed=2).drop("cluster_id").rename({"email": "mail"})
    seeded = from_splink(SAMPLE).fit(records)
    assert ("email", "the comparison", "the records have no such field") in seeded.left_out
    assert [field.name for field in seeded.matcher.fields] == [
        "given_name",
        "family_name",
        "birth_date",
        "city",
        "postcode",
    ]
    for other in (records.select("record_id", "street"), invented_records(40, seed=2, layout="whole")):
        with pytest.raises(ConfigurationError, match="none of the fields"):
            from_splink({"comparisons": [comparison("full_name")]}).fit(other)


def test_a_whole_name_is_taken_apart_and_so_says_nothing_of_its_own() -> None:
    settings = {"comparisons": [comparison("full_name"), comparison("phone")]}
    records = invented_records(40, seed=2, layout="whole").drop("cluster_id")
    seeded = from_splink(settings).fit(records)
    silent = {field.name for field in seeded.matcher.fields if not any(field.one)}
    assert {"given_name", "family_name"} <= silent
    assert ("full_name", "the comparison", "the records have no such field") in seeded.left_out


def comparison(name: str, **levels: Any) -> dict[str, Any]:
    """Return a comparison with an exact level and all else."""
    exact = {"sql_condition": f'"{name}_l" = "{name}_r"', "m_probability": 0.9, "u_probability": 0.001, **levels}
    other = {"sql_condition": "ELSE", "m_probability": 0.1, "u_probability": 0.999}
    return {"output_column_name": name, "comparison_levels": [exact, other]}


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ("{", "no JSON"),
        ("[]", "no JSON object"),
        ({"comparisons": []}, "no trained comparison"),
        ({"comparisons": [comparison("a", m_probability=None)]}, "not trained"),
        ({"comparisons": [comparison("a", sql_condition="soundex(a_l) = soundex(a_r)")]}, "no level that both"),
        (
            {
                "comparisons": [
                    {"output_column_name": "a", "comparison_levels": comparison("a")["comparison_levels"][:1]}
                ]
            },
            "all else",
        ),
        ({"comparisons": [comparison("a")], "probability_two_random_records_match": 1.5}, "not between 0 and 1"),
    ],
)
def test_settings_that_say_nothing_are_refused(settings: Any, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        from_splink(settings)


def test_odd_comparisons_are_named() -> None:
    several = comparison("name")
    several["comparison_levels"].insert(1, comparison("other")["comparison_levels"][0])
    settings = {
        "comparisons": [
            several,
            comparison("a"),
            comparison("a"),
            comparison("b", tf_adjustment_column="a"),
            comparison("c", tf_adjustment_column="c", tf_adjustment_weight=0.5),
            comparison("d", sql_condition='levenshtein("d_l", "d_r") <= 1', tf_adjustment_column="d"),
            comparison("e", sql_condition='levenshtein("e_l", "f_r") <= 1'),
        ],
        "blocking_rules_to_generate_predictions": [
            "l.a = r.a", {"blocking_rule": "SUBSTR(l.b, 1, 3) = SUBSTR(r.b, 1, 4)"}, "l.a = r.b"
        ],
    }  # fmt: skip
    found = from_splink(settings)
    assert [field.name for field in found.model.fields] == ["a", "b", "c", "d"]
    assert found.model.keys == ((SharedKeyPart(field="a"),),)
    named = [(each.place, each.what) for each in found.left_out]
    assert ("name", "the comparison") in named
    assert ("a", "a further comparison") in named
    assert [place for place, what in named if what == "the term frequency adjustment"] == ["b", "c", "d"]
    assert sum(place == "blocking" for place, _ in named) == 2


@pytest.mark.filterwarnings("ignore::unified_customer.core.errors.WeakMatchingWarning")
def test_beginnings_of_another_length_are_no_keys_here() -> None:
    records = invented_records(40, seed=2).drop("cluster_id")
    rule = 'SUBSTRING(l."city", 1, 2) = SUBSTRING(r."city", 1, 2)'
    model = from_splink({"comparisons": [comparison("city")], "blocking_rules_to_generate_predictions": [rule]})
    seeded = model.fit(records)
    assert any(each.what == "2 first of city" for each in seeded.left_out)


def test_frequencies_may_be_left_out() -> None:
    told = [to_splink(fitted_matcher("parts"), frequencies=each).to_json() for each in (True, False)]
    assert ["tf_adjustment_column" in each for each in told] == [True, False]


@pytest.fixture(scope="module")
def splink() -> str:
    if subprocess.run([SPLINK, "-c", "import splink"], check=False, capture_output=True).returncode:
        pytest.skip("Splink is not installed here: name an interpreter that has it in UNIFIED_CUSTOMER_SPLINK")
    return SPLINK


def expected(matcher: FittedMatcher, records: pl.DataFrame, pairs: pl.DataFrame) -> tuple[np.ndarray[Any, Any], ...]:
    """Return what pairs weigh by the shared levels, by the weights of the matcher, and whether a special level is in them."""
    known = encode(matcher.read(records))
    rows = {record: row for row, record in enumerate(known.record_ids)}
    first, second = (np.array([rows[each] for each in pairs[f"record_id_{side}"]]) for side in "lr")
    levels = compare(known, first, second, matcher.rarity)
    shared, whole = (np.full(len(pairs), matcher.prior["one"]) for _ in range(2))
    special = np.zeros(len(pairs), dtype=bool)
    for place, (field, said) in enumerate(zip(matcher.fields, shared_model(matcher).model.fields, strict=True)):
        table = np.zeros(len(field.levels) + 1)
        for (_, _, taken), level in zip(levels_taken(field), said.levels, strict=True):
            table[taken] = np.log2(level.m / level.u)
        shared += table[levels[:, place]]
        whole += np.append(field.one, 0.0)[levels[:, place]]
        special |= levels[:, place] >= SCALES[field.role].ordered
    return shared, whole, special


@pytest.mark.slow
@pytest.mark.parametrize(("frequencies", "least"), [(False, 0.999), (True, 0.9)])
def test_splink_loads_the_settings_and_weighs_as_they_say(
    splink: str, tmp_path: Path, frequencies: Any, least: float
) -> None:
    records = population("plain", rows=1500, seed=5).drop("cluster_id")
    matcher = Matcher().fit(records)
    splink_table(matcher, records).write_parquet(tmp_path / "people.parquet")
    (tmp_path / "settings.json").write_text(to_splink(matcher, frequencies=frequencies).to_json())
    subprocess.run([splink, "-c", RUN, str(tmp_path)], check=True, capture_output=True)
    pairs = pl.read_parquet(tmp_path / "pairs.parquet")
    shared, whole, special = expected(matcher, records, pairs)
    plain = ~special
    assert plain.sum() > 300
    theirs = pairs["match_weight"].to_numpy()
    assert np.corrcoef(shared[plain], theirs[plain])[0, 1] > least
    assert np.corrcoef(whole[plain], theirs[plain])[0, 1] > 0.9
    saved = from_splink((tmp_path / "saved.json").read_text())
    assert saved == from_splink(json.loads((tmp_path / "settings.json").read_text()))
