"""Fitting and saving: read under a purpose, stored with whose data went in."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

import unified_customer as uc
from unified_customer.analytics import MonthlyPurchases, MonthlyPurchasesFitted, Scorecard
from unified_customer.core.errors import ConfigurationError, ConsentError, EverythingWithheldWarning
from unified_customer.policy import Role

POLICY = uc.Policy(bases={"analytics": "legitimate_interests"}, roles={"intern": Role(purposes=("essential",))})
TILL = uc.Mapping(
    table="order_lines",
    key=["order", "line"],
    person="card",
    fields={
        "order_id": "order",
        "occurred_at": "sold",
        "quantity": "units",
        "kind": {"column": "units", "patterns": {"^-": "return"}, "otherwise": "sale"},
    },
    identifiers={"loyalty_id": "card"},
)
LINES = [
    ("o1", "1", "L1", "2026-01-15T10:00:00Z", "1"),
    ("o1", "2", "L1", "2026-01-15T10:00:00Z", "2"),
    ("o2", "1", "L1", "2026-01-31T23:30:00Z", "1"),
    ("o3", "1", "L2", "2026-01-02T10:00:00Z", "1"),
    ("o4", "1", "L2", "2026-02-02T10:00:00Z", "-1"),
    ("o5", "1", None, "2026-02-03T10:00:00Z", "1"),
    ("o6", "1", "L1", "2026-03-01T00:00:00Z", "1"),
]
MARCH = datetime(2026, 3, 1, tzinfo=UTC)


class Hands:
    """A clock that stands still until it is turned."""

    now = datetime(2026, 4, 1, tzinfo=UTC)


@pytest.fixture
def hands() -> Hands:
    return Hands()


@pytest.fixture
def hub(hands: Hands) -> Iterator[uc.CustomerHub]:
    with uc.CustomerHub(policy=POLICY, clock=lambda: hands.now) as made:
        frame = pl.DataFrame(LINES, schema=["order", "line", "card", "sold", "units"], orient="row")
        made.load(uc.source("dataframe", frame, table="order_lines", name="till", mapping=TILL))
        made.resolve()
        yield made


def customer(hub: uc.CustomerHub, card: str) -> str:
    record = hub._store.read("identifiers", where=[uc.Where("value", "==", card)])["record_id"].item()
    return hub.identity.customer_of(record)


def counted(hub: uc.CustomerHub, **how: str) -> dict[tuple[str, str], int]:
    fitted = hub.fit(MonthlyPurchases(**how), purpose="analytics", as_of=MARCH)
    assert isinstance(fitted, MonthlyPurchasesFitted)
    return {(who, month.isoformat()[:7]): orders for who, month, orders in fitted.table.iter_rows()}


class TestFit:
    def test_orders_count_once_returns_and_nobody_not_at_all_and_the_end_is_exclusive(
        self, hub: uc.CustomerHub
    ) -> None:
        assert counted(hub) == {(customer(hub, "L1"), "2026-01"): 2, (customer(hub, "L2"), "2026-01"): 1}

    def test_a_month_is_that_of_the_shop(self, hub: uc.CustomerHub) -> None:
        found = counted(hub, zone="Europe/Berlin")
        assert (found[customer(hub, "L1"), "2026-01"], found[customer(hub, "L1"), "2026-02"]) == (1, 1)

    def test_it_reads_only_whom_the_purpose_may_see(self, hub: uc.CustomerHub) -> None:
        hub.consent.record("analytics", "objected", customer_id=customer(hub, "L1"))
        assert counted(hub) == {(customer(hub, "L2"), "2026-01"): 1}

    def test_without_a_basis_nothing_is_fitted_on_anybody(self, hub: uc.CustomerHub) -> None:
        with pytest.warns(EverythingWithheldWarning):
            fitted = hub.fit(MonthlyPurchases(), purpose="personalize", as_of=MARCH)
        assert fitted.rows()["scores"].is_empty()

    def test_the_read_is_in_the_audit_under_its_purpose(self, hub: uc.CustomerHub) -> None:
        hub.fit(MonthlyPurchases(), purpose="analytics", as_of=MARCH, actor=uc.Actor(id="anna"))
        entry = hub.audit.entries(actor="anna").row(0, named=True)
        assert (entry["action"], entry["subject_table"], entry["purpose"]) == ("read", "order_lines", "analytics")
        assert entry["as_of"] == MARCH

    def test_an_actor_is_held_to_its_purposes(self, hub: uc.CustomerHub) -> None:
        with pytest.raises(ConsentError):
            hub.fit(MonthlyPurchases(), purpose="analytics", as_of=MARCH, actor=uc.Actor(id="i", roles=("intern",)))

    def test_an_end_without_a_zone_is_refused(self, hub: uc.CustomerHub) -> None:
        with pytest.raises(ConfigurationError, match="no time zone"):
            hub.fit(MonthlyPurchases(), purpose="analytics", as_of=datetime(2026, 3, 1))  # noqa: DTZ001 (the point)


class TestOfNobody:
    """A scorecard asks for what was bought by nobody known, too."""

    def told(self, hub: uc.CustomerHub, *kpis: str) -> dict[str, float]:
        card = Scorecard(kpis=kpis, every="year", min_customers=1)
        return dict(hub.fit(card, purpose="analytics", as_of=MARCH).table.select("kpi", "value").iter_rows())

    def test_it_gets_the_rows_of_people_who_are_not_known(self, hub: uc.CustomerHub) -> None:
        assert self.told(hub, "orders", "customers") == {"orders": 4, "customers": 2}

    def test_who_says_no_does_not_count_as_nobody(self, hub: uc.CustomerHub) -> None:
        hub.consent.record("analytics", "objected", customer_id=customer(hub, "L1"))
        assert self.told(hub, "orders", "customers") == {"orders": 2, "customers": 1}

    def test_other_specs_do_not_get_them(self, hub: uc.CustomerHub) -> None:
        assert hub.fit(MonthlyPurchases(), purpose="analytics", as_of=MARCH).table["customer_id"].null_count() == 0
        assert not MonthlyPurchases().of_nobody

    def test_both_reads_are_in_the_audit(self, hub: uc.CustomerHub) -> None:
        hub.fit(Scorecard(kpis=("orders",)), purpose="analytics", as_of=MARCH, actor=uc.Actor(id="anna"))
        assert hub.audit.entries(actor="anna")["subject_table"].to_list() == ["order_lines"] * 2

    def test_a_scorecard_is_saved_without_rows_of_anybody(self, hub: uc.CustomerHub) -> None:
        saved = hub.save(hub.fit(Scorecard(kpis=("orders",)), purpose="analytics", as_of=MARCH))
        assert (dict(saved.rows), saved.subjects) == ({}, 2)


class TestSave:
    def test_rows_artifact_and_subjects_are_stored(self, hub: uc.CustomerHub) -> None:
        fitted = hub.fit(MonthlyPurchases(), purpose="analytics", as_of=MARCH)
        saved = hub.save(fitted, actor=uc.Actor(id="anna"))
        scores = hub.read("scores", purpose="analytics").sort("name", "value")
        assert dict(saved.rows) == {"scores": 2}
        assert scores["name"].to_list() == ["orders:2026-01"] * 2
        assert scores["value"].to_list() == [1.0, 2.0]
        assert scores["artifact_id"].unique().to_list() == [saved.artifact_id]
        artifact = hub._store.read("artifacts").row(0, named=True)
        assert (artifact["kind"], artifact["name"], artifact["actor"]) == ("fit", "MonthlyPurchases", "anna")
        assert (artifact["purpose"], artifact["as_of"], artifact["rows"]) == ("analytics", MARCH, 5)
        assert MonthlyPurchases.from_json(artifact["spec"]) == fitted.spec
        assert json.loads(artifact["body"]) == {"orders": {"2026-01": 3}}
        assert hub.audit.entries(actor="anna")["action"].to_list() == ["save"]

    def test_the_lineage_points_at_the_records_that_went_in(self, hub: uc.CustomerHub) -> None:
        hub.consent.record("analytics", "objected", customer_id=customer(hub, "L2"))
        saved = hub.save(hub.fit(MonthlyPurchases(), purpose="analytics", as_of=MARCH))
        subjects = hub._store.read("artifact_subjects")
        assert subjects["artifact_id"].unique().to_list() == [saved.artifact_id]
        assert {hub.identity.customer_of(each) for each in subjects["record_id"]} == {customer(hub, "L1")}
        assert saved.subjects == subjects.height == 1

    def test_saving_twice_is_saving_once(self, hub: uc.CustomerHub) -> None:
        fitted = hub.fit(MonthlyPurchases(), purpose="analytics", as_of=MARCH)
        first, second = hub.save(fitted), hub.save(fitted)
        assert first.artifact_id == second.artifact_id
        assert [hub._store.count(name) for name in ("artifacts", "artifact_subjects", "scores")] == [1, 2, 2]

    def test_another_end_is_another_artifact(self, hub: uc.CustomerHub) -> None:
        ends = [MARCH, datetime(2026, 2, 1, tzinfo=UTC)]
        ids = {hub.save(hub.fit(MonthlyPurchases(), purpose="analytics", as_of=end)).artifact_id for end in ends}
        assert len(ids) == 2

    def test_what_was_not_fitted_here_is_refused(self, hub: uc.CustomerHub) -> None:
        lines = hub.read("order_lines", purpose="analytics")
        elsewhere = MonthlyPurchases().fit({"order_lines": lines}, as_of=MARCH)
        with pytest.raises(ConfigurationError, match=r"hub\.fit"):
            hub.save(elsewhere)
        fitted = hub.fit(MonthlyPurchases(), purpose="analytics", as_of=MARCH)
        with uc.CustomerHub() as other, pytest.raises(ConfigurationError, match="this hub fitted"):
            other.save(fitted)

    def test_erasing_somebody_takes_the_scores_and_keeps_the_lineage(self, hub: uc.CustomerHub) -> None:
        hub.save(hub.fit(MonthlyPurchases(), purpose="analytics", as_of=MARCH))
        hub.rights.erase(customer(hub, "L1"))
        assert hub._store.count("scores") == 1
        assert hub._store.count("artifact_subjects") == 2


class TestOutdated:
    def test_a_fit_is_outdated_when_one_of_its_people_says_no(self, hub: uc.CustomerHub) -> None:
        saved = hub.save(hub.fit(MonthlyPurchases(), purpose="analytics", as_of=MARCH))
        assert hub.governance.outdated().is_empty()
        hub.consent.record("analytics", "objected", customer_id=customer(hub, "L1"))
        (found,) = hub.governance.outdated().rows(named=True)
        assert (found["artifact_id"], found["people"], found["no_longer_allowed"]) == (saved.artifact_id, 2, 1)

    def test_what_was_computed_of_who_says_no_is_withheld_at_the_next_read(self, hub: uc.CustomerHub) -> None:
        hub.save(hub.fit(MonthlyPurchases(), purpose="analytics", as_of=MARCH))
        before = set(hub.read("scores", purpose="analytics")["customer_id"])
        hub.consent.record("*", "restricted", customer_id=customer(hub, "L1"))
        assert before - set(hub.read("scores", purpose="analytics")["customer_id"]) == {customer(hub, "L1")}

    def test_a_fit_without_the_person_is_not_outdated_any_more(self, hub: uc.CustomerHub) -> None:
        first = hub.save(hub.fit(MonthlyPurchases(), purpose="analytics", as_of=MARCH))
        hub.consent.record("analytics", "objected", customer_id=customer(hub, "L1"))
        hub.save(hub.fit(MonthlyPurchases(), purpose="analytics", as_of=MARCH))
        assert hub.governance.outdated()["artifact_id"].to_list() == [first.artifact_id]
        hub.rights.erasures.retire(first.artifact_id)
        assert hub.governance.outdated().is_empty()

    def test_who_was_merged_since_is_one_of_its_people_and_no_reason_to_fit_anew(
        self, hub: uc.CustomerHub, hands: Hands
    ) -> None:
        saved = hub.save(hub.fit(MonthlyPurchases(), purpose="analytics", as_of=MARCH))
        hands.now += timedelta(days=1)
        one = hub.merge(customer(hub, "L1"), customer(hub, "L2"))
        assert hub.governance.outdated().is_empty()
        hub.consent.record("analytics", "objected", customer_id=one)
        assert hub.governance.outdated().select("artifact_id", "people", "no_longer_allowed").rows() == [
            (saved.artifact_id, 1, 1)
        ]
