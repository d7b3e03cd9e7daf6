"""The laws of exchanging models with other tools: what both understand comes back as it went, and nothing is lost in silence."""

from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.searching import at_least
from unified_customer.core.errors import ConfigurationError
from unified_customer.identity.matching.blocking import LARGEST
from unified_customer.identity.matching.keys import BlockingKey, KeyPart
from unified_customer.identity.matching.matcher import FittedMatcher
from unified_customer.identity.matching.shared_model import levels_taken, shared_model
from unified_customer.identity.matching.splink_settings import from_splink, splink_table, to_splink
from unified_customer.testing.matching_strategies import fitted_matcher, invented_records, layouts

CONDITIONS = (
    '"{0}_l" = "{0}_r"', 'jaro_winkler_similarity("{0}_l", "{0}_r") >= 0.92', 'levenshtein("{0}_l", "{0}_r") <= 2',
    'damerau_levenshtein("{0}_l", "{0}_r") <= 1', 'array_length(list_intersect("{0}_l", "{0}_r")) >= 1',
    "ABS(EPOCH({0}_l) - EPOCH({0}_r)) <= 86400", 'jaro_winkler_similarity("{0}_l", "{0}_r") <= 0.5', "{0}_l = {0}_r",
)  # fmt: skip
KNOWN = [
    {"sql_condition": '"known_l" = "known_r"', "m_probability": 0.9, "u_probability": 0.1},
    {"sql_condition": "ELSE", "m_probability": 0.1, "u_probability": 0.9},
]
shares = st.floats(1e-6, 0.9)
names = st.sampled_from(("surname", "first name", 'odd "name"', "post_code_l", "größe"))


@st.composite
def matchers(draw: st.DrawFn) -> FittedMatcher:
    """Fitted matchers with weights of any size."""
    fitted = fitted_matcher(draw(layouts()))
    random = np.random.Generator(np.random.PCG64(draw(st.integers(0, 999))))
    fields = []
    for field in fitted.fields:
        chance = random.dirichlet(np.full(len(field.chance), 0.5)) + 1e-9
        agreed = random.dirichlet(np.full(len(field.chance), 0.5)) + 1e-9
        change = {"chance": tuple(chance.tolist()), "one": tuple(np.log2(agreed / chance).tolist())}
        fields.append(field.model_copy(update=change))
    prior = {**fitted.prior, "one": draw(st.floats(-25, -1))}
    keys = tuple(
        BlockingKey(parts=parts, most=draw(st.sampled_from((5, LARGEST))))
        for parts in draw(st.lists(st.sampled_from(possible(fitted)), max_size=6, unique=True))
    )
    return fitted.model_copy(update={"fields": tuple(fields), "prior": prior, "keys": keys})


def possible(matcher: FittedMatcher) -> list[tuple[KeyPart, ...]]:
    """Return some parts of keys: values, beginnings, sounds, and two of these."""
    traits = {
        "family_name": ("value", "beginning", "sound"),
        "city": ("value", "beginning"),
        "phone": ("value", "first half"),
    }
    single = [KeyPart(field=f.name, trait=trait) for f in matcher.fields for trait in traits.get(f.role, ())]
    return [(part,) for part in single] + [
        (one, other) for one in single for other in single if one.field < other.field
    ]


@st.composite
def comparisons(draw: st.DrawFn) -> dict[str, Any]:
    """Comparisons of one column: levels that are understood and others, in any order, and all else."""
    name = draw(names)
    plain = name.isidentifier()
    possible = [each for each in CONDITIONS if plain or ("({0}" not in each and not each.startswith("{0}"))]
    chosen = draw(st.lists(st.sampled_from(possible), max_size=5, unique=True))
    conditions = [each.format(name if plain else name.replace('"', '""')) for each in chosen] + ["ELSE"]
    levels = [
        {"sql_condition": each, "m_probability": draw(shares), "u_probability": draw(shares)} for each in conditions
    ]
    null = {"sql_condition": "x IS NULL", "is_null_level": True}
    return {"output_column_name": name, "comparison_levels": [null, *levels]}


