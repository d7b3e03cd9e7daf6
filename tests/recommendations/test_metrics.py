"""Metrics of recommendations, worked by hand."""

from math import log2
from typing import Any

import polars as pl
import pytest
from pydantic import ValidationError

from unified_customer.core.errors import ConfigurationError, SchemaError
from unified_customer.recommendations.evaluation import METRICS, Evaluation, Metrics, compare, evaluate
from unified_customer.recommendations.evaluation.places import paired

# Ann bought tea, jam and oil later, Bob jam; Eve has no list. Dan has a list and bought nothing.
TRUTH = pl.DataFrame(
    {
        "customer_id": ["ann", "ann", "ann", "bob", "eve"],
        "item_id": ["tea", "jam", "oil", "jam", "tea"],
        "weight": [3.0, 1.0, 2.0, 1.0, 1.0],
    }
)
LISTS = {"ann": ["jam", "pen", "tea", "cup"], "bob": ["cup", "jam"], "dan": ["tea"]}
# Before, Ann had tea twice and the pen; Bob tea; Cid tea and jam; Dan the cup.
TRAIN = pl.DataFrame(
    {
        "customer_id": ["ann", "ann", "ann", "bob", "cid", "cid", "dan"],
        "item_id": ["tea", "tea", "pen", "tea", "tea", "jam", "cup"],
    }
)
CATEGORIES = pl.DataFrame({"item_id": ["tea", "jam", "oil", "pen", "cup"], "category": ["food"] * 3 + ["things"] * 2})


def lists(of: dict[str, list[str]]) -> pl.DataFrame:
    """Return lists of items as recommendations."""
    rows = [(who, n, item, -float(n)) for who, items in of.items() for n, item in enumerate(items, 1)]
    return pl.DataFrame(rows, schema=["customer_id", "rank", "item_id", "score"], orient="row")


def judged(**said: Any) -> Evaluation:
    """Judge the lists down to rank 3."""
    return evaluate(lists(LISTS), TRUTH, metrics=Metrics(k=(3,), **said), train=TRAIN, categories=CATEGORIES)


def of(evaluation: Evaluation, metric: str) -> dict[str, Any]:
    """Return a metric of each customer."""
    return dict(evaluation.values.select("customer_id", f"{metric}@3").iter_rows())


def about(**values: Any) -> dict[str, Any]:
    """Return what numbers should be about."""
    return {who: None if value is None else pytest.approx(value) for who, value in values.items()}


def test_who_is_judged() -> None:
    evaluation = judged()
    assert (evaluation.customers, evaluation.without_list, evaluation.without_truth) == (3, 1, 1)


def test_recall_is_hits_by_all_that_is_relevant() -> None:
    # Ann: jam and tea of three; Bob: jam of one; Eve has no list.
    assert of(judged(), "recall") == about(ann=2 / 3, bob=1, eve=0)
    assert judged().value("recall") == pytest.approx((2 / 3 + 1 + 0) / 3)


def test_recall_of_what_can_be_reached_has_k_at_most_below() -> None:
    found = evaluate(lists(LISTS), TRUTH, metrics=Metrics(k=(2,), recall_of="reachable"))
    # Ann: jam among the first two, by min(2, 3).
    assert found.values["recall@2"].to_list() == [1 / 2, 1, 0]


def test_precision_is_hits_by_k_however_long_the_list_is() -> None:
    assert of(judged(), "precision") == about(ann=2 / 3, bob=1 / 3, eve=0)


def test_hit_rate_and_reciprocal_rank() -> None:
    assert of(judged(), "hit_rate") == about(ann=1, bob=1, eve=0)
    assert of(judged(), "mrr") == about(ann=1, bob=1 / 2, eve=0)


def test_average_precision() -> None:
    # Ann: hits at 1 and 3, precision 1/1 and 2/3, by min(3, 3); Bob: a hit at 2, precision 1/2, by min(3, 1).
    assert of(judged(), "map") == about(ann=(1 + 2 / 3) / 3, bob=1 / 2, eve=0)


