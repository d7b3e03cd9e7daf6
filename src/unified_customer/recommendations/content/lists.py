"""Lists for who has said what he likes, and for a page with nobody known."""

from collections.abc import Sequence
from typing import Final

import polars as pl

from unified_customer.core.errors import ConfigurationError
from unified_customer.engines.portable import Native
from unified_customer.recommendations.content.alike import Alike
from unified_customer.recommendations.content.preferences import Stated, stated
from unified_customer.recommendations.content.telling import TOLD
from unified_customer.recommendations.rules import Prepared, Rules
from unified_customer.recommendations.serving.listing import by_scores
from unified_customer.recommendations.serving.newcomers import of_customers, of_items
from unified_customer.recommendations.serving.recommended import Recommendations
from unified_customer.recommendations.serving.recommender import Recommender

STATED: Final = "stated"
PAGE: Final = "page"


def for_preferences(
    recommender: Recommender,
    preferences: Native,
    *,
    n: int = 10,
    repeats: bool | None = None,
    rules: Rules | Prepared | None = None,
) -> tuple[Recommendations, Stated]:
    """Recommend to people by what they have said they like, whether or not the model holds them.

    For whom a purpose allows it is decided before: hand over the preferences of these people alone.

    Args:
        recommender: A fitted `Content`.
        preferences: As `stated` takes them.
        n: How many items each.
        repeats: Whether what somebody has, as far as the model knows, may be recommended again; None: as the spec says.
        rules: What may be recommended, and what besides the score counts.

    Returns:
        Lists whose `basis` is `stated`, or `popular` for items of which nothing that was said tells; and what was understood.

    Raises:
        ConfigurationError: The model is no `Content`, or n is below 1.
        SchemaError: Preferences are not as `stated` takes them.
    """
    content = _content(recommender)
    said = stated(preferences, content, recommender.catalogue)
    asked, histories = (
        recommender.asked(n, repeats=repeats, rules=rules),
        of_customers(recommender.histories, said.customers),
    )
    return by_scores(content.of_vectors(said.vectors), histories, asked, basis=STATED), said


def for_page(
    recommender: Recommender,
    *,
    n: int = 10,
    text: str | None = None,
    without: Sequence[str] = (),
    rules: Rules | Prepared | None = None,
    **attributes: str | float,
) -> Recommendations:
    """Recommend by what a page is about: nobody is known, and no personal data are read.

    Args:
        recommender: A fitted `Content`.
        n: How many items.
        text: Words on the page, such as an article or a search.
        without: Items that are on the page already.
        rules: What may be recommended, and what besides the score counts.
        **attributes: What else the page tells, as a catalogue does: `category`, `brand`, `price`, `currency`, `description`, or
            `attributes` as a JSON object.

    Returns:
        A list of nobody, whose `basis` is `page`, or `popular` for items that have nothing in common with the page.

    Raises:
        ConfigurationError: The model is no `Content`, n is below 1, or a page tells what no catalogue does.
    """
    content = _content(recommender)
    unknown = sorted(set(attributes) - set(TOLD))
    if unknown:
        raise ConfigurationError(f"A page does not tell {unknown[0]!r}; it may tell {', '.join(map(repr, TOLD))}.")
    page = pl.DataFrame([attributes | ({"name": text} if text is not None else {})])
    scores = content.of_vectors(content.placed(content.reading.of(page)))
    asked, histories = recommender.asked(n, repeats=False, rules=rules), of_items(recommender.histories, without)
    return by_scores(scores, histories, asked, basis=PAGE).of_nobody()


def _content(recommender: Recommender) -> Alike:
    if not isinstance(recommender.scorer, Alike):
        raise ConfigurationError(f"{type(recommender.model).__name__} does not read content: fit a Content.")
    return recommender.scorer
