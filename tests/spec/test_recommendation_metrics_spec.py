"""How good recommendations are, held against what customers did later."""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from itertools import combinations, pairwise
from math import log2, sqrt
from typing import Any

import polars as pl
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from unified_customer.core.errors import SchemaError
from unified_customer.recommendations.evaluation import METRICS, Evaluation, Metrics, compare, evaluate
from unified_customer.recommendations.evaluation.accuracy import Gains

ITEMS = [f"i{n}" for n in range(8)]
CUSTOMERS = [f"c{n}" for n in range(5)]
Rows = list[tuple[str, str, float]]
Lists = Mapping[str, list[str]]
World = Mapping[str, Any]

rows = st.lists(
    st.tuples(st.sampled_from(CUSTOMERS), st.sampled_from(ITEMS), st.sampled_from((1.0, 1.0, 2.0, 0.3, -1.0))),
    min_size=1,
    max_size=25,
)
some_lists = st.dictionaries(
    st.sampled_from([*CUSTOMERS, "stranger"]),
    st.lists(st.sampled_from([*ITEMS, "unheard of"]), unique=True, min_size=1),
    min_size=1,
)
worlds = st.fixed_dictionaries(
    {
        "truth": rows.filter(lambda each: bool(relevant(each))),
        "train": rows,
        "lists": some_lists,
        "categories": st.lists(
            st.tuples(st.sampled_from(ITEMS), st.sampled_from("xyz"), st.sampled_from((1.0, 3.0))), min_size=1
        ),
        "vectors": st.dictionaries(st.sampled_from(ITEMS), st.tuples(*[st.integers(-2, 2).map(float)] * 2), min_size=1),
        "similarities": st.dictionaries(
            st.sampled_from(list(combinations(ITEMS, 2))), st.sampled_from((0.0, 0.25, 1.0)), min_size=1
        ),
    }
)
ranks = st.integers(1, 9)
gains: st.SearchStrategy[Gains] = st.sampled_from(("binary", "linear", "exponential"))


# -------------------------------------------------------------------------------- frames


def interactions(each: Rows) -> pl.DataFrame:
    return pl.DataFrame(
        each, schema={"customer_id": pl.String, "item_id": pl.String, "weight": pl.Float64}, orient="row"
    )


def recommendations(lists: Lists) -> pl.DataFrame:
    told = [(who, rank, item, 1 / rank) for who, items in lists.items() for rank, item in enumerate(items, 1)]
    schema = {"customer_id": pl.String, "rank": pl.Int64, "item_id": pl.String, "score": pl.Float64}
    return pl.DataFrame(told, schema=schema, orient="row")


def known(world: World) -> dict[str, Any]:
    pairs = [(*pair, value) for pair, value in world["similarities"].items()]
    return {
        "train": interactions(world["train"]),
        "categories": pl.DataFrame(world["categories"], schema=["item_id", "category", "weight"], orient="row"),
        "vectors": pl.DataFrame(
            {"item_id": list(world["vectors"]), "vector": list(map(list, world["vectors"].values()))}
        ),
        "similarities": pl.DataFrame(pairs, schema=["item_id", "other_id", "similarity"], orient="row"),
    }


def judged(world: World, **said: Any) -> Evaluation:
    lists, truth = recommendations(world["lists"]), interactions(world["truth"])
    return evaluate(lists, truth, metrics=Metrics(resamples=100, **said), **known(world))


def told(evaluation: Evaluation) -> dict[str, dict[str, Any]]:
    return {row.pop("customer_id"): row for row in evaluation.values.iter_rows(named=True)}


# -------------------------------------------------------------------------------- the oracle, in plain Python


def relevant(each: Rows) -> dict[str, dict[str, float]]:
    sums: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for who, item, weight in each:
        sums[who][item] += weight
    positive = {who: {item: weight for item, weight in items.items() if weight > 0} for who, items in sums.items()}
    return {who: items for who, items in positive.items() if items}


def worth(weight: float, kind: str) -> float:
    return {"binary": 1.0, "linear": weight, "exponential": 2**weight - 1}[kind]


def by(above: float, below: float) -> float | None:
    return above / below if below else None


