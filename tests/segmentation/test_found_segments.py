"""Segments that are found, at their edges and on every engine."""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import numpy as np
import polars as pl
import pytest
from pydantic import ValidationError

import unified_customer as uc
from unified_customer.core.errors import ConfigurationError, SchemaError
from unified_customer.engines.portable import collected, opened
from unified_customer.methods.learning import GroupSearch
from unified_customer.segmentation import RFM, Clusters, Lifestyle, Needs, TypingTool
from unified_customer.segmentation.grouped import ALIKE, TOO_LITTLE
from unified_customer.segmentation.lifestyle.basket import baskets
from unified_customer.segmentation.lifestyle.chance import one_taste
from unified_customer.segmentation.lifestyle.distinct import distinctive
from unified_customer.testing.taste_strategies import END, FIRST, answered, bought, measured

SEARCH = GroupSearch(at_most=3, resamples=3, draws=2, sample=200)


def lines_of(*things: tuple[str, str, str], **columns: Any) -> pl.DataFrame:
    """Return sales of things: customer, category and item."""
    frame = pl.DataFrame(things, schema=["customer_id", "category", "item_id"], orient="row")
    return frame.with_columns(kind=pl.lit("sale"), occurred_at=pl.lit(FIRST), **columns)


# ---------------------------------------------------------------------------------------------------- lifestyle


def test_what_is_most_distinctive_names_a_segment() -> None:
    things = [
        (f"{who}{n}", kind, "i")
        for n in range(20)
        for who, kinds in (("a", "tea milk"), ("b", "tea nails"))
        for kind in kinds.split()
    ]
    spec = Lifestyle(method="mix", least=1, label_items=1, groups=SEARCH)
    fitted = spec.fit({"order_lines": lines_of(*things)}, as_of=END)
    assert sorted(fitted.learned.labels) == ["milk", "nails"]
    row = fitted.description.filter(pl.col("segment") == "milk", pl.col("item") == "milk").row(0, named=True)
    assert (row["customers"], row["share"], row["share_of_rest"], row["lift"]) == (20, 1.0, 0.0, None)


def test_the_lift_is_that_of_the_shares_with_the_interval_of_katz() -> None:
    things = [(f"c{n}", "tea", "i") for n in range(30)] + [(f"c{n}", "milk", "i") for n in range(10)]
    things += [(f"c{n}", "milk", "i") for n in range(20, 25)]
    fitted = Lifestyle(least=1, groups=SEARCH).fit({"order_lines": lines_of(*things)}, as_of=END)
    counts = collected(fitted.segmentation.measured({"order_lines": lines_of(*things)}, as_of=END))
    have = baskets(counts, ["milk", "tea"])
    first = have.customers["customer_id"].is_in([f"c{n}" for n in range(15)])
    items = pl.DataFrame({"item": ["milk", "tea"], "name": ["milk", "tea"]})
    told = distinctive(have, (~first).cast(pl.Int64).to_numpy(), items, least_customers=1, at_most=5)
    row = told.filter(pl.col("segment") == 0, pl.col("item") == "milk").row(0, named=True)
    # 10 of 15 against 5 of 15: 2.0, and exp(log 2 +- 1.96 sqrt(1/10 - 1/15 + 1/5 - 1/15)).
    assert [row["lift"], row["lift_low"], row["lift_high"]] == pytest.approx([2.0, 0.898508, 4.451824], rel=1e-4)


@pytest.mark.parametrize("loyal", [True, False])
def test_draws_of_one_taste_hold_how_often_each_buys_and_what_is_popular(loyal: bool) -> None:  # noqa: FBT001
    chance = np.random.default_rng(5)
    popular = np.array([0.5, 0.25, 0.15, 0.1])
    times = np.stack([chance.multinomial(number, popular) for number in chance.integers(1, 9, size=400)])
    rows, columns = np.nonzero(times)
    values = times[rows, columns].astype(np.float64)
    counts = pl.DataFrame({"customer_id": rows, "item": columns.astype(str), "times": values, "value": 3 * values})
    have = baskets(counts, ["0", "1", "2", "3"])
    drawn = one_taste(have, loyal=loyal)(np.random.default_rng(1), np.arange(400)).toarray() / 3
    assert drawn.sum(axis=1).tolist() == times.sum(axis=1).tolist()
    # Taken without return, what is very popular among few things falls short.
    assert drawn.sum(axis=0) / drawn.sum() == pytest.approx(popular, abs=0.15 if loyal else 0.03)
    assert ((drawn > 0).sum(axis=1).tolist() == (times > 0).sum(axis=1).tolist()) is loyal


