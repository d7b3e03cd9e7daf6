"""What the names mean that are among events, on any engine."""

from collections.abc import Callable, Iterable, Mapping

import narwhals as nw

from unified_customer.engines.portable import Lazy, collected
from unified_customer.methods.events.vocabulary import Meaning, Vocabulary, built_in, folded


def meanings_among(lazy: Lazy, *, vocabulary: Vocabulary | None = None) -> Mapping[str, Meaning]:
    """Return the meaning of each name in the column `name` that has one, as it is spelled there.

    Args:
        lazy: Events; their different names are brought to this machine.
        vocabulary: What names mean; the built-in vocabularies if none is given.

    Examples:
        >>> import polars as pl
        >>> from unified_customer.engines.portable import opened
        >>> events = opened(pl.DataFrame({"name": ["email_opened", "Yawned", None]}))
        >>> {name: meaning.state for name, meaning in meanings_among(events).items()}
        {'email_opened': 'opened'}
    """
    words = vocabulary or built_in()
    return {name: meaning for name in _names(lazy) if (meaning := words.meaning(name)) is not None}


def spelled(lazy: Lazy, names: Iterable[str]) -> Mapping[str, str]:
    """Return each name in the column `name` that is one of some names in any spelling, with that name folded.

    Args:
        lazy: Events; their different names are brought to this machine.
        names: The names; case, spaces and underscores do not matter.

    Examples:
        >>> import polars as pl
        >>> from unified_customer.engines.portable import opened
        >>> spelled(opened(pl.DataFrame({"name": ["email_opened", "Yawned", None]})), ["Email Opened"])
        {'email_opened': 'email opened'}
    """
    wanted = set(map(folded, names))
    return {name: plain for name in _names(lazy) if (plain := folded(name)) in wanted}


def _names(lazy: Lazy) -> list[str]:
    return collected(lazy.select(nw.col("name").cast(nw.String)).unique())["name"].drop_nulls().sort().to_list()


def of_mail(meaning: Meaning) -> bool:
    """Return whether an event with this meaning is about an e-mail."""
    return meaning.channel == "email"


def puts_mail(state: str) -> Callable[[Meaning], bool]:
    """Return what says whether an event with a meaning puts an e-mail into a state, such as `opened`."""
    return lambda meaning: of_mail(meaning) and meaning.state == state


def named(meanings: Mapping[str, Meaning], holds: Callable[[Meaning], bool]) -> nw.Expr:
    """Return whether an event is called by one of the names whose meaning is such; never null."""
    names = [name for name, meaning in meanings.items() if holds(meaning)]
    # Of the column even where there is no such name: rows cannot be chosen by a constant.
    return (
        nw.col("name").is_in(names).fill_null(value=False) if names else nw.col("name").is_null() & nw.lit(value=False)
    )
