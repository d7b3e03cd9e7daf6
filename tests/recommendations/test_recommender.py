"""Recommenders: what counts as an interaction, what is recommended, and what is refused."""

import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from pydantic import ValidationError

from unified_customer.core.errors import ConfigurationError, MissingDependencyError, SchemaError, UnknownCustomerError
from unified_customer.recommendations import (
    ALS,
    BPR,
    EASE,
    BuyAgain,
    GraphFilter,
    Hybrid,
    Interactions,
    Neighbours,
    Popularity,
)
from unified_customer.recommendations.interactions.reading import rows_before
from unified_customer.recommendations.models import by_implicit, ease
from unified_customer.testing.recommendation_strategies import small_models

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def days_ago(days: float) -> datetime:
    return NOON - timedelta(days=days)


def frame(*rows: tuple[str, str, float]) -> pl.DataFrame:
    told = [(customer, item, days_ago(days)) for customer, item, days in rows]
    return pl.DataFrame(told, schema=["customer_id", "item_id", "occurred_at"], orient="row")


TEA_DRINKERS = frame(
    ("ann", "tea", 20), ("ann", "cup", 19), ("bob", "tea", 15), ("bob", "cup", 14), ("cid", "tea", 3),
    ("dan", "oil", 9), ("dan", "pan", 8), ("eve", "oil", 5), ("eve", "pan", 4),
)  # fmt: skip


def test_who_drinks_tea_is_told_of_cups_and_why() -> None:
    recommender = Neighbours(repeats=False).fit({"interactions": TEA_DRINKERS}, as_of=NOON)
    [first, *_] = recommender.recommend(["cid"], n=2).table.iter_rows(named=True)
    assert (first["item_id"], first["basis"]) == ("cup", "own")
    assert recommender.explain("cid", "cup").select("item_id", "share").rows() == [("tea", 1.0)]
    assert recommender.explain("cid", "pan").is_empty()
    assert recommender.similar(["tea", "unheard of"], n=5).select("item_id", "similar_item_id").rows() == [
        ("tea", "cup")
    ]


def test_where_nothing_is_known_what_is_popular_comes_and_is_called_so() -> None:
    recommender = Neighbours(repeats=False).fit({"interactions": TEA_DRINKERS}, as_of=NOON)
    told = recommender.recommend(["cid"], n=9)
    assert told.table["basis"].to_list() == ["own", "popular", "popular"]
    assert told.shortfall.rows() == [("cid", 6, "3 of 4 items may be recommended: 1 had already")]


def test_nobody_known_is_told_of_what_goes_with_the_page() -> None:
    recommender = Neighbours(repeats=False).fit({"interactions": TEA_DRINKERS}, as_of=NOON)
    assert recommender.recommend(context=["oil"], n=1).table["item_id"].to_list() == ["pan"]
    assert recommender.recommend(context=[], n=1).table["item_id"].to_list() == ["tea"]
    assert recommender.rank(None, ["pan", "tea"])["item_id"].to_list() == ["tea", "pan"]


def test_what_is_bought_often_is_bought_again() -> None:
    rows = frame(("ann", "tea", 30), ("ann", "tea", 15), ("ann", "tea", 1), ("ann", "cup", 1), ("bob", "cup", 2))
    recommender = BuyAgain(repeats=True).fit({"interactions": rows}, as_of=NOON)
    assert recommender.recommend(["ann"], n=2).table["item_id"].to_list() == ["tea", "cup"]
    assert recommender.recommend(["ann"], n=2, repeats=False).table.is_empty()


def test_popularity_fades() -> None:
    rows = frame(("ann", "old", 90), ("bob", "old", 90), ("cid", "old", 90), ("dan", "new", 1), ("eve", "new", 1))
    lists = [
        Popularity(repeats=True, half_life_days=half_life)
        .fit({"interactions": rows}, as_of=NOON)
        .recommend(["ann"], n=1)
        for half_life in (7, None)
    ]
    assert [told.table["item_id"].item() for told in lists] == ["new", "old"]


def test_new_customers_and_new_acts_are_folded_in() -> None:
    early = ALS(repeats=False, factors=2, threads=1).fit({"interactions": TEA_DRINKERS}, as_of=NOON)
    later = pl.concat([TEA_DRINKERS, frame(("fay", "oil", -1), ("cid", "oil", -1))])
    updated = early.updated({"interactions": later}, as_of=days_ago(-2))
    assert set(updated.customers) == {*early.customers, "fay"}
    assert updated.recommend(["fay"], n=1).table["item_id"].to_list() == ["pan"]
    assert updated.recommend(["ann"], n=2).table.equals(early.recommend(["ann"], n=2).table)
    with pytest.raises(ConfigurationError, match="as_of is before its own"):
        updated.updated({"interactions": later}, as_of=NOON)


