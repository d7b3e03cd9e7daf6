"""The laws of consent: who may be read for a purpose, decided from what people said and nothing else."""

from datetime import datetime, timedelta
from random import Random

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from unified_customer.core.models import Consent, LegalBasis, Status
from unified_customer.core.models.purposes import DATA_USES, ancestors
from unified_customer.policy import (
    ALLOWING,
    REASONS,
    Decision,
    Policy,
    Request,
    decide,
    fold_statements,
    overlaps,
    permit,
)
from unified_customer.policy.grounds import GROUNDS_BY_STRICTNESS, HEEDED, Ground
from unified_customer.testing.crowds import Crowd, crowds, some_requests
from unified_customer.testing.strategies import (
    START,
    consents,
    instants,
    ledger,
    nested_purposes,
    nested_requests,
    numbered,
    ownership,
    policies,
    requests,
    shared_ownership,
    statements,
    subject_key,
)

STRICT = Policy.strict()
INTERESTS = Policy(bases=dict.fromkeys(("marketing", "analytics"), "legitimate_interests"))
END = START + timedelta(days=1)
NOES: tuple[Status, ...] = ("denied", "withdrawn", "objected")
ONE = st.just(subject_key(0))


REFUSALS = {"refused", "objected"}


def say(status: str, about: str | Request = "marketing", *, hour: int = 0, **fields: object) -> Consent:
    scope = about if isinstance(about, Request) else Request(about)
    return Consent.model_validate(
        {
            "statement_id": f"{status}-{hour}",
            "subject_kind": "email",
            "subject_key": subject_key(0),
            "purpose": scope.purpose,
            "channel": scope.channel,
            "recipient": scope.recipient,
            "status": status,
            "stated_at": START + timedelta(hours=hour),
            "source": "law",
            **fields,
        }
    )


def ask(
    said: list[Consent], about: str | Request = "marketing", *, policy: Policy = STRICT, as_of: datetime = END
) -> Decision:
    request = about if isinstance(about, Request) else Request(about)
    return decide(said, request=request, policy=policy, as_of=as_of)


def allows(
    said: list[Consent], about: str | Request = "marketing", *, policy: Policy = STRICT, as_of: datetime = END
) -> bool:
    return ask(said, about, policy=policy, as_of=as_of).allowed


# --- The default is no.


@given(requests())
def test_silence_is_not_consent(request: Request) -> None:
    assert ask([], request).reason == "no_statement"
    assert not allows([], request)


@given(statements(statuses=["unrestricted"]), requests())
def test_lifting_a_restriction_is_not_consent(said: list[Consent], request: Request) -> None:
    assert not allows(said, request)


@given(requests())
def test_a_yes_allows_what_it_is_about(request: Request) -> None:
    assert ask([say("granted", request)], request).reason == "granted"


# --- One identifier: the latest word wins.


@given(requests(), st.sampled_from(NOES))
def test_withdrawal_wins_until_the_next_grant(request: Request, no: str) -> None:
    yes_no = [say("granted", request, hour=0), say(no, request, hour=1)]
    assert not allows(yes_no, request)
    assert allows([*yes_no, say("granted", request, hour=2)], request)


@given(requests(), st.sampled_from(NOES))
def test_at_equal_times_the_stricter_wins(request: Request, no: str) -> None:
    assert not allows([say("granted", request), say(no, request)], request)
    assert not allows([say("granted", request), say("granted", request, expires_at=START)], request)
    assert ask([say("unrestricted", request), say("restricted", request)], request).reason == "restricted"


@given(nested_requests(), st.sampled_from(NOES))
def test_at_equal_times_a_no_about_a_part_is_not_lifted_by_a_yes_about_the_whole(
    scopes: tuple[Request, Request], no: str
) -> None:
    whole, part = scopes
    assert not allows([say("granted", whole), say(no, part)], part)
    assert not allows([say("granted", whole), say(no, part)], whole)


@given(nested_requests(), st.sampled_from(NOES))
def test_a_later_yes_about_the_whole_lifts_a_no_about_a_part(scopes: tuple[Request, Request], no: str) -> None:
    whole, part = scopes
    said = [say(no, part, hour=0), say("granted", whole, hour=1)]
    assert allows(said, part)
    assert allows(said, whole)


@given(st.sampled_from(NOES))
def test_a_later_yes_lifts_an_earlier_no_even_when_it_cannot_speak_for_the_request(no: str) -> None:
    said = [
        say("granted", "marketing", hour=0),
        say(no, "marketing.communications.email", hour=1),
        say("granted", "marketing.communications", hour=2),
    ]
    assert allows(said, "marketing")
    assert not allows(said[:2], "marketing")


