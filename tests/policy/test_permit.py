"""Decisions on frames and on their edges: wrong frames, naive times, other engines, examples worked by hand."""

from datetime import UTC, datetime, timedelta, timezone

import duckdb
import narwhals as nw
import polars as pl
import pytest
from hypothesis import given, settings

from unified_customer.core.errors import ConfigurationError, SchemaError
from unified_customer.core.models import Consent
from unified_customer.core.tables import CONSENTS
from unified_customer.policy import Decision, Policy, Request, contains, decide, overlaps, permit, permit_elsewhere
from unified_customer.policy.elsewhere import READ
from unified_customer.testing.crowds import Crowd, crowds, some_requests
from unified_customer.testing.strategies import (
    instants,
    ledger,
    people,
    policies,
    policies_of_places,
    requests,
    shared_ownership,
    statements,
    subject_key,
)

NOW = datetime(2026, 7, 1, tzinfo=UTC)
MAIL = Request("marketing.communications.email", channel="email")
ANN = subject_key(1)
BOB = subject_key(2)
SUBJECTS = pl.DataFrame(
    {
        "customer_id": ["ann", "ann", "bob", "cid"],
        "subject_kind": ["record", "email", "email", None],
        "subject_key": [ANN, ANN, BOB, None],
    }
)


def stated(number: int, key: str, purpose: str, status: str, day: int, **fields: object) -> Consent:
    return Consent.model_validate(
        {
            "statement_id": f"s{number}",
            "subject_kind": "email",
            "subject_key": key,
            "purpose": purpose,
            "status": status,
            "stated_at": datetime(2026, 6, day, tzinfo=UTC),
            "source": "test",
            **fields,
        }
    )


LEDGER = [
    stated(1, ANN, "marketing", "granted", 1),
    stated(2, ANN, "marketing.communications", "withdrawn", 2, channel="sms"),
    stated(3, BOB, "marketing", "granted", 1, expires_at=datetime(2026, 6, 15, tzinfo=UTC)),
]


def answers(request: Request, *, as_of: datetime = NOW) -> list[tuple[str, bool, str]]:
    return permit(SUBJECTS, ledger(LEDGER), request=request, policy=Policy(), as_of=as_of).rows()


def test_a_small_shop_by_hand() -> None:
    assert answers(MAIL) == [("ann", True, "granted"), ("bob", False, "expired"), ("cid", False, "no_statement")]
    assert answers(Request("marketing"))[0] == ("ann", False, "refused")
    assert answers(Request("marketing.advertising"))[0] == ("ann", True, "granted")
    assert answers(Request("marketing.communications", channel="sms"))[0] == ("ann", False, "refused")
    assert answers(MAIL, as_of=datetime(2026, 6, 10, tzinfo=UTC))[1] == ("bob", True, "granted")


def test_the_decision_names_the_statement_that_decided() -> None:
    about_ann = LEDGER[:2]
    assert decide(about_ann, request=MAIL, policy=Policy(), as_of=NOW) == Decision(True, "consent", "granted", "s1")
    refused = decide(about_ann, request=Request("marketing"), policy=Policy(), as_of=NOW)
    assert refused == Decision(allowed=False, basis="consent", reason="refused", statement_id="s2")
    contract = Policy(bases={"marketing": "contract"})
    assert decide(about_ann, request=MAIL, policy=contract, as_of=NOW).statement_id is None


@pytest.mark.parametrize(
    ("purpose", "day", "expected"),
    [
        ("marketing", 3, (True, "granted", "later")),
        ("marketing", 2, (False, "refused", "s1")),
        ("marketing.communications.email", 3, (False, "refused", "s1")),
    ],
)
def test_a_yes_lifts_an_earlier_no_to_as_much_or_less(purpose: str, day: int, expected: tuple[bool, str, str]) -> None:
    no = stated(1, ANN, "marketing.communications", "withdrawn", 2)
    yes = stated(2, ANN, purpose, "granted", day, statement_id="later")
    decision = decide([yes, no], request=MAIL, policy=Policy(), as_of=NOW)
    assert (decision.allowed, decision.reason, decision.statement_id) == expected