def test_pairs_teach_what_goes_together_and_returns_say_nothing() -> None:
    rows = pl.concat([weeks(range(1, 60)), frame(("new", "tea", 5), ("new", "oil", 4))])
    sent_back = (pl.col("customer_id") == "new") & (pl.col("item_id") == "oil")
    rows = rows.with_columns(weight=pl.when(sent_back).then(-1.0).otherwise(1.0))
    recommender = BPR(repeats=False, factors=4, ridge=1).fit({"interactions": rows}, as_of=NOON)
    assert set(recommender.recommend(["new"], n=3).table["item_id"]) == {"cup", "pot", "tin"}
    assert recommender.explain("new", "cup")["item_id"].to_list() == ["tea"]
    assert set(recommender.similar(["tea"], n=3)["similar_item_id"]) == {"cup", "pot", "tin"}


# ------------------------------------------------------------------------------------------------ what counts


LINES = pl.DataFrame(
    {
        "customer_id": ["ann", "ann", "bob", None],
        "item_id": ["tea", "tea", "cup", "cup"],
        "kind": ["sale", "return", "sale", "sale"],
        "occurred_at": [days_ago(3), days_ago(2), days_ago(1), days_ago(1)],
    }
)
EVENTS = pl.DataFrame(
    {
        "customer_id": ["ann"] * 7,
        "name": [
            "Product Viewed", "product_added", "Product Removed", "Product Reviewed", "Product Reviewed", "Yawned", "Liked",
        ],
        "occurred_at": [days_ago(1)] * 7,
        "object_kind": ["product", "cart", "cart", "product", "product", None, None],
        "object_id": ["tea", "c1", "c1", "cup", "pan", None, None],
        "properties": [
            None, '{"product_id": "pot"}', '{"sku": "pot"}', '{"rating": 5}', '{"rating": "1"}', None, '{"item_id": "jam"}',
        ],
    }
)  # fmt: skip


def test_order_lines_and_events_weigh_by_what_was_done() -> None:
    spec = Interactions(names={"liked": "wishlist"})
    told = spec.rows({"order_lines": LINES, "events": EVENTS}, as_of=NOON)
    assert told.select("customer_id", "item_id", "act", "weight").rows() == [
        ("ann", "cup", "review", 0.5),
        ("ann", "jam", "wishlist", 0.3),
        ("ann", "pan", "review", -0.5),
        ("ann", "pot", "cart", 0.3),
        ("ann", "pot", "cart_removal", -0.2),
        ("ann", "tea", "purchase", 1.0),
        ("ann", "tea", "return", -1.5),
        ("ann", "tea", "view", 0.1),
        ("bob", "cup", "purchase", 1.0),
    ]


def test_interactions_are_the_same_on_every_engine(engine: Any) -> None:
    tables = {"order_lines": LINES, "events": EVENTS}
    spec = Interactions()
    there = {name: engine(each) for name, each in tables.items()}
    assert spec.rows(there, as_of=NOON).equals(spec.rows(tables, as_of=NOON))


def test_weights_windows_and_what_has_no_time() -> None:
    rows = TEA_DRINKERS.with_columns(act=pl.lit("view"))
    assert set(Interactions(weights={"view": 2}).rows({"interactions": rows}, as_of=NOON)["weight"]) == {2.0}
    assert Interactions(weights={"view": 0}).rows({"interactions": rows}, as_of=NOON).is_empty()
    assert Interactions(window_days=6).rows({"interactions": rows}, as_of=NOON).height == 3
    on_the_wall = rows.with_columns(pl.col("occurred_at").dt.replace_time_zone(None))
    assert Interactions(window_days=6).rows({"interactions": on_the_wall}, as_of=NOON).height == 3
    untimed = rows.with_columns(occurred_at=pl.when(pl.col("item_id") == "oil").then("occurred_at"))
    assert Interactions(window_days=6).rows({"interactions": untimed}, as_of=NOON).height == 8
    assert Interactions().rows({"events": EVENTS.filter(pl.col("name") == "Yawned")}, as_of=NOON).is_empty()


def test_names_of_acts_may_be_categories() -> None:
    rows = TEA_DRINKERS.with_columns(act=pl.lit("cart").cast(pl.Enum(["cart", "stared at"])))
    assert set(Interactions().rows({"interactions": rows}, as_of=NOON)["weight"]) == {0.3}