@given(nested_requests(), st.sampled_from(NOES), st.integers(0, 3), st.integers(0, 3))
def test_a_no_about_the_whole_beats_a_yes_about_a_part_whenever_it_was_said(
    scopes: tuple[Request, Request], no: str, no_at: int, yes_at: int
) -> None:
    whole, part = scopes
    said = [say(no, whole, hour=no_at), say("granted", part, hour=yes_at)]
    assert ask(said, part).reason in REFUSALS


@given(nested_requests(), st.sampled_from(NOES))
def test_a_policy_may_let_a_later_yes_about_a_part_lift_a_no_about_the_whole_for_that_part_alone(
    scopes: tuple[Request, Request], no: str
) -> None:
    whole, part = scopes
    said = [say(no, whole, hour=0), say("granted", part, hour=1)]
    lenient = Policy(narrower_yes="later")
    assert allows(said, part, policy=lenient)
    assert ask(said, whole, policy=lenient).reason in REFUSALS


# --- Purposes, channels and recipients.


@given(nested_purposes())
def test_a_parent_purpose_covers_its_children(pair: tuple[str, str]) -> None:
    parent, child = pair
    assert allows([say("granted", parent)], child)
    assert not allows([say("granted", child, hour=0), say("denied", parent, hour=1)], child)


@given(nested_requests())
def test_a_child_never_speaks_for_its_parent(scopes: tuple[Request, Request]) -> None:
    whole, part = scopes
    assert ask([say("granted", part)], whole).reason == "no_statement"


@given(nested_requests(), st.sampled_from(NOES), policies())
def test_a_no_about_a_part_blocks_the_whole(scopes: tuple[Request, Request], no: str, policy: Policy) -> None:
    whole, part = scopes
    said = [say("granted", whole, hour=0), say(no, part, hour=1)]
    heard = HEEDED[policy.basis_of(whole.purpose)]
    silent = allows([], whole, policy=policy)
    assert allows(said, whole, policy=policy) is (silent and "refused" not in heard)


@given(statements(keys=ONE), requests(), policies())
def test_what_is_said_about_something_else_changes_nothing(
    said: list[Consent], request: Request, policy: Policy
) -> None:
    about_it = [each for each in said if each.purpose == "*" or overlaps(each, request)]
    assert ask(said, request, policy=policy) == ask(about_it, request, policy=policy)


@given(requests(), st.sampled_from(NOES))
def test_a_statement_about_every_purpose_covers_each(request: Request, no: str) -> None:
    assert allows([say("granted", request, purpose="*", channel=None, recipient=None)], request)
    said = [say("granted", request, hour=0), say(no, request, hour=1, purpose="*", channel=None, recipient=None)]
    assert not allows(said, request)


# --- Several identifiers of one customer.


@given(requests(), st.sampled_from(NOES), st.integers(0, 3), st.integers(0, 3))
def test_an_explicit_no_on_one_identifier_beats_a_yes_on_another(
    request: Request, no: str, yes_at: int, no_at: int
) -> None:
    yes = say("granted", request, hour=yes_at, subject_kind="phone")
    assert not allows([yes, say(no, request, hour=no_at)], request)


@given(requests(), statements(statuses=["unrestricted"]))
def test_silence_of_one_identifier_is_not_a_no(request: Request, about_others: list[Consent]) -> None:
    assert allows([say("granted", request, subject_kind="phone"), *about_others], request)


@given(statements(statuses=["granted", *NOES], min_size=1))
def test_a_yes_to_everything_stated_anew_for_every_identifier_wins_over_every_earlier_no(said: list[Consent]) -> None:
    subjects = sorted({(each.subject_kind, each.subject_key) for each in said})
    anew = [say("granted", hour=9, purpose="*", subject_kind=kind, subject_key=key) for kind, key in subjects]
    assert allows([*said, *anew])


@given(ownership(2), statements(), requests(), policies())
def test_two_people_merged_are_allowed_what_one_allows_and_neither_refuses(
    owned: pl.DataFrame, said: list[Consent], request: Request, policy: Policy
) -> None:
    merged_owners = owned.with_columns(customer_id=pl.lit("c0"))
    apart = permit(owned, ledger(said), request=request, policy=policy, as_of=END)
    merged = permit(merged_owners, ledger(said), request=request, policy=policy, as_of=END)
    refused = apart["reason"].is_in(["refused", "objected", "restricted"]).any()
    assert merged["allowed"].item() is (apart["allowed"].any() and not refused)