def test_binary_ndcg() -> None:
    # Ann: 1/log2(2) + 1/log2(4) = 1.5, ideal 1 + 1/log2(3) + 1/2; Bob: 1/log2(3), ideal 1.
    assert of(judged(), "ndcg") == about(ann=1.5 / (1.5 + 1 / log2(3)), bob=1 / log2(3), eve=0)


def test_graded_ndcg() -> None:
    # Ann: jam (1) at 1 and tea (3) at 3; ideal tea 3, oil 2, jam 1.
    ideal = 3 + 2 / log2(3) + 1 / 2
    assert of(judged(gains="linear"), "ndcg") == about(ann=(1 + 3 / 2) / ideal, bob=1 / log2(3), eve=0)
    # 2^1 - 1 = 1, 2^2 - 1 = 3, 2^3 - 1 = 7.
    ideal = 7 + 3 / log2(3) + 1 / 2
    assert of(judged(gains="exponential"), "ndcg") == about(ann=(1 + 7 / 2) / ideal, bob=1 / log2(3), eve=0)


def test_what_was_returned_is_not_relevant() -> None:
    returned = pl.concat([TRUTH, pl.DataFrame({"customer_id": ["eve"], "item_id": ["tea"], "weight": [-1.0]})])
    assert evaluate(lists(LISTS), returned).values["customer_id"].to_list() == ["ann", "bob"]


def test_repeats_and_new_items() -> None:
    # Ann had tea before, which she finds at rank 3; jam and oil are new to her, of which she finds jam.
    assert of(judged(), "recall_repeat") == about(ann=1, bob=None, eve=None)
    assert of(judged(), "ndcg_repeat") == about(ann=1 / 2, bob=None, eve=None)
    assert of(judged(), "recall_new") == about(ann=1 / 2, bob=1, eve=0)
    # Ann had tea and the pen of her three.
    assert of(judged(), "repeat_share") == about(ann=2 / 3, bob=0, eve=None)


def test_novelty_and_popularity() -> None:
    # Of four customers three had tea, and one each jam, pen and cup: log2(4/3) bits, and 2 bits.
    assert of(judged(), "novelty") == about(ann=(2 + 2 + log2(4 / 3)) / 3, bob=2, eve=None)
    assert of(judged(), "popularity") == about(ann=(1 / 4 + 1 / 4 + 3 / 4) / 3, bob=1 / 4, eve=None)
    history = dict(judged().values.select("customer_id", "popularity_of_history").iter_rows())
    assert history == about(ann=(3 / 4 + 1 / 4) / 2, bob=3 / 4, eve=None)
    # Over Ann and Bob: (5/12 - 1/2 + 1/4 - 3/4) by (1/2 + 3/4).
    assert judged().value("popularity_lift") == pytest.approx((5 / 12 - 1 / 2 + 1 / 4 - 3 / 4) / (5 / 4))


def test_coverage_and_gini() -> None:
    # Of tea, jam, pen and cup all stand in a list: tea 1, pen 1, cup 1, jam 2. Ann's cup is at rank 4.
    assert judged().value("coverage") == 1
    # (-3 * 1 - 1 * 1 + 1 * 1 + 3 * 2) by 4 * 5.
    assert judged().value("gini") == pytest.approx(3 / 20)
    more = pl.DataFrame({"item_id": ["tea", "jam", "hat", "bag"]})
    assert evaluate(lists(LISTS), TRUTH, catalogue=more).value("coverage") == 1 / 2


def test_diversity_of_categories() -> None:
    # Ann: jam and tea are alike, one pair of three; Bob: a cup and jam are not.
    assert of(judged(), "category_diversity") == about(ann=2 / 3, bob=1, eve=None)


