"""Content of items, worked out by hand."""

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest
from pydantic import ValidationError

from unified_customer.core.errors import ConfigurationError, SchemaError
from unified_customer.methods.learning import fit_ridge, fit_terms, plain, words
from unified_customer.recommendations.content import (
    Content,
    WithContent,
    fit_content,
    for_page,
    for_preferences,
    learned_bridge,
    preferences_of,
    stated,
    with_catalogue,
)
from unified_customer.recommendations.content.prices import fit_bands
from unified_customer.recommendations.content.telling import told_of
from unified_customer.recommendations.models.collaborative import ALS, EASE

AT = datetime(2026, 3, 1, tzinfo=UTC)
SHOP = pl.DataFrame(
    [
        ("sencha", "Sencha green tea", "Tea > Green", "Hoji", 9.0, '{"organic": true}'),
        ("gyokuro", "Gyokuro green tea", "Tea > Green", "Hoji", 20.0, None),
        ("assam", "Assam black tea", "Tea > Black", "Chai & Co", 8.0, '{"organic": true}'),
        ("kettle", "Iron kettle", "Home > Kitchen", "Nambu", 60.0, None),
        ("hammer", "Hammer", "Home > Tools", None, 15.0, None),
        ("riddle", None, None, None, None, None),
    ],
    schema=["item_id", "name", "category", "brand", "price", "attributes"],
    orient="row",
)
BOUGHT = pl.DataFrame(
    [("ann", "sencha"), ("bob", "hammer"), ("bob", "kettle"), ("cid", "riddle")],
    schema=["customer_id", "item_id"],
    orient="row",
)


def fitted(spec: Any, interactions: pl.DataFrame = BOUGHT, items: pl.DataFrame = SHOP) -> Any:
    return spec.fit({"interactions": interactions, "items": items}, as_of=AT)


# ---------------------------------------------------------------------------------------------------------------- texts


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("ÉCLAIR Größe", "eclair grosse"),
        ("Đặc biệt", "dac biet"),
        ("smörgåsbord №5", "smorgasbord no5"),
        ("がか", "がか"),
        ("กาแฟเย็น", "กาแฟเย็น"),
        ("हिन्दी चाय", "हिन्दी चाय"),
        ("ｶﾞﾗｽ", "ガラス"),
        ("SET/10 T-LIGHTS", "set 10 t lights"),
        (" - ", ""),
    ],
)
def test_letters_are_compared_as_people_do(text: str, said: str) -> None:
    assert plain(text) == said


def test_signs_without_spaces_stand_in_pairs() -> None:
    assert words("緑茶 100g 茶") == ["緑茶", "100g", "茶"]
    assert words("緑茶100g") == ["緑茶", "100g"]


def test_terms_weigh_what_scikit_learn_says_they_do() -> None:
    terms = fit_terms([["tea", "tea", "cup"], ["tea"], []])
    rare = 1 + np.log(3 / 2)
    assert terms.listed == ("cup", "tea")
    assert terms.weights.tolist() == pytest.approx([rare, 1])
    own = np.array([rare, 1 + np.log(2)])
    assert terms.vectors([["tea", "tea", "cup"]]).toarray()[0] == pytest.approx(own / np.linalg.norm(own))


def test_a_regression_is_worked_out_by_hand() -> None:
    # About their means, points are -1, 0, 1 and targets -2, 0, 2: the weight is 4 / (2 + strength).
    found = fit_ridge(
        np.array([[0.0], [1.0], [2.0]]),
        np.array([[1.0], [3.0], [5.0]]),
        amounts=np.ones(3),
        strengths=(2.0,),
        folds=3,
        seed=0,
    )
    assert found.weights.tolist() == [[1.0]]
    assert found.offset.tolist() == [2.0]
    assert found.predicted(np.array([[3.0]])).tolist() == [[5.0]]


# -------------------------------------------------------------------------------------------------------------- content


def test_attributes_are_pairs_of_key_and_value() -> None:
    frame = pl.DataFrame(
        {"attributes": ['{"Farbe": ["Rot", "Weiß"], "size": {"cm": 1.5}, "new": true, "none": null}', "", None]}
    )
    bands = fit_bands(frame, bands=5)
    assert told_of(frame, "attributes", bands) == [["farbe=rot", "farbe=weiss", "new=true", "size.cm=1.5"], [], []]


@pytest.mark.parametrize("text", ["[1]", "{"])
def test_attributes_that_are_no_objects_are_refused_without_saying_what_they_are(text: str) -> None:
    with pytest.raises(SchemaError, match="no JSON object") as told:
        fitted(Content(repeats=True), items=pl.DataFrame({"item_id": ["sencha"], "attributes": [text]}))
    assert text not in str(told.value)


