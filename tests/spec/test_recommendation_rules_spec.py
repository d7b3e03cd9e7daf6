"""Rules of a request: hard ones always hold, soft ones order what is left, and a short list says why it is short."""

import random
from dataclasses import replace
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tests.recommendations.rule_oracle import Replay, caps_hold, margins
from unified_customer.recommendations.rules import Again, Condition, Picked, Rules
from unified_customer.recommendations.serving.best import best
from unified_customer.testing.rule_strategies import AS_OF, FIXED, HARD, ON_LISTS, SOFT, Shop, rules, shops

lengths = st.integers(1, 6)
long_lists = st.integers(4, 8)
wide_shops = shops(min_items=8)
weighed = rules(ON_LISTS, SOFT, always=("alike_by", "caps", "diversity", "margin", "margin_unknown"))
one_by_one = st.sampled_from(({"pins": {"nothing of this shop": 1}}, {}))


def picked(shop: Shop, asked: Rules, n: int) -> Picked:
    return shop.ready(asked).pick(shop.matrix, shop.histories, n)


def changed(asked: Rules, **what: Any) -> Rules:
    return Rules.model_validate(asked.model_dump() | what)


def others(shop: Shop, asked: Rules, row: int, n: int) -> tuple[Replay, list[int], list[float]]:
    """Return a replay of one list, and what of it is not pinned."""
    found = picked(shop, asked, n)
    replay = Replay(asked, shop, row, n)
    kept = [
        (int(place), float(score))
        for place, score in zip(found.places[row], found.scores[row], strict=True)
        if place >= 0 and place not in replay.pinned
    ]
    return replay, [place for place, _ in kept], [score for _, score in kept]


# ------------------------------------------------------------------------------------------------ beside the oracle


@given(wide_shops, rules(), lengths)
def test_each_item_is_one_that_is_worth_most_of_what_may_follow_and_a_short_list_cannot_be_longer(
    shop: Shop, asked: Rules, n: int
) -> None:
    for row in range(len(shop.scores)):
        replay, places, _ = others(shop, asked, row, n)
        assert all(worth >= most - 1e-9 for worth, most in replay.steps(places))


@given(wide_shops, rules(ON_LISTS, SOFT, FIXED, always=("candidates", "diversity")), lengths)
def test_scores_are_what_items_are_worth_and_never_more_than_the_one_before(shop: Shop, asked: Rules, n: int) -> None:
    for row in range(len(shop.scores)):
        replay, places, scores = others(shop, asked, row, n)
        worth = np.minimum.accumulate([worth for worth, _ in replay.steps(places)])
        np.testing.assert_allclose(scores, worth, atol=1e-4)


@given(wide_shops, rules(always=("pins",)), lengths)
def test_what_is_pinned_has_its_place_unless_the_list_is_too_short_for_it(shop: Shop, asked: Rules, n: int) -> None:
    found = picked(shop, asked, n)
    for row, places in enumerate(found.places.tolist()):
        held = Replay(asked, shop, row, n).pinned
        wanted = [asked.pins[shop.items[place]["item_id"]] - 1 for place in held]
        last = int(found.found[row]) - len(held)
        assert [places.index(place) for place in held] == [min(at, last + k) for k, at in enumerate(wanted)]


# ------------------------------------------------------------------------------------------------------- hard rules


@given(wide_shops, rules(HARD, always=("owned", "frequency"), most=1))
def test_on_a_list_of_all_items_is_all_that_no_hard_rule_takes_out(shop: Shop, asked: Rules) -> None:
    size = len(shop.items)
    for row, places in enumerate(picked(shop, asked, size).places.tolist()):
        replay = Replay(asked, shop, row, size)
        ranked = [place for place in replay.ranked if place in replay.allowed]
        assert [place for place in places if place >= 0] == ranked[: replay.room]


@given(shops(), rules(), lengths)
def test_items_of_a_list_are_distinct_and_what_is_missing_is_at_its_end(shop: Shop, asked: Rules, n: int) -> None:
    for places in picked(shop, asked, n).places:
        kept = places[places >= 0]
        assert len(set(kept.tolist())) == len(kept)
        assert (places[: len(kept)] >= 0).all()