def test_items_are_called_by_their_commonest_name() -> None:
    things = [(f"{who}{n}", "any", item) for n in range(20) for who, item in (("a", "1"), ("b", "2")) for _ in range(6)]
    names = pl.when(pl.col("item_id") == "1").then(pl.lit("Tea")).otherwise(pl.lit("Nails"))
    spec = Lifestyle(by="item_id", method="mix", least=1, groups=SEARCH)
    fitted = spec.fit({"order_lines": lines_of(*things, name=names)}, as_of=END)
    assert sorted(fitted.learned.labels) == ["Nails", "Tea"]


def test_paths_are_cut_to_their_first_levels() -> None:
    things = [(f"{who}{n}", f"{who} > {n % 3}", "i") for n in range(20) for who in ("food", "tools") for _ in range(6)]
    spec = Lifestyle(method="mix", levels=1, least=1, groups=SEARCH)
    fitted = spec.fit({"order_lines": lines_of(*things)}, as_of=END)
    assert fitted.learned.items == ("food", "tools")
    assert sorted(fitted.learned.labels) == ["food", "tools"]


@pytest.mark.parametrize("measure", ["quantity", "amount"])
def test_things_may_weigh_by_units_or_by_money(measure: Any) -> None:
    things = [(f"{who}{n}", kind, who) for n in range(20) for who in ("a", "b") for kind in ("tea", "nails")]
    much = pl.when((pl.col("item_id") == "a") == (pl.col("category") == "tea")).then(90).otherwise(10)
    lines = lines_of(*things, quantity=much, amount=much.cast(pl.Decimal(18, 4)), currency=pl.lit("EUR"))
    spec = Lifestyle(method="mix", measure=measure, least=1, groups=SEARCH)
    fitted = spec.fit({"order_lines": lines}, as_of=END)
    assert fitted.sizes["customers"].to_list() == [20, 20, 0]
    assert Lifestyle(method="mix", least=1, groups=SEARCH).fit({"order_lines": lines}, as_of=END).learned.labels == (
        ALIKE,
    )


def test_amounts_of_several_currencies_are_not_added() -> None:
    lines = lines_of(
        ("a", "tea", "1"), ("a", "tea", "1"), amount=pl.lit(Decimal(1)), currency=pl.Series(["EUR", "USD"])
    )
    with pytest.raises(SchemaError, match="several currencies"):
        Lifestyle(measure="amount").fit({"order_lines": lines}, as_of=END)


def test_views_are_segmented_by_what_is_viewed() -> None:
    events = bought(tastes=2, seed=2, customers=60).select(
        "customer_id", "occurred_at", object_id="category", name=pl.lit("Product Viewed")
    )
    others = events.with_columns(name=pl.lit("Page"), object_id=pl.lit("page"))
    spec = Lifestyle(source="events", by="object_id", event_names=("Product Viewed",), method="mix", groups=SEARCH)
    fitted = spec.fit({"events": pl.concat([events, others])}, as_of=END)
    assert spec.needs == ("events",)
    assert len(fitted.learned.labels) == 2
    assert "page" not in fitted.learned.items


def test_of_nobody_there_is_nothing_to_say() -> None:
    for lines in (lines_of().clear(), lines_of(("a", "tea", "1"))):
        fitted = Lifestyle().fit(
            {"order_lines": lines.cast({"customer_id": pl.String, "category": pl.String})}, as_of=END
        )
        assert fitted.learned.labels == (ALIKE,)
        assert set(fitted.table["segment"]) <= {TOO_LITTLE}
        assert fitted.evidence.is_empty()
        assert "too few" in fitted.finding


