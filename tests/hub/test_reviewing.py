"""The review of links: what comes up, what does not come up again, who may see it, and what it teaches."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import polars as pl
import pytest

import unified_customer as uc
from benchmarks.populations import population
from unified_customer.core.errors import ConfigurationError, ConsentError, FieldWithheldError, IdentityConflictError
from unified_customer.core.models import LegalBasis
from unified_customer.hub.reviewing import judged_pairs
from unified_customer.identity.reviewing import DOUBT, REVIEW
from unified_customer.policy import Role

NewHub = Callable[..., uc.CustomerHub]

FIELDS = {
    name: name for name in ("given_name", "family_name", "birth_date", "email", "phone", "street", "city", "postcode")
}
MAPPING = uc.Mapping(table="records", key="record_id", fields=FIELDS)
BASES: dict[str, LegalBasis] = {"essential.service": "contract", "analytics": "legitimate_interests"}
POLICY = uc.Policy(bases=BASES)


@cache
def people() -> pl.DataFrame:
    return population("households", rows=260, seed=3)


def filled(new_hub: NewHub, **options: object) -> uc.CustomerHub:
    hub = new_hub(**{"policy": POLICY, "identity": uc.MatchedIdentity(), **options})
    frame = people().select("record_id", *FIELDS)
    hub.load(uc.source("dataframe", frame, table="records", name="crm", mapping=MAPPING))
    hub.resolve()
    return hub


@pytest.fixture
def hub(new_hub: NewHub) -> uc.CustomerHub:
    return filled(new_hub)


def truth(hub: uc.CustomerHub) -> dict[str, str]:
    """Return the person that each record of the hub is of."""
    walk = hub.identity.crosswalk().filter(kind="source_id").select("id", "record_id")
    return dict(walk.join(people(), left_on="id", right_on="record_id").select("record_id", "cluster_id").iter_rows())


def owners(hub: uc.CustomerHub) -> dict[str, str]:
    return dict(hub.identity.crosswalk().select("record_id", "customer_id").iter_rows())


def values(frame: pl.DataFrame) -> list[str]:
    said = frame.select(*FIELDS).unpivot()["value"].drop_nulls().unique()
    return [each for each in said if len(each) > 3]


def test_links_within_and_between_customers_come_up_the_most_valuable_first(hub: uc.CustomerHub) -> None:
    found = hub.identity.review(limit=200)
    assert dict(found.schema) == REVIEW
    assert found["joined"].unique().sort().to_list() == [False, True]
    wrong = pl.when("joined").then(1 - pl.col("probability")).otherwise("probability")
    worth = found.select(worth=wrong * pl.col("record_pairs"), wrong=wrong)
    assert worth["worth"].is_sorted(descending=True)
    assert worth["wrong"].min() >= DOUBT  # type: ignore[operator]  # it is a number
    assert (found["joined"] == (found["customer_a"] == found["customer_b"])).all()
    assert hub.identity.review(limit=3).equals(found.head(3))
    own = owners(hub)
    for customer_a, customer_b, record_a, record_b in found.select(
        "customer_a", "customer_b", "record_a", "record_b"
    ).iter_rows():
        assert (own[record_a], own[record_b]) == (customer_a, customer_b)


def test_each_two_customers_come_up_once(hub: uc.CustomerHub) -> None:
    between = hub.identity.review(limit=500).filter(~pl.col("joined"))
    assert between.height > 5
    assert between.select("customer_a", "customer_b").is_unique().all()


def test_reasons_name_fields_and_no_value(hub: uc.CustomerHub) -> None:
    reasons = hub.identity.review(limit=30)["reason"].to_list()
    assert all("for: " in reason or "against: " in reason for reason in reasons)
    assert any("birth_date" in reason for reason in reasons)
    assert not [value for value in values(people()) if any(value.casefold() in each for each in reasons)]


def test_what_was_judged_is_held_and_does_not_come_up_again(hub: uc.CustomerHub) -> None:
    same = truth(hub)
    first = hub.identity.review(limit=10)
    for record_a, record_b in first.select("record_a", "record_b").iter_rows():
        hub.identity.judge(record_a, record_b, same=same[record_a] == same[record_b], reason="looked at both")
    named = set(first.select("record_a", "record_b").iter_rows())
    for _ in ("before the next resolution", "and after it"):
        assert named.isdisjoint(hub.identity.review(limit=500).select("record_a", "record_b").iter_rows())
        hub.resolve()
    own = owners(hub)
    assert all((own[a] == own[b]) is (same[a] == same[b]) for a, b in named)


def test_a_judgement_that_was_taken_back_comes_up_again(hub: uc.CustomerHub) -> None:
    link = hub.identity.review(limit=1).row(0, named=True)
    hub.identity.judge(link["record_a"], link["record_b"], same=link["joined"])
    assert hub.identity.review(limit=1).row(0, named=True) != link
    hub.identity.retract(hub.identity.decisions()["decision_id"].item())
    assert hub.identity.review(limit=1).row(0, named=True) == link


def test_judgements_are_decisions_and_contradictions_are_refused(hub: uc.CustomerHub) -> None:
    link = hub.identity.review(limit=1).row(0, named=True)
    hub.identity.judge(link["record_a"], link["record_b"], same=True)
    with pytest.raises(IdentityConflictError, match="Take back one side"):
        hub.identity.judge(link["record_a"], link["record_b"], same=False)
    assert hub.identity.decisions().select("kind", "reason").rows() == [("must_link", "review")]


def test_reviewing_needs_a_purpose_and_is_in_the_audit(new_hub: NewHub) -> None:
    hub = filled(
        new_hub,
        policy=uc.Policy(
            bases=BASES,
            roles={"analyst": Role(purposes=("analytics",)), "default": Role(purposes=("essential.service",))},
        ),
    )
    with pytest.raises(ConsentError):
        hub.identity.review(purpose="analytics")
    hub.identity.review(purpose="analytics", actor=uc.Actor(id="ada", roles=("analyst",)))
    last = hub.audit.entries().tail(1).row(0, named=True)
    assert (last["action"], last["purpose"], last["actor"]) == ("review", "analytics", "ada")


def test_customers_whom_the_purpose_may_not_see_are_not_reviewed(hub: uc.CustomerHub) -> None:
    link = hub.identity.review(purpose="analytics", limit=1).row(0, named=True)
    hub.consent.record("analytics", "denied", customer_id=link["customer_a"])
    found = hub.identity.review(purpose="analytics", limit=500)
    assert found.height
    assert link["customer_a"] not in {*found["customer_a"], *found["customer_b"]}
    assert link in hub.identity.review(limit=500).to_dicts()


def test_reasons_do_not_speak_of_what_is_withheld(new_hub: NewHub) -> None:
    policy = uc.Policy(bases=BASES, forbidden={"analytics": ("user.contact", "user.demographic")})
    hub = filled(new_hub, policy=policy)
    reasons = hub.identity.review(purpose="analytics", limit=100)["reason"].str.join(" ").item()
    assert "given_name" in reasons
    assert not [field for field in ("email", "phone", "street", "city", "postcode", "birth_date") if field in reasons]


def test_a_purpose_that_may_not_see_ids_gets_no_review(new_hub: NewHub) -> None:
    hub = filled(new_hub, policy=uc.Policy(bases=BASES, forbidden={"analytics": ("user.unique_id",)}))
    with pytest.raises(FieldWithheldError, match="record_id"):
        hub.identity.review(purpose="analytics")


def test_a_hub_of_exact_identifiers_has_nothing_to_review(new_hub: NewHub) -> None:
    with pytest.raises(ConfigurationError, match="MatchedIdentity"):
        new_hub().identity.review()
    with pytest.raises(ConfigurationError, match="MatchedIdentity"):
        new_hub().identity.refined_matcher()
    with pytest.raises(ConfigurationError, match="limit"):
        new_hub(identity=uc.MatchedIdentity()).identity.review(limit=0)


def test_a_hub_of_a_few_records_has_nothing_to_review(new_hub: NewHub) -> None:
    hub = new_hub(policy=POLICY, identity=uc.MatchedIdentity())
    few = people().select("record_id", *FIELDS).head(4)
    hub.load(uc.source("dataframe", few, table="records", name="crm", mapping=MAPPING))
    hub.resolve()
    assert hub.identity.review().is_empty()


def test_reviews_refine_the_matcher_and_corrections_do_only_if_asked(hub: uc.CustomerHub, tmp_path: Path) -> None:
    plain = hub.identity.refined_matcher()
    assert plain.unjudged is None
    same = truth(hub)
    for record_a, record_b in hub.identity.review(limit=12).select("record_a", "record_b").iter_rows():
        hub.identity.judge(record_a, record_b, same=same[record_a] == same[record_b])
    left, right = (hub.identity.review(limit=500).tail(1)[name].item() for name in ("record_a", "record_b"))
    hub.identity.cannot_link(left, right, reason="reviewed by hand")
    assert hub.identity.judged().height == 12
    assert hub.identity.judged(corrections=True).height == 13
    refined = hub.identity.refined_matcher()
    assert refined.unrefined() == plain
    assert refined.fields != plain.fields
    assert hub.identity.refined_matcher(corrections=True).fields != refined.fields
    assert hub.audit.entries()["action"].to_list().count("refine") == 3


def test_decisions_are_judged_pairs_once_and_only_while_they_stand(hub: uc.CustomerHub) -> None:
    link = hub.identity.review(limit=1).row(0, named=True)
    for _ in range(2):
        hub.identity.judge(link["record_a"], link["record_b"], same=True)
    assert hub.identity.judged().rows() == [(link["record_a"], link["record_b"], True)]
    for name in hub.identity.decisions()["decision_id"]:
        hub.identity.retract(name)
    assert hub.identity.judged().is_empty()
    assert judged_pairs(hub.identity.decisions(), corrections=True).is_empty()