@given(shops(), rules(), lengths)
def test_a_list_is_as_long_as_asked_or_says_why_with_counts_that_add_up_to_all_items(
    shop: Shop, asked: Rules, n: int
) -> None:
    found = picked(shop, asked, n)
    assert found.places.shape == (len(shop.scores), n)
    assert set(found.reasons) == set(np.flatnonzero(found.found < n).tolist())
    for row, counts in found.reasons.items():
        assert sum(counts.values()) + found.found[row] == len(shop.items)


@given(shops(), rules(), lengths)
def test_what_is_denied_is_on_no_list_whatever_else_is_asked(shop: Shop, asked: Rules, n: int) -> None:
    denied = {shop.items[place]["item_id"] for place in range(0, len(shop.items), 2)}
    asked = changed(asked, deny=tuple(denied), allow=None, pins={"i0": 1})
    assert not denied & {item for items in shop.lists(asked, n) for item in items}


@given(wide_shops, rules(ON_LISTS, SOFT, FIXED, always=("caps", "pins")), long_lists)
def test_caps_hold(shop: Shop, asked: Rules, n: int) -> None:
    for places in picked(shop, asked, n).places:
        assert caps_hold(asked, [shop.items[place] for place in places if place >= 0])


@given(wide_shops, rules(ON_LISTS, SOFT, FIXED, always=("candidates", "novelty")), lengths)
def test_to_deny_what_is_not_on_a_list_changes_nothing(shop: Shop, asked: Rules, n: int) -> None:
    shop = replace(
        shop, scores=shop.scores[:1], had=shop.had[:1], seen=tuple(each for each in shop.seen if not each[0])
    )
    before = picked(shop, asked, n)
    absent = tuple(item["item_id"] for place, item in enumerate(shop.items) if place not in before.places)
    after = picked(shop, changed(asked, deny=asked.deny + absent[::2]), n)
    assert np.array_equal(after.places, before.places)
    assert np.array_equal(after.scores, before.scores)


@given(shops(), st.floats(0, 30), st.floats(0, 30))
def test_what_may_be_recommended_after_many_days_may_be_after_few(shop: Shop, one: float, other: float) -> None:
    few, many = (Rules(owned=Again(after_days=days)) for days in sorted((one, other)))
    size = len(shop.items)
    for soon, late in zip(shop.lists(few, size), shop.lists(many, size), strict=True):
        assert set(late) <= set(soon)


# ------------------------------------------------------------------------------------------------------- soft rules


@given(wide_shops, rules(ON_LISTS, SOFT, FIXED, always=("candidates", "caps", "novelty")), long_lists)
def test_scores_fall(shop: Shop, asked: Rules, n: int) -> None:
    for scores in picked(shop, asked, n).scores:
        assert not np.isnan(scores).any()
        assert (np.maximum(scores[:-1], -1e30) >= np.maximum(scores[1:], -1e30)).all()


