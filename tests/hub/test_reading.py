"""Reading: what comes out, for whom, under which purpose, and what is written down of it."""

import warnings
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest

import unified_customer as uc
from unified_customer.connectors import Statement
from unified_customer.core.errors import (
    ConfigurationError,
    ConsentError,
    EverythingWithheldWarning,
    FieldWithheldError,
    StoreClosedError,
    UnknownCustomerError,
    UnknownTableError,
)
from unified_customer.policy import Role

ANALYTICS, SERVICE, MAIL = "analytics", "essential.service", "marketing.communications.email"
POLICY = uc.Policy(
    bases={ANALYTICS: "legitimate_interests", SERVICE: "contract"},
    forbidden={ANALYTICS: ("user.demographic",)},
    roles={"analyst": Role(purposes=(ANALYTICS,)), "default": Role()},
)
CRM = uc.Mapping(
    table="records",
    key="id",
    observed_at="seen",
    fields={"email": "mail", "given_name": "name", "birth_date": "born", "phone": "tel"},
    consents=[
        Statement(column="news", purpose=MAIL, values={"yes": "granted", "no": "denied"}, about="email"),
        Statement(column="object", purpose=ANALYTICS, values={"yes": "objected"}, about="record"),
    ],
)
PEOPLE = [
    ("1", "2025-01-01T00:00:00Z", "ann@example.com", "Ann", "1990-01-02", None, "yes", None),
    ("2", "2025-02-01T00:00:00Z", "ann@example.com", "Anna", None, "+44 20 7946 0018", None, None),
    ("3", "2025-01-01T00:00:00Z", "bob@example.com", "Bob", "1975-03-04", None, "no", None),
    ("4", "2025-01-01T00:00:00Z", "zoe@example.com", "Zoe", None, None, None, "yes"),
]
EVENTS = uc.Mapping(
    table="events", key="id", fields={"name": "what", "occurred_at": "when"}, identifiers={"email": "mail"}
)
DAYS = [datetime(2025, 3, day, tzinfo=UTC) for day in range(1, 7)]
HAPPENED = pl.DataFrame(
    {
        "id": list("abcdef"),
        "what": ["Product Viewed", "Cart Viewed"] * 3,
        "when": DAYS,
        "mail": ["ann@example.com", "bob@example.com", "zoe@example.com", "ann@example.com", None, "new@example.com"],
    }
)


class Turning:
    """A clock that moves on a second each time."""

    def __init__(self) -> None:
        self.ticks = 0

    def __call__(self) -> datetime:
        self.ticks += 1
        return datetime.fromtimestamp(1_767_225_600 + self.ticks, UTC)


@pytest.fixture
def hub() -> Iterator[uc.CustomerHub]:
    with uc.CustomerHub(policy=POLICY, keys=uc.MemoryKeyProvider(b"k" * 32), clock=Turning()) as made:
        frame = pl.DataFrame(PEOPLE, schema=[*list(CRM.columns)[:2], "mail", "name", "born", "tel", "news", "object"], orient="row")  # fmt: skip
        made.load(uc.source("dataframe", frame, table="records", name="crm", mapping=CRM))
        made.load(uc.source("dataframe", HAPPENED, table="events", name="web", mapping=EVENTS))
        made.resolve()
        yield made


def customer(hub: uc.CustomerHub, mail: str) -> str:
    found = hub._store.read("customers", columns=["customer_id"], where=[uc.Where("email", "==", mail)])
    return str(found["customer_id"].item())


def same(left: pl.DataFrame, right: pl.DataFrame) -> bool:
    return left.columns == right.columns and sorted(left.rows(), key=repr) == sorted(right.rows(), key=repr)


def last_entry(hub: uc.CustomerHub) -> dict[str, Any]:
    return hub.audit.entries().row(-1, named=True)


