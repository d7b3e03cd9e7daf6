"""The laws of policies: what a purpose rests on, for whom, and that nothing is left open."""

from datetime import date, datetime, timedelta
from itertools import product
from random import Random
from typing import Any

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from unified_customer.core.models import Consent
from unified_customer.core.models.purposes import DATA_USES, ancestors, known_purposes
from unified_customer.policy import ALLOWING, Policy, Request, decide, fold_statements, permit, permit_each
from unified_customer.policy.answering import AT_ONCE
from unified_customer.policy.grounds import GROUNDS_BY_STRICTNESS, HEEDED, Ground
from unified_customer.policy.laws import NOT_ESSENTIAL, REGIMES, SALE_AND_SHARING, UNION
from unified_customer.policy.legal_basis import years_at
from unified_customer.policy.places import place_of
from unified_customer.testing.crowds import Crowd, crowds, some_requests
from unified_customer.testing.strategies import (
    CHANNELS,
    RECIPIENTS,
    RELATED_PURPOSES,
    START,
    consents,
    instants,
    ledger,
    nested_purposes,
    nested_requests,
    ownership,
    people,
    policies,
    policies_of_places,
    purposes,
    requests,
    statements,
    utterances,
)

END = START + timedelta(days=1)
PLACES = st.sampled_from([None, "US", "US-CA", "US-TX", "DE", "DE-BE", "FR", "GB", "BR"])
YEARS = st.one_of(st.none(), st.integers(0, 30))
LAWS = [Policy.gdpr(), Policy.uk(), Policy.ccpa(), Policy.hipaa(), Policy.strict(), Policy.worldwide()]

every_policy = st.one_of(policies(), policies_of_places(), st.sampled_from(LAWS))


def strictness(ground: Ground) -> int:
    return GROUNDS_BY_STRICTNESS.index(ground)


# --- A policy is total, and unknown is strictest.


@given(every_policy, st.sampled_from(DATA_USES), PLACES, YEARS)
def test_every_purpose_rests_on_exactly_one_ground_for_everybody(
    policy: Policy, purpose: str, place: str | None, years: int | None
) -> None:
    assert policy.basis_of(purpose, jurisdiction=place, years=years) in HEEDED


@given(every_policy, st.sampled_from(DATA_USES), PLACES, YEARS)
def test_who_lives_nowhere_known_is_under_the_strictest_regime(
    policy: Policy, purpose: str, place: str | None, years: int | None
) -> None:
    somewhere = policy.basis_of(purpose, jurisdiction=place, years=years)
    assert strictness(policy.basis_of(purpose, years=years)) <= strictness(somewhere)


@given(every_policy, st.sampled_from(DATA_USES), PLACES, st.integers(0, 30), st.integers(0, 30))
def test_nobody_younger_is_protected_less(
    policy: Policy, purpose: str, place: str | None, one: int, other: int
) -> None:
    young, old = sorted((one, other))
    grounds = [policy.basis_of(purpose, jurisdiction=place, years=years) for years in (young, old)]
    assert strictness(grounds[0]) <= strictness(grounds[1])


@given(every_policy, nested_purposes(), PLACES, YEARS)
def test_a_whole_rests_on_nothing_weaker_than_its_parts(
    policy: Policy, pair: tuple[str, str], place: str | None, years: int | None
) -> None:
    whole, part = (policy.basis_of(each, jurisdiction=place, years=years) for each in pair)
    named = {*policy.bases, *(each for regime in policy.every_regime for each in (*regime.bases, *regime.admissible))}
    assert strictness(whole) <= strictness(part) or pair[1] not in named


@given(every_policy, st.sampled_from(DATA_USES), PLACES)
def test_nothing_rests_on_what_the_law_of_the_place_does_not_admit(
    policy: Policy, purpose: str, place: str | None
) -> None:
    name = policy.regime_of(place)
    ground = policy.basis_of(purpose, jurisdiction=place)
    assert name is None or policy.regimes[name].admits(purpose, ground)


@given(every_policy)
def test_an_overview_tells_of_every_purpose_under_every_regime_at_every_age(policy: Policy) -> None:
    overview = policy.overview()
    rows = len(known_purposes(policy.purposes)) * (len(policy.regimes) + 1) * (len(policy.ages) + 1)
    assert overview.select("regime", "below", "purpose").is_unique().all()
    assert overview.height == rows


