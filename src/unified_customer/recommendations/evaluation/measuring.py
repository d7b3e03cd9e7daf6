"""All metrics of lists, one number a customer."""

from collections.abc import Mapping

from unified_customer.recommendations.evaluation import accuracy, diversity, exposure, popularity, repeats
from unified_customer.recommendations.evaluation.accuracy import Gains, Hits
from unified_customer.recommendations.evaluation.calibration import divergences, mix_of_history, mix_of_lists
from unified_customer.recommendations.evaluation.catalogue import column
from unified_customer.recommendations.evaluation.ground import Ground, History
from unified_customer.recommendations.evaluation.lists import Lists
from unified_customer.recommendations.evaluation.places import Floats
from unified_customer.recommendations.evaluation.spec import Metrics

Measured = dict[str, Floats]


def measured(spec: Metrics, ground: Ground, lists: Lists) -> Measured:
    """Return every metric that the ground bears, by column, one number a customer; not a number where there is none."""
    found = Measured()
    for k in spec.k:
        top = lists.top(k)
        every = {
            **_accuracy(spec, ground, top, k),
            **_of_history(spec.gains, ground, top, k),
            **_of_items(ground, top),
        }
        found |= {column(name, k): values for name, values in every.items()}
    if ground.history is not None:
        of_history = popularity.popularity_of_history(ground.history, lists.customers)
        found["popularity_of_history"] = of_history
    return found


def measured_at_once(spec: Metrics, ground: Ground, lists: Lists) -> Mapping[str, float]:
    """Return the metrics that are of all lists together, by column."""
    if ground.catalogue is None:
        return {}
    whole = {"coverage": exposure.coverage, "gini": exposure.gini}
    return {column(name, k): work(lists.top(k), ground.catalogue) for k in spec.k for name, work in whole.items()}


def _accuracy(spec: Metrics, ground: Ground, lists: Lists, k: int) -> Measured:
    found = accuracy.hits(lists, ground.relevant, gains=spec.gains)
    return {
        "recall": accuracy.recall(found, k, of=spec.recall_of),
        "precision": accuracy.precision(found, k),
        "ndcg": accuracy.ndcg(found, k),
        "map": accuracy.average_precision(found, k),
        "mrr": accuracy.reciprocal_rank(found, k),
        "hit_rate": accuracy.hit_rate(found, k),
    }


def _of_history(gains: Gains, ground: Ground, lists: Lists, k: int) -> Measured:
    history = ground.history
    if history is None:
        return {}
    parts = zip(("repeat", "new"), repeats.split_by_novelty(ground), strict=True)
    split = (_of_part(accuracy.hits(lists, part, gains=gains), name, k) for name, part in parts)
    return {key: values for each in split for key, values in each.items()} | _of_popularity(history, lists)


def _of_part(found: Hits, name: str, k: int) -> Measured:
    return {
        f"recall_{name}": accuracy.recall(found, k),
        f"ndcg_{name}": accuracy.ndcg(found, k),
        f"hit_rate_{name}": accuracy.hit_rate(found, k),
    }


def _of_popularity(history: History, lists: Lists) -> Measured:
    return {
        "repeat_share": repeats.repeat_share(lists, history),
        "novelty": popularity.novelty(lists, history),
        "popularity": popularity.popularity(lists, history),
    }


def _of_items(ground: Ground, lists: Lists) -> Measured:
    found = Measured()
    if ground.categories is not None:
        found["category_diversity"] = diversity.category_diversity(lists, ground.categories)
    if ground.vectors is not None:
        found["vector_diversity"] = diversity.vector_diversity(lists, ground.vectors)
    if ground.similarities is not None:
        found["pair_diversity"] = diversity.pair_diversity(lists, ground.similarities)
    return found | _calibration(ground, lists)


def _calibration(ground: Ground, lists: Lists) -> Measured:
    if ground.categories is None or ground.history is None:
        return {}
    before = mix_of_history(ground.history.pairs, ground.categories, lists.customers)
    now = mix_of_lists(lists, ground.categories)
    kl, js = divergences(before, now, ground.categories.names, lists.customers)
    return {"calibration_kl": kl, "calibration_js": js}