def accuracy(items: list[str], wanted: Mapping[str, float], k: int, kind: str = "binary") -> dict[str, float | None]:
    if not wanted:
        return dict.fromkeys(("recall", "precision", "ndcg", "map", "mrr", "hit_rate"))
    top = items[:k]
    hits = [rank for rank, item in enumerate(top, 1) if item in wanted]
    gained = sum(worth(wanted[item], kind) / log2(rank + 1) for rank, item in enumerate(top, 1) if item in wanted)
    best = sorted((worth(weight, kind) for weight in wanted.values()), reverse=True)[:k]
    return {
        "recall": len(hits) / len(wanted),
        "precision": len(hits) / k,
        "ndcg": gained / sum(each / log2(rank + 1) for rank, each in enumerate(best, 1)),
        "map": sum(place / rank for place, rank in enumerate(hits, 1)) / min(k, len(wanted)),
        "mrr": 1 / hits[0] if hits else 0.0,
        "hit_rate": float(bool(hits)),
    }


def split(items: list[str], wanted: Mapping[str, float], had: Mapping[str, float], k: int, kind: str) -> dict[str, Any]:
    parts = {
        "repeat": {i: w for i, w in wanted.items() if i in had},
        "new": {i: w for i, w in wanted.items() if i not in had},
    }
    return {
        f"{name}_{part}": accuracy(items, some, k, kind)[name]
        for part, some in parts.items()
        for name in ("recall", "ndcg", "hit_rate")
    }


def mean(values: list[float]) -> float | None:
    return by(sum(values), len(values))


def of_history(top: list[str], had: Mapping[str, float], before: Mapping[str, Mapping[str, float]]) -> dict[str, Any]:
    owners = Counter(item for items in before.values() for item in items)
    bits = [-log2(max(owners[item], 1) / len(before)) for item in top] if before else []
    return {
        "repeat_share": mean([float(item in had) for item in top]),
        "novelty": mean(bits),
        "popularity": mean([owners[item] / max(len(before), 1) for item in top]),
        "popularity_of_history": mean([owners[item] / len(before) for item in had]),
    }


def shares(categories: Rows) -> dict[str, dict[str, float]]:
    sums: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for item, category, weight in categories:
        sums[item][category] += weight
    return {item: {name: each / sum(own.values()) for name, each in own.items()} for item, own in sums.items()}


def cosine(one: Mapping[Any, float], other: Mapping[Any, float]) -> float:
    sizes = sqrt(sum(each**2 for each in one.values()) * sum(each**2 for each in other.values()))
    return sum(value * other.get(name, 0) for name, value in one.items()) / sizes


def diversity(top: list[str], alike: Callable[[str, str], float]) -> float | None:
    pairs = list(combinations(top, 2))
    return 1 - sum(alike(*pair) for pair in pairs) / len(pairs) if pairs else None


def diversities(top: list[str], world: World) -> dict[str, Any]:
    of, pairs = shares(world["categories"]), world["similarities"]
    vectors = {item: dict(enumerate(each)) for item, each in world["vectors"].items() if any(each)}
    return {
        "category_diversity": diversity([i for i in top if i in of], lambda a, b: cosine(of[a], of[b])),
        "vector_diversity": diversity([i for i in top if i in vectors], lambda a, b: cosine(vectors[a], vectors[b])),
        "pair_diversity": diversity(top, lambda a, b: pairs.get((min(a, b), max(a, b)), 0.0)),
    }