@given(shops(), rules({name: HARD[name] for name in HARD if name != "frequency"}), lengths, one_by_one)
def test_without_soft_rules_a_list_is_that_of_the_highest_scores(
    shop: Shop, asked: Rules, n: int, more: dict[str, Any]
) -> None:
    tied = replace(shop, scores=tuple(tuple(score // 3 for score in row) for row in shop.scores))
    found = picked(tied, changed(asked, **more), n)
    allowed = np.zeros(tied.matrix.shape, np.bool_)
    for row in range(len(tied.scores)):
        allowed[row, Replay(asked, tied, row, n).allowed] = True
    plain = best(tied.matrix, n, allowed)
    assert np.array_equal(found.places[:, : plain.shape[1]], plain)
    kept = plain >= 0
    assert np.array_equal(found.scores[:, : plain.shape[1]][kept], tied.matrix[np.nonzero(kept)[0], plain[kept]])


@given(shops(), lengths)
def test_with_all_the_weight_on_diversity_no_category_comes_again_while_another_is_left(shop: Shop, n: int) -> None:
    asked = Rules(diversity=1, conditions=(Condition("category"),))
    categories = [item["category"] for item in shop.items if item["category"] is not None]
    for items in shop.lists(asked, n):
        told = [shop.items[int(item[1:])]["category"] for item in items]
        assert len(set(told)) == min(len(told), len(set(categories)))


@given(shops(min_items=2), rules(HARD), st.sampled_from((0.1, 1.0)))
def test_of_items_with_the_same_score_the_one_with_the_higher_margin_comes_first(
    shop: Shop, asked: Rules, weight: float
) -> None:
    tied = replace(shop, scores=tuple((1.0,) * len(shop.items) for _ in shop.scores))
    asked = changed(asked, margin=weight)
    told = margins(asked, tied)
    for places in picked(tied, asked, len(tied.items)).places.tolist():
        found = [told[place] for place in places if place >= 0]
        assert found == sorted(found, reverse=True)


@given(shops(min_items=2), st.sampled_from((0.1, 1.0)))
def test_of_items_with_the_same_score_the_one_that_fewer_customers_have_comes_first(shop: Shop, weight: float) -> None:
    tied = replace(shop, scores=tuple((1.0,) * len(shop.items) for _ in shop.scores))
    for places in picked(tied, Rules(novelty=weight), len(tied.items)).places.tolist():
        found = [tied.popularity[place] for place in places]
        assert found == sorted(found)


# ------------------------------------------------------------------------------------------------------------ order


@given(shops(), rules(), lengths, st.randoms(use_true_random=False))
def test_the_order_of_items_and_what_they_are_called_does_not_matter(
    shop: Shop, asked: Rules, n: int, chance: random.Random
) -> None:
    order = list(range(len(shop.items)))
    chance.shuffle(order)
    other = shop.permuted(order)
    found = shop.ready(asked).pick(shop.matrix, shop.histories, n)
    again = other.ready(asked).pick(other.matrix, other.histories, n)
    back = np.array([*order, -1])
    assert np.array_equal(back[again.places], found.places)
    assert np.array_equal(again.scores, found.scores)
    assert again.reasons == found.reasons


@given(shops(), rules(), lengths)
def test_customers_do_not_matter_to_each_other(shop: Shop, asked: Rules, n: int) -> None:
    whole = picked(shop, asked, n)
    prepared = shop.ready(asked)
    for row in range(len(shop.scores)):
        alone = prepared.pick(shop.matrix[[row]], shop.histories.taken(np.array([row])), n)
        assert np.array_equal(alone.places[0], whole.places[row])
        assert alone.reasons.get(0) == whole.reasons.get(row)


@given(wide_shops, weighed, weighed, long_lists)
def test_rules_that_were_made_ready_before_do_not_matter(shop: Shop, earlier: Rules, asked: Rules, n: int) -> None:
    shelf = shop.shelf
    shelf.prepare(earlier, exposures=shop.exposures, as_of=AS_OF)
    found = shelf.prepare(asked, exposures=shop.exposures, as_of=AS_OF).pick(shop.matrix, shop.histories, n)
    assert np.array_equal(found.places, picked(shop, asked, n).places)


@given(rules(), st.randoms(use_true_random=False))
def test_the_order_in_which_rules_are_given_does_not_matter(asked: Rules, chance: random.Random) -> None:
    told = asked.model_dump()
    for name, given_ in told.items():
        if isinstance(given_, tuple):
            told[name] = chance.sample([*given_, *given_], 2 * len(given_))
    assert Rules.model_validate(told) == asked
    assert Rules.model_validate(told).to_json() == asked.to_json()


@given(rules())
def test_rules_are_the_same_once_they_were_json(asked: Rules) -> None:
    again = Rules.from_json(asked.to_json())
    assert again == asked
    assert again.to_json() == asked.to_json()


@given(shops(), rules(), lengths)
def test_scores_and_histories_are_left_as_they_are(shop: Shop, asked: Rules, n: int) -> None:
    scores = shop.matrix
    shop.ready(asked).pick(scores, shop.histories, n)
    assert np.array_equal(scores, shop.matrix)