# --- One identifier of several customers.

MAILBOX = ("email", subject_key(0))


@given(requests(), policies())
def test_a_yes_about_an_identifier_that_others_hold_too_allows_nothing(request: Request, policy: Policy) -> None:
    silent = ask([], request, policy=policy)
    said = [say("granted", request, spoken_by="guardian")]
    mailbox = decide(said, request=request, policy=policy, as_of=END, shared=[MAILBOX])
    assert mailbox.allowed is silent.allowed
    assert mailbox.reason == ("shared_identifier" if silent.reason == "no_statement" else silent.reason)


@given(statements(statuses=[*NOES, "restricted"]), requests(), policies())
def test_a_no_about_a_shared_identifier_counts_for_everyone(
    said: list[Consent], request: Request, policy: Policy
) -> None:
    shared = {(each.subject_kind, each.subject_key) for each in said}
    decision = decide(said, request=request, policy=policy, as_of=END, shared=shared)
    assert decision == ask(said, request, policy=policy)


@given(requests(), st.sampled_from(NOES))
def test_a_yes_about_a_shared_identifier_lifts_no_no(request: Request, no: str) -> None:
    said = [say(no, request, hour=0), say("granted", request, hour=1)]
    decision = decide(said, request=request, policy=INTERESTS, as_of=END, shared=[MAILBOX])
    assert decision.reason in REFUSALS


@given(requests(), st.sampled_from(NOES))
def test_who_says_yes_of_their_own_at_the_same_time_is_heard_about_what_they_share(request: Request, no: str) -> None:
    own = {"subject_kind": "record", "subject_key": subject_key(1)}
    said = [say(no, request, hour=0), say("granted", request, hour=1)]
    at_once, later = say("granted", request, hour=1, **own), say("granted", request, hour=2, **own)
    assert decide([*said, at_once], request=request, policy=STRICT, as_of=END, shared=[MAILBOX]).allowed
    assert not decide([*said, later], request=request, policy=STRICT, as_of=END, shared=[MAILBOX]).allowed


@given(shared_ownership(), statements(), requests(), policies())
def test_who_shares_an_identifier_is_allowed_no_more_than_its_only_owner(
    owned: pl.DataFrame, said: list[Consent], request: Request, policy: Policy
) -> None:
    together = permit(owned, ledger(said), request=request, policy=policy, as_of=END)
    for (customer,), part in owned.partition_by("customer_id", as_dict=True).items():
        alone = permit(part, ledger(said), request=request, policy=policy, as_of=END)
        assert alone["allowed"].item() >= together.filter(customer_id=customer)["allowed"].item()


# --- Time.


@given(statements(), requests(), policies(), instants())
def test_statements_at_or_after_as_of_do_not_count(
    said: list[Consent], request: Request, policy: Policy, as_of: datetime
) -> None:
    before = [each for each in said if each.stated_at < as_of]
    assert ask(said, request, policy=policy, as_of=as_of) == ask(before, request, policy=policy, as_of=as_of)


@given(requests(), instants())
def test_an_expired_grant_is_silence(request: Request, until: datetime) -> None:
    grant = say("granted", request, hour=-1, expires_at=until)
    assert ask([grant], request, as_of=until).reason == "expired"
    assert allows([grant], request, as_of=until - timedelta(microseconds=1))
    assert ask([grant], request, policy=INTERESTS, as_of=until).reason == "basis:legitimate_interests"


@given(requests(), st.sampled_from(NOES))
def test_an_expired_grant_still_replaces_what_was_said_before(request: Request, no: str) -> None:
    grant = say("granted", request, hour=2, expires_at=START + timedelta(hours=3))
    assert ask([say("granted", request, hour=0), grant], request).reason == "expired"
    assert allows([say(no, request, hour=0), grant], request, policy=INTERESTS)


@given(nested_requests(), st.sampled_from(NOES))
def test_an_expired_grant_of_another_scope_lifts_nothing(scopes: tuple[Request, Request], no: str) -> None:
    whole, part = scopes
    grant = say("granted", whole, hour=1, expires_at=START + timedelta(hours=2))
    assert ask([say(no, part, hour=0), grant], part).reason in REFUSALS
    assert ask([say(no, part, hour=0), grant], whole, policy=INTERESTS).reason in REFUSALS


@given(requests(), st.sampled_from([*NOES, "restricted"]), instants(), policies())
def test_a_no_never_expires(request: Request, no: str, until: datetime, policy: Policy) -> None:
    assert ask([say(no, request, expires_at=until)], request, policy=policy) == ask(
        [say(no, request)], request, policy=policy
    )