class TestCustomers:
    def test_a_row_for_each_customer_whom_the_purpose_may_see(self, hub: uc.CustomerHub) -> None:
        frame = hub.customers(purpose=ANALYTICS)
        assert frame.columns[0] == "customer_id"
        assert frame["customer_id"].is_sorted()
        # Zoe objected; the visitor who only left an address has no name.
        assert sorted(frame["given_name"].to_list(), key=str) == ["Anna", "Bob", None]
        assert frame.filter(given_name="Anna")["record_count"].to_list() == [3]

    def test_fields_of_forbidden_categories_are_left_out_and_named(self, hub: uc.CustomerHub) -> None:
        assert "birth_date" not in hub.customers(purpose=ANALYTICS).columns
        assert "birth_date" in hub.customers(purpose=SERVICE).columns
        assert "birth_date" in last_entry_for(hub, ANALYTICS)["withheld_fields"]
        named = hub.consent.coverage(ANALYTICS).withheld_fields.filter(table="customers")["field"].to_list()
        assert "birth_date" in named

    def test_the_origin_of_each_field_comes_on_demand(self, hub: uc.CustomerHub) -> None:
        plain, full = hub.customers(purpose=SERVICE), hub.customers(purpose=SERVICE, provenance=True)
        assert not [name for name in plain.columns if name.endswith(("_source", "_observed_at")) and name not in {"first_observed_at", "last_observed_at"}]  # fmt: skip
        row = full.filter(given_name="Anna").row(0, named=True)
        assert (row["given_name_source"], row["given_name_observed_at"]) == ("crm", datetime(2025, 2, 1, tzinfo=UTC))
        assert row["birth_date_observed_at"] == datetime(2025, 1, 1, tzinfo=UTC)

    def test_when_somebody_was_seen_comes_without_being_asked_for(self, hub: uc.CustomerHub) -> None:
        frame = hub.customers(purpose=SERVICE).filter(given_name="Anna")
        assert frame["first_observed_at"].item() == datetime(2025, 1, 1, tzinfo=UTC)

    def test_columns_can_be_chosen(self, hub: uc.CustomerHub) -> None:
        frame = hub.customers(purpose=ANALYTICS, columns=["email", "email_source"])
        assert frame.columns == ["customer_id", "email", "email_source"]

    def test_a_withheld_column_by_name_is_an_error(self, hub: uc.CustomerHub) -> None:
        with pytest.raises(FieldWithheldError, match=r"birth_date.*'analytics'"):
            hub.customers(purpose=ANALYTICS, columns=["birth_date"])

    def test_only_who_granted_is_in_marketing(self, hub: uc.CustomerHub) -> None:
        assert hub.customers(purpose=MAIL)["email"].to_list() == ["ann@example.com"]

    def test_a_read_that_withholds_everybody_warns_with_counts_and_the_remedy(self, hub: uc.CustomerHub) -> None:
        with pytest.warns(EverythingWithheldWarning, match=r"All 4 customers.*hub\.consent\.record") as caught:
            assert hub.customers(purpose="personalize").is_empty()
        assert "@" not in str(caught[0].message)
        assert caught[0].filename.endswith("test_reading.py")

    def test_an_empty_hub_does_not_warn(self) -> None:
        with warnings.catch_warnings(), uc.CustomerHub() as empty:
            warnings.simplefilter("error")
            assert empty.customers(purpose=ANALYTICS).is_empty()

    def test_an_unknown_purpose_is_refused_with_the_nearest(self, hub: uc.CustomerHub) -> None:
        with pytest.raises(ConfigurationError, match="analytics"):
            hub.customers(purpose="analitics")


def last_entry_for(hub: uc.CustomerHub, purpose: str) -> dict[str, Any]:
    return hub.audit.entries(purpose=purpose).row(-1, named=True)


