"""Every small history: the vectorised decision and the reference one agree on all of them, not on a sample."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import product

import polars as pl
import pytest

from unified_customer.core.models import Consent
from unified_customer.core.tables import CONSENTS
from unified_customer.policy import Policy, Request, decide, permit
from unified_customer.testing.strategies import subject_key

NOW = datetime(2026, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
LATER = {"granted": None, "passing": NOW + HOUR, "expired": NOW}
History = tuple[Consent, ...]
Scope = tuple[str, str | None, str | None]


@cache
def statement(number: int, kind: str, scope: Scope, said: str, hours: int) -> Consent:
    purpose, channel, recipient = scope
    return Consent.model_validate(
        {
            "statement_id": f"s{number}",
            "subject_kind": kind,
            "subject_key": subject_key(0),
            "purpose": purpose,
            "channel": channel,
            "recipient": recipient,
            "status": "granted" if said in LATER else said,
            "expires_at": LATER.get(said),
            "stated_at": NOW - hours * HOUR,
            "source": "test",
        }
    )


def pairs() -> list[History]:
    """Two statements of one identifier or of two, of every status, at, before and after each other and the question."""
    scopes: list[Scope] = [("marketing", None, None), ("marketing.advertising", None, None), ("*", None, None)]
    scopes += [("marketing", "sms", None), ("marketing", None, "acme")]
    saids = ["granted", "passing", "expired", "withdrawn", "objected", "restricted", "unrestricted"]
    firsts = list(product(["email"], scopes, saids, [2]))
    seconds = list(product(["email", "phone"], scopes, saids, [0, 1, 2, 3]))
    return [(statement(1, *first), statement(2, *second)) for first, second in product(firsts, seconds)]


def triples() -> list[History]:
    """Three statements of one identifier about scopes that contain, overlap and miss each other, in every order."""
    whole, part, piece = "marketing", "marketing.communications", "marketing.communications.email"
    scopes: list[Scope] = [(whole, None, None), (part, None, None), (part, "sms", None), (part, None, "acme")]
    scopes += [(piece, None, None)]
    words = list(product(scopes, ["granted", "expired", "denied"]))
    times = [(3, 2, 1), (2, 2, 1), (2, 1, 1)]
    return [
        tuple(
            statement(place, "email", *each, hours) for place, (each, hours) in enumerate(zip(said, when, strict=True))
        )
        for said, when in product(product(words, repeat=3), times)
    ]


def world(histories: Sequence[History]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Give each history to a customer of its own."""
    kinds = pl.DataFrame({"subject_kind": ["email", "phone"]})
    customers = pl.DataFrame({"customer_id": [subject_key(number) for number in range(len(histories))]})
    subjects = customers.join(kinds, how="cross").with_columns(subject_key=pl.col("customer_id"))
    rows = [{**each.__dict__, "subject_key": subject_key(n)} for n, history in enumerate(histories) for each in history]
    return subjects, pl.DataFrame(rows, schema=CONSENTS.columns)


@pytest.mark.slow
@pytest.mark.parametrize("histories", [pairs(), triples()], ids=["pairs", "triples"])
def test_both_decisions_agree_on_every_small_history(histories: list[History]) -> None:
    subjects, said = world(histories)
    requests = [
        Request("marketing"),
        Request("marketing.communications"),
        Request("marketing.communications.email", channel="sms"),
        Request("marketing.advertising", channel="email", recipient="acme"),
    ]
    policies = [Policy(), Policy(bases={"marketing": "legitimate_interests"}), Policy(narrower_yes="later")]
    for request, policy in product(requests, policies):
        answers = permit(subjects, said, request=request, policy=policy, as_of=NOW)
        wanted = [decide(each, request=request, policy=policy, as_of=NOW) for each in histories]
        assert answers["reason"].to_list() == [each.reason for each in wanted]
        assert answers["allowed"].to_list() == [each.allowed for each in wanted]
