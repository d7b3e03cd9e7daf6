"""Audiences in a hub: fitted under a purpose, kept as dated memberships, asked whom else they may be used for."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

import unified_customer as uc
from unified_customer.core.errors import ConfigurationError, ConsentError
from unified_customer.core.tables import MEMBERSHIPS
from unified_customer.policy import Role
from unified_customer.segmentation import RFM
from unified_customer.segmentation.audiences import Audience, Consents, Did, InSegment, Last, Trait

MAIL = "marketing.communications.email"
POLICY = uc.Policy(bases={"analytics": "legitimate_interests"}, roles={"analyst": Role(purposes=("analytics",))})
EVENTS = pl.DataFrame(
    {
        "id": ["e1", "e2", "e3"],
        "who": ["u1", "u2", "u1"],
        "what": ["Order Completed", "Product Viewed", "Product Viewed"],
        "when": [f"2026-01-{day:02}T00:00:00Z" for day in (5, 8, 20)],
    }
)
MAPPING = uc.Mapping(
    table="events", key="id", identifiers={"user_id": "who"}, fields={"name": "what", "occurred_at": "when"}
)
ACTIVE = Audience(name="active", rule=Did(within=Last(days=7)), base="events")


def day(number: int) -> datetime:
    return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=number - 1)


@pytest.fixture
def hub() -> Iterator[uc.CustomerHub]:
    with uc.CustomerHub(policy=POLICY, clock=lambda: day(60)) as made:
        made.load(uc.source("dataframe", EVENTS, table="events", name="shop", mapping=MAPPING))
        made.resolve()
        yield made


def customer(hub: uc.CustomerHub, user: str) -> str:
    record = hub._store.read("identifiers", where=[uc.Where("value", "==", user)])["record_id"].item()
    return hub.identity.customer_of(record)


def save(hub: uc.CustomerHub, audience: Audience, number: int) -> int:
    saved = hub.save(hub.fit(audience, purpose="analytics", as_of=day(number)))
    return saved.rows["memberships"]


def stays(hub: uc.CustomerHub) -> set[tuple[str, str, int, int | None]]:
    """Return who was in what from which day of January to which."""
    names = {customer(hub, user): user for user in ("u1", "u2")}
    rows = hub._store.read("memberships", columns=list(MEMBERSHIPS.columns)).iter_rows(named=True)
    return {
        (row["segmentation"], names[row["customer_id"]], row["entered_at"].day, row["left_at"] and row["left_at"].day)
        for row in rows
    }


class TestSaving:
    def test_who_enters_stays_and_leaves_is_dated(self, hub: uc.CustomerHub) -> None:
        assert [save(hub, ACTIVE, number) for number in (6, 9, 14, 22)] == [1, 2, 2, 2]
        assert stays(hub) == {("active", "u1", 6, 14), ("active", "u2", 9, 22), ("active", "u1", 22, None)}

    def test_nobody_left_empties_the_segment(self, hub: uc.CustomerHub) -> None:
        save(hub, ACTIVE, 9)
        save(hub, ACTIVE, 30)
        assert stays(hub) == {("active", "u1", 9, 30), ("active", "u2", 9, 30)}

    def test_saving_twice_changes_nothing(self, hub: uc.CustomerHub) -> None:
        save(hub, ACTIVE, 9)
        before = hub._store.last_seq()
        assert save(hub, ACTIVE, 9) == 0
        assert hub._store.changes("memberships", since=before).is_empty()

    def test_the_same_instant_can_be_said_anew(self, hub: uc.CustomerHub) -> None:
        save(hub, ACTIVE, 6)
        save(hub, ACTIVE, 14)
        hub.consent.record("analytics", "objected", customer_id=customer(hub, "u2"))
        save(hub, ACTIVE, 14)
        assert stays(hub) == {("active", "u1", 6, 14)}

    def test_an_instant_before_what_is_known_is_refused(self, hub: uc.CustomerHub) -> None:
        save(hub, ACTIVE, 9)
        with pytest.raises(ConfigurationError, match="'active' are known as of 2026-01-09"):
            save(hub, ACTIVE, 8)

    def test_an_instant_before_a_fit_in_which_nobody_moved_is_refused(self, hub: uc.CustomerHub) -> None:
        save(hub, ACTIVE, 9)
        save(hub, ACTIVE, 11)
        with pytest.raises(ConfigurationError, match="known as of 2026-01-11"):
            save(hub, ACTIVE, 10)
        nobody = ACTIVE.model_copy(update={"name": "nobody", "rule": Did("nothing")})
        save(hub, nobody, 11)
        with pytest.raises(ConfigurationError, match="known as of 2026-01-11"):
            save(hub, nobody, 10)

    def test_who_may_not_be_seen_any_more_has_left(self, hub: uc.CustomerHub) -> None:
        save(hub, ACTIVE, 9)
        hub.consent.record("analytics", "objected", customer_id=customer(hub, "u1"))
        save(hub, ACTIVE, 10)
        assert stays(hub) == {("active", "u1", 9, 10), ("active", "u2", 9, None)}

    def test_who_was_erased_is_in_no_row(self, hub: uc.CustomerHub) -> None:
        save(hub, ACTIVE, 9)
        fitted = hub.fit(ACTIVE, purpose="analytics", as_of=day(10))
        erased, other = customer(hub, "u1"), customer(hub, "u2")
        hub.rights.erase(erased)
        hub.save(fitted)
        assert set(hub._store.read("memberships")["customer_id"]) == {other}

    def test_rows_are_those_of_the_last_fit_that_said_so(self, hub: uc.CustomerHub) -> None:
        save(hub, ACTIVE, 9)
        last = hub.save(hub.fit(ACTIVE, purpose="analytics", as_of=day(10)))
        assert hub._store.read("memberships")["artifact_id"].unique().to_list() == [last.artifact_id]

    def test_other_segmentations_are_left_alone(self, hub: uc.CustomerHub) -> None:
        save(hub, ACTIVE, 9)
        save(hub, ACTIVE.negated("quiet"), 30)
        assert {each for each in stays(hub) if each[0] == "active"} == {
            ("active", "u1", 9, None),
            ("active", "u2", 9, None),
        }

    def test_rfm_moves_people_between_its_segments(self, hub: uc.CustomerHub) -> None:
        assert RFM().fit({"orders": orders()}, as_of=day(9)).segmentations == ("rfm",)

    def test_an_audience_of_an_audience_sees_what_was_saved_before(self, hub: uc.CustomerHub) -> None:
        save(hub, ACTIVE, 9)
        rule = InSegment("active") & ~Did("Order Completed")
        again = Audience(name="again", rule=rule)
        fitted = hub.fit(again, purpose="analytics", as_of=day(10))
        assert fitted.table["customer_id"].to_list() == [customer(hub, "u2")]
        assert hub.fit(again, purpose="analytics", as_of=day(9)).table.is_empty()


def orders() -> pl.DataFrame:
    return pl.DataFrame({"customer_id": ["a", "b"], "ordered_at": [day(1), day(2)], "amount": [1, 2]})


class TestConsents:
    RULE = Audience(name="mailable", rule=Consents(MAIL) & Did(), base="events")

    def test_it_asks_for_another_purpose_than_that_of_the_read(self, hub: uc.CustomerHub) -> None:
        assert hub.fit(self.RULE, purpose="analytics", as_of=day(30)).table.is_empty()
        hub.consent.record(MAIL, "granted", customer_id=customer(hub, "u1"))
        fitted = hub.fit(self.RULE, purpose="analytics", as_of=day(30))
        assert fitted.table["customer_id"].to_list() == [customer(hub, "u1")]

    def test_who_is_withheld_from_the_read_is_not_asked_about(self, hub: uc.CustomerHub) -> None:
        hub.consent.record(MAIL, "granted", customer_id=customer(hub, "u1"))
        hub.consent.record("analytics", "objected", customer_id=customer(hub, "u1"))
        fitted = hub.fit(self.RULE, purpose="analytics", as_of=day(30))
        assert fitted.tables["permitted"].is_empty()

    def test_a_withdrawal_counts_whatever_the_instant_of_the_audience_is(self, hub: uc.CustomerHub) -> None:
        hub.consent.record(MAIL, "granted", customer_id=customer(hub, "u1"), stated_at=day(2))
        hub.consent.record(MAIL, "withdrawn", customer_id=customer(hub, "u1"), stated_at=day(50))
        assert hub.fit(self.RULE, purpose="analytics", as_of=day(30)).table.is_empty()

    def test_asking_is_in_the_audit(self, hub: uc.CustomerHub) -> None:
        hub.fit(self.RULE, purpose="analytics", as_of=day(30), actor=uc.Actor(id="anna"))
        found = hub.audit.entries(actor="anna").filter(pl.col("action") == "ask").row(0, named=True)
        assert (found["purpose"], found["people"], found["detail"]) == (MAIL, 0, '{"for":"analytics"}')

    def test_an_actor_is_held_to_its_purposes(self, hub: uc.CustomerHub) -> None:
        with pytest.raises(ConsentError):
            hub.fit(self.RULE, purpose="analytics", as_of=day(30), actor=uc.Actor(id="a", roles=("analyst",)))

    def test_a_trait_that_the_purpose_may_not_see_is_named(self, hub: uc.CustomerHub) -> None:
        audience = Audience(name="shoes", rule=Trait("traits.shoe", "eq", 41))
        hub.consent.record(MAIL, "granted", customer_id=customer(hub, "u1"))
        with pytest.raises(uc.errors.SchemaError, match="may not see is not there"):
            hub.fit(audience, purpose=MAIL, as_of=day(30))