def test_a_lazy_frame_is_not_read_before_it_is_counted() -> None:
    def read(_: pl.DataFrame) -> pl.DataFrame:
        raise AssertionError("it was read")

    rows = rows_before(Interactions(), {"interactions": TEA_DRINKERS.lazy().map_batches(read)}, as_of=NOON)
    assert rows.collect_schema().names() == ["customer_id", "item_id", "occurred_at", "act", "weight"]


# ------------------------------------------------------------------------------------------------- what is refused


def test_what_cannot_be_learned_from_is_refused() -> None:
    with pytest.raises(SchemaError, match="None of 'interactions', 'order_lines', 'events' is among the tables"):
        Neighbours(repeats=True).fit({"orders": TEA_DRINKERS}, as_of=NOON)
    with pytest.raises(SchemaError, match="no column 'item_id'"):
        Neighbours(repeats=True).fit({"interactions": TEA_DRINKERS.drop("item_id")}, as_of=NOON)
    with pytest.raises(ConfigurationError, match="nothing to learn from"):
        Neighbours(repeats=True).fit({"interactions": TEA_DRINKERS}, as_of=days_ago(100))
    with pytest.raises(SchemaError, match="no finite number in 9 rows"):
        Neighbours(repeats=True).fit({"interactions": TEA_DRINKERS.with_columns(weight=float("inf"))}, as_of=NOON)
    with pytest.raises(ValidationError, match="finite"):
        Interactions(weights={"view": float("nan")})


def test_what_cannot_be_recommended_is_refused() -> None:
    recommender = Neighbours(repeats=False).fit({"interactions": TEA_DRINKERS}, as_of=NOON)
    with pytest.raises(ConfigurationError, match="customers or for a context"):
        recommender.recommend(["ann"], context=["tea"])
    with pytest.raises(ConfigurationError, match="at least one item"):
        recommender.recommend(["ann"], n=0)
    with pytest.raises(UnknownCustomerError, match="does not hold"):
        recommender.explain("nobody", "tea")
    with pytest.raises(ConfigurationError, match="does not know the item"):
        recommender.explain("ann", "unheard of")


def test_a_catalogue_that_is_too_large_for_ease_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ease, "LARGEST", 3)
    with pytest.raises(ConfigurationError, match="Use GraphFilter"):
        EASE(repeats=False).fit({"interactions": TEA_DRINKERS}, as_of=NOON)


def test_what_mllib_cannot_take_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pyspark")
    refused: tuple[dict[str, Any], ...] = ({"threads": 2}, {"alpha": 0})
    for fields in refused:
        with pytest.raises(ConfigurationError, match="let implicit learn"):
            ALS(repeats=False, learner="spark", **fields).fit({"interactions": TEA_DRINKERS}, as_of=NOON)
    monkeypatch.setattr("pyspark.sql.SparkSession.getActiveSession", lambda: None)
    with pytest.raises(ConfigurationError, match="No session of Spark runs"):
        ALS(repeats=False, learner="spark").fit({"interactions": TEA_DRINKERS}, as_of=NOON)


def test_without_implicit_the_line_that_installs_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> Any:
        raise ImportError(name)

    monkeypatch.setattr(by_implicit, "import_module", missing)
    with pytest.raises(MissingDependencyError, match=r'pip install "unified-customer\[recommendations\]"'):
        ALS(repeats=False).fit({"interactions": TEA_DRINKERS}, as_of=NOON)
    with pytest.raises(MissingDependencyError, match=r'pip install "unified-customer\[recommendations\]"'):
        BPR(repeats=False).fit({"interactions": TEA_DRINKERS}, as_of=NOON)


def test_an_index_needs_vectors_and_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigurationError, match="take a model of factors"):
        Neighbours(repeats=False).fit({"interactions": TEA_DRINKERS}, as_of=NOON).indexed()
    recommender = ALS(repeats=False, factors=2, threads=1).fit({"interactions": TEA_DRINKERS}, as_of=NOON)
    alone = recommender.without(recommender.customers).indexed()
    assert alone.index is not None
    assert alone.index.recall is None
    assert alone.recommend(context=["oil"], n=1).table["item_id"].to_list() == ["pan"]
    monkeypatch.setitem(sys.modules, "usearch.index", None)
    with pytest.raises(MissingDependencyError, match=r'pip install "unified-customer\[search\]"'):
        recommender.indexed()


