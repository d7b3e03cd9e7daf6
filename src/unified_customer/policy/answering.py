"""Many requests asked of a `Standing` at once: each request is a bit, and a customer's answers are words of bits.

The rules are those of `decision`. For which requests a statement speaks depends on its scope alone; what a customer
refuses is the bits of all refusals put together, and a yes is heard where no bit of a no is.
"""

from collections.abc import Callable, Mapping, Sequence
from itertools import product
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from unified_customer.core.models.purposes import EVERY_PURPOSE, ancestors
from unified_customer.policy.decision import NO, REASONS, RESTRICTION_TRACK, STRICTNESS, YES, reason_for
from unified_customer.policy.grounds import HEEDED, NO_STATEMENT, WORDS, Ground
from unified_customer.policy.people import Whom
from unified_customer.policy.scopes import Request, purpose_covers
from unified_customer.policy.sharing import SCOPE
from unified_customer.policy.standing import Standing

Bits = npt.NDArray[np.uint64]
Codes = npt.NDArray[np.uint8]

AT_ONCE: Final = 64
"""How many requests fit into one word of bits."""

TRACKS: Final = tuple(
    ([STRICTNESS.index(word) for word in yes], [STRICTNESS.index(word) for word in no])
    for yes, no in (
        (YES - RESTRICTION_TRACK, NO - RESTRICTION_TRACK),
        (YES & RESTRICTION_TRACK, NO & RESTRICTION_TRACK),
    )
)
"""What lifts, and what it lifts."""


def spoken(standing: Standing, requests: Sequence[Request], *, narrower_lifts: bool) -> dict[str, Bits]:
    """Return what each customer says, by word: an array of bits, one for each of at most `AT_ONCE` requests.

    Args:
        standing: What was said.
        requests: What the data are wanted for.
        narrower_lifts: Whether a later yes about a part lifts a no about the whole for that part.
    """
    contained, touched = _speaking(standing.scopes, requests)
    concerned = standing.said.filter(touched.gather(standing.said["scope"]) > 0)
    no = _standing_noes(concerned, standing.scopes, contained if narrower_lifts else None)
    refusing = touched.gather(no["scope"]) & ~no["lifted"]
    allowing = contained.gather(concerned["scope"])
    words: dict[str, Bits] = {}
    for word in WORDS[1:]:
        place = STRICTNESS.index(word) if word in STRICTNESS else None
        if word in NO:
            words[word] = _put_together(no, refusing, no["word"] == place, standing.customers.height)
        elif place is not None:
            words[word] = _put_together(concerned, allowing, concerned["word"] == place, standing.customers.height)
        else:
            unheard, speaking = standing.unheard, contained.gather(standing.unheard["scope"])
            words[word] = _put_together(unheard, speaking, unheard["reason"] == word, standing.customers.height)
    return words


def reasons(words: Mapping[str, Bits], guarded: Mapping[str, Bits] | None, request: int, whom: Whom) -> Codes:
    """Return the place in `REASONS` of each customer's answer to one request.

    Args:
        words: What `spoken` returned.
        guarded: The same where only a guardian's yes counts.
        request: Its place among the requests.
        whom: What the purpose rests on, each with the customers for whom it does.
    """
    codes = np.empty(len(words[WORDS[1]]), dtype=np.uint8)
    for ground, those in whom.items():
        heard = words if guarded is None or ground != "guardian_consent" else guarded
        codes[those] = _codes({word: bits[those] for word, bits in heard.items()}, request, ground)
    return codes


def _codes(words: Mapping[str, Bits], request: int, ground: Ground) -> Codes:
    bit = np.uint64(1 << request)
    silent = REASONS.index(reason_for(ground, NO_STATEMENT))
    codes = np.full(len(words[WORDS[1]]), silent, dtype=np.uint8)
    for word in WORDS[1:]:
        if word in HEEDED[ground]:
            codes[(words[word] & bit) > 0] = REASONS.index(word)
    return codes


def _speaking(scopes: pl.DataFrame, requests: Sequence[Request]) -> tuple[pl.Series, pl.Series]:
    """Return by scope, as bits, the requests that lie in it and those that it overlaps."""
    contained, touched = (pl.Series([_ALL], dtype=pl.UInt64).new_from_index(0, scopes.height) for _ in range(2))
    for part, (holds, meets) in _PARTS.items():
        wanted = [getattr(request, part) for request in requests]
        known = scopes.select(pl.col(part).unique(maintain_order=True)).with_row_index("place")
        places = scopes.select(part).join(known, on=part, how="left", nulls_equal=True, maintain_order="left")["place"]
        contained &= _bits(known[part], wanted, holds).gather(places)
        touched &= _bits(known[part], wanted, meets).gather(places)
    return contained, touched