class TestActors:
    def test_a_role_reads_for_its_purposes_only(self, hub: uc.CustomerHub) -> None:
        analyst = uc.Actor(id="anna", roles=("analyst",))
        assert hub.customers(purpose=ANALYTICS, actor=analyst).height == 3
        for read in (hub.customers, lambda **how: hub.read("events", **how), lambda **how: hub.scan("events", **how)):
            with pytest.raises(ConsentError, match="analyst"):
                read(purpose=SERVICE, actor=analyst)

    def test_the_audit_names_who_read_what_under_which_purpose(self, hub: uc.CustomerHub) -> None:
        hub.events(purpose=ANALYTICS, as_of=DAYS[3], actor=uc.Actor(id="anna", roles=("analyst",)))
        entry = last_entry(hub)
        assert (entry["actor"], entry["roles"], entry["action"]) == ("anna", ["analyst"], "read")
        assert (entry["subject_table"], entry["purpose"], entry["as_of"]) == ("events", ANALYTICS, DAYS[3])
        assert (entry["rows"], entry["people"], entry["withheld_people"]) == (2, 3, 1)

    def test_a_hub_has_an_actor_of_its_own(self) -> None:
        with uc.CustomerHub(actor=uc.Actor(id="job")) as hub:
            hub.customers(purpose=ANALYTICS)
            assert hub.audit.entries()["actor"].to_list() == ["job"]


class TestEvents:
    def test_an_event_comes_with_the_customer_it_belongs_to_now(self, hub: uc.CustomerHub) -> None:
        ann = customer(hub, "ann@example.com")
        found = hub.events(purpose=ANALYTICS).filter(customer_id=ann)
        assert sorted(found["event_id"]) == ["a", "d"]

    def test_as_of_is_exclusive(self, hub: uc.CustomerHub) -> None:
        assert sorted(hub.events(purpose=SERVICE, as_of=DAYS[3])["event_id"]) == ["a", "b", "c"]
        assert hub.events(purpose=SERVICE, as_of=DAYS[0]).is_empty()

    def test_a_naive_as_of_is_refused(self, hub: uc.CustomerHub) -> None:
        with pytest.raises(ConfigurationError, match="no time zone"):
            hub.events(purpose=SERVICE, as_of=datetime(2025, 3, 1))  # noqa: DTZ001 (that is the point)

    @pytest.mark.parametrize(("way", "ids"), [("exclude", "abcdf"), ("include", "abcdef"), ("only", "e")])
    def test_what_nobody_did(self, way: Any, ids: str, hub: uc.CustomerHub) -> None:
        assert sorted(hub.events(purpose=SERVICE, anonymous=way)["event_id"]) == sorted(ids)

    def test_what_nobody_did_needs_no_consent(self, hub: uc.CustomerHub) -> None:
        assert hub.events(purpose="personalize", anonymous="only")["event_id"].to_list() == ["e"]

    def test_conditions_columns_and_customers(self, hub: uc.CustomerHub) -> None:
        ann, bob = customer(hub, "ann@example.com"), customer(hub, "bob@example.com")
        frame = hub.events(
            purpose=SERVICE, columns=["event_id"], where=[uc.Where("name", "==", "Cart Viewed")], customers=[ann, bob]
        )
        assert frame.columns == ["customer_id", "event_id"]
        assert sorted(frame.rows()) == sorted([(ann, "d"), (bob, "b")])

    @pytest.mark.parametrize("way", ["include", "only"])
    def test_what_nobody_did_is_read_without_the_fields_that_can_hold_anything(
        self, hub: uc.CustomerHub, way: Any
    ) -> None:
        openly = {"url", "text", "properties", "context"}
        assert openly <= set(hub.events(purpose=SERVICE).columns)
        assert not openly & set(hub.events(purpose=SERVICE, anonymous=way).columns)
        assert openly <= set(hub.audit.entries()["withheld_fields"][-1])
        with pytest.raises(FieldWithheldError, match=r"properties of table 'events' can hold anything.*exclude"):
            hub.events(purpose=SERVICE, anonymous=way, columns=["properties"])
        with pytest.raises(FieldWithheldError, match="text of table 'events' can hold anything"):
            hub.events(purpose=SERVICE, anonymous=way, where=[uc.Where("text", "==", "x")])

    def test_a_customer_without_consent_is_not_read_by_naming_him(self, hub: uc.CustomerHub) -> None:
        zoe = customer(hub, "zoe@example.com")
        with pytest.warns(EverythingWithheldWarning):
            assert hub.events(purpose=ANALYTICS, customers=[zoe]).is_empty()

    def test_other_tables_by_name(self, hub: uc.CustomerHub) -> None:
        assert hub.read("records", purpose=SERVICE, columns=["source_id"]).height == 4
        assert hub.read("records", purpose=SERVICE, as_of=datetime(2025, 1, 2, tzinfo=UTC)).height == 3
        with pytest.raises(UnknownTableError):
            hub.read("recods", purpose=SERVICE)
        with pytest.raises(ConsentError, match="'consents' is not read by purpose"):
            hub.read("consents", purpose=SERVICE)