def test_diversity_of_vectors_and_of_pairs() -> None:
    vectors = pl.DataFrame({"item_id": ["jam", "pen", "tea"], "vector": [[1.0, 0.0], [0.0, 2.0], [3.0, 3.0]]})
    pairs = pl.DataFrame({"item_id": ["pen", "jam"], "other_id": ["jam", "cup"], "similarity": [0.6, 0.5]})
    found = evaluate(lists(LISTS), TRUTH, metrics=Metrics(k=(3,)), vectors=vectors, similarities=pairs)
    # Ann: jam and pen at right angles, tea halfway between, the root of a half to each. Bob: nothing of the cup is known.
    assert of(found, "vector_diversity") == about(ann=1 - 2 * 0.5**0.5 / 3, bob=None, eve=None)
    # Ann: 0.6 for jam and pen, 0 for the two other pairs. Bob: 0.5 for the cup and jam.
    assert of(found, "pair_diversity") == about(ann=1 - 0.6 / 3, bob=0.5, eve=None)


def test_calibration() -> None:
    # Ann: food 2 of 3 before (tea twice), and 2 of 3 now. Bob: all food before, half of it now.
    assert of(judged(), "calibration_kl") == about(ann=0, bob=log2(1 / (0.99 * 0.5 + 0.01)), eve=None)
    js = (log2(1 / 0.75) + 0.5 * log2(0.5 / 0.75) + 0.5 * log2(0.5 / 0.25)) / 2
    assert of(judged(), "calibration_js") == about(ann=0, bob=js, eve=None)


def test_a_segment_of_few_customers_is_not_told() -> None:
    segments = pl.DataFrame({"customer_id": ["ann", "bob", "ann"], "segment": ["old", "new", "old"]})
    told = judged(min_customers=1).by(segments).filter(metric="recall")
    assert told.select("segment", "value", "customers").rows() == [
        ("new", 1.0, 1),
        ("old", pytest.approx(2 / 3), 1),
        (None, 0.0, 1),
    ]
    assert judged().by(segments)["value"].null_count() == judged().by(segments).height


def test_models_are_compared_with_paired_differences() -> None:
    better = {**LISTS, "eve": ["tea"]}
    found = compare({"one": lists(LISTS), "two": lists(better)}, TRUTH, metrics=Metrics(k=(3,)))
    row = found.table.filter(model="two", metric="recall").row(0, named=True)
    # Eve alone differs: drawn thrice, twice, once or never, the difference is 1, 2/3, 1/3 or 0.
    assert row["difference"] == pytest.approx(1 / 3)
    assert (row["difference_low"], row["difference_high"]) == (0, pytest.approx(1, abs=0.34))
    assert found.best("recall") == "two"
    assert found.wide()["model"].to_list() == ["one", "two"]
    with pytest.raises(ConfigurationError, match="neither more nor less"):
        found.best("repeat_share")


def test_what_is_shown() -> None:
    text = str(judged())
    assert text.splitlines()[0] == "Evaluation: customers 3, without list 1, without truth 1"
    assert "recall@3" in text
    assert "<td" in judged()._repr_html_()
    found = compare({"one": lists(LISTS)}, TRUTH, train=TRAIN)
    assert str(found).split()[:3] == ["model", "ndcg", "recall"]
    assert "NDCG" in found._repr_html_()


@pytest.mark.parametrize("kind", ["intervals", "differences", "tradeoff"])
def test_models_are_drawn(kind: Any) -> None:
    found = compare({"one": lists(LISTS), "two": lists({"ann": ["oil"]})}, TRUTH, train=TRAIN)
    assert found.chart(kind=kind).to_dict()["title"]["text"]
    assert found.chart("recall", kind=kind, against="novelty", dark=True).to_dict()["title"]["text"]
    with pytest.raises(ConfigurationError, match="was not measured"):
        found.chart("recall", kind=kind, k=7)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"rank": [1, 3]}, "are not 1, 2, 3"),
        ({"rank": [1, 1]}, "are not 1, 2, 3"),
        ({"rank": [1.0, 2.0]}, "not whole numbers"),
        ({"score": [1.0, 2.0]}, "scores of 1 lists of 'recommendations' rise"),
        ({"score": [1.0, float("nan")]}, "no finite number"),
        ({"score": ["a", "b"]}, "not numbers"),
        ({"item_id": ["tea", "tea"]}, "names 1 items twice"),
        ({"item_id": ["tea", None]}, "1 rows without 'item_id'"),
    ],
)
def test_bad_lists_are_refused_without_a_name(changed: dict[str, Any], words: str) -> None:
    good = {"customer_id": ["ann", "ann"], "rank": [1, 2], "item_id": ["tea", "jam"], "score": [2.0, 1.0]}
    with pytest.raises(SchemaError, match=words) as refused:
        evaluate(pl.DataFrame(good | changed, strict=False), TRUTH)
    assert "ann" not in str(refused.value)
    with pytest.raises(SchemaError, match="Of model 'one': "):
        compare({"one": pl.DataFrame(good | changed, strict=False)}, TRUTH)


