"""What recommenders that read the catalogue promise of items that are told of, of twins, and of what nothing is told."""

import unicodedata
from datetime import UTC, datetime
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from unified_customer.core.errors import ConfigurationError
from unified_customer.methods.learning import characters, fit_ridge, fit_terms, plain, words
from unified_customer.recommendations import load_recommender, save_recommender
from unified_customer.recommendations.content import (
    Content,
    WithContent,
    for_page,
    for_preferences,
    learned_bridge,
    stated,
    with_catalogue,
)
from unified_customer.recommendations.content.bridge import LEAST
from unified_customer.recommendations.models.collaborative import ALS, EASE, GraphFilter, Neighbours, Popularity

AT = datetime(2026, 3, 1, tzinfo=UTC)
COLUMNS = ("name", "description", "category", "brand", "price", "attributes")
TOLERANCE = 1e-4

texts = st.sampled_from(("green tea", "black tea", "tea pot", "Crème brûlée", "cup", "緑茶セット", None))
rows = st.tuples(
    texts,
    st.sampled_from(("a fine thing", "for two", None)),
    st.sampled_from(("Home > Kitchen", "Home > Kitchen > Pots", "Food", None)),
    st.sampled_from(("Acme", "Müller", None)),
    st.sampled_from((1.0, 2.5, 9.0, None)),
    st.sampled_from(('{"colour": "red"}', '{"colour": ["red", "blue"], "size": 3}', None)),
)
catalogues = st.lists(rows, min_size=3, max_size=8)
pairs = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 7)), min_size=3, max_size=20, unique=True)
specs = st.builds(
    Content,
    repeats=st.just(True),
    counts=st.sampled_from(("once", "weight")),
    directions=st.sampled_from((None, 3, 50)),
    weights=st.sampled_from(({}, {"characters": 0.0}, {"words": 2.0, "price": 1.0})),
)
plain_specs = specs.filter(lambda spec: spec.directions is None)
anything = st.text(max_size=12)


def catalogue(told: list[Any], *, first: str = "i") -> pl.DataFrame:
    named = [(f"{first}{place}", *row) for place, row in enumerate(told)]
    return pl.DataFrame(
        named, schema={"item_id": pl.String} | dict.fromkeys(COLUMNS, pl.String) | {"price": pl.Float64}, orient="row"
    )


def acts(had: list[tuple[int, int]], items: int, *, first: str = "i") -> pl.DataFrame:
    told = [(f"c{customer}", f"{first}{item % items}") for customer, item in had]
    return pl.DataFrame(told, schema=["customer_id", "item_id"], orient="row")


def fitted(spec: Any, interactions: pl.DataFrame, items: pl.DataFrame) -> Any:
    """Fit on a catalogue, or leave the example out where it tells nothing."""
    try:
        return spec.fit({"interactions": interactions, "items": items}, as_of=AT)
    except ConfigurationError:
        assume(False)


def scores(model: Any) -> dict[tuple[str, str], float]:
    found = model.scorer.scores(model.histories)
    return {
        (who, what): float(found[row, column])
        for row, who in enumerate(model.customers)
        for column, what in enumerate(model.items)
    }


def close(one: dict[Any, float], other: dict[Any, float]) -> bool:
    return one.keys() == other.keys() and all(abs(one[key] - other[key]) < TOLERANCE for key in one)


# ---------------------------------------------------------------------------------------------------------------- texts


@given(anything)
def test_a_text_that_is_plain_stays_as_it_is(text: str) -> None:
    assert plain(plain(text)) == plain(text)


@given(anything)
def test_it_does_not_matter_how_an_accent_is_written(text: str) -> None:
    assert words(unicodedata.normalize("NFD", text)) == words(unicodedata.normalize("NFC", text))


@given(anything)
def test_no_term_is_empty_or_longer_than_its_line(text: str) -> None:
    assert all(term and "\n" not in term for term in [*words(text), *characters(text)])


