"""Explanations of small invented people: what they say, in words, and what they refuse."""

import builtins
import sys
from functools import cache
from typing import Any

import polars as pl
import pytest

from unified_customer.core.errors import ConfigurationError, MissingDependencyError
from unified_customer.identity.matching.charts import cluster_chart, model_chart, unlinkables_chart, waterfall_chart
from unified_customer.identity.matching.explanation import (
    bond_table,
    explain_cluster,
    explain_pair,
    model_table,
    unlinkables,
)
from unified_customer.identity.matching.levels_in_words import in_words, silence, words_of
from unified_customer.identity.matching.matcher import FittedMatcher, Matcher
from unified_customer.identity.matching.scales import SCALES
from unified_customer.methods.charting import curve, levels, network, waterfall
from unified_customer.methods.charting.layout import circles

FIRST = ["ann", "bob", "cat", "dan", "eve", "fay", "gus", "hal", "ivy", "jan", "kim", "lee"]
LAST = ["archer", "baker", "carter", "dyer", "eaton", "fisher"]


def person(number: int, record_id: str, **changes: Any) -> dict[str, Any]:
    told = {
        "record_id": record_id,
        "source": "crm",
        "given_name": FIRST[number % 12],
        "family_name": LAST[number % 6],
        "birth_date": f"19{50 + number}-0{1 + number % 9}-{10 + number}",
        "email": f"{FIRST[number % 12]}{number}@mail.example",
        "city": ["leeds", "york", "hull"][number % 3],
    }
    return told | changes


@cache
def people() -> pl.DataFrame:
    twice = [person(number, f"{letter}{number}") for number in range(18) for letter in "ab"]
    odd = [
        person(1, "x1", given_name=None, email=None),
        person(2, "swapped", given_name="carter", family_name="cat"),
        person(3, "empty", given_name=None, family_name=None, birth_date=None, email=None, city=None),
    ]
    return pl.DataFrame([*twice, *odd], infer_schema_length=None)


@cache
def fitted() -> FittedMatcher:
    return Matcher().fit(people())