def mix(items: Mapping[str, float], of: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    sums: dict[str, float] = defaultdict(float)
    for item, weight in items.items():
        for name, share in of.get(item, {}).items():
            sums[name] += weight * share
    return {name: each / sum(sums.values()) for name, each in sums.items()}


def calibration(top: list[str], had: Mapping[str, float], world: World) -> dict[str, Any]:
    of = shares(world["categories"])
    p, q = mix(had, of), mix(dict.fromkeys(top, 1.0), of)
    if not p or not q:
        return {"calibration_kl": None, "calibration_js": None}
    middle = {name: (p.get(name, 0) + q.get(name, 0)) / 2 for name in {*p, *q}}
    smooth = {name: 0.99 * q.get(name, 0) + 0.01 * each for name, each in p.items()}
    js = (divergence(p, middle) + divergence(q, middle)) / 2
    return {"calibration_kl": divergence(p, smooth), "calibration_js": js}


def divergence(p: Mapping[str, float], q: Mapping[str, float]) -> float:
    return sum(each * log2(each / q[name]) for name, each in p.items())


def expected(world: World, k: int, kind: str) -> dict[str, dict[str, Any]]:
    before = relevant(world["train"])
    found = {}
    for who, wanted in relevant(world["truth"]).items():
        items, had = world["lists"].get(who, []), before.get(who, {})
        found[who] = {
            **accuracy(items, wanted, k, kind),
            **split(items, wanted, had, k, kind),
            **of_history(items[:k], had, before),
            **diversities(items[:k], world),
            **calibration(items[:k], had, world),
        }
    return found


# -------------------------------------------------------------------------------- laws


@given(world=worlds, k=ranks, kind=gains)
def test_every_metric_is_what_plain_counting_gives(world: World, k: int, kind: Gains) -> None:
    values = told(judged(world, k=k, gains=kind))
    plain = expected(world, k, kind)
    assert values.keys() == plain.keys()
    for who, row in plain.items():
        named = {name if name == "popularity_of_history" else f"{name}@{k}": value for name, value in row.items()}
        assert values[who] == {name: pytest.approx(value, abs=1e-9) for name, value in named.items()}


@given(world=worlds, k=ranks)
def test_coverage_and_gini_are_what_plain_counting_gives(world: World, k: int) -> None:
    catalogue = {item for _, item, _ in world["train"]}
    judges = relevant(world["truth"])
    shown = Counter(i for who, items in world["lists"].items() if who in judges for i in items[:k] if i in catalogue)
    counts = [shown[item] for item in catalogue]
    apart = sum(abs(one - other) for one in counts for other in counts)
    evaluation = judged(world, k=k)
    assert evaluation.value("coverage") == pytest.approx(len(shown) / len(catalogue))
    assert evaluation.value("gini") == pytest.approx(by(apart, 2 * len(counts) * sum(counts)))


@given(world=worlds, k=ranks)
def test_a_value_is_the_mean_over_customers_who_have_one(world: World, k: int) -> None:
    evaluation = judged(world, k=k)
    for name, rank, value, low, high, customers in evaluation.table.iter_rows():
        if name not in {"coverage", "gini", "popularity_lift"}:
            own = evaluation.values[name if rank is None else f"{name}@{rank}"].drop_nulls()
            assert value == (pytest.approx(own.mean()) if len(own) else None)
            assert customers == len(own)
            assert (low is None) == (len(own) < 2)
            assert low is None or low <= high


@given(each=rows.filter(lambda each: bool(relevant(each))), k=ranks, kind=gains)
def test_the_ideal_list_has_ndcg_1(each: Rows, k: int, kind: Gains) -> None:
    ideal = {who: sorted(items, key=lambda item: -items[item]) for who, items in relevant(each).items()}
    metrics = Metrics(k=(k,), gains=kind)
    values = evaluate(recommendations(ideal), interactions(each), metrics=metrics).values
    assert values[f"ndcg@{k}"].to_list() == pytest.approx([1.0] * len(ideal))


@given(world=worlds, k=ranks, kind=gains, place=st.integers(0, 6))
def test_no_accuracy_rises_when_a_relevant_item_moves_down(world: World, k: int, kind: Gains, place: int) -> None:
    who, wanted = min(relevant(world["truth"]).items())
    items = [*dict.fromkeys([*world["lists"].get(who, []), *ITEMS])]
    value = [worth(wanted[item], kind) if item in wanted else 0.0 for item in items]
    movable = [n for n, (upper, lower) in enumerate(pairwise(value)) if upper > lower]
    assume(movable)
    at = movable[place % len(movable)]
    moved = [*items[:at], items[at + 1], items[at], *items[at + 2 :]]
    before, after = (accuracy_of(each, who, world, k, kind) for each in (items, moved))
    assert after["ndcg"] <= before["ndcg"] + 1e-12
    assert items[at + 1] in wanted or all(after[name] <= before[name] + 1e-12 for name in before)


def accuracy_of(items: list[str], who: str, world: World, k: int, kind: Gains) -> dict[str, float]:
    found = evaluate(recommendations({who: items}), interactions(world["truth"]), metrics=Metrics(k=(k,), gains=kind))
    return {name.removesuffix(f"@{k}"): value for name, value in told(found)[who].items()}


@given(world=worlds, k=ranks, chance=st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(world: World, k: int, chance: Any) -> None:
    def shuffled(frame: pl.DataFrame) -> pl.DataFrame:
        rows: list[int] = chance.sample(range(frame.height), frame.height)
        return frame[rows]

    lists, truth = recommendations(world["lists"]), interactions(world["truth"])
    metrics = Metrics(k=(k,), resamples=100)
    again = evaluate(
        shuffled(lists),
        shuffled(truth),
        metrics=metrics,
        **{name: shuffled(frame) for name, frame in known(world).items()},
    )
    assert again.values.equals(judged(world, k=k).values)
    assert again.table.equals(judged(world, k=k).table)


@given(world=worlds, k=ranks, names=st.permutations(range(20)))
def test_renaming_customers_and_items_renames_the_answer(world: World, k: int, names: list[int]) -> None:
    item = {each: f"n{names[n]}" for n, each in enumerate([*ITEMS, "unheard of"])}
    who = {each: f"w{names[n]}" for n, each in enumerate([*CUSTOMERS, "stranger"])}
    pairs = {(item[a], item[b]): value for (a, b), value in world["similarities"].items()}
    renamed = judged(
        {
            **{name: [(who[c], item[i], w) for c, i, w in world[name]] for name in ("truth", "train")},
            "lists": {who[c]: [item[i] for i in items] for c, items in world["lists"].items()},
            "categories": [(item[i], c, w) for i, c, w in world["categories"]],
            "vectors": {item[i]: vector for i, vector in world["vectors"].items()},
            "similarities": pairs,
        },
        k=k,
    )
    plain, again = told(judged(world, k=k)), told(renamed)
    assert {who[c]: row for c, row in plain.items()} == {c: pytest.approx(row, abs=1e-9) for c, row in again.items()}
    assert renamed.whole == pytest.approx(judged(world, k=k).whole, nan_ok=True)


@given(world=worlds)
def test_what_counts_hits_never_falls_as_lists_grow(world: World) -> None:
    values = judged(world, k=tuple(range(1, 9))).values
    for name in ("recall", "mrr", "hit_rate"):
        for k in range(1, 8):
            assert (values[f"{name}@{k}"] <= values[f"{name}@{k + 1}"]).all()
    assert all(
        (values[f"precision@{k}"] * k <= values[f"precision@{k + 1}"] * (k + 1) + 1e-9).all() for k in range(1, 8)
    )


@given(world=worlds, k=ranks, kind=gains)
def test_accuracy_and_shares_lie_between_0_and_1(world: World, k: int, kind: Gains) -> None:
    table = judged(world, k=k, gains=kind).table
    bounded = table.filter(
        ~pl.col("metric").is_in(["novelty", "popularity_lift", "vector_diversity", "calibration_kl"])
    )
    assert bounded["value"].drop_nulls().is_between(0, 1 + 1e-9).all()
    assert (table.filter(pl.col("metric").is_in(["novelty", "calibration_kl"]))["value"].drop_nulls() >= 0).all()


@given(world=worlds, k=ranks)
def test_metrics_bound_each_other(world: World, k: int) -> None:
    for row in told(judged(world, k=k, recall_of="reachable")).values():
        hit, rank, reached = row[f"hit_rate@{k}"], row[f"mrr@{k}"], row[f"recall@{k}"]
        assert hit / k - 1e-9 <= rank <= hit
        assert row[f"precision@{k}"] - 1e-9 <= reached <= 1 + 1e-9
        assert row[f"map@{k}"] <= reached + 1e-9


@given(world=worlds, k=ranks)
def test_hits_are_hits_of_repeats_or_of_new_items(world: World, k: int) -> None:
    values, before = told(judged(world, k=k)), relevant(world["train"])
    for who, wanted in relevant(world["truth"]).items():
        repeats = sum(item in before.get(who, {}) for item in wanted)
        parts = (
            repeats * (values[who][f"recall_repeat@{k}"] or 0),
            (len(wanted) - repeats) * (values[who][f"recall_new@{k}"] or 0),
        )
        assert sum(parts) == pytest.approx(len(wanted) * values[who][f"recall@{k}"])


@given(world=worlds, k=st.integers(1, 5))
def test_what_stands_below_rank_k_changes_nothing(world: World, k: int) -> None:
    cut = {**world, "lists": {who: items[:k] for who, items in world["lists"].items()}}
    assert judged(cut, k=k).table.equals(judged(world, k=k).table)


@given(world=worlds, k=ranks)
def test_customers_without_a_list_count_as_0_and_customers_without_truth_are_left_out(world: World, k: int) -> None:
    evaluation, judges = judged(world, k=k), relevant(world["truth"])
    assert set(evaluation.values["customer_id"]) == set(judges)
    assert evaluation.without_list == len(judges.keys() - world["lists"].keys())
    assert evaluation.without_truth == len(world["lists"].keys() - judges.keys())
    without = evaluation.values.filter(~pl.col("customer_id").is_in(list(world["lists"])))
    assert set(without[f"ndcg@{k}"]) <= {0.0}
    assert without[f"novelty@{k}"].null_count() == without.height


@given(world=worlds, other=some_lists, k=ranks)
def test_a_difference_is_that_of_the_values_and_turns_its_sign_with_the_reference(
    world: World, other: Lists, k: int
) -> None:
    models = {"one": recommendations(world["lists"]), "other": recommendations(other)}
    said: dict[str, Any] = {"metrics": Metrics(k=(k,), resamples=100), **known(world)}
    there, back = (compare(models, interactions(world["truth"]), reference=name, **said).table for name in models)
    for one, two in zip(there.filter(model="other").rows(), back.filter(model="one").rows(), strict=True):
        ends = ([*one[-3:]], [None if each is None else -each for each in (two[-3], two[-1], two[-2])])
        assert ends[0] == [None if each is None else pytest.approx(each, abs=1e-9) for each in ends[1]]
        assert one[-3] is None or one[-3] == pytest.approx(one[3] - two[3], abs=1e-9)


@given(world=worlds, k=ranks)
def test_a_model_never_differs_from_itself(world: World, k: int) -> None:
    lists = recommendations(world["lists"])
    table = compare(
        {"one": lists, "same": lists},
        interactions(world["truth"]),
        metrics=Metrics(k=(k,), resamples=100),
        **known(world),
    ).table
    same = table.filter(model="same").select("difference", "difference_low", "difference_high")
    assert all(set(same[name].drop_nulls()) <= {0.0} for name in same.columns)


@given(world=worlds, groups=st.lists(st.sampled_from(("new", "loyal")), min_size=5, max_size=5))
def test_segments_are_judged_as_if_they_were_alone(world: World, groups: list[str]) -> None:
    segments = pl.DataFrame({"customer_id": CUSTOMERS, "segment": groups})
    evaluation = judged(world, min_customers=1)
    told_by = evaluation.by(segments)
    for segment in set(told_by["segment"]):
        own = set(segments.filter(segment=segment)["customer_id"])
        alone = judged({**world, "truth": [row for row in world["truth"] if row[0] in own]}, min_customers=1).table
        whole = ("coverage", "gini")
        plain = alone.filter(~pl.col("metric").is_in(whole)).drop("customers")
        assert_frame_equal(told_by.filter(segment=segment).select(plain.columns), plain)


@given(world=worlds, least=st.integers(2, 6))
def test_segments_of_few_customers_are_not_told(world: World, least: int) -> None:
    segments = pl.DataFrame({"customer_id": CUSTOMERS, "segment": "all"})
    table = judged(world, min_customers=least).by(segments)
    assert table.filter(pl.col("customers") < least).select("value", "low", "high").null_count().rows() == [
        (few := table.filter(pl.col("customers") < least).height, few, few)
    ]


@given(lists=some_lists, wrong=st.sampled_from(("gap", "twice", "rise", "null", "text", "missing")))
def test_lists_that_are_none_are_refused(lists: Lists, wrong: str) -> None:
    good = recommendations(lists)
    bad = {
        "gap": good.with_columns(pl.col("rank") + 1),
        "twice": pl.concat([good, good.with_columns(pl.col("rank") + pl.len().over("customer_id"), score=pl.lit(0.0))]),
        "rise": pl.concat([good, good.with_columns(pl.col("rank") + pl.len().over("customer_id"), pl.lit(9.0).alias("score"), item_id=pl.col("item_id") + "x")]),
        "null": good.with_columns(item_id=pl.lit(None, dtype=pl.String)),
        "text": good.with_columns(pl.col("score").cast(pl.String)),
        "missing": good.drop("score"),
    }  # fmt: skip
    with pytest.raises(SchemaError):
        evaluate(bad[wrong], interactions([("c0", "i0", 1.0)]))


@given(world=worlds)
def test_no_customer_or_item_stands_in_what_is_shown(world: World) -> None:
    evaluation = judged(world)
    comparison = compare({"one": recommendations(world["lists"])}, interactions(world["truth"]), **known(world))
    for shown in (evaluation, comparison):
        texts = (str(shown), repr(shown), shown._repr_html_(), str(shown.to_body()))
        assert not any(name in text for text in texts for name in [*ITEMS, *CUSTOMERS, "stranger"])


@given(world=worlds)
def test_every_metric_that_is_told_is_explained(world: World) -> None:
    assert set(judged(world).table["metric"]) == set(METRICS)