def test_bad_ground_is_refused() -> None:
    good = lists(LISTS)
    with pytest.raises(SchemaError, match="no column 'score'"):
        evaluate(good.drop("score"), TRUTH)
    with pytest.raises(ConfigurationError, match="relevant to anybody"):
        evaluate(good, TRUTH.with_columns(weight=pl.lit(0.0)))
    with pytest.raises(SchemaError, match="two rows for one item"):
        evaluate(good, TRUTH, vectors=pl.DataFrame({"item_id": ["a", "a"], "vector": [[1.0], [2.0]]}))
    with pytest.raises(SchemaError, match="several lengths"):
        evaluate(good, TRUTH, vectors=pl.DataFrame({"item_id": ["a", "b"], "vector": [[1.0], [2.0, 3.0]]}))
    with pytest.raises(SchemaError, match="lists or arrays"):
        evaluate(good, TRUTH, vectors=pl.DataFrame({"item_id": ["a"], "vector": [1.0]}))
    with pytest.raises(SchemaError, match="from 0 to 1"):
        evaluate(good, TRUTH, similarities=pl.DataFrame({"item_id": ["a"], "other_id": ["b"], "similarity": [2.0]}))
    with pytest.raises(ConfigurationError, match="Use 'linear'"):
        evaluate(good, TRUTH.with_columns(weight=pl.lit(99.0)), metrics=Metrics(gains="exponential"))


def test_what_was_not_measured_or_does_not_exist_is_said() -> None:
    found = evaluate(lists(LISTS), TRUTH)
    with pytest.raises(ConfigurationError, match="'novelty@10' was not measured"):
        found.value("novelty")
    with pytest.raises(ConfigurationError, match="no metric 'accuracy'"):
        found.value("accuracy")
    with pytest.raises(ConfigurationError, match="none of the models"):
        compare({}, TRUTH)
    with pytest.raises(ValidationError):
        Metrics(k=(0,))


def test_nothing_was_before() -> None:
    found = evaluate(lists(LISTS), TRUTH, train=TRAIN.clear(), categories=CATEGORIES.clear())
    assert found.value("novelty") is None
    assert found.value("coverage") is None
    assert found.value("recall_new") == found.value("recall")
    assert set(found.table["metric"]) <= set(METRICS)


def test_weights_of_a_pair_add_up_alike_in_any_order() -> None:
    # In floating point 0.1 + 0.2 + 0.3 is more than 0.3 + 0.2 + 0.1.
    rows = pl.DataFrame({"customer_id": ["ann"] * 3, "item_id": ["tea"] * 3, "weight": [0.1, 0.2, 0.3]})
    customers, items = rows["customer_id"].unique(), rows["item_id"].unique()
    one, other = (paired(each, customers, items).weight.item() for each in (rows, rows.reverse()))
    assert one == other


def test_ids_that_are_numbers_are_texts_in_what_is_told() -> None:
    truth = pl.DataFrame({"customer_id": [7], "item_id": [3]})
    found = evaluate(lists({"7": ["3"]}), truth)
    assert found.values["customer_id"].to_list() == ["7"]
    assert found.value("recall") == 1