@given(policies_of_places() | st.sampled_from(LAWS))
def test_a_policy_with_regimes_written_down_reads_back_equal(policy: Policy) -> None:
    assert Policy.from_toml(policy.to_toml()) == policy == Policy.from_json(policy.to_json())


@given(every_policy, every_policy)
def test_two_policies_differ_in_what_their_difference_shows(one: Policy, other: Policy) -> None:
    assert (one.difference(other) == "") is (one == other)


# --- The laws that come with the library.


@given(st.sampled_from(NOT_ESSENTIAL), st.sampled_from(UNION), st.integers(0, 15))
def test_in_the_union_a_child_is_spoken_for_by_a_guardian(purpose: str, country: str, years: int) -> None:
    assert Policy.gdpr().basis_of(purpose, jurisdiction=country, years=years) == "guardian_consent"


@given(st.sampled_from([each for each in DATA_USES if ancestors(each)[-1] in NOT_ESSENTIAL]))
def test_in_the_union_nothing_but_service_begins_without_consent(purpose: str) -> None:
    assert Policy.gdpr().basis_of(purpose, jurisdiction="DE") == "consent"


@given(st.sampled_from(DATA_USES), st.integers(16, 90))
def test_in_california_grown_ups_may_be_asked_to_opt_out(purpose: str, years: int) -> None:
    assert Policy.ccpa().basis_of(purpose, jurisdiction="US-CA", years=years) == "opt_out"


@given(st.sampled_from(SALE_AND_SHARING), st.integers(0, 15))
def test_in_california_nobody_below_16_is_sold_without_a_yes(purpose: str, years: int) -> None:
    needed = "consent" if years > 12 else "guardian_consent"
    assert Policy.ccpa().basis_of(purpose, jurisdiction="US-CA", years=years) == needed


@given(st.sampled_from(DATA_USES))
def test_under_hipaa_health_data_serve_no_advertising(purpose: str) -> None:
    sees = Policy.hipaa(special_purposes=DATA_USES).may_see(purpose, "user.health_and_medical")
    assert not (sees and {"marketing.advertising", "train_ai_system"} & {*ancestors(purpose)})


@given(st.sampled_from(sorted(REGIMES)), purposes())
def test_a_policy_cannot_name_a_basis_that_its_regime_does_not_admit(name: str, purpose: str) -> None:
    admitted = REGIMES[name].admits(purpose, "contract")
    try:
        Policy(regimes={name: REGIMES[name]}, bases={purpose: "contract"})
    except ValueError:
        assert not admitted
    else:
        assert admitted


# --- Decisions by place and age.


@given(crowds(), some_requests(), policies_of_places(), instants(hours=6))
def test_the_vectorised_decision_equals_the_reference_one_for_everybody_under_their_own_law(
    crowd: Crowd, asked: list[Request], policy: Policy, as_of: datetime
) -> None:
    folded = fold_statements(crowd.subjects, crowd.statements, policy=policy, as_of=as_of, people=crowd.people)
    known = {
        customer: situation(country, region, born, as_of.date())
        for customer, country, region, born in crowd.people.iter_rows()
    }
    for customer, *reasons in folded.permit(asked).iter_rows():
        place, years = known[customer]
        options: dict[str, Any] = {
            "policy": policy,
            "as_of": as_of,
            "shared": crowd.shared,
            "jurisdiction": place,
            "years": years,
        }
        about = crowd.about(customer)
        assert reasons == [decide(about, request=each, **options).reason for each in asked]


def situation(country: str | None, region: str | None, born: date | None, day: date) -> tuple[str | None, int | None]:
    place = place_of(country, region, named=("US-CA",)) or country
    return place, None if born is None else years_at(born, day)


@given(ownership(3), statements(), st.lists(requests(), min_size=1, max_size=5, unique=True), every_policy, people())
def test_asking_for_several_purposes_at_once_is_asking_for_each(
    owned: pl.DataFrame, said: list[Consent], asked: list[Request], policy: Policy, known: pl.DataFrame
) -> None:
    together = permit_each(owned, ledger(said), requests=asked, policy=policy, as_of=END, people=known)
    for request in asked:
        alone = permit(owned, ledger(said), request=request, policy=policy, as_of=END, people=known)
        assert together[str(request)].cast(pl.String).to_list() == alone["reason"].to_list()
        assert alone["allowed"].to_list() == alone["reason"].is_in(list(ALLOWING)).to_list()