@given(
    st.lists(st.lists(st.sampled_from("abcd"), max_size=4), min_size=1, max_size=6), st.randoms(use_true_random=False)
)
def test_terms_do_not_depend_on_the_order_of_documents(documents: list[list[str]], chance: Any) -> None:
    shuffled = list(documents)
    chance.shuffle(shuffled)
    one, other = fit_terms(documents), fit_terms(shuffled)
    assert one.listed == other.listed
    assert np.array_equal(one.weights, other.weights)


@given(st.lists(st.lists(st.sampled_from("abcd"), max_size=4), min_size=1, max_size=6))
def test_a_rarer_term_weighs_more(documents: list[list[str]]) -> None:
    terms = fit_terms(documents)
    within = [sum(term in document for document in documents) for term in terms.listed]
    order = np.argsort(within, kind="stable")
    assert (np.diff(terms.weights[order]) <= 0).all()


# ---------------------------------------------------------------------------------------------------------------- ridge


@given(st.integers(0, 99), st.integers(4, 12))
def test_a_regression_does_not_depend_on_the_order_of_rows(seed: int, size: int) -> None:
    chance = np.random.default_rng(seed)
    points, targets = chance.normal(size=(size, 2)), chance.normal(size=(size, 3))
    order = chance.permutation(size)
    said: dict[str, Any] = {"amounts": np.ones(size), "strengths": (0.1, 1.0, 10.0), "folds": 3, "seed": 0}
    one, other = fit_ridge(points, targets, **said), fit_ridge(points[order], targets[order], **said)
    assert one.strength == other.strength
    assert np.allclose(one.held_out[order], other.held_out)


@given(st.integers(0, 99))
def test_the_strength_is_the_one_that_tells_rows_held_out_best(seed: int) -> None:
    chance = np.random.default_rng(seed)
    points, targets = chance.normal(size=(12, 2)), chance.normal(size=(12, 2))
    said: dict[str, Any] = {"amounts": np.ones(12), "folds": 4, "seed": 0}
    each = [fit_ridge(points, targets, strengths=(strength,), **said).r2 or 0 for strength in (0.1, 1.0, 10.0)]
    assert fit_ridge(points, targets, strengths=(0.1, 1.0, 10.0), **said).r2 == pytest.approx(max(each))


# -------------------------------------------------------------------------------------------------------------- content


@given(specs, catalogues, pairs)
def test_an_item_is_most_like_itself(spec: Content, told: list[Any], had: list[Any]) -> None:
    model = fitted(spec, acts(had, len(told)), catalogue(told))
    alike = model.scorer.similar(np.arange(len(model.items)))
    assert (alike.max(axis=1) <= np.diag(alike) + TOLERANCE).all()
    assert np.allclose(np.diag(alike), model.scorer.told, atol=TOLERANCE)


@given(plain_specs, catalogues, pairs)
def test_equal_content_has_equal_scores_whoever_touched_it(spec: Content, told: list[Any], had: list[Any]) -> None:
    # Nobody touches those behind the first half: they are all twins of those that are touched.
    twice = catalogue([*told, *told])
    found = scores(fitted(spec, acts(had, len(told)), twice))
    for (who, what), score in found.items():
        twin = f"i{(int(what[1:]) + len(told)) % (2 * len(told))}"
        assert found[who, twin] == score


@given(plain_specs, catalogues, pairs)
def test_content_without_anything_has_the_score_0_and_is_told(spec: Content, told: list[Any], had: list[Any]) -> None:
    model = fitted(spec, acts(had, len(told)), catalogue([*told, (None,) * len(COLUMNS)]))
    nothing = int(model.histories.items.places([f"i{len(told)}"])[0])
    assert not model.scorer.told[nothing]
    assert (model.scorer.scores(model.histories)[:, nothing] == 0).all()


@given(specs, pairs)
def test_a_catalogue_that_tells_nothing_at_all_is_refused(spec: Content, had: list[Any]) -> None:
    training = spec.training({"interactions": acts(had, 3)}, as_of=AT)
    with pytest.raises(ConfigurationError, match="tells nothing"):
        spec.learn(training)