@pytest.mark.parametrize(("spoken_by", "expected"), [("guardian", "granted"), ("self", "needs_guardian")])
def test_for_a_child_only_a_guardian_says_yes(spoken_by: str, expected: str) -> None:
    yes = stated(1, ANN, "marketing", "granted", 2, spoken_by=spoken_by)
    assert decide([yes], request=MAIL, policy=Policy.gdpr(), as_of=NOW, years=12).reason == expected


def test_a_yes_for_one_recipient_is_none_for_another() -> None:
    said = [stated(1, ANN, "third_party_sharing", "granted", 1, recipient="acme")]
    asked = [Request("third_party_sharing", recipient=each) for each in ("acme", "globex", None)]
    assert [decide(said, request=each, policy=Policy(), as_of=NOW).allowed for each in asked] == [True, False, False]


def test_an_empty_ledger_and_no_customers_are_fine() -> None:
    nobody = permit(SUBJECTS.clear(), CONSENTS.empty(), request=MAIL, policy=Policy(), as_of=NOW)
    assert nobody.schema == {"customer_id": pl.String, "allowed": pl.Boolean, "reason": pl.String}
    assert nobody.is_empty()
    everyone = permit(SUBJECTS, CONSENTS.empty(), request=MAIL, policy=Policy(), as_of=NOW)
    assert set(everyone["reason"]) == {"no_statement"}


def test_any_time_zone_will_do_but_none_will_not() -> None:
    east = datetime(2026, 6, 10, 9, tzinfo=timezone(timedelta(hours=9)))
    assert answers(MAIL, as_of=east) == answers(MAIL, as_of=datetime(2026, 6, 10, tzinfo=UTC))
    with pytest.raises(ConfigurationError, match="as_of needs a time zone"):
        answers(MAIL, as_of=datetime(2026, 6, 10))  # noqa: DTZ001 (a time without a zone is what is tested)
    with pytest.raises(ConfigurationError, match="as_of needs a time zone"):
        # A time without a zone is what is tested.
        decide([], request=MAIL, policy=Policy(), as_of=datetime(2026, 6, 10))  # noqa: DTZ001 (naive on purpose)


def test_an_unknown_purpose_is_an_error_before_anything_is_read() -> None:
    with pytest.raises(ConfigurationError, match="Did you mean 'marketing'"):
        answers(Request("marketin"))


@pytest.mark.parametrize("wrong", [{"purpose": "Marketing"}, {"purpose": "*"}, {"channel": ""}, {"recipient": ""}])
def test_a_request_that_cannot_be_meant_is_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(ConfigurationError):
        Request(**{"purpose": "marketing", **wrong})


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        (ledger(LEDGER).drop("channel"), "statements needs a column 'channel' of String; found no such column"),
        (ledger(LEDGER).with_columns(stated_at=pl.lit("2026")), "'stated_at' of Datetime"),
        (
            ledger(LEDGER).with_columns(stated_at=pl.lit(None, CONSENTS.columns["stated_at"])),
            "3 nulls in column 'stated_at'",
        ),
        (ledger(LEDGER).with_columns(status=pl.lit("maybe")), "1 unknown status; the known ones: granted, denied"),
    ],
)
def test_a_wrong_frame_of_statements_is_refused(broken: pl.DataFrame, message: str) -> None:
    with pytest.raises(SchemaError, match=message.replace("(", r"\(")):
        permit(SUBJECTS, broken, request=MAIL, policy=Policy(), as_of=NOW)


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        (SUBJECTS.drop("subject_key"), "subjects needs a column 'subject_key'"),
        (SUBJECTS.with_columns(customer_id=pl.lit(None, pl.String)), "4 nulls in column 'customer_id'"),
    ],
)
def test_a_wrong_frame_of_subjects_is_refused(broken: pl.DataFrame, message: str) -> None:
    with pytest.raises(SchemaError, match=message):
        permit(broken, ledger(LEDGER), request=MAIL, policy=Policy(), as_of=NOW)