# --- Legal bases, objection and restriction.


@given(statements(), requests())
def test_legal_obligation_and_vital_interests_hold_whatever_is_said(said: list[Consent], request: Request) -> None:
    for basis in ("legal_obligation", "vital_interests"):
        policy = Policy(bases={"marketing": basis, "analytics": basis})
        assert ask(said, request, policy=policy).reason == f"basis:{basis}"


@given(statements(statuses=["granted", "denied", "withdrawn", "objected"]), requests())
def test_a_contract_holds_whatever_is_said_about_consent(said: list[Consent], request: Request) -> None:
    policy = Policy(bases={"marketing": "contract", "analytics": "contract"})
    assert ask(said, request, policy=policy).reason == "basis:contract"


@given(requests(), st.sampled_from(NOES), st.sampled_from(["legitimate_interests", "public_interest"]))
def test_interests_hold_until_somebody_says_no(request: Request, no: str, basis: LegalBasis) -> None:
    policy = Policy(bases={"marketing": basis, "analytics": basis})
    assert allows([], request, policy=policy)
    assert not allows([say(no, request)], request, policy=policy)
    assert allows([say(no, request, hour=0), say("granted", request, hour=1)], request, policy=policy)


@given(statements(statuses=["granted"]), requests(), st.sampled_from(["restricted", "objected"]))
def test_restriction_and_objection_name_themselves_as_the_reason(
    said: list[Consent], request: Request, status: str
) -> None:
    assert ask([*said, say(status, request, hour=20)], request).reason == status


@given(statements(statuses=["granted", "denied", "withdrawn", "objected"]), requests(), policies())
def test_restriction_blocks_until_lifted_and_leaves_consent_as_it_was(
    said: list[Consent], request: Request, policy: Policy
) -> None:
    restricted = [*said, say("restricted", request, hour=8)]
    lifted = [*restricted, say("unrestricted", request, hour=9)]
    stands = policy.basis_of(request.purpose) in {"legal_obligation", "vital_interests"}
    assert allows(restricted, request, policy=policy) is stands
    assert ask(lifted, request, policy=policy) == ask(said, request, policy=policy)


@given(statements(), requests(), policies())
def test_every_decision_has_a_reason_of_the_closed_set(said: list[Consent], request: Request, policy: Policy) -> None:
    decision = ask(said, request, policy=policy)
    assert decision.reason in REASONS
    assert decision.allowed is (decision.reason in ALLOWING)
    assert decision.basis == policy.basis_of(request.purpose)
    assert decision.statement_id in {None, *(each.statement_id for each in said)}


@given(nested_purposes(), st.sampled_from(GROUNDS_BY_STRICTNESS), st.sampled_from(GROUNDS_BY_STRICTNESS))
def test_a_request_for_a_whole_is_held_to_the_strictest_of_its_parts(
    pair: tuple[str, str], one: Ground, other: Ground
) -> None:
    whole, part = pair
    policy = Policy(bases={whole: one, part: other})
    strictest = min(policy.bases.values(), key=GROUNDS_BY_STRICTNESS.index)
    assert policy.basis_of(whole) == strictest
    assert allows([], whole, policy=policy) <= allows([], part, policy=policy)


@given(nested_purposes(), st.sampled_from(GROUNDS_BY_STRICTNESS), st.sampled_from(GROUNDS_BY_STRICTNESS))
def test_the_nearest_legal_basis_above_decides(pair: tuple[str, str], near: Ground, far: Ground) -> None:
    above, each = pair
    bases = {ancestors(above)[-1]: far, above: near}
    assert Policy(bases=bases).basis_of(each) == near


@given(st.sampled_from(DATA_USES), policies())
def test_a_purpose_without_a_legal_basis_needs_consent(purpose: str, policy: Policy) -> None:
    related = [each for each in policy.bases if each in ancestors(purpose) or purpose in ancestors(each)]
    assert related or policy.basis_of(purpose) == "consent"


# --- What holds for any statements at all.


@given(statements(), requests(), policies(), st.randoms(use_true_random=False))
def test_the_decision_does_not_depend_on_the_order_of_statements(
    said: list[Consent], request: Request, policy: Policy, random: Random
) -> None:
    shuffled = random.sample(said, len(said))
    assert ask(shuffled, request, policy=policy) == ask(said, request, policy=policy)