@given(specs, catalogues, pairs)
def test_scores_are_cosines(spec: Content, told: list[Any], had: list[Any]) -> None:
    found = np.array(list(scores(fitted(spec, acts(had, len(told)), catalogue(told))).values()))
    assert (np.abs(found) <= 1 + TOLERANCE).all()


@given(specs, catalogues, pairs)
def test_what_items_add_makes_the_score(spec: Content, told: list[Any], had: list[Any]) -> None:
    model = fitted(spec, acts(had, len(told)), catalogue(told))
    one = model.histories.taken(np.array([0]))
    parts = [model.scorer.evidence(one, place).sum() for place in range(len(model.items))]
    assert np.allclose(parts, model.scorer.scores(one)[0], atol=TOLERANCE)


@given(plain_specs, catalogues, pairs, st.randoms(use_true_random=False))
def test_names_of_items_and_the_order_of_rows_do_not_matter(
    spec: Content, told: list[Any], had: list[Any], chance: Any
) -> None:
    numbers = list(range(len(told)))
    chance.shuffle(numbers)
    renamed = [f"n{number}" for number in numbers]
    items, others = (
        catalogue(told),
        catalogue(told).with_columns(item_id=pl.Series(renamed)).sample(fraction=1, shuffle=True, seed=1),
    )
    one = fitted(spec, acts(had, len(told)), items)
    rows = acts(had, len(told)).with_columns(
        pl.col("item_id").replace_strict(dict(zip(items["item_id"], renamed, strict=True)))
    )
    other = fitted(spec, rows.reverse(), others)
    back = dict(zip(renamed, items["item_id"], strict=True))
    assert close(scores(one), {(who, back[what]): score for (who, what), score in scores(other).items()})


@given(specs, catalogues, pairs)
def test_another_customer_changes_nobodys_scores(spec: Content, told: list[Any], had: list[Any]) -> None:
    one = scores(fitted(spec, acts(had, len(told)), catalogue(told)))
    more = pl.concat([acts(had, len(told)), pl.DataFrame({"customer_id": ["x"], "item_id": ["i0"]})])
    other = scores(fitted(spec, more, catalogue(told)))
    assert close(one, {pair: score for pair, score in other.items() if pair[0] != "x"})


@given(catalogues, pairs)
def test_items_that_are_read_later_change_no_score_of_others(told: list[Any], had: list[Any]) -> None:
    model = fitted(Content(repeats=True), acts(had, len(told)), catalogue(told))
    vectors = model.scorer.reading.of(model.catalogue)
    later = model.scorer.reading.of(pl.concat([model.catalogue, catalogue([("new tea", *(None,) * 5)], first="x")]))
    assert np.array_equal(later[: len(model.items)].toarray(), vectors.toarray())


@given(catalogues, pairs)
def test_an_unrelated_item_reorders_no_others_by_one_kind_of_equal_rarity(told: list[Any], had: list[Any]) -> None:
    # Where every brand is as rare as every other one, what is further in the catalogue moves all of them alike.
    branded = [(None, None, None, f"brand {place}", None, None) for place in range(len(told))]
    one = scores(fitted(Content(repeats=True), acts(had, len(told)), catalogue(branded)))
    other = scores(
        fitted(
            Content(repeats=True), acts(had, len(told)), catalogue([*branded, (None, None, "Far", None, None, None)])
        )
    )
    assert close(one, {pair: other[pair] for pair in one})


def kept(model: Any) -> Any:
    """Return the model as it is read from a folder."""
    with TemporaryDirectory() as place:
        save_recommender(model, f"{place}/model")
        return load_recommender(f"{place}/model").scorer


@given(specs, catalogues, pairs)
def test_what_is_read_from_a_folder_scores_and_reads_alike(spec: Content, told: list[Any], had: list[Any]) -> None:
    model = fitted(spec, acts(had, len(told)), catalogue(told))
    again = kept(model)
    assert np.array_equal(again.scores(model.histories), model.scorer.scores(model.histories))
    read = [each.reading.of(model.catalogue).toarray() for each in (again, model.scorer)]
    assert np.array_equal(*read)