def test_bands_are_of_one_currency() -> None:
    frame = pl.DataFrame({"price": [1.0, 2.0, 3.0, 4.0, 500.0, 900.0], "currency": ["EUR"] * 4 + ["JPY", "jpy "]})
    first = [terms[0] for terms in told_of(frame, "price", fit_bands(frame, bands=2))]
    assert first == ["EUR:0", "EUR:0", "EUR:1", "EUR:1", "JPY:0", "JPY:1"]


def test_an_item_that_nobody_touched_is_recommended() -> None:
    found = fitted(Content(repeats=False)).recommend(["ann"], n=2).table
    assert found["item_id"].to_list() == ["gyokuro", "assam"]
    assert found["basis"].to_list() == ["own", "own"]


def test_two_of_one_category_are_as_alike_as_the_cosine_says() -> None:
    two = pl.DataFrame({"item_id": ["a", "b"], "category": ["Tea > Green", "Tea > Black"]})
    reading = fit_content(two, weights={"category": 1.0, "words": 5.0}, price_bands=5)
    vectors = reading.of(two).toarray()
    # "tea" weighs 1, of "green" and "black" each 1 + ln(3/2).
    assert vectors[0] @ vectors[1] == pytest.approx(1 / (1 + (1 + np.log(1.5)) ** 2))


def test_of_whom_nothing_is_told_gets_what_is_popular() -> None:
    model = fitted(Content(repeats=True))
    found = model.recommend(["cid"], n=6).table
    assert found["basis"].to_list() == ["popular"] * 6
    assert model.items.filter(pl.Series(~model.scorer.told)).to_list() == ["riddle"]


def test_what_was_sent_back_speaks_against_what_is_like_it() -> None:
    back = BOUGHT.with_columns(weight=pl.when(pl.col("customer_id") == "ann").then(-1.0).otherwise(1.0))
    ranked = fitted(Content(repeats=True), back).rank("ann", ["gyokuro", "hammer"])
    assert ranked["item_id"].to_list() == ["hammer", "gyokuro"]
    assert ranked["score"][1] < 0


def test_a_list_says_which_item_led_to_it() -> None:
    assert fitted(Content(repeats=False)).explain("bob", "riddle")["item_id"].to_list() == []
    assert fitted(Content(repeats=False)).explain("ann", "gyokuro")["item_id"].to_list() == ["sencha"]


def test_an_item_twice_in_a_catalogue_is_an_error() -> None:
    with pytest.raises(SchemaError, match="twice"):
        with_catalogue(Content(repeats=True).training({"interactions": BOUGHT}, as_of=AT), pl.concat([SHOP, SHOP[:1]]))


def test_a_weight_below_0_is_an_error() -> None:
    with pytest.raises(ValidationError, match="from 0"):
        Content(repeats=True, weights={"words": -1})


def test_a_spec_is_written_down_and_read_again() -> None:
    spec = WithContent(
        repeats=False, model=ALS(repeats=False, factors=3), content=Content(repeats=True, weights={"brand": 0})
    )
    assert Content.from_json(spec.content.to_json()) == spec.content
    assert '"factors":3' in spec.to_json().replace(" ", "")


# --------------------------------------------------------------------------------------------------------------- bridge


def test_evidence_is_said_in_a_sentence() -> None:
    content = np.vstack([np.eye(2)] * 10)
    follows = learned_bridge(content, content @ [[2.0], [-2.0]], np.full(20, 50)).evidence
    assert str(follows).startswith("Content tells 100.0% of the spread")
    nothing = learned_bridge(content, np.ones((20, 1)), np.full(20, 50)).evidence
    assert "Content says nothing" in str(nothing)
    assert nothing.r2 is None


def test_one_item_teaches_nothing() -> None:
    bridge = learned_bridge(np.eye(2), np.ones((2, 3)), np.array([4, 0]))
    assert bridge.evidence.items == 1
    assert bridge.predicted(np.eye(2)).tolist() == [[0.0] * 3] * 2


def test_trust_is_where_both_count_half() -> None:
    content = np.vstack([np.eye(2)] * 10)
    bridge = learned_bridge(content, content @ [[2.0], [-2.0]], np.full(20, 50), trust=10)
    assert bridge.share(np.array([0, 10, 30])).tolist() == [1.0, 0.5, 0.25]


def test_people_who_leave_take_their_numbers_with_them() -> None:
    model = fitted(WithContent(repeats=True, model=ALS(repeats=True, factors=2, threads=1)), BOUGHT, SHOP)
    left = model.without(["ann"])
    assert len(left.scorer.inner.people) == len(model.scorer.inner.people) - 1
    assert left.scorer.space is left.scorer.inner