def test_what_cannot_be_meant_is_refused() -> None:
    with pytest.raises(ValidationError, match="counted by times"):
        Lifestyle(source="events", measure="amount")
    with pytest.raises(ValidationError, match="no event names"):
        Lifestyle(event_names=("Page",))
    with pytest.raises(SchemaError, match="'order_lines' is not among the tables; there are: none"):
        Lifestyle().fit({}, as_of=END)
    with pytest.raises(SchemaError, match="no column 'brand'"):
        Lifestyle(by="brand").fit({"order_lines": lines_of(("a", "tea", "1"))}, as_of=END)
    many = lines_of(*((f"c{n}", f"k{k}", "i") for k in range(201) for n in range(5)))
    with pytest.raises(ConfigurationError, match="has 201 values"):
        Lifestyle(method="mix").fit({"order_lines": many}, as_of=END)


def test_a_number_that_is_asked_for_is_given_with_its_evidence() -> None:
    spec = Lifestyle(groups=SEARCH.model_copy(update={"exactly": 4}), columns=4)
    fitted = spec.fit({"order_lines": bought(tastes=1, seed=1, customers=80)}, as_of=END)
    assert len(fitted.learned.labels) == 4
    assert fitted.finding.startswith("4 groups, as asked: silhouette")
    assert fitted.evidence.filter("chosen")["enough"].to_list() == [False]
    alone = Lifestyle(groups=SEARCH.model_copy(update={"exactly": 1}), columns=4)
    assert (
        alone.fit({"order_lines": bought(tastes=2, seed=1, customers=80)}, as_of=END).finding == "One group, as asked."
    )


def test_segments_are_drawn_and_shown() -> None:
    fitted = Lifestyle(groups=SEARCH, columns=4).fit({"order_lines": bought(tastes=2, seed=1, customers=80)}, as_of=END)
    for kind in ("bars", "treemap", "evidence"):
        for dark in (False, True):
            assert "'c0'" not in str(fitted.chart(kind, dark=dark).to_dict())
    shown = fitted._repr_html_()
    assert "what marks it" in shown
    assert fitted.finding in shown


# --------------------------------------------------------------------------------------------------- by numbers


def test_clusters_take_recency_frequency_and_monetary_value_where_there_are_no_features() -> None:
    rows = [
        (f"{who}{n}", f"{who}{n}-{order}", FIRST.replace(day=1 + order), 1 + n % 3 + 500 * (who == "a"))
        for n in range(30)
        for who, orders in (("a", 12), ("b", 1))
        for order in range(orders)
    ]
    orders = pl.DataFrame(rows, schema=["customer_id", "order_id", "ordered_at", "amount"], orient="row")
    fitted = Clusters(groups=SEARCH, rfm=RFM(window_days=365)).fit({"orders": orders}, as_of=END)
    assert fitted.sizes["customers"].to_list() == [30, 30, 0]
    assert set(fitted.description["measure"]) == {"recency", "frequency", "monetary"}
    assert fitted.chart("evidence").to_dict()
    assert "frequency" in fitted._repr_html_()
    assert fitted.rows()["memberships"].height == 60
    assert fitted.to_body()["learned"]["columns"] == ["recency", "frequency", "monetary"]


def test_features_are_numbers_one_row_a_customer() -> None:
    features = measured(kinds=1, seed=1, customers=20)
    with pytest.raises(SchemaError, match="no numbers in 'kind'"):
        Clusters(columns=("kind",)).fit({"features": features}, as_of=END)
    with pytest.raises(SchemaError, match="several rows for one customer"):
        Clusters().fit({"features": pl.concat([features, features])}, as_of=END)
    infinite = features.with_columns(n0=pl.lit(float("inf")))
    assert set(Clusters().fit({"features": infinite}, as_of=END).table["segment"]) == {TOO_LITTLE}


# -------------------------------------------------------------------------------------------------------- needs


