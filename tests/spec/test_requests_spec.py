"""The laws of requests: what may happen to them, by when, and whom they reach."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import count, pairwise
from typing import Any, get_args

import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import unified_customer as uc
from unified_customer.core.errors import ConfigurationError, RequestStateError
from unified_customer.core.kinds import RECORD, STATED
from unified_customer.core.models.rights import RequestEvent, Right
from unified_customer.core.tables import GOLDEN_FIELDS
from unified_customer.governance.requests.law import answer_by, law_of
from unified_customer.governance.requests.lifecycle import begin, fold, step
from unified_customer.governance.requests.naming import Found
from unified_customer.governance.requests.reasons import DENIALS, denial
from unified_customer.governance.requests.state import TERMINAL, Happened, RequestState
from unified_customer.identity import Survivorship
from unified_customer.identity.versions import ADDRESS, NAME
from unified_customer.policy import Policy
from unified_customer.policy.periods import Period
from unified_customer.policy.regimes import Deadlines, Regime
from unified_customer.testing.identity_strategies import histories

START = datetime(2026, 1, 1, tzinfo=UTC)
RIGHTS: tuple[Right, ...] = get_args(Right)
EVENTS: tuple[RequestEvent, ...] = get_args(RequestEvent)
TIMES = st.integers(0, 12).map(lambda days: START + timedelta(days=10 * days))
rights = st.sampled_from(RIGHTS)


@st.composite
def receipts(draw: st.DrawFn) -> Happened:
    right, due = draw(rights), draw(st.integers(1, 9))
    subjects = ("email:00",)
    return Happened("r", START, "received", right=right, due_at=START + timedelta(days=5 * due), subjects=subjects)


@st.composite
def happenings(draw: st.DrawFn) -> Happened:
    """Something that somebody may try to enter, with what it takes or without."""
    due = draw(st.none() | TIMES)
    reason = draw(st.none() | st.sampled_from(sorted(DENIALS)))
    # What leads further comes more often than chance alone would have it.
    event = draw(st.sampled_from([*EVENTS, "verified", "verified", "started", "started", "fulfilled"]))
    return Happened("r", draw(TIMES), event, due_at=due, reason=reason, subjects=("email:00",))


def entered(first: Happened, tried: Iterable[Happened]) -> tuple[list[Happened], list[RequestState]]:
    """Enter what can happen, in the order of time, as the desk does; return it, and the states on the way."""
    kept, states, seq = [first], [begin(first)], count(1)
    for each in sorted(tried, key=lambda one: one.occurred_at):
        event = replace(each, seq=next(seq))
        try:
            states.append(step(states[-1], event))
        except RequestStateError:
            continue
        kept.append(event)
    return kept, states


lives = st.tuples(receipts(), st.lists(happenings(), max_size=14)).map(lambda life: entered(*life))
Life = tuple[list[Happened], list[RequestState]]


# --- What may happen to a request.


@given(lives, st.randoms(use_true_random=False))
def test_the_state_of_a_request_does_not_depend_on_the_order_in_which_its_entries_arrive(
    life: Life, random: Any
) -> None:
    events, states = life
    assert fold(random.sample(events, len(events))) == states[-1]


@given(lives)
def test_nothing_is_carried_out_for_somebody_unverified_where_the_right_needs_it(life: Life) -> None:
    verified = False
    for event in life[0]:
        verified = event.event == "verified" or (verified and event.event != "verification_asked")
        if event.event in {"approved", "started", "fulfilled"}:
            assert verified or life[1][0].right in {"opt_out", "objection"}


@given(lives)
def test_whoever_was_asked_who_they_are_has_to_answer_whatever_the_right(life: Life) -> None:
    for before, after in pairwise(life[1]):
        if before.verification in {"asked", "failed"}:
            assert not after.started
            assert after.status not in {"in_progress", "fulfilled"} or after.verified


@given(lives)
def test_a_deadline_moves_once_and_only_by_an_extension_that_is_told_in_time_with_a_reason(life: Life) -> None:
    events, states = life
    moved = [
        (event, before, after)
        for event, before, after in zip(events[1:], states[:-1], states[1:], strict=True)
        if before.due_at != after.due_at
    ]
    assert len(moved) <= 1
    for event, before, after in moved:
        assert event.event == "extended"
        assert event.reason
        assert event.occurred_at <= before.due_at < after.due_at


@given(receipts(), st.integers(1, 90), st.integers(1, 90))
def test_an_answer_is_put_off_once(first: Happened, days: int, more: int) -> None:
    state = begin(first)
    later = Happened("r", START, "extended", reason="complex", due_at=state.due_at + timedelta(days=days))
    put_off = step(state, later)
    assert put_off.due_at == later.due_at
    with pytest.raises(RequestStateError, match="once"):
        step(put_off, replace(later, due_at=put_off.due_at + timedelta(days=more)))


NEAR = st.sampled_from([timedelta(hours=hours) for hours in (-1, 0, 1)])


@given(receipts(), NEAR, NEAR)
def test_an_answer_is_put_off_in_time_and_to_a_later_day_or_not_at_all(
    first: Happened, late: timedelta, longer: timedelta
) -> None:
    state = begin(first)
    told = Happened("r", state.due_at + late, "extended", reason="complex", due_at=state.due_at + longer)
    if late <= timedelta(0) < longer:
        assert step(state, told).due_at == told.due_at
    else:
        with pytest.raises(RequestStateError):
            step(state, told)


@given(receipts(), NEAR, NEAR)
def test_what_is_late_is_late_from_the_instant_after_its_time(
    first: Happened, acknowledge: timedelta, late: timedelta
) -> None:
    by, as_of = START + acknowledge, first.due_at + late if first.due_at else START
    state = begin(replace(first, detail={"acknowledge_by": by.isoformat()}))
    waiting = {"acknowledge": by, "answer": state.due_at}
    assert dict(state.late(as_of)) == {what: at for what, at in waiting.items() if at < as_of}
    assert dict(state.late(START)) == {what: at for what, at in waiting.items() if at < START}
    assert state.overdue(as_of) is (state.due_at < as_of)


@given(lives, happenings())
def test_a_request_that_is_over_never_changes(life: Life, late: Happened) -> None:
    if life[1][-1].terminal:
        with pytest.raises(RequestStateError, match="it is over"):
            step(life[1][-1], late)


@given(lives, TIMES)
def test_a_request_is_overdue_if_its_time_is_over_and_it_is_not(life: Life, as_of: datetime) -> None:
    state = life[1][-1]
    assert state.overdue(as_of) == (state.due_at < as_of and state.status not in TERMINAL)
    assert state.overdue(as_of) == ("answer" in {what for what, _ in state.late(as_of)})


@given(lives)
def test_what_was_received_is_never_received_again_nor_changed(life: Life) -> None:
    events, states = life
    assert [each.event for each in events].count("received") == 1
    for state in states:
        assert (state.right, state.received_at, state.subjects) == (
            states[0].right, states[0].received_at, states[0].subjects,
        )  # fmt: skip


@given(lives)
def test_a_denial_says_why_and_what_is_being_carried_out_is_not_denied_or_revoked(life: Life) -> None:
    for event, before in zip(life[0][1:], life[1], strict=False):
        if event.event in {"denied", "revoked"}:
            assert not before.started
        if event.event == "denied":
            assert event.reason


@given(lives)
def test_a_request_ends_as_fulfilled_only_after_it_was_started(life: Life) -> None:
    names = [each.event for each in life[0]]
    for place, name in enumerate(names):
        if name == "fulfilled":
            assert [each for each in names[:place] if each in {"started", "failed"}][-1:] == ["started"]


@given(lives)
def test_a_request_expires_only_if_somebody_was_asked_and_the_time_passed(life: Life) -> None:
    for event, before in zip(life[0][1:], life[1], strict=False):
        if event.event == "expired":
            assert not before.verified
            assert before.verify_by is not None
            assert event.occurred_at > before.verify_by


def happens(
    state: RequestState, *names: RequestEvent, at: datetime = START, due_at: datetime | None = None
) -> RequestState:
    for name in names:
        state = step(state, Happened("r", at, name, due_at=due_at, reason="excessive", subjects=("email:00",)))
    return state


@given(receipts(), st.integers(0, 30), st.integers(0, 60))
def test_a_request_does_not_expire_before_the_time_that_was_given_to_answer(
    first: Happened, given_days: int, waited: int
) -> None:
    by, now = START + timedelta(days=given_days), START + timedelta(days=waited)
    asked = happens(begin(first), "verification_asked", due_at=by)
    if now > by:
        assert happens(asked, "expired", at=now).terminal
    else:
        with pytest.raises(RequestStateError, match="still time"):
            happens(asked, "expired", at=now)


@given(receipts(), st.sampled_from(["approved", "started"]))
def test_whoever_is_asked_again_is_not_verified_any_more(first: Happened, next_step: RequestEvent) -> None:
    asked = happens(begin(first), "verified", "verification_asked", due_at=first.due_at)
    assert (asked.verified, asked.proved) == (False, ())
    with pytest.raises(RequestStateError, match="not verified"):
        happens(asked, next_step)


@given(receipts(), st.sampled_from(["denied", "revoked", "verification_asked"]))
def test_what_is_being_carried_out_is_not_stopped_half_way(first: Happened, late: RequestEvent) -> None:
    started = happens(begin(first), "verified", "started")
    with pytest.raises(RequestStateError, match="being carried out"):
        happens(started, late, due_at=first.due_at)
    assert happens(started, "failed", late, due_at=first.due_at)


@given(st.sampled_from(sorted(DENIALS)), rights)
def test_a_reason_is_admitted_against_the_rights_that_its_law_is_about_alone(reason: Any, right: Right) -> None:
    about = DENIALS[reason].rights
    if about and right not in about:
        with pytest.raises(ConfigurationError):
            denial(reason, right)
    else:
        assert denial(reason, right).article


# --- By when.

periods = st.builds(Period, days=st.integers(1, 60))
regimes = st.builds(
    Regime,
    title=st.just("law"),
    rights=st.lists(rights, unique=True).map(tuple),
    deadlines=st.builds(Deadlines, answer=periods, opt_out=st.none() | periods),
)
laws = st.dictionaries(st.sampled_from(["a", "b", "c"]), regimes, min_size=1)


@given(laws, rights, st.sampled_from([[], [None], ["DE", None]]))
def test_where_the_place_is_unknown_no_law_that_gives_the_right_leaves_less_time(
    known: dict[str, Regime], right: Right, places: list[str | None]
) -> None:
    policy = Policy(regimes=known, jurisdictions={"DE": min(known)})
    law = law_of(policy, right, START, named=None, places=places)
    giving = [each for each in known.values() if right in each.rights] or list(known.values())
    assert answer_by(right, START, law.deadlines) == min(answer_by(right, START, each.deadlines) for each in giving)


@given(laws, rights)
def test_somebody_under_one_law_is_judged_by_it(known: dict[str, Regime], right: Right) -> None:
    policy = Policy(regimes=known, jurisdictions={"DE": min(known)})
    assert law_of(policy, right, START, named=None, places=["DE", "DE"]).name == min(known)


# --- Whom a request means.

carriers = st.dictionaries(
    st.sampled_from(["email:1", "email:2", "phone:3", "user_id:4"]), st.frozensets(st.sampled_from("abc"), max_size=3)
)


@given(carriers)
@example({"email:1": frozenset("ab"), "phone:3": frozenset("ac")})
@example({"email:1": frozenset("ab"), "phone:3": frozenset("c")})
def test_a_request_means_nobody_who_does_not_carry_all_of_it_that_anybody_carries_and_some_of_it_alone(
    holders: dict[str, frozenset[str]],
) -> None:
    meant = Found(holders).customer
    if meant is not None:
        assert all(meant in each for each in holders.values() if each)
        assert frozenset({meant}) in holders.values()


@given(carriers, st.sampled_from("abc"))
def test_somebody_who_alone_carries_all_of_it_is_meant(holders: dict[str, frozenset[str]], name: str) -> None:
    alone = {subject: frozenset({name}) for subject in holders}
    assert Found({**alone, "x:0": frozenset()}).customer == (name if alone else None)


PEOPLE = [
    ("1", "ann@example.com", "+442079460018", "Ann", "1990-01-02"),
    ("2", "bob@example.com", "+442079460018", "Bob", "1950-03-04"),
    ("3", "cy@example.com", "+442079460018", "Cy", "2001-05-06"),
    ("4", "home@example.com", None, "Dee", "1970-07-08"),
    ("5", "home@example.com", None, "Eve", "1999-09-10"),
    ("6", None, "+442079460021", "Flo", "1985-11-12"),
]
NAMED = [
    *(("crm", row[0]) for row in PEOPLE),
    *{("email", row[1]) for row in PEOPLE if row[1]},
    *{("phone", row[2]) for row in PEOPLE if row[2]},
    ("email", "nobody@example.com"),
    ("user_id", "x"),
]
naming = st.lists(st.sampled_from(sorted(NAMED)), min_size=1, max_size=3, unique=True)


def ticking(start: datetime = START) -> Any:
    ticks = count(1)
    return lambda: start + timedelta(seconds=next(ticks))


@cache
def town() -> uc.CustomerHub:
    """A hub whose people share a phone and a mailbox, and are six."""
    columns = {"id": "id", "email": "email", "phone": "phone", "given_name": "name", "birth_date": "born"}
    frame = pl.DataFrame(PEOPLE, schema=["id", "email", "phone", "name", "born"], orient="row")
    fields = {field: column for field, column in columns.items() if field != "id"}
    mapping = uc.Mapping(table="records", key="id", fields=fields)
    hub = uc.CustomerHub(clock=ticking(), keys=uc.MemoryKeyProvider(b"k" * 32))
    hub.load(uc.source("dataframe", frame, table="records", name="crm", mapping=mapping))
    assert hub.resolve().customers == len(PEOPLE)
    return hub


def matching(named: Sequence[tuple[str, str]]) -> set[str]:
    """Return who carries some of what is named, by the rows as they were written."""
    return {
        row[3] for row in PEOPLE for kind, value in named if value == {"crm": row[0], "email": row[1]}.get(kind, row[2])
    }


def whose(hub: uc.CustomerHub, subjects: Iterable[tuple[str, str]]) -> set[str]:
    """Return the names of those who carry any of the subjects."""
    records = hub._store.read("records", columns=["record_id", "given_name"])
    names = dict(records.iter_rows())
    found = {names[key] for kind, key in subjects if kind == RECORD and key in names}
    for record, kind, key in hub._store.read("identifiers", columns=["record_id", "kind", "value_key"]).iter_rows():
        found |= {names[record]} if (kind, key) in subjects else set()
    return found


@given(naming)
def test_a_request_never_reaches_a_customer_whom_it_does_not_name_nor_more_than_one(
    named: list[tuple[str, str]],
) -> None:
    hub = town()
    request = hub.rights.requests.receive("restriction", identifiers=named, verified=True)
    meant = matching(named)
    if not request.verified:
        assert len(meant) > 1
        return
    if request.customer_id is None:
        assert not meant
        return
    reached = whose(
        hub, {(each.subject_kind, each.subject_key) for each in hub.rights.requests.fulfil(request.request_id).result}
    )
    assert len(reached) == 1
    assert reached <= meant


@given(naming, naming)
def test_nobody_is_verified_by_what_others_carry_too(
    named: list[tuple[str, str]], proved: list[tuple[str, str]]
) -> None:
    hub = town()
    request = hub.rights.requests.receive("erasure", identifiers=named)
    try:
        state = hub.rights.requests.verify(request.request_id, by=proved)
    except RequestStateError:
        assert matching(proved)
        return
    assert (state.customer_id is None) == (not matching(proved))
    if state.customer_id is not None:
        name = _name(hub, state)
        assert name in matching(named) & matching(proved)
        assert any(matching([each]) == {name} for each in proved)


def _name(hub: uc.CustomerHub, state: RequestState) -> str:
    return next(iter(whose(hub, {(RECORD, str(state.customer_id))})))


submissions = st.lists(
    st.tuples(st.sampled_from(["access", "erasure"]), naming, st.sampled_from(["x", "y"]), st.booleans()), max_size=4
)


@given(submissions)
def test_sending_requests_again_is_sending_them_once(sent: list[tuple[Any, Any, str, bool]]) -> None:
    hub = town()
    protocol = f"law-{hub._store.last_seq()}"

    def send() -> list[RequestState]:
        return [
            hub.rights.requests.receive(
                right, identifiers=named, external_id=name, verified=verified, protocol=protocol
            )
            for right, named, name, verified in sent
        ]

    send()
    events = hub._store.count("request_events")
    again = send()
    assert again == send()
    assert hub._store.count("request_events") == events
    assert len({each.request_id for each in again}) == len(
        {(right, frozenset(who), name) for right, who, name, _ in sent}
    )


@given(submissions)
def test_no_unverified_request_changes_or_hides_one_that_is_verified(sent: list[tuple[Any, Any, str, bool]]) -> None:
    hub = town()
    protocol = f"law-{hub._store.last_seq()}"
    for right, named, name, _ in sent[:2]:
        hub.rights.requests.receive(right, identifiers=named, external_id=name, protocol=protocol)
    mine = hub.rights.requests.receive(
        "access", customer_id=_ann(hub), external_id="x", protocol=protocol, verified=True
    )
    for right, named, name, _ in sent[2:]:
        hub.rights.requests.receive(right, identifiers=named, external_id=name, protocol=protocol)
    assert hub.rights.requests.status(mine.request_id) == mine
    assert hub.rights.requests.known_as(protocol, "x")[0] == mine


def _ann(hub: uc.CustomerHub) -> str:
    return str(hub._store.read("records").filter(given_name="Ann")["record_id"].item())


@given(naming)
def test_no_value_of_whom_a_request_names_is_kept(named: list[tuple[str, str]]) -> None:
    hub = town()
    hub.rights.requests.receive("access", identifiers=named, verified=True)
    kept = str(hub._store.read("request_events").rows()) + str(hub._store.read("audit").rows())
    assert not any(value in kept for _, value in named if len(value) > 1)


# --- What people state about themselves.

UNITS = [[field] for field in GOLDEN_FIELDS if field not in {*NAME, *ADDRESS, "traits"}] + [[*NAME], [*ADDRESS]]
specs = st.sampled_from(["most_recent", "most_trusted", "most_frequent", "longest"]).map(
    lambda rule: Survivorship(default=rule, trusted=("s0",))  # type: ignore[arg-type]  # one of the rules
)


@given(histories(), specs)
def test_what_a_person_states_survives_as_if_nobody_else_had_spoken(records: pl.DataFrame, spec: Survivorship) -> None:
    told = records.with_columns(source=pl.col("source").replace("s1", STATED))
    links = told.select("record_id", customer_id=pl.lit("c")).unique()
    identities = told.select("record_id", "source").unique()
    together = spec.survive(told, links, identities)
    alone = spec.survive(told.filter(source=STATED), links, identities)
    for unit in UNITS:
        if any(alone[field].null_count() == 0 for field in unit):
            assert together.select(unit).equals(alone.select(unit))