def test_nobody_is_shown_where_a_recommender_shows_itself() -> None:
    for model in small_models(False):
        recommender = model.fit({"interactions": TEA_DRINKERS}, as_of=NOON)
        lists = recommender.recommend(n=1)
        for shown in (
            repr(recommender),
            str(recommender),
            recommender._repr_html_(),
            repr(lists),
            str(lists),
            lists._repr_html_(),
        ):
            assert not {"ann", "bob", "cid", "dan", "eve"} & set(
                shown.replace(">", " ").replace("<", " ").replace("'", " ").split()
            )
        assert recommender.to_body() == {"customers": 5, "items": 4, "interactions": 9}
        assert recommender.rows() == {}
        assert (
            recommender.spec.from_json(recommender.spec.to_json()) == recommender.spec
            if not isinstance(model, Hybrid)
            else True
        )


# ---------------------------------------------------------------------------------------------------------- blends


def weeks(seed_days: range) -> pl.DataFrame:
    """Return a shop in which two groups buy two kinds of things again and again."""
    kinds = {0: ("tea", "cup", "pot", "tin"), 1: ("oil", "pan", "jar", "lid")}
    rows = [
        (f"c{number}", kinds[number % 2][(number * 7 + day // 3) % 4], day + number / 100)
        for number in range(24)
        for day in seed_days
        if (day + number) % 5 == 0
    ]
    return frame(*rows)


@pytest.mark.parametrize("repeats", [True, False])
def test_weights_of_a_blend_are_learned_from_windows_of_the_past(repeats: bool) -> None:  # noqa: FBT001
    parts = {"popularity": Popularity(repeats=repeats), "graph": GraphFilter(repeats=repeats, directions=2)}
    model = Hybrid(repeats=repeats, parts=parts, window_days=20, k=2)
    recommender = model.fit(
        {
            "interactions": weeks(range(1, 110)).filter(
                pl.col("item_id").is_in(["tea", "oil"]) | (pl.col("occurred_at") > days_ago(30))
            )
        },
        as_of=NOON,
    )
    scorer: Any = recommender.scorer
    assert sum(scorer.weights.values()) == pytest.approx(1, abs=0.03)
    assert set(scorer.weights) <= set(parts)


def test_without_times_a_share_is_held_out_by_chance() -> None:
    rows = weeks(range(1, 60)).drop("occurred_at")
    parts = {"popularity": Popularity(repeats=False), "graph": GraphFilter(repeats=False, directions=2)}
    scorer: Any = Hybrid(repeats=False, parts=parts).fit({"interactions": rows}, as_of=NOON).scorer
    assert scorer.weights["graph"] > 0.5


def test_too_little_of_a_past_is_said() -> None:
    with pytest.raises(ConfigurationError, match="too little to hold out a window"):
        Hybrid(repeats=False, parts={"popularity": Popularity(repeats=False)}).fit(
            {"interactions": TEA_DRINKERS}, as_of=NOON
        )
    weighed = Hybrid(repeats=False, parts={"popularity": Popularity(repeats=False)}, weights={"popularity": 1.0})
    assert len(weighed.fit({"interactions": TEA_DRINKERS}, as_of=NOON).customers) == 5


def test_what_is_in_view_is_not_recommended_and_a_list_of_nobody_is_what_is_popular() -> None:
    parts = {"popularity": Popularity(repeats=True), "neighbours": Neighbours(repeats=True)}
    recommender = Hybrid(repeats=True, parts=parts, weights={"popularity": 1.0, "neighbours": 1.0}).fit(
        {"interactions": TEA_DRINKERS}, as_of=NOON
    )
    assert "tea" not in recommender.recommend(context=["tea"], n=9).table["item_id"].to_list()
    assert "tea" in recommender.recommend(context=["tea"], n=9, repeats=True).table["item_id"].to_list()
    assert set(recommender.recommend(context=[], n=9).table["basis"]) == {"popular"}


def test_one_name_is_one_name_and_not_its_letters() -> None:
    recommender = Neighbours(repeats=False).fit({"interactions": TEA_DRINKERS}, as_of=NOON)
    assert recommender.recommend("cid", n=1).table.equals(recommender.recommend(["cid"], n=1).table)
    assert recommender.recommend(context="tea").table.equals(recommender.recommend(context=["tea"]).table)
    assert recommender.similar("tea").equals(recommender.similar(["tea"]))
    assert recommender.rank("cid", "tea").equals(recommender.rank("cid", ["tea"]))
    assert "cid" not in recommender.without("cid").customers