class TestScans:
    @pytest.mark.parametrize("table", ["events", "records", "customers", "identifiers", "items"])
    def test_it_gives_what_an_eager_read_gives(self, table: str, hub: uc.CustomerHub) -> None:
        lazy = hub.scan(table, purpose=ANALYTICS)
        eager = hub.read(table, purpose=ANALYTICS)
        assert lazy.collect_schema() == eager.schema
        assert same(lazy.collect(), eager)

    def test_what_is_pushed_down_changes_nothing(self, hub: uc.CustomerHub) -> None:
        eager = hub.events(purpose=SERVICE)
        wanted = (pl.col("name") == "Cart Viewed") & (pl.col("occurred_at") > DAYS[1])
        lazy = hub.scan("events", purpose=SERVICE)
        assert same(lazy.filter(wanted).collect(), eager.filter(wanted))
        assert same(lazy.filter(wanted).select("event_id").collect(), eager.filter(wanted).select("event_id"))
        assert same(lazy.select("occurred_at", "customer_id").collect(), eager.select("occurred_at", "customer_id"))
        assert lazy.select(pl.len()).collect().item() == eager.height
        head = lazy.head(2).collect()
        assert head.height == 2
        assert set(head["event_id"]) <= set(eager["event_id"])
        assert lazy.filter(wanted).head(1).collect().height == 1
        by_customer = lazy.group_by("customer_id").len().sort("customer_id").collect()
        assert same(by_customer, eager.group_by("customer_id").len())
        assert hub.events(purpose=SERVICE, columns=["customer_id"]).columns == ["customer_id"]
        assert hub.scan("items", purpose=SERVICE).select(pl.len()).collect().item() == 0

    def test_as_of_counts(self, hub: uc.CustomerHub) -> None:
        assert hub.scan("events", purpose=SERVICE, as_of=DAYS[2]).collect().height == 2

    def test_nothing_is_audited_before_it_is_collected_and_each_time_then(self, hub: uc.CustomerHub) -> None:
        before = hub.audit.entries().height
        lazy = hub.scan("events", purpose=ANALYTICS, actor=uc.Actor(id="anna"))
        assert hub.audit.entries().height == before
        lazy.collect()
        lazy.select("event_id").collect()
        assert hub.audit.entries(actor="anna")["action"].to_list() == ["read", "read"]

    def test_each_collection_decides_anew(self, hub: uc.CustomerHub) -> None:
        lazy = hub.scan("events", purpose=MAIL)
        assert lazy.collect().height == 2
        hub.consent.record(MAIL, "withdrawn", identifier=("email", "ann@example.com"))
        with pytest.warns(EverythingWithheldWarning):
            assert lazy.collect().is_empty()

    def test_it_ends_with_the_hub(self, hub: uc.CustomerHub) -> None:
        lazy = hub.scan("events", purpose=ANALYTICS)
        hub.close()
        with pytest.raises((StoreClosedError, pl.exceptions.ComputeError), match=r"closed"):
            lazy.collect()