@given(statements(), consents(statuses=[*NOES, "restricted"]), requests(), policies(), instants(hours=8))
def test_adding_a_no_never_lets_more_people_through(
    said: list[Consent], no: Consent, request: Request, policy: Policy, as_of: datetime
) -> None:
    more = numbered([*said, no])
    assert allows(said, request, policy=policy, as_of=as_of) or not allows(more, request, policy=policy, as_of=as_of)


@given(ownership(), statements(), statements(keys=st.just(subject_key(7)), min_size=1), requests(), policies())
def test_adding_statements_about_strangers_changes_nothing(
    owned: pl.DataFrame, said: list[Consent], strange: list[Consent], request: Request, policy: Policy
) -> None:
    alone = permit(owned, ledger(said), request=request, policy=policy, as_of=END)
    crowd = permit(owned, ledger(numbered([*said, *strange])), request=request, policy=policy, as_of=END)
    assert crowd.equals(alone)


@given(crowds(), some_requests(), policies(), instants(hours=6))
def test_the_vectorised_decision_equals_the_reference_one(
    crowd: Crowd, asked: list[Request], policy: Policy, as_of: datetime
) -> None:
    answers = fold_statements(crowd.subjects, crowd.statements, policy=policy, as_of=as_of).permit(asked)
    for customer, *reasons in answers.iter_rows():
        about = crowd.about(customer)
        wanted = [decide(about, request=each, policy=policy, as_of=as_of, shared=crowd.shared) for each in asked]
        assert reasons == [each.reason for each in wanted]


def test_a_yes_to_more_than_a_part_lifts_a_no_about_a_part_of_it() -> None:
    said = [
        say("granted", "marketing", hour=0),
        say("denied", "marketing.communications.email", hour=1),
        say("granted", "marketing.communications", hour=2),
    ]
    owned = pl.DataFrame({"customer_id": ["c"], "subject_kind": ["email"], "subject_key": [subject_key(0)]})
    answer = permit(owned, ledger(numbered(said)), request=Request("marketing"), policy=STRICT, as_of=END)
    assert answer.row(0) == ("c", True, "granted")
    assert ask(said).reason == "granted"


@given(crowds(groups=30), some_requests(count=4), policies(), st.randoms(use_true_random=False))
def test_saying_again_and_in_another_order_whose_an_identifier_is_changes_nothing(
    crowd: Crowd, asked: list[Request], policy: Policy, random: Random
) -> None:
    said = crowd.statements
    once = fold_statements(crowd.subjects, said, policy=policy, as_of=END).permit(asked)
    again = crowd.subjects.sample(fraction=1, shuffle=True, seed=random.randint(0, 99))
    twice = fold_statements(pl.concat([again, crowd.subjects]), said, policy=policy, as_of=END).permit(asked)
    assert twice.equals(once)


@given(ownership(3), statements(), requests(), policies())
def test_every_customer_gets_exactly_one_answer(
    owned: pl.DataFrame, said: list[Consent], request: Request, policy: Policy
) -> None:
    answers = permit(owned, ledger(said), request=request, policy=policy, as_of=END)
    assert answers["customer_id"].to_list() == sorted(set(owned["customer_id"]))
    assert answers["allowed"].null_count() == answers["reason"].null_count() == 0


# --- Categories.


@given(nested_purposes())
def test_a_forbidden_category_is_inherited_by_sub_purposes(pair: tuple[str, str]) -> None:
    parent, child = pair
    assert not Policy(forbidden={parent: ("user.name",)}).may_see(child, "user.name.first")


@given(nested_purposes(), st.sampled_from(["user.health_and_medical", "user.unclassified", "user.name"]))
def test_a_read_for_a_whole_sees_no_more_than_a_read_for_a_part(pair: tuple[str, str], category: str) -> None:
    whole, part = pair
    policy = Policy(forbidden={part: ("user.name",)}, special_purposes=(part,))
    assert policy.may_see(whole, category) <= policy.may_see(part, category)


@given(st.sampled_from(DATA_USES))
def test_only_essential_purposes_read_special_categories(purpose: str) -> None:
    assert STRICT.may_see(purpose, "user.health_and_medical.genetic") is (ancestors(purpose)[-1] == "essential")


@given(st.sampled_from(DATA_USES))
def test_no_marketing_reads_what_nobody_described(purpose: str) -> None:
    kin = {"marketing", "personalize", "sales", "third_party_sharing", "train_ai_system"}
    assert STRICT.may_see(purpose, "user.unclassified") is (ancestors(purpose)[-1] not in kin)


@given(policies())
def test_a_policy_written_down_reads_back_equal(policy: Policy) -> None:
    assert Policy.from_toml(policy.to_toml()) == policy == Policy.from_json(policy.to_json())