@given(st.lists(anything, min_size=1, max_size=6))
def test_terms_of_any_text_that_are_read_from_a_folder_give_equal_vectors(names: list[str]) -> None:
    items = catalogue([(name, *[None] * 5) for name in names])
    model = fitted(Content(repeats=True), acts([(0, 0)], len(names)), items)
    read = [each.reading.of(model.catalogue).toarray() for each in (kept(model), model.scorer)]
    assert np.array_equal(*read)


# --------------------------------------------------------------------------------------------------------------- bridge


def planted(seed: int, *, items: int = 40, columns: int = 4, noise: float = 0.05) -> tuple[Any, Any, Any]:
    chance = np.random.default_rng(seed)
    content = chance.normal(size=(items, columns))
    vectors = content @ chance.normal(size=(columns, 3)) + noise * chance.normal(size=(items, 3))
    return content, vectors, chance.integers(1, 50, size=items)


@given(st.integers(0, 999))
def test_vectors_that_follow_from_content_are_told_of_items_held_out(seed: int) -> None:
    evidence = learned_bridge(*planted(seed)).evidence
    assert (evidence.r2 or 0) > 0.9
    assert (evidence.neighbours or 0) > (evidence.by_chance or 1)


@given(st.integers(0, 999))
def test_where_content_says_nothing_nothing_is_given(seed: int) -> None:
    content, vectors, customers = planted(seed, noise=0)
    bridge = learned_bridge(content, np.ones_like(vectors), customers)
    assert not bridge.evidence.says
    assert not bridge.predicted(content).any()
    assert not bridge.share(np.array([0, 5])).any()


@given(st.integers(0, 999))
def test_content_is_believed_exactly_where_it_tells_more_than_the_mean_does(seed: int) -> None:
    chance = np.random.default_rng(seed)
    content, _, customers = planted(seed)
    bridge = learned_bridge(content, chance.normal(size=(40, 3)), customers)
    assert bool(bridge.predicted(content).any()) == ((bridge.evidence.r2 or 0) > LEAST)


@given(st.integers(0, 999), st.none() | st.floats(0, 100))
def test_the_more_customers_the_less_comes_from_content(seed: int, trust: float | None) -> None:
    bridge = learned_bridge(*planted(seed), trust=trust)
    share = bridge.share(np.arange(200))
    assert share[0] == 1
    assert (np.diff(share) <= 0).all()
    assert (share >= 0).all()


@given(st.integers(0, 999))
def test_a_bridge_does_not_depend_on_the_order_of_items(seed: int) -> None:
    content, vectors, customers = planted(seed)
    order = np.random.default_rng(seed).permutation(len(content))
    one, other = (
        learned_bridge(content, vectors, customers),
        learned_bridge(content[order], vectors[order], customers[order]),
    )
    assert np.allclose(one.predicted(content), other.predicted(content))
    assert one.learning.of(np.arange(60)) == pytest.approx(other.learning.of(np.arange(60)))


bases = st.sampled_from((
    ALS(repeats=True, factors=3, threads=1), EASE(repeats=True, regularization=50), Neighbours(repeats=True), GraphFilter(repeats=True, directions=2),
))  # fmt: skip