def test_answers_in_words_tell_needs_too() -> None:
    said = [
        (f"{who}{n}", question, text)
        for n in range(30)
        for who, texts in (("a", "red tea"), ("b", "blue coffee"))
        for question, text in zip(("colour", "drink"), texts.split(), strict=True)
    ]
    answers = pl.DataFrame(said, schema=["customer_id", "question", "text"], orient="row").with_columns(
        instrument=pl.lit("quiz"), value=pl.lit(None, pl.Float64), answered_at=pl.lit(FIRST)
    )
    fitted = Needs(groups=SEARCH).fit({"answers": answers}, as_of=END)
    assert sorted(fitted.learned.columns) == ["colour: blue", "colour: red", "drink: coffee", "drink: tea"]
    assert fitted.sizes["customers"].to_list() == [30, 30, 0]
    assert fitted.description.filter(measure="colour: red")["mean"].sort().to_list() == [0.0, 1.0]


def test_those_who_tick_high_are_not_a_need_when_answers_are_taken_relative() -> None:
    rows = [
        (f"p{n}", f"q{question}", float(6 * (n % 2) + (n * (2 * question + 3) + question) % 11 / 11))
        for n in range(100)
        for question in range(5)
    ]
    answers = pl.DataFrame(rows, schema=["customer_id", "question", "value"], orient="row").with_columns(
        instrument=pl.lit("survey"), answered_at=pl.lit(FIRST)
    )
    assert len(Needs(groups=SEARCH).fit({"answers": answers}, as_of=END).learned.labels) == 2
    relative = Needs(groups=SEARCH, relative=True).fit({"answers": answers}, as_of=END)
    whose = relative.table.with_columns(high=pl.col("customer_id").str.tail(1).is_in(["1", "3", "5", "7", "9"]))
    shares = whose.group_by("segment").agg(pl.col("high").mean())["high"]
    assert all(0.3 < share < 0.7 for share in shares)


def test_a_tool_knows_by_features_those_who_answered_nothing() -> None:
    answers = answered(needs=2, seed=1, people=80)
    people = answers.select("customer_id", "need").unique().sort("customer_id")
    research = people.select("customer_id", segment=pl.format("need {}", "need"))
    features = people.select("customer_id", age=20 + 30 * pl.col("need"), town=pl.lit("here"))
    tool = TypingTool(questions=2).fit({"answers": answers, "research": research, "features": features}, as_of=END)
    new = pl.DataFrame({"customer_id": ["x", "p1"], "age": [50, 20], "town": ["there", None]})
    silent = answers.head(1).with_columns(customer_id=pl.lit("y"), question=pl.lit("unheard of"))
    told = tool.assign(
        {"answers": pl.concat([answers.filter(pl.col("customer_id") == "p1"), silent]), "features": new}, as_of=END
    )
    known = {row["customer_id"]: (row["segment"], row["known_by"]) for row in told.iter_rows(named=True)}
    assert known["x"] == ("need 1", "features")
    assert known["p1"][1] == "answers"
    assert known["y"] == (None, None)
    assert {"features", "majority, of features"} < set(tool.accuracy["tool"])


def test_a_tool_is_drawn_and_shown() -> None:
    answers = answered(needs=2, seed=1, people=60)
    research = answers.select("customer_id", segment=pl.format("need {}", "need")).unique()
    tool = TypingTool(questions=2).fit({"answers": answers, "research": research}, as_of=END)
    assert tool.confusion["customers"].sum() == 60
    for dark in (False, True):
        assert tool.chart(dark=dark).to_dict()
        assert tool.chart("confusion", dark=dark).to_dict()
    assert "always naming the largest segment" in tool._repr_html_()
    assert set(tool.rows()["memberships"]["segmentation"]) == {"typed"}
    assert tool.rows()["memberships"]["probability"].is_between(0.5, 1).all()


def test_a_tool_that_is_no_better_than_naming_the_largest_segment_says_so() -> None:
    answers = answered(needs=1, seed=1, people=60)
    research = (
        answers.select("customer_id")
        .unique()
        .sort("customer_id")
        .with_columns(segment=pl.Series(["one", "one", "two"] * 20))
    )
    tool = TypingTool(questions=1).fit({"answers": answers, "research": research}, as_of=END)
    assert tool.finding.endswith("That is no better than naming it.")


