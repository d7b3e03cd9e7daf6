"""Rules of a request, by hand."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import polars as pl
import pytest
from pydantic import ValidationError

from unified_customer.core.errors import ConfigurationError, SchemaError
from unified_customer.methods.learning import Floats, Ints
from unified_customer.recommendations.histories import AGE, WEIGHT, Histories, Names
from unified_customer.recommendations.rules import (
    Again,
    Boost,
    Cap,
    Condition,
    Frequency,
    InStock,
    Picked,
    Price,
    Rules,
    Shelf,
    prepare,
)

AS_OF = datetime(2026, 6, 1, tzinfo=UTC)
NAMES = Names(pl.Series(["green", "black", "cup", "pot", "milk"]))
SCORES = np.array([[0.9, 0.8, 0.5, 0.4, 0.1]], np.float32)
SHOP = pl.DataFrame(
    {
        "item_id": NAMES.listed,
        "category": ["Drink > Tea > Green", "Drink > Tea > Black", "China", "China", "Drink > Milk"],
        "brand": ["own", "own", "other", "own", None],
        "price": [Decimal("4.50"), Decimal("3.00"), Decimal("8.00"), None, Decimal("1.20")],
        "cost": [Decimal("2.00"), Decimal("2.00"), Decimal("6.00"), Decimal("9.00"), None],
        "currency": ["EUR", "EUR", "EUR", None, "EUR"],
        "available": [True, None, True, None, False],
        "stock": [5.0, 0.0, None, None, 7.0],
        "attributes": ['{"origin": {"land": "Japan"}, "grams": 100}', '{"grams": 250}', None, "{}", '{"fresh": true}'],
    }
)


def history(places: list[int], ages: list[float] | None = None, customer: str = "ann") -> Histories:
    layers = {WEIGHT: np.ones(len(places), np.float32)}
    if ages is not None:
        layers[AGE] = np.array(ages, np.float32)
    starts, origin = np.array([0, len(places)]), np.array([-1])
    return Histories(Names(pl.Series([customer])), NAMES, starts, np.array(places, np.int32), layers, origin)


def picked(rules: Rules, n: int = 5, had: Histories | None = None, **given: Any) -> Picked:
    repeats = given.pop("repeats", True)
    return prepare(rules, NAMES, SHOP, **given).pick(SCORES, had or history([]), n, repeats=repeats)


def listed(rules: Rules, n: int = 5, had: Histories | None = None, **given: Any) -> list[str]:
    places = picked(rules, n, had, **given).places[0]
    return NAMES.at(places[places >= 0]).to_list()


# ------------------------------------------------------------------------------------------------------- hard rules


def test_without_rules_the_highest_scores_come_first() -> None:
    found = picked(Rules(), 2)
    assert found.places.tolist() == [[0, 1]]
    assert found.scores.tolist() == SCORES[:, :2].tolist()
    assert found.reason(0) == ""


def test_deny_is_stronger_than_allow_and_pins() -> None:
    assert listed(Rules(allow=("cup", "pot", "green"), deny=("cup",), pins={"cup": 1, "pot": 2})) == [
        "green",
        "pot",
    ]


def test_an_empty_list_of_what_is_allowed_allows_nothing() -> None:
    assert picked(Rules(allow=())).reason(0) == "0 of 5 items may be recommended: 5 not on the allow list"


def test_an_item_counts_for_the_first_rule_that_it_breaks() -> None:
    found = picked(Rules(deny=("cup",), allow=("cup", "pot", "milk"), price=Price(high=2), in_stock=InStock()))
    assert dict(found.reasons[0]) == {
        "on the deny list": 1,
        "not on the allow list": 2,
        "out of stock": 1,
        "not known to be in stock": 1,
    }


def test_stock_tells_what_can_be_had() -> None:
    assert listed(Rules(in_stock=InStock())) == ["green", "cup"]
    assert listed(Rules(in_stock=InStock(unknown=True))) == ["green", "cup", "pot"]
    assert listed(Rules(in_stock=InStock(at_least=6))) == ["cup"]
    assert Rules.model_validate({"in_stock": True}).in_stock == InStock()


def test_prices_are_compared_exactly_and_both_ends_count() -> None:
    assert listed(Rules(price=Price(low=3, high=4.5))) == ["green", "black"]
    assert listed(Rules(price=Price(high=3, unknown=True))) == ["black", "pot", "milk"]


def test_prices_in_another_currency_are_out() -> None:
    found = picked(Rules(price=Price(low=1, currency="GBP")))
    assert dict(found.reasons[0]) == {"not priced in GBP": 4, "without a known price": 1}


def test_prices_in_several_currencies_are_not_compared_in_silence() -> None:
    mixed = SHOP.with_columns(currency=pl.Series(["EUR", "GBP", "EUR", None, "EUR"]))
    with pytest.raises(SchemaError, match="several currencies: EUR, GBP"):
        prepare(Rules(price=Price(high=5)), NAMES, mixed)
    ready = prepare(Rules(price=Price(high=5, currency="EUR")), NAMES, mixed)
    assert ready.pick(SCORES, history([]), 5).places.tolist() == [[0, 4, -1, -1, -1]]


@pytest.mark.parametrize(
    ("condition", "items"),
    [
        (Condition("category", "is", "China"), ["cup", "pot"]),
        (Condition("category", "within", "Drink > Tea"), ["green", "black"]),
        (Condition("category", "within", "Dri"), []),
        (Condition("brand", "not in", ("other",)), ["green", "black", "pot"]),
        (Condition("brand", "not in", ("other",), unknown=True), ["green", "black", "pot", "milk"]),
        (Condition("brand", "is known"), ["green", "black", "cup", "pot"]),
        (Condition("price", "between", (3, 4.5)), ["green", "black"]),
        (Condition("available", "is", False), ["milk"]),
        (Condition("item_id", "in", {"cup", "milk"}), ["cup", "milk"]),
        (Condition("attributes.origin.land", "is", "Japan"), ["green"]),
        (Condition("attributes.grams", "at least", 200), ["black"]),
        (Condition("attributes.fresh", "is", True), ["milk"]),
    ],
)
def test_conditions(condition: Condition, items: list[str]) -> None:
    assert listed(Rules(conditions=(condition,))) == items
    assert Condition.model_validate_json(condition.model_dump_json()) == condition


def test_what_a_customer_has_is_out_by_the_rule_or_else_as_the_recommender_says() -> None:
    had = history([0, 2], [10.0, 40.0])
    assert listed(Rules(), had=had, repeats=False) == ["black", "pot", "milk"]
    assert listed(Rules(owned="include"), had=had, repeats=False)[0] == "green"
    assert listed(Rules(owned="exclude"), 2, had) == ["black", "pot"]
    assert listed(Rules(owned=Again(after_days=30)), had=had) == ["black", "cup", "pot", "milk"]
    assert listed(Rules(owned=Again(after_days=40)), had=had) == ["black", "cup", "pot", "milk"]
    assert "1 had in the last 30 days" in picked(Rules(owned=Again(after_days=30)), had=had).reason(0)


def test_again_after_days_needs_times() -> None:
    with pytest.raises(ConfigurationError, match="no times"):
        listed(Rules(owned=Again(after_days=30)), had=history([0]))
    assert len(listed(Rules(owned=Again(after_days=30)))) == 5


def test_what_was_shown_often_enough_waits() -> None:
    seen = exposures(("ann", "green", 1), ("ann", "green", 6), ("ann", "black", 1), ("bob", "cup", 1), (None, "cup", 1))
    twice = Rules(frequency=(Frequency(at_most=2, days=7),))
    assert listed(twice, exposures=seen, as_of=AS_OF) == ["black", "cup", "pot", "milk"]
    assert len(listed(twice, exposures=seen, as_of=AS_OF - timedelta(days=1))) == 5
    assert picked(twice, exposures=seen, as_of=AS_OF).reason(0).endswith("1 shown 2 times in 7 days")


def test_lists_are_shorter_for_who_was_shown_much() -> None:
    seen = exposures(("ann", "green", 1), ("ann", "of another shop", 2))
    rules = Rules(frequency=(Frequency(at_most=4, days=7, of="any"),))
    assert listed(rules, exposures=seen, as_of=AS_OF) == ["green", "black"]
    assert picked(rules, exposures=seen, as_of=AS_OF).reason(0).endswith(": 3 beyond 4 items in 7 days")
    assert len(listed(rules, had=history([], customer="bob"), exposures=seen, as_of=AS_OF)) == 4


def test_of_two_limits_on_all_that_is_shown_the_stricter_counts() -> None:
    seen = exposures(("ann", "cup", 10))
    rules = Rules(frequency=(Frequency(at_most=4, days=30, of="any"), Frequency(at_most=2, days=7, of="any")))
    assert len(listed(rules, exposures=seen, as_of=AS_OF)) == 2


def test_rules_stay_ready_when_more_is_shown() -> None:
    ready = prepare(Rules(frequency=(Frequency(at_most=1, days=7),)), NAMES, exposures=exposures(), as_of=AS_OF)
    later = ready.after(exposures(("ann", "green", 1)), as_of=AS_OF)
    assert later.pick(SCORES, history([]), 1).places.tolist() == [[1]]
    assert later.after(exposures(), as_of=AS_OF).pick(SCORES, history([]), 1).places.tolist() == [[0]]


def test_a_shelf_serves_rules_of_each_request() -> None:
    shelf, usual = Shelf(NAMES, SHOP), (Frequency(at_most=1, days=7),)
    first = shelf.prepare(
        Rules(frequency=usual, caps=(Cap("brand"),)), exposures=exposures(("ann", "green", 1)), as_of=AS_OF
    )
    again = shelf.prepare(Rules(frequency=usual, caps=(Cap("brand"),), deny=("black",)), exposures=first.shown)
    found = [ready.pick(SCORES, history([]), 2).places.tolist() for ready in (first, again)]
    assert found == [[[1, 2]], [[2, 3]]]
    with pytest.raises(ConfigurationError, match="other rules on frequency"):
        shelf.prepare(Rules(frequency=(Frequency(at_most=2, days=7),)), exposures=first.shown)


def test_a_shelf_does_not_take_true_for_one() -> None:
    shelf = Shelf(NAMES, SHOP)
    shelf.prepare(Rules(conditions=(Condition("available", "is", True),)))
    with pytest.raises(SchemaError, match="cannot be compared with numbers"):
        shelf.prepare(Rules(conditions=(Condition("available", "is", 1),)))


def exposures(*rows: tuple[str | None, str, int]) -> pl.DataFrame:
    told = [(whose, what, AS_OF - timedelta(days=days)) for whose, what, days in rows]
    schema = {"customer_id": pl.String(), "item_id": pl.String(), "exposed_at": pl.Datetime("us", "UTC")}
    return pl.DataFrame(told, schema=schema, orient="row")


def test_caps_count_steps_of_a_path() -> None:
    assert listed(Rules(caps=(Cap("category", 1),))) == ["green", "black", "cup", "milk"]
    assert listed(Rules(caps=(Cap("category", 1, level=2),))) == ["green", "cup", "milk"]
    found = picked(Rules(caps=(Cap("category", 1, level=1), Cap("brand", 1))))
    assert NAMES.at(found.places[0][:2]).to_list() == ["green", "cup"]
    assert dict(found.reasons[0]) == {"beyond 1 of a brand": 2, "beyond 1 of a category (level 1)": 1}


def test_candidates_that_caps_use_up_are_followed_by_the_next_best() -> None:
    assert listed(Rules(caps=(Cap("category", 1, level=1),), candidates=1), 2) == ["green", "cup"]


def test_what_follows_the_candidates_is_worth_no_more_than_they_are_and_on_their_scale() -> None:
    rules = Rules(caps=(Cap("category", 1, level=1),), novelty=0.5, candidates=1)
    found = picked(rules, 2, popularity=[9, 8, 0, 0, 5])
    assert NAMES.at(found.places[0]).to_list() == ["green", "cup"]
    assert found.scores[0].tolist() == pytest.approx([0.5 * 0.9] * 2)
    found = picked(rules, 2, popularity=[9, 8, 9, 9, 5])
    assert found.scores[0].tolist() == pytest.approx([0.5 * 0.9, 0.5 * 0.5])


def after_two_candidates(rules: Rules, first: float = 11) -> tuple[list[int], list[float]]:
    """Return a list of two out of twelve items, of which the last are had by the fewest customers, and its scores."""
    names = Names(pl.Series([f"a{place}" for place in range(12)]))
    kinds = pl.DataFrame({"kind": ["x", "x", "x", *map(str, range(9))]})
    nobody = Histories(Names(pl.Series([""])), names, np.array([0, 0]), np.array([], np.int32), {}, np.array([-1]))
    ready = prepare(rules, names, kinds, popularity=np.arange(12)[::-1])
    found = ready.pick(first - np.arange(12, dtype=np.float32)[None, :], nobody, 2)
    return found.places[0].tolist(), found.scores[0].tolist()


def test_four_times_as_many_follow_of_those_that_may() -> None:
    rules = Rules(novelty=1, candidates=2)
    capped = rules.model_copy(update={"caps": (Cap("kind"),)})
    assert after_two_candidates(rules)[0] == [1, 0]
    # a0 and a1 are of one kind, and so is a2: a3 to a10 follow.
    assert after_two_candidates(capped)[0] == [1, 10]
    # What is denied is a candidate: a2 to a9 follow.
    assert after_two_candidates(rules.model_copy(update={"deny": ("a1",)}))[0] == [0, 9]
    # What is pinned is none any more: a2 to a4 and a6 to a10 follow.
    pinned = rules.model_copy(update={"deny": ("a0", "a1"), "pins": {"a5": 1}})
    assert after_two_candidates(pinned)[0] == [5, 10]


def test_what_follows_is_on_the_scale_of_the_first_candidates() -> None:
    rules = Rules(novelty=0.5, candidates=2, caps=(Cap("kind"),))
    places, scores = after_two_candidates(rules, -1)
    # On a scale of 2, a0 is worth (-1/2 + 0) / 2, a1 (-2/2 + .04) / 2, and of those that follow a3 most, with a novelty of .11.
    assert places == [0, 3]
    assert scores == pytest.approx([-0.5, -2 + 1 - np.log(9) / np.log(12)], abs=1e-6)


# ------------------------------------------------------------------------------------------------------- soft rules


def test_boosts_are_multiplied_and_never_push_an_item_down() -> None:
    own = Boost(conditions=(Condition("brand", "is", "own"),), factor=2)
    china = Boost(conditions=(Condition("category", "is", "China"),), factor=3)
    assert listed(Rules(boosts=(own, china))) == ["pot", "green", "black", "cup", "milk"]
    scores = np.array([[-4.0, -3.0, 0.0, -5.0, -6.0]], np.float32)
    found = prepare(Rules(boosts=(own, china)), NAMES, SHOP).pick(scores, history([]), 5)
    assert found.scores.tolist() == [[0.0, np.float32(-5 / 6), -1.5, -2.0, -6.0]]


def test_diversity_weighs_likeness_to_what_is_on_the_list() -> None:
    # Relevance 1, .889, .556, .444, .111; black tea shares 2 of 3 steps with green, milk 1 of 3, china none.
    # Halved: black .444 - .333 = .111, cup .278, pot .222, milk .056 - .167. After the cup the pot has .222 - .5.
    assert listed(Rules(diversity=0.5), 4) == ["green", "cup", "black", "milk"]
    found = picked(Rules(diversity=0.5), 3).scores[0] / 0.9
    assert found.tolist() == pytest.approx([0.5, 0.5 * 5 / 9, 0.5 * 8 / 9 - 0.5 * 2 / 3], abs=1e-6)


def test_likeness_may_be_given() -> None:
    def alike(places: Ints, others: Ints) -> Floats:
        return np.asarray(np.abs(places[:, None] - others[None, :]) < 3, np.float64)

    assert listed(Rules(diversity=1), 2, likeness=alike) == ["green", "pot"]


def test_margins_and_novelty_bring_items_forward() -> None:
    # Margins: green .556, black .333, cup .25, pot and milk the median .333.
    assert listed(Rules(margin=1)) == ["green", "black", "pot", "milk", "cup"]
    assert listed(Rules(margin=1, margin_unknown="none")) == ["green", "black", "cup", "pot", "milk"]
    assert listed(Rules(novelty=1), popularity=[9, 8, 3, 0, 5]) == ["pot", "cup", "milk", "black", "green"]


def test_only_candidates_are_brought_forward() -> None:
    assert listed(Rules(novelty=1, candidates=3), 3, popularity=[9, 8, 3, 0, 5]) == ["cup", "black", "green"]


def test_pins_have_their_place_and_the_score_of_what_they_stand_before() -> None:
    found = picked(Rules(pins={"milk": 1, "cup": 3, "pot": 9}), 4)
    assert NAMES.at(found.places[0]).to_list() == ["milk", "green", "cup", "black"]
    assert found.scores.tolist() == [[SCORES[0, 0], SCORES[0, 0], SCORES[0, 1], SCORES[0, 1]]]


def test_pins_move_up_on_a_list_that_is_too_short() -> None:
    assert listed(Rules(pins={"milk": 5}, allow=("milk", "pot"))) == ["pot", "milk"]


def test_pins_count_for_caps_before_all_else() -> None:
    assert listed(Rules(pins={"pot": 3, "cup": 1}, caps=(Cap("category", 1),)), 3) == ["cup", "green", "black"]
    assert listed(Rules(pins={"pot": 2, "cup": 3}, caps=(Cap("category", 1),)), 3) == ["green", "pot", "black"]


# ----------------------------------------------------------------------------------------------------------- telling


def test_a_shortfall_is_told_by_customer() -> None:
    found = picked(Rules(deny=("cup",), price=Price(high=4.5)), 5, history([1]), repeats=False)
    assert found.shortfall(pl.Series(["ann"])).rows() == [
        ("ann", 3, "2 of 5 items may be recommended: 1 on the deny list, 1 without a known price, 1 had already")
    ]
    assert picked(Rules(), 2).shortfall(pl.Series(["ann"])).height == 0


def test_fewer_items_than_asked_for_is_a_reason_of_its_own() -> None:
    assert picked(Rules(), 7).reason(0) == "5 of 5 items may be recommended"


def test_what_the_model_does_not_score_is_out() -> None:
    scores = np.array([[np.nan, -np.inf, 0.3, 0.2, 0.1]], np.float32)
    found = prepare(Rules(), NAMES).pick(scores, history([]), 5)
    assert found.places.tolist() == [[2, 3, 4, -1, -1]]
    assert dict(found.reasons[0]) == {"without a score": 2}


def test_no_items_make_empty_lists() -> None:
    none = Names(pl.Series([], dtype=pl.String))
    nobody = Histories(Names(pl.Series(["ann"])), none, np.array([0, 0]), np.array([], np.int32), {}, np.array([-1]))
    for rules in (Rules(), Rules(caps=(Cap("item_id"),), pins={"cup": 1})):
        found = prepare(rules, none).pick(np.zeros((1, 0), np.float32), nobody, 2)
        assert found.places.tolist() == [[-1, -1]]
        assert found.reason(0) == "0 of 0 items may be recommended"


def test_how_many_items_are_out_for_everybody() -> None:
    ready = prepare(Rules(deny=("cup",), in_stock=InStock()), NAMES, SHOP)
    assert ready.excluded() == {"on the deny list": 1, "out of stock": 2, "not known to be in stock": 1}


# ----------------------------------------------------------------------------------------------------------- refusing


@pytest.mark.parametrize(
    ("rules", "told"),
    [
        ({"novelty": 0.6, "margin": 0.6}, "more than 1"),
        ({"pins": {"cup": 1, "pot": 1}}, "one place"),
        ({"pins": {"cup": 0}}, "greater than or equal to 1"),
        ({"diversity": 1.5}, "less than or equal to 1"),
        ({"price": {"low": 3, "high": 2}}, "above the highest"),
        ({"price": {}}, "lowest price, a highest, or both"),
        ({"boosts": [{"conditions": [], "factor": 2}]}, "at least 1 item"),
        ({"conditions": [{"column": "brand", "op": "in", "value": "own"}]}, "values of one kind"),
        ({"conditions": [{"column": "brand", "op": "in", "value": ["own", 1]}]}, "values of one kind"),
        ({"conditions": [{"column": "price", "op": "between", "value": [2, 1]}]}, "the lower first"),
        ({"conditions": [{"column": "brand", "op": "is known", "unknown": True}]}, "true of every item"),
    ],
)
def test_rules_that_cannot_be_meant_are_refused(rules: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        Rules.model_validate(rules)


def test_what_rules_look_at_is_asked_for() -> None:
    with pytest.raises(ConfigurationError, match="catalogue_at"):
        prepare(Rules(in_stock=InStock()), NAMES)
    with pytest.raises(ConfigurationError, match="`popularity`"):
        prepare(Rules(novelty=0.1), NAMES, SHOP)
    with pytest.raises(ConfigurationError, match="`exposures` and `as_of`"):
        prepare(Rules(frequency=(Frequency(at_most=1, days=1),)), NAMES)
    with pytest.raises(ConfigurationError, match="for each of 5 items"):
        prepare(Rules(novelty=0.1), NAMES, SHOP, popularity=[1, 2])


def test_a_catalogue_of_other_items_is_refused() -> None:
    with pytest.raises(SchemaError, match="4 rows for 5 items"):
        prepare(Rules(), NAMES, SHOP.head(4))
    with pytest.raises(SchemaError, match="order of the items"):
        prepare(Rules(), NAMES, SHOP.reverse())
    with pytest.raises(SchemaError, match="no column 'colour'"):
        prepare(Rules(caps=(Cap("colour"),)), NAMES, SHOP)
    with pytest.raises(SchemaError, match="'brand' of the catalogue holds Boolean"):
        prepare(Rules(conditions=(Condition("brand", "is", "own"),)), NAMES, SHOP.with_columns(brand=True))
    with pytest.raises(SchemaError, match="neither 'available' nor 'stock'"):
        prepare(Rules(in_stock=InStock()), NAMES, SHOP.drop("available", "stock"))


def test_scores_of_other_items_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="prepared for 5 items; scores are 1 x 4"):
        prepare(Rules(), NAMES).pick(SCORES[:, :4], history([]), 1)
    with pytest.raises(ConfigurationError, match="n is 0"):
        prepare(Rules(), NAMES).pick(SCORES, history([]), 0)


def test_rules_say_which_tables_they_look_at() -> None:
    assert Rules(allow=("cup",), conditions=(Condition("item_id", "is", "cup"),)).needs == ()
    assert Rules(diversity=0.1, frequency=(Frequency(at_most=1, days=1),)).needs == ("items", "exposures")
