"""Lists for who has said what he likes, and for a page with nobody known."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import polars as pl

from unified_customer.core.errors import ConfigurationError
from unified_customer.engines.portable import Native
from unified_customer.recommendations.content.alike import Alike
from unified_customer.recommendations.content.preferences import Stated, stated
from unified_customer.recommendations.content.telling import TOLD
from unified_customer.recommendations.histories import Floats32
from unified_customer.recommendations.serving.best import best
from unified_customer.recommendations.serving.recommended import POPULAR, SHORTFALL, TABLE, Recommendations
from unified_customer.recommendations.serving.recommender import NOTHING_LEFT, Recommender

STATED: Final = "stated"
PAGE: Final = "page"


def for_preferences(recommender: Recommender, preferences: Native, *, n: int = 10) -> tuple[Recommendations, Stated]:
    """Recommend to people by what they have said they like, whether or not the model holds them.

    For whom a purpose allows it is decided before: hand over the preferences of these people alone.

    Args:
        recommender: A fitted `Content`.
        preferences: As `stated` takes them.
        n: How many items each.

    Returns:
        Lists whose `basis` is `stated`, or `popular` for items of which nothing that was said tells; and what was understood.

    Raises:
        ConfigurationError: The model is no `Content`, or n is below 1.
        SchemaError: Preferences are not as `stated` takes them.
    """
    content = _content(recommender, n)
    said = stated(preferences, content, recommender.catalogue)
    return _listed(recommender, said.customers, content.of_vectors(said.vectors), n=n, basis=STATED), said


def for_page(
    recommender: Recommender,
    *,
    n: int = 10,
    text: str | None = None,
    without: Sequence[str] = (),
    **attributes: str | float,
) -> Recommendations:
    """Recommend by what a page is about: nobody is known, and no personal data are read.

    Args:
        recommender: A fitted `Content`.
        n: How many items.
        text: Words on the page, such as an article or a search.
        without: Items that are on the page already.
        **attributes: What else the page tells, as a catalogue does: `category`, `brand`, `price`, `currency`, `description`, or
            `attributes` as a JSON object.

    Returns:
        A list of nobody, whose `basis` is `page`, or `popular` for items that have nothing in common with the page.

    Raises:
        ConfigurationError: The model is no `Content`, n is below 1, or a page tells what no catalogue does.
    """
    content = _content(recommender, n)
    unknown = sorted(set(attributes) - set(TOLD))
    if unknown:
        raise ConfigurationError(f"A page does not tell {unknown[0]!r}; it may tell {', '.join(map(repr, TOLD))}.")
    page = pl.DataFrame([attributes | ({"name": text} if text is not None else {})])
    scores = content.of_vectors(content.placed(content.reading.of(page)))
    return _listed(recommender, pl.Series([None], dtype=pl.String), scores, n=n, basis=PAGE, without=without)


def _content(recommender: Recommender, n: int) -> Alike:
    if n < 1:
        raise ConfigurationError(f"A list has at least one item; n is {n}.")
    if not isinstance(recommender.scorer, Alike):
        raise ConfigurationError(f"{type(recommender.model).__name__} does not read content: fit a Content.")
    return recommender.scorer


def _listed(
    recommender: Recommender, names: pl.Series, scores: Floats32, *, n: int, basis: str, without: Sequence[str] = ()
) -> Recommendations:
    allowed = ~recommender.items.is_in(pl.Series(list(without), dtype=pl.String).implode()).to_numpy()
    top = best(np.array(scores), n, np.broadcast_to(allowed, scores.shape))
    rows, ranks = np.nonzero(top >= 0)
    score = scores[rows, top[rows, ranks]].astype(np.float64)
    told = {
        "customer_id": names.gather(rows),
        "rank": ranks + 1,
        "item_id": recommender.items.gather(top[rows, ranks]),
        "score": score,
        "basis": pl.Series(np.where(score == 0, POPULAR, basis), dtype=pl.String),
    }
    missing = n - np.bincount(rows, minlength=len(names))
    short = {"customer_id": names, "missing": missing, "reason": [NOTHING_LEFT] * len(names)}
    table = pl.DataFrame(short, schema=SHORTFALL).filter(pl.col("missing") > 0)
    return Recommendations(pl.DataFrame(told, schema=TABLE), table)