@given(matchers())
def test_what_both_understand_comes_back_as_it_went(matcher: FittedMatcher) -> None:
    back = from_splink(to_splink(matcher).to_json())
    assert back.model == shared_model(matcher).model
    assert back.left_out == ()


@given(matchers())
def test_no_share_of_pairs_is_lost_but_that_of_special_levels(matcher: FittedMatcher) -> None:
    for field, shared in zip(matcher.fields, shared_model(matcher).model.fields, strict=True):
        ordered = [level for _, _, taken in levels_taken(field) for level in taken]
        assert len(set(ordered)) == len(ordered)
        assert sum(level.u for level in shared.levels) == pytest.approx(np.array(field.chance)[ordered].sum())
        special = {name for place, name in enumerate(field.levels) if place not in ordered}
        assert special <= {each.what for each in shared_model(matcher).left_out if each.place == field.name}


@given(matchers())
def test_every_bond_and_every_key_is_exchanged_or_named(matcher: FittedMatcher) -> None:
    found = shared_model(matcher)
    assert {each.place for each in found.left_out} >= {f"bond {name!r}" for name in matcher.prior if name != "one"}
    named = {each.what for each in found.left_out if each.place == "blocking"}
    kept = [key for key in matcher.keys if str(key) not in named]
    assert len(kept) == len(found.model.keys)
    assert all(key.most == LARGEST and {part.trait for part in key.parts} <= {"value", "beginning"} for key in kept)


@settings(max_examples=at_least(5))
@given(matchers())
def test_a_matcher_that_is_seeded_says_what_the_model_says(matcher: FittedMatcher) -> None:
    records = invented_records(30, seed=3, layout="parts").drop("cluster_id")
    model = from_splink(to_splink(matcher).settings)
    if not {field.name for field in model.model.fields} <= set(records.columns):
        return
    seeded = shared_model(model.fit(records).matcher).model
    assert seeded.prior == pytest.approx(model.model.prior)
    for one, other in zip(seeded.fields, model.model.fields, strict=True):
        assert one.name == other.name
        for mine, theirs in zip(one.levels, other.levels, strict=True):
            assert (mine.measure, mine.bound, mine.frequencies) == (theirs.measure, theirs.bound, theirs.frequencies)
            assert (mine.m, mine.u) == pytest.approx((theirs.m, theirs.u), rel=1e-6)


@given(st.lists(comparisons(), max_size=3))
def test_every_level_of_settings_is_understood_or_named(said: list[dict[str, Any]]) -> None:
    understood = {"output_column_name": "known", "comparison_levels": KNOWN}
    found = from_splink({"comparisons": [*said, understood]})
    read = {field.name: field for field in found.model.fields}
    named = {each.place for each in found.left_out}
    for each in said:
        levels = [level for level in each["comparison_levels"] if not level.get("is_null_level")]
        field = read.get(each["output_column_name"])
        assert (field is not None and len(field.levels) == len(levels)) or each["output_column_name"] in named


@given(comparisons())
def test_levels_that_are_not_understood_are_added_up_with_those_below(said: dict[str, Any]) -> None:
    try:
        (field,) = from_splink({"comparisons": [said]}).model.fields
    except ConfigurationError:
        return
    levels = [level for level in said["comparison_levels"] if not level.get("is_null_level")]
    for share, key in (("m", "m_probability"), ("u", "u_probability")):
        assert sum(getattr(level, share) for level in field.levels) == pytest.approx(sum(each[key] for each in levels))


@given(layouts())
def test_the_table_for_others_has_every_column_of_the_settings_and_every_record(layout: Any) -> None:
    matcher, records = fitted_matcher(layout), invented_records(10, seed=1, layout=layout)
    table = splink_table(matcher, records)
    compared = {each["output_column_name"] for each in to_splink(matcher).settings["comparisons"]}
    assert compared <= set(table.columns)
    assert table["record_id"].to_list() == records["record_id"].to_list()
    assert not any(isinstance(dtype, pl.List) for dtype in table.schema.values())