MANY = [Request(*parts) for parts in product(RELATED_PURPOSES, CHANNELS, RECIPIENTS)]
MANY += [Request(each) for each in DATA_USES if each not in RELATED_PURPOSES]


@given(ownership(3), utterances(statuses=["granted", "denied"]), policies(), st.randoms(use_true_random=False))
def test_it_does_not_matter_how_many_purposes_are_asked_for_at_once(
    owned: pl.DataFrame, said: list[Consent], policy: Policy, random: Random
) -> None:
    folded = fold_statements(owned, ledger(said), policy=policy, as_of=END)
    asked = random.sample(MANY, len(MANY))
    together = folded.permit(asked)
    assert len(asked) > AT_ONCE
    assert together.columns == ["customer_id", *map(str, asked)]
    for start in range(0, len(asked), 10):
        some = folded.permit(asked[start : start + 10])
        assert together.select(some.columns).equals(some)


@given(ownership(3), statements(max_size=20), st.data(), instants(hours=8))
def test_a_folded_ledger_answers_as_the_ledger_does(
    owned: pl.DataFrame, said: list[Consent], data: st.DataObject, as_of: datetime
) -> None:
    policy = data.draw(every_policy)
    folded = fold_statements(owned, ledger(said), policy=policy, as_of=as_of)
    for request in data.draw(st.lists(requests(), max_size=3)):
        alone = permit(owned, ledger(said), request=request, policy=policy, as_of=as_of)
        assert folded.permit([request])[str(request)].cast(pl.String).to_list() == alone["reason"].to_list()


@given(every_policy, st.sampled_from(DATA_USES), PLACES, YEARS)
def test_whose_guardian_is_never_asked_has_no_purpose_that_rests_on_one(
    policy: Policy, purpose: str, place: str | None, years: int | None
) -> None:
    asked = policy.asks_guardians_of(jurisdiction=place, years=years)
    assert asked or policy.basis_of(purpose, jurisdiction=place, years=years) != "guardian_consent"


@given(st.lists(consents(statuses=["granted"]), max_size=6), requests())
def test_only_a_guardian_can_say_yes_for_a_child(said: list[Consent], request: Request) -> None:
    policy = Policy(bases=dict.fromkeys(("marketing", "analytics"), "guardian_consent"))
    by_others = [each for each in said if each.spoken_by != "guardian"]
    answer = decide(by_others, request=request, policy=policy, as_of=END)
    assert not answer.allowed
    assert answer.reason in {"no_statement", "needs_guardian"}


@given(nested_requests(), st.sampled_from(["denied", "withdrawn", "objected"]))
def test_a_child_can_always_say_no(scopes: tuple[Request, Request], no: str) -> None:
    whole, part = scopes
    policy = Policy(bases=dict.fromkeys(("marketing", "analytics"), "guardian_consent"))
    parts = {"purpose": whole.purpose, "channel": whole.channel, "recipient": whole.recipient}
    common = {"subject_kind": "email", "subject_key": "0" * 24, "stated_at": START, "source": "law", **parts}
    yes = Consent.model_validate({"statement_id": "1", "status": "granted", "spoken_by": "guardian", **common})
    refused = Consent.model_validate(
        {**common, "statement_id": "2", "status": no, "stated_at": END - timedelta(hours=1)}
    )
    assert decide([yes], request=part, policy=policy, as_of=END).allowed
    assert not decide([yes, refused], request=part, policy=policy, as_of=END).allowed


@given(st.dates(date(1950, 1, 1), date(2020, 12, 31)), st.dates(date(2021, 1, 1), date(2030, 12, 31)))
def test_people_grow_older_on_their_birthday(born: date, day: date) -> None:
    assert years_at(born, day) - years_at(born, day - timedelta(days=1)) in {0, 1}
    assert 0 <= (day - born).days / 365.2425 - years_at(born, day) + 0.01 <= 1.01