class TestProfiles:
    def test_every_value_has_its_origin(self, hub: uc.CustomerHub) -> None:
        found = hub.profile(customer(hub, "ann@example.com"), purpose=SERVICE)
        assert (found["given_name"], str(found["birth_date"]), found["city"]) == ("Anna", "1990-01-02", None)
        assert found.fields["given_name"].observed_at == datetime(2025, 2, 1, tzinfo=UTC)
        assert {each.source for each in found.fields.values()} == {"crm"}
        assert (len(found.records), sorted(found.sources)) == (3, ["crm", "web"])

    def test_it_lists_what_the_customer_is_known_by(self, hub: uc.CustomerHub) -> None:
        found = hub.profile(customer(hub, "ann@example.com"), purpose=SERVICE)
        assert [(each.kind, each.value) for each in found.identifiers] == [
            ("email", "ann@example.com"),
            ("phone", "+442079460018"),
        ]

    def test_withheld_fields_are_named_and_cannot_be_had(self, hub: uc.CustomerHub) -> None:
        found = hub.profile(customer(hub, "ann@example.com"), purpose=ANALYTICS)
        assert "birth_date" in found.withheld
        assert "birth_date" not in found.fields
        with pytest.raises(KeyError, match="withheld"):
            found["birth_date"]

    def test_it_tells_the_state_of_every_purpose_that_was_spoken_of(self, hub: uc.CustomerHub) -> None:
        for mail, allowed in (("ann@example.com", True), ("bob@example.com", False)):
            states = {each.purpose: each for each in hub.profile(customer(hub, mail), purpose=SERVICE).consents}
            assert set(states) == {ANALYTICS, SERVICE, MAIL}
            assert (states[MAIL].allowed, states[SERVICE].allowed) == (allowed, True)

    def test_a_refusal_says_why_and_is_in_the_audit(self, hub: uc.CustomerHub) -> None:
        zoe = customer(hub, "zoe@example.com")
        with pytest.raises(ConsentError, match="objected") as caught:
            hub.profile(zoe, purpose=ANALYTICS, actor=uc.Actor(id="anna", roles=("analyst",)))
        assert "zoe@" not in str(caught.value)
        entry = last_entry(hub)
        assert (entry["action"], entry["actor"], entry["customer_id"]) == ("profile", "anna", zoe)
        assert (entry["people"], entry["withheld_people"], entry["rows"]) == (0, 1, 0)

    def test_a_read_is_in_the_audit(self, hub: uc.CustomerHub) -> None:
        ann = customer(hub, "ann@example.com")
        hub.profile(ann, purpose=SERVICE)
        entry = last_entry(hub)
        assert (entry["action"], entry["customer_id"], entry["people"]) == ("profile", ann, 1)

    def test_a_role_is_held_to_its_purposes(self, hub: uc.CustomerHub) -> None:
        with pytest.raises(ConsentError, match="analyst"):
            hub.profile(customer(hub, "ann@example.com"), purpose=SERVICE, actor=uc.Actor(id="a", roles=("analyst",)))

    def test_any_id_ever_issued_resolves_after_a_merge(self, hub: uc.CustomerHub) -> None:
        ann, bob = customer(hub, "ann@example.com"), customer(hub, "bob@example.com")
        merged = hub.merge(bob, ann)
        assert merged == min(ann, bob, key=lambda each: first_seen(hub, each))
        assert {hub.profile(each, purpose=SERVICE).customer_id for each in (ann, bob)} == {merged}
        for record in hub.profile(merged, purpose=SERVICE).records:
            assert hub.profile(record, purpose=SERVICE).customer_id == merged

    def test_an_id_that_was_never_issued_is_an_error(self, hub: uc.CustomerHub) -> None:
        with pytest.raises(UnknownCustomerError, match="ever seen"):
            hub.profile("0" * 24, purpose=SERVICE)

    def test_a_record_that_is_not_resolved_yet_says_so(self, hub: uc.CustomerHub) -> None:
        frame = pl.DataFrame({"id": ["9"], "mail": ["late@example.com"]})
        mapping = uc.Mapping(table="records", key="id", fields={"email": "mail"})
        hub.load(uc.source("dataframe", frame, table="records", name="late", mapping=mapping))
        record = hub._store.read("identities", where=[uc.Where("source", "==", "late")])["record_id"].item()
        with pytest.raises(UnknownCustomerError, match=r"hub\.resolve\(\)"):
            hub.profile(record, purpose=SERVICE)


