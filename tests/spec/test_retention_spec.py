"""The laws of retention: what is over goes, and nothing else; judged row by row in plain Python."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from tests.searching import at_least
from unified_customer.core.fields import covers
from unified_customer.core.tables import TABLES
from unified_customer.governance.oversight import Oversight
from unified_customer.governance.retention import Preview
from unified_customer.hub.remaining import RemainingCustomers
from unified_customer.hub.resolving import resolve_stored
from unified_customer.identity import ExactIdentity, Survivorship
from unified_customer.methods.anonymity import k_anonymity, suppressed
from unified_customer.policy import Period, Policy, RetentionRule
from unified_customer.policy.lapse import after
from unified_customer.policy.retention import ending_columns
from unified_customer.store import open_store
from unified_customer.testing.retention_strategies import (
    NOW,
    OWNERS,
    PERIODS,
    RECORDS,
    Row,
    World,
    retention_rules,
    times,
    worlds,
)

PARTIES = {"broker": "third"}
MATTER = {
    "records": ("user", "first"),
    "events": ("user.behavior", "first"),
    "order_lines": ("user.behavior.purchase_history", "first"),
    "answers": ("user.content.private", "zero"),
    "quarantine": ("user.unclassified", "first"),
    "scores": ("user.behavior.derived", "first"),
    "memberships": ("user.behavior.derived", "first"),
    "identifiers": ("user.unique_id", "first"),
}
DAYS = {"user.behavior": 760, "user.behavior.purchase_history": 3650, "user.content.private": 1095}
DAYS |= {"user.device": 395, "user.location": 395, "user.unclassified": 395}
ABOUT_ANYBODY = ("events", "order_lines", "answers")
OPEN = ("url", "text", "properties", "context")
KINDS = {"email": "user.contact.email", "phone": "user.contact.phone_number"}
FOLLOWING = ("identifiers", "scores", "memberships")
"""Tables whose rows go at the latest with the last of what is kept of their record or customer."""

rule_lists = st.lists(retention_rules(), max_size=3)
# A world takes a second to sweep: making a failing one smaller would take many minutes.
few = settings(
    max_examples=max(6, settings().max_examples // 4),
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    deadline=None,
)
Held = tuple[str | None, str | None, str | None]
holds = st.lists(
    st.tuples(
        st.sampled_from((None, OWNERS[0], OWNERS[2])),
        st.sampled_from((None, "events", "records", "identifiers")),
        st.sampled_from((None, "user.device", "user.contact", "user.behavior")),
    ),
    max_size=2,
)


class Setting:
    """A store with a world in it, and what watches over it."""

    def __init__(
        self, world: World, rules: Sequence[RetentionRule], *, url: str = "memory://", held: Sequence[Held] = ()
    ) -> None:
        self.now = NOW
        self.store = open_store(url)
        world.fill(self.store)
        remaining = RemainingCustomers(survivorship=Survivorship(), forget=lambda: None)
        policy = Policy(retention=tuple(rules), parties={"broker": "third"})
        self.oversight = Oversight(self.store, policy, clock=lambda: self.now, remaining=remaining)
        for customer, table, category in held:
            self.oversight.holds.place("lawsuit", customer_id=customer, table=table, category=category)

    def apply(self, as_of: datetime | None = None) -> pl.DataFrame:
        return self.oversight.retention.apply(as_of).counts

    def rows(self, name: str) -> dict[tuple[Any, ...], Row]:
        """The rows of a table by key, without what says where they stand."""
        frame = self.store.read(name).drop("seq")
        return {tuple(row[key] for key in TABLES[name].key): row for row in frame.to_dicts()}

    def everything(self) -> dict[str, dict[tuple[Any, ...], Row]]:
        unequal = {"audit", "link_decisions", "activity", "customers"}
        return {name: self.rows(name) for name in TABLES if name not in unequal}


# --- The oracle: one value or row at a time, in plain Python.


def started(name: str, row: Row) -> datetime | None:
    own: datetime | None = row["left_at" if name == "memberships" else str(TABLES[name].time)]
    recorded: datetime = row["recorded_at"]
    return own if name == "memberships" else own or recorded


def owner_of(row: Row) -> str | None:
    named = row.get("customer_id") or row.get("record_id")
    return None if named is None else dict(zip(RECORDS, OWNERS, strict=True))[named]


def last_activity(before: dict[str, list[Row]], customer: str | None) -> datetime | None:
    told = [
        started(name, row)
        for name in ("records", *ABOUT_ANYBODY)
        for row in before[name]
        if customer is not None and owner_of(row) == customer
    ]
    return max((each for each in told if each is not None), default=None)


def matter_of(name: str, column: str | None) -> tuple[str, str]:
    field = TABLES[name].fields[column] if column else None
    return MATTER[name] if field is None else (field.category, field.party)


def categories_of(name: str, column: str | None, row: Row) -> set[str]:
    own = {matter_of(name, column)[0]}
    return own | {KINDS.get(row["kind"], "user.unique_id")} if (name, column) == ("identifiers", None) else own


def fits(rule: RetentionRule, name: str, column: str | None, row: Row, active: datetime | None) -> bool:
    categories = categories_of(name, column, row)
    if (name, column) == ("identifiers", "value"):
        categories |= {KINDS.get(row["kind"], "user.unique_id")}
    party = PARTIES.get(row.get("source", ""), matter_of(name, column)[1])
    return (
        rule.table in {None, name}
        and (rule.category is None or any(covers(rule.category, each) for each in categories))
        and rule.party in {None, party}
        and (not rule.sources or row.get("source") in rule.sources)
        and (rule.since == "event" or active is not None)
    )


def default_days(name: str, column: str | None, row: Row) -> int | None:
    category, _ = matter_of(name, column)
    days = 90 if name == "quarantine" and column in {None, "payload"} else None
    for each in sorted(DAYS, key=len, reverse=True):
        days = DAYS[each] if days is None and covers(each, category) else days
    return min(90, days or 90) if row.get("source") == "broker" else days


def ends(
    rules: Sequence[RetentionRule], name: str, column: str | None, row: Row, active: datetime | None
) -> datetime | None:
    if name in ABOUT_ANYBODY and column not in OPEN and owner_of(row) is None:
        return None
    starts = {"event": started(name, row), "last_activity": active}
    about = [rule for rule in rules if fits(rule, name, column, row, active)]
    periods = [(rule.keep, starts[rule.since]) for rule in about]
    days = default_days(name, column, row)
    said = any(rule.table or rule.category or rule.purpose or rule.party or rule.sources for rule in about)
    if days is not None and not said:
        periods.append((Period(days=days), starts["event"]))
    return min((keep.after(start) for keep, start in periods if start is not None), default=None)


def is_held(held: Sequence[Held], name: str, column: str | None, row: Row) -> bool:
    table = TABLES[name]
    categories = {table.fields[column].category} if column else {each.category for each in table.fields.values()}
    if column is None:
        categories |= {MATTER[name][0]} | (set(KINDS.values()) if name == "identifiers" else set())
    return any(
        who in {None, owner_of(row)}
        and where in {None, name}
        and (what is None or any(covers(what, each) for each in categories if covers("user", each)))
        for who, where, what in held
    )


def judged(
    rules: Sequence[RetentionRule], before: dict[str, list[Row]], held: Sequence[Held]
) -> dict[str, dict[tuple[Any, ...], Row | None]]:
    """Return what becomes of each row: None where it goes, else what it holds afterwards."""
    verdict: dict[str, dict[tuple[Any, ...], Row | None]] = {}
    for name, rows in before.items():
        verdict[name] = {}
        for row in rows:
            active = last_activity(before, owner_of(row))

            def over(column: str | None, name: str = name, row: Row = row, active: datetime | None = active) -> bool:
                end = ends(rules, name, column, row, active)
                return end is not None and end <= NOW and not is_held(held, name, column, row)

            left = {
                column: None if column in ending_columns(TABLES[name]) and over(column) else row[column]
                for column in row
            }
            verdict[name][tuple(row[key] for key in TABLES[name].key)] = None if over(None) else left
    return verdict


def check(setting: Setting, rules: Sequence[RetentionRule], held: Sequence[Held] = ()) -> None:
    before = {name: list(setting.rows(name).values()) for name in MATTER}
    setting.apply()
    left = {name: setting.rows(name) for name in MATTER}
    remembered = {row["record_id"] for name in ("records", *ABOUT_ANYBODY) for row in left[name].values()}
    customers = {owner_of({"record_id": each}) for each in remembered if each is not None}
    for name, verdict in judged(rules, before, held).items():
        for key, row in verdict.items():
            if row is None or key in left[name]:
                assert left[name].get(key) == row, (name, key)
            else:
                assert name in FOLLOWING
                named = row.get("record_id")
                assert named not in remembered if named else owner_of(row) not in customers


@settings(few, max_examples=settings().max_examples)
@given(worlds(), rule_lists)
def test_nothing_goes_before_its_time_and_nothing_stays_after_it(world: World, rules: list[RetentionRule]) -> None:
    check(Setting(world, rules), rules)


@settings(few, max_examples=at_least(5))
@given(worlds(), rule_lists, holds)
def test_the_same_goes_from_a_database_file_in_small_portions(
    world: World, rules: list[RetentionRule], held: list[Held]
) -> None:
    with TemporaryDirectory() as folder:
        setting = Setting(world, rules, url=f"duckdb:///{Path(folder) / 'law.duckdb'}", held=held)
        setting.oversight.retention._portion = 2
        check(setting, rules, held)
        setting.store.close()


@few
@given(worlds(), rule_lists, holds)
def test_a_hold_wins_over_every_rule(world: World, rules: list[RetentionRule], held: list[Held]) -> None:
    check(Setting(world, rules, held=held), rules, held)


@few
@given(worlds(), st.lists(retention_rules(anonymise=True), max_size=3))
def test_a_hold_on_everything_keeps_everything(world: World, rules: list[RetentionRule]) -> None:
    setting = Setting(world, rules, held=[(None, None, None)])
    before = setting.everything()
    assert setting.apply().is_empty()
    assert setting.everything() == before


@few
@given(worlds(), st.lists(retention_rules(anonymise=True), max_size=3), holds)
def test_a_dry_run_tells_what_applying_does_and_changes_nothing(
    world: World, rules: list[RetentionRule], held: list[Held]
) -> None:
    setting = Setting(world, rules, held=held)
    before, position = setting.everything(), setting.store.last_seq()
    preview = setting.oversight.retention.preview()
    assert (setting.everything(), setting.store.last_seq()) == (before, position)
    assert setting.apply().equals(preview.counts)


@few
@given(worlds(), st.lists(retention_rules(anonymise=True), max_size=3))
def test_applying_twice_is_applying_once(world: World, rules: list[RetentionRule]) -> None:
    setting = Setting(world, rules)
    setting.apply()
    once, position = setting.everything(), setting.store.last_seq()
    assert setting.apply().is_empty()
    assert (setting.everything(), setting.store.last_seq()) == (once, position)


@few
@given(worlds(), rule_lists, times())
def test_applying_now_and_later_is_applying_later(world: World, rules: list[RetentionRule], sooner: datetime) -> None:
    twice, once = Setting(world, rules), Setting(world, rules)
    twice.apply(sooner)
    twice.apply()
    once.apply()
    assert twice.everything() == once.everything()


class CutOffError(Exception):
    """The process ended."""


@few
@given(worlds(), rule_lists, st.integers(1, 12))
def test_a_sweep_that_was_cut_off_and_begun_again_ends_like_one_that_was_not(
    world: World, rules: list[RetentionRule], lived: int
) -> None:
    cut, whole = Setting(world, rules), Setting(world, rules)
    cut.oversight.retention._portion = 1
    turns = iter([cut.store.transaction] * lived)

    def transaction(**options: Any) -> Any:
        for turn in turns:
            return turn(**options)
        raise CutOffError

    with pytest.MonkeyPatch.context() as patch, suppress(CutOffError):
        patch.setattr(cut.store, "transaction", transaction)
        cut.apply()
    cut.apply()
    whole.apply()
    assert cut.everything() == whole.everything()


@few
@given(worlds(), st.lists(retention_rules(anonymise=True), min_size=2, max_size=4), st.randoms(use_true_random=False))
def test_the_order_of_rules_does_not_matter(world: World, rules: list[RetentionRule], random: Random) -> None:
    one, other = Setting(world, rules), Setting(world, random.sample(rules, len(rules)))
    one.apply()
    other.apply()
    assert one.everything() == other.everything()


@few
@given(worlds(), retention_rules(), rule_lists)
def test_a_rule_about_everything_only_lets_more_go(
    world: World, rule: RetentionRule, rules: list[RetentionRule]
) -> None:
    bound = rule.model_copy(update={"table": None, "category": None, "party": None, "sources": ()})
    fewer, more = Setting(world, rules), Setting(world, [*rules, bound])
    fewer.apply()
    more.apply()
    assert all(more.rows(name).keys() <= fewer.rows(name).keys() for name in MATTER)


@settings(few, max_examples=settings().max_examples // 2)
@given(worlds(), rule_lists, st.lists(times(), min_size=5, max_size=5))
def test_no_id_of_a_customer_moves(world: World, rules: list[RetentionRule], seen: list[datetime]) -> None:
    cards = [
        {
            "record_id": record,
            "kind": "card",
            "value_key": owner,
            "source": "crm",
            "observed_at": at,
            "_recorded_at": at,
        }
        for record, owner, at in zip(RECORDS, OWNERS, seen, strict=True)
    ]
    setting = Setting(World({**world.rows, "identifiers": cards}), rules)
    setting.apply()
    stored = dict(setting.store.read("links", columns=["record_id", "customer_id"]).iter_rows())
    anew = resolve_stored(setting.store, ExactIdentity()).partition.select("record_id", "customer_id")
    assert setting.store.count("identities") == len(RECORDS)
    assert {record: stored.get(record) for record in anew["record_id"]} == dict(anew.iter_rows())


NEAR = st.builds(
    lambda days, hours, late: NOW - timedelta(days=days, hours=hours, microseconds=-late),
    st.sampled_from([2, 3, 4, 28, 29, 30, 31, 395, 396, 397]),
    st.sampled_from([-6, 0, 0, 6]),
    st.sampled_from([-1, 0, 1]),
)


@settings(max_examples=settings().max_examples * 2)
@given(st.sampled_from(PERIODS), NEAR, st.sampled_from(["event", "last_activity"]), st.booleans())
@example(keep=Period(days=30), seen=NOW - timedelta(days=30), since="event", timed=False)
@example(keep=Period(days=30), seen=NOW - timedelta(days=30), since="last_activity", timed=True)
def test_a_row_goes_at_the_very_instant_at_which_its_time_is_over(
    keep: Period,
    seen: datetime,
    since: Any,
    timed: bool,  # noqa: FBT001 (a parameter of the test)
) -> None:
    said = {"record_id": RECORDS[0], "source": "crm", "source_id": "1", "version": "v", "deleted": False}
    world = World({"records": [{**said, "observed_at": seen if timed else None, "_recorded_at": seen}]})
    setting = Setting(world, [RetentionRule(table="records", keep=keep, since=since)])
    setting.apply()
    assert setting.store.count("records") == (keep.after(seen) > NOW)


def test_a_record_of_which_nothing_is_kept_stays_with_its_customer_when_another_loses_a_row() -> None:
    first, other = RECORDS[2:4]
    old, new = datetime(2020, 1, 1, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC)
    event = {"record_id": other, "source": "crm", "type": "track", "_recorded_at": new}
    events = [{**event, "event_id": str(at.year), "occurred_at": at} for at in (old, new)]
    card = {"kind": "card", "value_key": "a" * 24, "source": "crm", "_recorded_at": new}
    setting = Setting(
        World({"events": events, "identifiers": [{**card, "record_id": each} for each in (first, other)]}), []
    )
    setting.apply()
    assert setting.store.read("identifiers")["record_id"].to_list() == [other]
    anew = resolve_stored(setting.store, ExactIdentity()).partition.select("record_id", "customer_id")
    assert dict(anew.iter_rows())[other] == first


@few
@given(worlds(), st.lists(retention_rules(anonymise=True), min_size=1, max_size=3))
def test_rows_kept_about_nobody_hold_no_identifier_and_hide_in_groups(world: World, rules: list[RetentionRule]) -> None:
    alike = [{**row, "name": "a", "source": "crm", "record_id": RECORDS[0]} for row in world.rows["events"]]
    many = [{**row, "event_id": f"{row['event_id']}-{copy}"} for row in alike for copy in range(3)]
    setting = Setting(World({**world.rows, "events": many}), [rule.model_copy(update={"k": 3}) for rule in rules])
    setting.apply()
    kept = setting.store.read("events").filter(pl.col("event_id").str.starts_with("anonymous-"))
    nothing = ("record_id", "user_id", "anonymous_id", "session_id", "account_id", "object_id", *OPEN)
    assert kept.select(pl.col(nothing).count()).sum_horizontal().sum() == 0
    assert kept["occurred_at"].dt.truncate("1mo").equals(kept["occurred_at"])
    assert k_anonymity(kept, ["occurred_at", "source", "type", "name", "channel", "campaign"], 3).holds


@given(
    st.lists(st.tuples(st.sampled_from((None, "a", "b")), st.sampled_from((None, 1, 2))), max_size=12),
    st.integers(1, 4),
)
def test_what_is_left_after_suppression_hides_in_groups_and_nothing_more_was_left_out(
    rows: list[tuple[str | None, int | None]], k: int
) -> None:
    frame = pl.DataFrame(rows, schema={"a": pl.String, "b": pl.Int64}, orient="row")
    out = suppressed(frame, ["a", "b"], k)
    report = k_anonymity(frame, ["a", "b"], k)
    assert k_anonymity(frame.filter(~out), ["a", "b"], k).holds
    assert out.to_list() == [rows.count(row) < k for row in rows]
    assert (report.rows_below, report.groups) == (int(out.sum()), len(set(rows)))
    assert report.smallest == min((rows.count(row) for row in rows), default=0)


periods = st.builds(
    Period,
    months=st.integers(0, 30),
    days=st.integers(0, 40),
    business_days=st.integers(0, 9),
    hours=st.integers(1, 50),
)
instants = st.datetimes(datetime(2019, 1, 1), datetime(2026, 1, 1)).map(lambda each: each.replace(tzinfo=UTC))  # noqa: DTZ001 (given a zone at once)


@given(periods, st.lists(instants, min_size=1, max_size=5))
def test_a_column_of_periods_ends_when_each_of_them_does(keep: Period, starts: list[datetime]) -> None:
    frame = pl.DataFrame({"start": starts}, schema={"start": pl.Datetime("us", "UTC")})
    assert frame.select(after(keep, pl.col("start"))).to_series().to_list() == [keep.after(each) for each in starts]


@few
@given(worlds(), rule_lists)
def test_a_preview_that_no_longer_holds_is_refused(world: World, rules: list[RetentionRule]) -> None:
    setting = Setting(world, rules)
    preview = setting.oversight.retention.preview()
    wrong = Preview(preview.as_of, preview.counts.with_columns(pl.col("rows") + 1))
    if preview.counts.height:
        with pytest.raises(ValueError, match="not what was previewed"):
            setting.oversight.retention.apply(confirm=wrong)
    assert setting.oversight.retention.apply(confirm=preview).counts.equals(preview.counts)