def crowd(seed: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return what people do who like either tea or tools, and a catalogue with one more thing of each, and one untold."""
    chance = np.random.default_rng(seed)
    had = [(f"c{who}", f"{who % 2}-{thing}") for who in range(24) for thing in chance.choice(8, 4, replace=False)]
    names = [(f"{kind}-{thing}", f"{('tea', 'hammer')[kind]} {thing}") for kind in (0, 1) for thing in range(9)]
    items = pl.DataFrame([*names, ("untold", None)], schema=["item_id", "name"], orient="row")
    return pl.DataFrame(had, schema=["customer_id", "item_id"], orient="row"), items


@given(bases, st.integers(0, 999))
def test_what_nobody_touched_goes_to_who_likes_its_kind(base: Any, seed: int) -> None:
    found = scores(fitted(WithContent(repeats=True, model=base), *crowd(seed)))
    assert all(found[f"c{who}", f"{who % 2}-8"] > found[f"c{who}", f"{1 - who % 2}-8"] for who in range(24))


@given(bases, st.integers(0, 999))
def test_what_nobody_touched_and_nobody_tells_of_has_the_score_0(base: Any, seed: int) -> None:
    found = scores(fitted(WithContent(repeats=True, model=base), *crowd(seed)))
    assert all(found[f"c{who}", "untold"] == 0 for who in range(24))


@given(bases, st.integers(0, 999))
def test_what_items_add_makes_the_score_of_new_items_too(base: Any, seed: int) -> None:
    model = fitted(WithContent(repeats=True, model=base), *crowd(seed))
    one = model.histories.taken(np.array([0]))
    new = int(model.histories.items.places(["0-8"])[0])
    assert model.scorer.evidence(one, new).sum() == pytest.approx(model.scorer.scores(one)[0, new], rel=1e-3)


def test_a_model_without_vectors_cannot_be_told_of_new_items() -> None:
    with pytest.raises(ConfigurationError, match="no vectors"):
        WithContent(repeats=True, model=Popularity(repeats=True)).learn(
            with_catalogue(Popularity(repeats=True).training({"interactions": crowd(0)[0]}, as_of=AT), crowd(0)[1])
        )


# ---------------------------------------------------------------------------------------------------------- preferences


@given(catalogues, pairs, st.data())
def test_who_names_an_item_gets_what_is_like_it(told: list[Any], had: list[Any], data: st.DataObject) -> None:
    model = fitted(Content(repeats=True), acts(had, len(told)), catalogue(told))
    place = data.draw(st.sampled_from(np.flatnonzero(model.scorer.told).tolist()))
    lists, said = for_preferences(model, pl.DataFrame({"customer_id": ["new"], "preference": [model.items[place]]}))
    assert said.table["read_as"].to_list() == ["item"]
    assert lists.table["score"][0] == pytest.approx(1, abs=TOLERANCE)
    alike = np.sort(model.scorer.similar(np.array([place]))[0])[::-1]
    assert lists.table["score"].to_list() == pytest.approx(alike[:10], abs=TOLERANCE)


@given(plain_specs, catalogues, pairs, st.lists(st.tuples(st.sampled_from("ab"), anything), min_size=1, max_size=5))
def test_each_preference_is_understood_or_told(spec: Content, told: list[Any], had: list[Any], said: list[Any]) -> None:
    model = fitted(spec, acts(had, len(told)), catalogue(told))
    frame = pl.DataFrame(said, schema=["customer_id", "preference"], orient="row")
    found = stated(frame, model.scorer, model.catalogue)
    assert found.table.height == frame.height
    assert found.unknown.height == found.table["read_as"].null_count()
    silent = set(found.customers) - set(found.table.drop_nulls("read_as")["customer_id"])
    profiles = dict(zip(found.customers, model.scorer.of_vectors(found.vectors), strict=True))
    assert all((profiles[who] == 0).all() for who in silent)


@given(plain_specs, catalogues, pairs)
def test_to_dislike_is_the_opposite_of_to_like(spec: Content, told: list[Any], had: list[Any]) -> None:
    model = fitted(spec, acts(had, len(told)), catalogue(told))
    frame = pl.DataFrame({"customer_id": ["a", "b"], "preference": ["green tea"] * 2, "weight": [1.0, -1.0]})
    likes, dislikes = model.scorer.of_vectors(stated(frame, model.scorer, model.catalogue).vectors)
    assert np.array_equal(likes, -dislikes)


@given(catalogues, pairs, texts.filter(bool))
def test_a_page_is_scored_as_an_item_with_its_content_would_be(told: list[Any], had: list[Any], text: str) -> None:
    twin = (text, *(None,) * (len(COLUMNS) - 1))
    model = fitted(Content(repeats=True), acts(had, len(told)), catalogue([*told, twin]))
    own = int(model.histories.items.places([f"i{len(told)}"])[0])
    found = for_page(model, text=text, n=99).table
    places = model.histories.items.places(found["item_id"])
    assert found["customer_id"].null_count() == found.height
    assert np.allclose(found["score"], model.scorer.similar(np.array([own]))[0][places], atol=TOLERANCE)