def _bits(said: pl.Series, wanted: Sequence[str | None], test: Callable[[Any, Any], bool]) -> pl.Series:
    words = [sum(1 << place for place, each in enumerate(wanted) if test(one, each)) for one in said.to_list()]
    return pl.Series(words, dtype=pl.UInt64)


_ALL: Final = 2**AT_ONCE - 1
_PARTS: Final[Mapping[str, tuple[Callable[[Any, Any], bool], Callable[[Any, Any], bool]]]] = {
    "purpose": (purpose_covers, lambda said, wanted: purpose_covers(said, wanted) or purpose_covers(wanted, said)),
    "channel": (
        lambda said, wanted: said is None or said == wanted,
        lambda said, wanted: None in {said, wanted} or said == wanted,
    ),
    "recipient": (
        lambda said, wanted: said is None or said == wanted,
        lambda said, wanted: None in {said, wanted} or said == wanted,
    ),
}
"""Part of a scope -> whether what was said of it contains what is wanted, and whether the two overlap."""


def _standing_noes(said: pl.DataFrame, scopes: pl.DataFrame, contained: pl.Series | None) -> pl.DataFrame:
    """Return each no with the requests for which a later yes lifts it, as bits: `lifted`."""
    rows = said.with_row_index("row")
    broader = _broader(scopes)
    lifted = [pl.DataFrame(schema={"row": pl.UInt32, "lifted": pl.UInt64})]
    for yes_words, no_words in TRACKS:
        no, yes = (rows.filter(pl.col("word").is_in(words)) for words in (no_words, yes_words))
        lifted.append(_lifted_whole(no, yes, broader))
        if contained is not None:
            lifted.append(_lifted_in_part(no, yes, contained))
    bits = pl.concat(lifted).group_by("row").agg(pl.col("lifted").bitwise_or())
    every_no = rows.filter(pl.col("word").is_in([word for _, words in TRACKS for word in words]))
    return every_no.join(bits, on="row", how="left", maintain_order="left").with_columns(pl.col("lifted").fill_null(0))


def _lifted_whole(no: pl.DataFrame, yes: pl.DataFrame, broader: pl.DataFrame) -> pl.DataFrame:
    """Return each no that a later yes of the same subject contains."""
    wanted = no.join(broader, on="scope").select("row", "subject", "at", scope="broader")
    pairs = wanted.join(yes.select("subject", "scope", "at"), on=["subject", "scope"])
    return pairs.filter(pl.col("at_right") > pl.col("at")).select("row", lifted=pl.lit(_ALL, dtype=pl.UInt64))


def _lifted_in_part(no: pl.DataFrame, yes: pl.DataFrame, contained: pl.Series) -> pl.DataFrame:
    speaking = yes.select("subject", "at", lifted=contained.gather(yes["scope"])).filter(pl.col("lifted") > 0)
    pairs = no.select("row", "subject", "at").join(speaking, on="subject")
    return pairs.filter(pl.col("at_right") > pl.col("at")).select("row", "lifted")


def _broader(scopes: pl.DataFrame) -> pl.DataFrame:
    """Return each pair of scopes of which the second strictly contains the first: `scope`, `broader`."""
    rows = [
        (number, *above)
        for number, scope in enumerate(scopes.select(SCOPE).iter_rows())
        for above in _containing(_Scope(*scope))
    ]
    wanted = pl.DataFrame(rows, schema={"scope": pl.UInt32, **dict.fromkeys(SCOPE, pl.String)}, orient="row")
    named = scopes.with_row_index("broader")
    return wanted.join(named, on=list(SCOPE), nulls_equal=True).select("scope", "broader")


class _Scope(NamedTuple):
    purpose: str
    channel: str | None
    recipient: str | None


def _containing(scope: _Scope) -> list[_Scope]:
    above = [EVERY_PURPOSE] if scope.purpose == EVERY_PURPOSE else [*ancestors(scope.purpose), EVERY_PURPOSE]
    parts = product(above, {scope.channel, None}, {scope.recipient, None})
    return [each for each in (_Scope(*part) for part in parts) if each != scope]


def _put_together(rows: pl.DataFrame, bits: pl.Series, wanted: pl.Series, customers: int) -> Bits:
    """Return, by customer, the bits of all rows that are wanted; the rows lie in the order of customers."""
    together = np.zeros(customers, dtype=np.uint64)
    whose = rows["customer"].filter(wanted).to_numpy()
    if len(whose):
        starts = np.flatnonzero(np.diff(whose, prepend=whose[0] - np.int64(1)))
        together[whose[starts]] = np.bitwise_or.reduceat(bits.filter(wanted).to_numpy(), starts)
    return together