def test_a_tool_needs_people_whose_segment_is_known() -> None:
    answers = answered(needs=2, seed=1, people=60)
    research = answers.select("customer_id", segment=pl.format("need {}", "need")).unique()
    with pytest.raises(SchemaError, match="in 1 segments"):
        TypingTool().fit({"answers": answers, "research": research.filter(segment="need 0")}, as_of=END)
    doubled = pl.concat([research, research.with_columns(segment=pl.lit("other"))])
    with pytest.raises(SchemaError, match="Give each customer one"):
        TypingTool().fit({"answers": answers, "research": doubled}, as_of=END)
    with pytest.raises(SchemaError, match="'memberships' is not among the tables"):
        TypingTool().fit({"answers": answers}, as_of=END)


# --------------------------------------------------------------------------------------------------- everywhere


def test_a_hub_fits_and_saves_lifestyles() -> None:
    lines = bought(tastes=2, seed=1, customers=40).with_row_index("n")
    frame = lines.select(
        line=pl.format("l{}", "n"), who="customer_id", what="category", when=pl.col("occurred_at").dt.strftime("%Y-%m-%dT%H:%M:%SZ"),
        kind="kind", quantity=pl.lit("1"),
    )  # fmt: skip
    mapping = uc.Mapping(
        table="order_lines", key="line", identifiers={"user_id": "who"},
        fields={"order_id": "line", "category": "what", "occurred_at": "when", "kind": "kind", "quantity": "quantity"},
    )  # fmt: skip
    with uc.CustomerHub(policy=uc.Policy.quickstart()) as hub:
        hub.load(uc.source("dataframe", frame, table="order_lines", name="shop", mapping=mapping))
        hub.resolve()
        fitted = hub.fit(
            Lifestyle(method="mix", groups=SEARCH), purpose="analytics", as_of=datetime(2027, 1, 1, tzinfo=UTC)
        )
        assert len(fitted.learned.labels) == 2
        assert dict(hub.save(fitted).rows) == {"memberships": 40}


@pytest.mark.needs_java
@pytest.mark.slow
def test_spark_gives_the_same_segments(on_spark: Callable[[pl.DataFrame], Any]) -> None:
    lines = bought(tastes=2, seed=1, customers=40).drop("taste")
    answers = answered(needs=2, seed=1, people=40).drop("need")
    spec = Lifestyle(method="mix", groups=SEARCH)
    found, here = (spec.fit({"order_lines": each}, as_of=END) for each in (on_spark(lines), lines))
    assert type(found.table) is type(on_spark(lines))
    assert rows_of(found.table) == rows_of(here.table)
    needs, needs_here = (
        Needs(groups=SEARCH).fit({"answers": each}, as_of=END) for each in (on_spark(answers), answers)
    )
    assert rows_of(needs.table) == rows_of(needs_here.table)


@pytest.mark.needs_java
@pytest.mark.slow
def test_spark_gives_the_same_clusters(on_spark: Callable[[pl.DataFrame], Any]) -> None:
    features = measured(kinds=2, seed=1, customers=40).drop("kind")
    there, here = (
        Clusters(groups=SEARCH).fit({"features": each}, as_of=END) for each in (on_spark(features), features)
    )
    assert type(there.table) is type(on_spark(features))
    assert len(here.learned.labels) == 2
    assert rows_of(there.table) == rows_of(here.table)


@pytest.mark.needs_java
@pytest.mark.slow
def test_spark_types_the_same_people(on_spark: Callable[[pl.DataFrame], Any]) -> None:
    answers = answered(needs=2, seed=1, people=60)
    research = answers.select("customer_id", segment=pl.format("need {}", "need")).unique()
    tables = {"answers": answers.drop("need"), "research": research}
    tool = TypingTool(questions=2)
    there = tool.fit({name: on_spark(frame) for name, frame in tables.items()}, as_of=END)
    here = tool.fit(tables, as_of=END)
    assert type(there.table) is type(on_spark(research))
    assert there.accuracy.equals(here.accuracy)
    assert rows_of(there.table) == rows_of(here.table)


def rows_of(table: Any) -> list[tuple[Any, ...]]:
    return sorted(collected(opened(table)).select("customer_id", "segment").iter_rows())