def test_the_vectors_of_a_linear_model_score_as_it_does() -> None:
    rows = pl.DataFrame(
        [(f"c{who}", f"i{(who * who + step) % 7}") for who in range(9) for step in range(3)],
        schema=["customer_id", "item_id"],
        orient="row",
    )
    items = pl.DataFrame(
        {"item_id": [f"i{place}" for place in range(8)], "name": [f"thing {place % 3}" for place in range(8)]}
    )
    model = fitted(WithContent(repeats=True, model=EASE(repeats=True, regularization=1), directions=8), rows, items)
    space = model.scorer.space
    assert np.allclose(space.scores(model.histories), model.scorer.inner.scores(model.histories), atol=1e-4)


# ---------------------------------------------------------------------------------------------------------- preferences


@pytest.mark.parametrize(
    ("preference", "read_as", "first"),
    [
        ("sencha", "item", "sencha"),
        ("IRON  KETTLE", "item", "kettle"),
        ("tea > green", "category", "gyokuro"),
        ("Kitchen", "category", "kettle"),
        ("hoji", "brand", "gyokuro"),
        ("something of iron", "text", "kettle"),
    ],
)
def test_a_preference_is_taken_for_what_it_can_be(preference: str, read_as: str, first: str) -> None:
    said = pl.DataFrame({"customer_id": ["new"], "preference": [preference]})
    lists, understood = for_preferences(fitted(Content(repeats=True)), said, n=2)
    assert understood.table["read_as"].to_list() == [read_as]
    assert lists.table["item_id"][0] == first
    assert lists.table["basis"][0] == "stated"


def test_what_is_not_understood_is_told() -> None:
    said = pl.DataFrame({"customer_id": ["new", "new", "odd"], "preference": ["tea", "zither", "zither"]})
    lists, understood = for_preferences(fitted(Content(repeats=True)), said, n=3)
    assert understood.unknown.rows() == [("new", "zither"), ("odd", "zither")]
    assert set(lists.table.filter(customer_id="odd")["basis"]) == {"popular"}
    assert set(lists.table.filter(customer_id="new")["item_id"]) == {"sencha", "gyokuro", "assam"}


def test_who_says_what_is_meant_is_believed() -> None:
    model = fitted(Content(repeats=True))
    said = pl.DataFrame({"customer_id": ["new"], "preference": ["hoji"], "read_as": ["category"]})
    assert stated(said, model.scorer, model.catalogue).unknown.height == 1
    with pytest.raises(SchemaError, match="read_as"):
        stated(said.with_columns(read_as=pl.lit("colour")), model.scorer, model.catalogue)


def test_a_shorter_list_than_asked_for_is_told() -> None:
    lists, _ = for_preferences(
        fitted(Content(repeats=True)), pl.DataFrame({"customer_id": ["new"], "preference": ["tea"]}), n=9
    )
    assert lists.shortfall.select("customer_id", "missing").rows() == [("new", 3)]


def test_the_last_answer_before_the_instant_counts() -> None:
    def said(day: int, text: str | None, value: float | None = None, question: str = "likes") -> dict[str, Any]:
        at = AT + timedelta(days=day)
        return {
            "customer_id": "ann",
            "instrument": "page",
            "question": question,
            "text": text,
            "value": value,
            "answered_at": at,
        }

    answers = pl.DataFrame(
        [said(-3, "coffee"), said(-1, "tea"), said(0, "cocoa"), said(-1, None, 1, "milk"), said(-1, None, 3, "mate")]
    )
    assert preferences_of(answers, as_of=AT, middle=3).rows() == [("ann", "milk", -2.0), ("ann", "tea", 1.0)]
    assert preferences_of(answers, as_of=AT, questions=["likes"]).rows() == [("ann", "tea", 1.0)]
    assert preferences_of(answers, as_of=AT, instruments=["other"]).rows() == []


# ----------------------------------------------------------------------------------------------------------------- page


def test_a_page_has_what_is_like_it() -> None:
    model = fitted(Content(repeats=True))
    assert for_page(model, text="How to brew green tea", n=2).table["item_id"].to_list() == ["gyokuro", "sencha"]
    assert for_page(model, category="Home > Tools", n=1, without=["hammer"]).table["item_id"].to_list() == ["kettle"]
    assert for_page(model, brand="NAMBU", n=1).table.row(0, named=True)["basis"] == "page"


def test_a_page_that_tells_nothing_has_what_is_popular() -> None:
    found = for_page(fitted(Content(repeats=True)), text="", n=2).table
    assert found["basis"].to_list() == ["popular", "popular"]
    assert found["customer_id"].to_list() == [None, None]


def test_a_page_cannot_tell_what_no_catalogue_does() -> None:
    with pytest.raises(ConfigurationError, match="'visitor'"):
        for_page(fitted(Content(repeats=True)), visitor="ann")


def test_only_content_reads_pages() -> None:
    with pytest.raises(ConfigurationError, match="EASE does not read content"):
        for_page(fitted(EASE(repeats=True)), text="tea")