def test_columns_that_a_store_adds_do_not_disturb() -> None:
    stored = ledger(LEDGER).with_row_index("seq")
    assert permit(SUBJECTS, stored, request=MAIL, policy=Policy(), as_of=NOW).rows() == answers(MAIL)


@given(requests(), requests())
def test_overlap_is_mutual_and_containment_is_one_kind_of_it(one: Request, other: Request) -> None:
    assert overlaps(one, other) == overlaps(other, one)
    assert contains(one, other) <= overlaps(one, other)
    assert (contains(one, other) and contains(other, one)) == (one == other)


@pytest.mark.slow
@settings(max_examples=max(8, settings().max_examples // 3))
@given(crowds(groups=200), some_requests(count=1), policies() | policies_of_places(), instants(hours=6))
def test_a_database_decides_as_frames_do(crowd: Crowd, asked: list[Request], policy: Policy, as_of: datetime) -> None:
    owned, said, known = crowd.subjects, crowd.statements, crowd.people
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'America/New_York'")
        subjects, rows, persons = (
            connection.from_arrow(frame.to_arrow()) for frame in (owned, said.select(READ), known)
        )
        lazy = permit_elsewhere(subjects, rows, request=asked[0], policy=policy, as_of=as_of, people=persons)
        there = nw.from_native(lazy).sort("customer_id").collect("polars").to_polars()
    assert there.equals(permit(owned, said, request=asked[0], policy=policy, as_of=as_of, people=known))


def test_two_customers_whose_ids_hash_alike_stay_two(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = pl.Series.hash

    def weak(ids: pl.Series, seed: int = 0) -> pl.Series:
        return pl.Series([0] * len(ids), dtype=pl.UInt64) if seed == 0 else plain(ids, seed)

    monkeypatch.setattr(pl.Series, "hash", weak)
    customers, kinds = ["a", "b", "a", "c"], ["email", "email", "phone", "email"]
    keys = [subject_key(number) for number in range(4)]
    subjects = pl.DataFrame({"customer_id": customers, "subject_kind": kinds, "subject_key": keys})
    said = stated(1, keys[2], "marketing", "granted", 1, subject_kind="phone")
    decided = permit(subjects, ledger([said]), request=Request("marketing"), policy=Policy(), as_of=NOW)
    assert decided.select("customer_id", "allowed").rows() == [("a", True), ("b", False), ("c", False)]


@pytest.mark.parametrize("library", ["pandas", "pyarrow", "polars"])
@settings(max_examples=max(5, settings().max_examples // 5))
@given(shared_ownership(), statements(max_size=12), requests(), policies_of_places(), people(), instants(hours=8))
def test_frames_of_other_libraries_in_memory_decide_alike(  # noqa: PLR0917 (one for each thing that a decision depends on)
    library: str,
    owned: pl.DataFrame,
    said: list[Consent],
    request: Request,
    policy: Policy,
    known: pl.DataFrame,
    as_of: datetime,
) -> None:
    convert = {"pandas": pl.DataFrame.to_pandas, "pyarrow": pl.DataFrame.to_arrow, "polars": pl.DataFrame.clone}[
        library
    ]
    subjects, rows, persons = (convert(frame) for frame in (owned, ledger(said).select(READ), known))
    lazy = permit_elsewhere(subjects, rows, request=request, policy=policy, as_of=as_of, people=persons)
    here = permit(owned, ledger(said), request=request, policy=policy, as_of=as_of, people=known)
    assert lazy.collect().sort("customer_id").equals(here)