def rows_of(spec: dict[str, Any], part: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the data of a part of a chart: its own, those of the whole, or named ones that stand beside."""
    data = part.get("data") or spec["data"]
    found: list[dict[str, Any]] = data["values"] if "values" in data else spec["datasets"][data["name"]]
    return found


def agreement(record_a: str, record_b: str) -> dict[str, str]:
    steps = explain_pair(fitted(), people(), record_a, record_b).steps
    return dict(steps.select("step", "agreement").iter_rows())


def test_a_pair_prints_as_an_aligned_table_with_values_and_words() -> None:
    lines = str(explain_pair(fitted(), people(), "a4", "b4")).splitlines()
    assert lines[0].startswith("Records a4 and b4: +")
    assert "enough by itself" in lines[0]
    heads = [lines[2].index(word) for word in ("a4", "b4", "agreement")]
    given = next(line for line in lines if "given_name" in line)
    assert [given[heads[0] :].split()[0], given[heads[1] :].split()[0]] == ["eve", "eve"]
    assert given[heads[2] :] == "equal, as 3 to 7 records are"


def test_only_printing_an_explanation_shows_personal_values() -> None:
    found = explain_pair(fitted(), people(), "a4", "b4")
    assert "eaton" in str(found)
    assert "eaton" not in repr(found)
    assert "eve" not in repr(unlinkables(fitted(), people()))


@pytest.mark.parametrize(
    ("pair", "field", "words"),
    [
        (("a1", "x1"), "given_name", "missing on one side"),
        (("a3", "empty"), "city", "missing on one side"),
        (("empty", "x1"), "email", "missing on both sides"),
        (("a2", "swapped"), "given_name", "given and family name swapped"),
        (("a2", "swapped"), "family_name", "counted with the given name"),
        (("a1", "a2"), "city", "unlike"),
    ],
)
def test_agreement_is_said_in_words(pair: tuple[str, str], field: str, words: str) -> None:
    assert agreement(*pair)[field] == words


def test_a_silent_field_that_both_sides_have_says_why() -> None:
    assert silence("email", "ann@x", "ann@y") == "alike as the names are: says no more"


@pytest.mark.parametrize("role", sorted(SCALES))
def test_no_two_levels_of_a_role_have_the_same_words(role: Any) -> None:
    words = words_of(role)
    assert len(set(words)) == len(words) == len(SCALES[role])
    assert in_words("equal, rarity 0") == "equal, as 1449 or more records are"


def test_a_source_without_duplicates_forbids_a_pair_in_a_step_of_its_own() -> None:
    model = fitted().model_copy(update={"distinct": ("crm",)})
    found = explain_pair(model, people(), "a4", "b4")
    assert found.steps.row(-1)[:2] == ("source", "source")
    assert found.bits == found.steps["total"].last() == float("-inf")
    assert "-inf" in str(found)
    spec = waterfall_chart(found).to_dict()
    shown = [row["_text"] for row in rows_of(spec, spec["layer"][-1]) if row.get("kind") == "source"]
    assert shown == ["never"]


def test_without_bonds_nothing_but_chance_is_a_rival() -> None:
    fields = tuple(field.model_copy(update={"bound": {}}) for field in fitted().fields)
    changed = fitted().model_copy(update={"prior": {"one": -5.0}, "fields": fields})
    model = FittedMatcher.model_validate(changed.model_dump())
    found = explain_pair(model, people(), "a4", "b4")
    assert found.rivals["rival"].to_list() == ["chance"]
    assert found.steps.filter(kind="bonds")["agreement"].item() == "no bond explains it"
    assert bond_table(model).is_empty()


def test_an_unknown_id_is_refused_without_being_repeated() -> None:
    with pytest.raises(ConfigurationError, match="Of 2 record ids that were asked for, 1 are not") as refused:
        explain_pair(fitted(), people(), "a4", "ann@mail.example")
    assert "ann@" not in str(refused.value)
    with pytest.raises(ConfigurationError, match="holds String"):
        explain_cluster(fitted(), people(), ["a4", 4])


def test_a_pair_of_one_record_and_a_cluster_of_none_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="both ids are the same"):
        explain_pair(fitted(), people(), "a4", "a4")
    with pytest.raises(ConfigurationError, match="at least one record"):
        explain_cluster(fitted(), people(), [])


def test_a_cluster_of_two_people_hangs_on_its_weakest_link() -> None:
    found = explain_cluster(fitted(), people(), ["b5", "a4", "b4", "a5", "a4"])
    assert found.weakest is not None
    assert {found.weakest.part_a, found.weakest.part_b} == {("a4", "b4"), ("a5", "b5")}
    assert found.nodes.select("record_id", "part").rows() == [("a4", 0), ("a5", 1), ("b4", 0), ("b5", 1)]
    assert found.weakest.bits < 0
    assert "It holds 2 and 2 records together." in str(found)
    assert "not enough by itself" in str(found)
    assert found.alarm is None


def test_a_cluster_larger_than_the_limit_raises_the_alarm_and_names_the_link() -> None:
    found = explain_cluster(fitted(), people(), ["a4", "b4", "a5", "b5"], limit=3)
    assert found.weakest is not None
    assert found.alarm is not None
    assert found.alarm.startswith("4 records are in one cluster; more than 3 are seldom one person.")
    assert f"{found.weakest.record_a} with {found.weakest.record_b}" in found.alarm
    assert found.alarm in str(found)


def test_a_cluster_chart_draws_likely_pairs_that_are_not_needed_to_hold_it_together() -> None:
    found = explain_cluster(fitted(), people(), ["a1", "b1", "x1", "a4"])
    spec = cluster_chart(found).to_dict()
    links = [(link["one"], link["other"], link["look"]) for link in rows_of(spec, spec["layer"][0])]
    assert found.edges["in_tree"].sum() == 3
    assert [look for *_, look in links] == ["strong", "strong", "plain", "marked"]


def test_one_record_is_a_cluster_without_links() -> None:
    found = explain_cluster(fitted(), people(), ["a4"])
    assert (found.weakest, found.alarm, found.edges.height) == (None, None, 0)
    assert str(found) == "1 record: nothing holds it together."
    assert cluster_chart(found).to_dict()["title"]["text"] == "What holds 1 records together"


def test_sources_without_duplicates_keep_records_of_a_cluster_apart() -> None:
    model = fitted().model_copy(update={"distinct": ("crm",)})
    found = explain_cluster(model, people(), ["a4", "b4"])
    assert found.edges["bits"].to_list() == [float("-inf")]
    assert cluster_chart(found).to_dict()


def test_a_record_of_nothing_is_unlinkable_with_the_odds_of_any_two_records() -> None:
    found = unlinkables(fitted(), people())
    empty = found.records.filter(record_id="empty").row(0, named=True)
    assert (empty["fields"], empty["linkable"]) == (0, False)
    assert empty["bits"] == pytest.approx(explain_pair(fitted(), people(), "empty", "a3").bits)
    assert found.records["record_id"].equals(people()["record_id"])
    assert str(found).startswith(f"{(~found.records['linkable']).sum()} of 39 records (")


def test_no_records_at_all_are_unlinkable_to_no_one() -> None:
    found = unlinkables(fitted(), people().clear())
    assert (found.share, found.records.height, found.curve["records"].max()) == (0.0, 0, 0)


def test_the_tables_of_a_model_have_a_row_for_every_level() -> None:
    table = model_table(fitted())
    assert table.height == sum(len(field.levels) for field in fitted().fields)
    assert set(bond_table(fitted())["bond"]) <= set(fitted().prior) - {"one"}


def test_a_model_chart_may_be_of_some_fields_and_refuses_others() -> None:
    spec = model_chart(fitted(), fields=["city"]).to_dict()
    assert {row["field"] for row in rows_of(spec, spec)} == {"city"}
    with pytest.raises(ConfigurationError, match="no field 'town'; it has given_name"):
        model_chart(fitted(), fields=["town"])


def test_every_chart_has_a_title_words_for_the_blind_and_axes_with_units() -> None:
    found = explain_pair(fitted(), people(), "a4", "b4")
    charts = [
        waterfall_chart(found),
        cluster_chart(explain_cluster(fitted(), people(), ["a4", "b4"])),
        model_chart(fitted()),
        unlinkables_chart(unlinkables(fitted(), people())),
    ]
    for chart in charts:
        spec = chart.to_dict()
        assert spec["title"]["text"]
        assert spec["description"].startswith(spec["title"]["text"])
        assert "bits" in chart.to_json()


def test_without_altair_a_chart_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "altair", None)
    line = r'altair is needed to draw charts. Install it with: pip install "unified-customer\[charts\]"'
    empty = pl.DataFrame()
    with pytest.raises(MissingDependencyError, match=line):
        waterfall(empty, labels=[], change="", total="", unit="", title="")
    with pytest.raises(MissingDependencyError, match=line):
        levels(empty, group="", level="", value="", unit="", rates={}, title="")
    with pytest.raises(MissingDependencyError, match=line):
        network(empty, empty, unit="", title="")
    with pytest.raises(MissingDependencyError, match=line):
        curve(empty, x="", x_title="", share="", share_title="", at=0, at_name="", title="")


def test_explaining_needs_no_altair(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without_altair(name: str, *rest: Any, **more: Any) -> Any:
        assert name.partition(".")[0] != "altair"
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without_altair)
    assert str(explain_pair(fitted(), people(), "a4", "b4"))


def test_a_waterfall_without_a_line_has_bars_and_numbers_alone() -> None:
    steps = pl.DataFrame({"bits": [1.0, -3.0], "total": [1.0, -2.0]})
    chart = waterfall(steps, labels=[["a"], ["a"], ["all"]], change="bits", total="total", unit="bits", title="Sum")
    spec = chart.to_dict()
    assert [layer["mark"]["type"] for layer in spec["layer"]] == ["text", "bar", "text"]
    bars = rows_of(spec, spec["layer"][1])
    assert [(bar["_start"], bar["_end"], bar["_kind"]) for bar in bars] == [
        (0, 1, "for"),
        (1, -2, "against"),
        (0, -2, "sum"),
    ]


@pytest.mark.parametrize("size", [5, 13, 31])
def test_a_network_writes_names_and_numbers_where_there_is_room(size: int) -> None:
    nodes = pl.DataFrame({"name": [f"n{place}" for place in range(size)], "kind": "", "part": [0] * (size - 1) + [1]})
    edges = pl.DataFrame(
        {"one": ["n0", "n1"], "other": [f"n{size - 1}", "n2"], "weight": 2.0, "look": ["marked", "strong"]}
    )
    spec = network(nodes, edges, unit="bits", title="Net").to_dict()
    texts = [rows_of(spec, layer) for layer in spec["layer"] if layer["mark"]["type"] == "text"]
    assert [len(rows) for rows in texts[:2]] == [2 if size == 5 else 1] * 2
    assert len(texts) == (4 if size <= 30 else 2)


def test_points_of_a_circle_stand_one_step_apart_and_the_parts_look_at_each_other() -> None:
    left, right = circles([6, 3])
    steps = [abs(complex(*one) - complex(*other)) for one, other in zip(left, left[1:] + left[:1], strict=True)]
    assert steps == pytest.approx([1.0] * 6)
    assert left[0] == max(left)
    assert right[0] == min(right)
    assert right[0][0] - left[0][0] == pytest.approx(2.0)
    assert circles([1]) == [[(0.0, 0.0)]]