def first_seen(hub: uc.CustomerHub, record: str) -> int:
    return int(hub._store.read("identities", where=[uc.Where("record_id", "==", record)])["seq"].item())


class TestWhoIsWho:
    def test_history_tells_what_became_of_a_customer(self, hub: uc.CustomerHub) -> None:
        ann, bob = customer(hub, "ann@example.com"), customer(hub, "bob@example.com")
        merged = hub.merge(ann, bob, reason="same passport")
        gone = bob if merged == ann else ann
        told = hub.history(gone)
        assert {"record_id", "customer_id", "valid_from", "valid_to", "reason"} <= set(told.columns)
        assert set(told["customer_id"]) == {ann, bob}
        open_rows = told.filter(pl.col("valid_to").is_null())
        assert set(open_rows["customer_id"]) == {merged}
        with pytest.raises(UnknownCustomerError):
            hub.history("0" * 24)

    def test_a_split_takes_records_away_and_leaves_the_id(self, hub: uc.CustomerHub) -> None:
        ann = customer(hub, "ann@example.com")
        leaving = [each for each in hub.profile(ann, purpose=SERVICE).records if each != ann][:1]
        new = hub.split(ann, leaving, reason="twins")
        assert new == leaving[0]
        assert hub.identity.customer_of(ann) == ann
        assert hub.identity.customer_of(leaving[0]) == new
        with pytest.raises(ConfigurationError, match="0 are its own"):
            hub.split(ann, leaving)

    def test_the_crosswalk_lists_every_systems_id(self, hub: uc.CustomerHub) -> None:
        ann = customer(hub, "ann@example.com")
        found = hub.identity.crosswalk().filter(customer_id=ann)
        assert sorted(found.filter(kind="source_id").select("source", "id").rows()) == [("crm", "1"), ("crm", "2")]
        assert "ann@example.com" not in found["id"].to_list()
        contacts = hub.identity.crosswalk(contacts=True).filter(customer_id=ann)["id"].to_list()
        assert {"ann@example.com", "+442079460018"} <= set(contacts)
        assert last_entry(hub)["action"] == "crosswalk"

    def test_the_crosswalk_leaves_out_whom_the_purpose_may_not_see(self, hub: uc.CustomerHub) -> None:
        zoe = customer(hub, "zoe@example.com")
        assert zoe in hub.identity.crosswalk()["customer_id"].to_list()
        assert zoe not in hub.identity.crosswalk(purpose=ANALYTICS)["customer_id"].to_list()

    def test_a_system_can_be_the_master(self) -> None:
        spec = uc.ExactIdentity(master="crm")
        with uc.CustomerHub(policy=POLICY, identity=spec) as hub:
            for name, key in (("shop", "s1"), ("crm", "c1")):
                frame = pl.DataFrame({"id": [key], "mail": ["ann@example.com"]})
                mapping = uc.Mapping(table="records", key="id", fields={"email": "mail"})
                hub.load(uc.source("dataframe", frame, table="records", name=name, mapping=mapping))
            hub.resolve()
            assert hub.identity.crosswalk()["master_id"].unique().to_list() == ["c1"]


def test_a_read_before_the_first_resolution_says_so() -> None:
    with uc.CustomerHub(policy=POLICY) as hub:
        assert hub.events(purpose=SERVICE).is_empty()
        names = ["id", "seen", "mail", "name", "born", "tel", "news", "object"]
        frame = pl.DataFrame(PEOPLE, schema=names, orient="row")
        hub.load(uc.source("dataframe", frame, name="crm", mapping=CRM))
        with pytest.warns(uc.errors.NotResolvedWarning, match=r"4 records are not resolved yet.*hub\.resolve\(\)"):
            assert hub.customers(purpose=SERVICE).is_empty()
        hub.resolve()
        assert hub.customers(purpose=SERVICE).height == 3
