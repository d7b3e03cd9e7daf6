"""The laws of transparency: what is told of the use of personal data is what is configured and what was done."""

import json
import warnings
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from functools import partial
from html.parser import HTMLParser
from typing import Any

import polars as pl
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import unified_customer as uc
from unified_customer.core.errors import ConsentError
from unified_customer.core.fields import SPECIAL_CATEGORIES, covered
from unified_customer.core.models.purposes import DATA_USES
from unified_customer.core.tables import TABLES
from unified_customer.core.tables.governance import LEGAL_BASES as OUR_LEGAL_BASES
from unified_customer.core.tables.governance import SPECIAL_BASES as OUR_SPECIAL_BASES
from unified_customer.governance.audit import AuditLog, Entry
from unified_customer.governance.document import Bullets, Document, Grid, Heading, Paragraph
from unified_customer.governance.door import READABLE
from unified_customer.governance.sight import actors, named_purposes
from unified_customer.governance.transparency import Transparency, data_map, notice_changes, privacy_notice
from unified_customer.governance.transparency.category_words import CATEGORY_WORDS
from unified_customer.governance.transparency.feeding import FED
from unified_customer.governance.transparency.fides import LEGAL_BASES, OUR_CATEGORIES, SPECIAL_BASES
from unified_customer.governance.transparency.purpose_words import PURPOSE_WORDS
from unified_customer.policy import Controller, Notice, Period, Policy, Recipient, RetentionRule, Role
from unified_customer.store import Store, open_store

NOW = datetime(2026, 1, 10, tzinfo=UTC)
PERSONAL = {
    (name, column) for name, table in TABLES.items() for column, field in table.fields.items() if field.personal
}
SOME_PURPOSES = ("analytics", "essential.service", "marketing", "marketing.communications.email", "club", "club.events")
SOME_CATEGORIES = ("user.contact", "user.contact.email", "user.behavior", "user.unclassified", "user.name", "user.club")

purposes = st.sampled_from(SOME_PURPOSES)
some_purposes = st.lists(purposes, max_size=2, unique=True).map(tuple)
some_categories = st.lists(st.sampled_from(SOME_CATEGORIES), max_size=2, unique=True).map(tuple)
periods = st.builds(Period, days=st.integers(1, 900)) | st.builds(Period, months=st.integers(1, 40))
roles = st.builds(Role, hidden=some_categories, purposes=st.none() | some_purposes)
recipients = st.builds(
    Recipient,
    purposes=some_purposes,
    categories=some_categories,
    country=st.sampled_from([None, "DE", "US", "FR"]),
    safeguards=st.sampled_from([None, "standard contractual clauses"]),
)
rules = st.builds(
    RetentionRule,
    keep=periods,
    table=st.sampled_from([None, "events", "records"]),
    category=st.none() | st.sampled_from(SOME_CATEGORIES),
    purpose=st.none() | purposes,
    sources=st.sampled_from([(), ("web",)]),
)
policies = st.builds(
    Policy,
    purposes=st.just(("club", "club.events")),
    bases=st.dictionaries(purposes, st.sampled_from(OUR_LEGAL_BASES), max_size=3),
    forbidden=st.dictionaries(purposes, some_categories, max_size=2),
    roles=st.dictionaries(st.sampled_from(["default", "agent", "analyst"]), roles, max_size=2),
    recipients=st.dictionaries(st.sampled_from(["mailer", "host"]), recipients, max_size=2),
    retention=st.lists(rules, max_size=2).map(tuple),
    controller=st.none() | st.just(Controller(name="Shop", contact="privacy@shop.test", country="DE")),
    notice=st.none() | st.builds(Notice, version=st.sampled_from("12"), effective=st.just(date(2026, 1, 1))),
)
slow = settings(
    max_examples=max(10, settings().max_examples // 4), deadline=None, suppress_health_check=[HealthCheck.too_slow]
)


@contextmanager
def stored() -> Iterator[Store]:
    store = open_store("memory://")
    try:
        yield store
    finally:
        store.close()


def clock() -> datetime:
    return NOW


def after(hours: int) -> datetime:
    return NOW + timedelta(hours=hours)


# --- The record of processing activities.


@slow
@example(Policy(retention=(RetentionRule(keep=Period(days=1), purpose="sales"),)))
@given(policies)
def test_every_purpose_that_the_policy_names_stands_in_the_record(policy: Policy) -> None:
    named = {*policy.purposes, *policy.bases, policy.resolve_purpose}
    named |= {each for who in policy.recipients.values() for each in who.purposes}
    named |= {each for role in policy.roles.values() for each in role.purposes or ()}
    named |= {rule.purpose for rule in policy.retention if rule.purpose}
    with stored() as store:
        record = Transparency(store, policy=policy, clock=clock).processing_activities()
    assert set(record.frame["purpose"]) == named
    assert all(each in record.to_markdown() for each in named)


@slow
@given(st.lists(st.tuples(st.sampled_from([*SOME_PURPOSES, "gone.since"]), st.integers(0, 5)), max_size=6))
def test_every_purpose_in_the_audit_stands_in_the_record_with_its_last_use(done: list[tuple[str, int]]) -> None:
    with stored() as store:
        for purpose, hour in done:
            AuditLog(store, clock=partial(after, hour)).record(uc.Actor(), Entry("read", purpose=purpose, people=hour))
        frame = Transparency(store, policy=Policy(), clock=clock).processing_activities().frame
    told = {row["purpose"]: row for row in frame.to_dicts()}
    assert {purpose for purpose, _ in done} <= set(told)
    for purpose, _ in done:
        hours = [hour for each, hour in done if each == purpose]
        assert told[purpose]["uses"] == len(hours)
        assert told[purpose]["most_people"] == max(hours)
        assert told[purpose]["last_used"] == NOW + timedelta(hours=max(hours))


# --- The data map.


@slow
@given(policies)
def test_every_personal_column_of_every_table_is_in_the_data_map_once(policy: Policy) -> None:
    told = data_map(policy, pl.DataFrame(schema=FED))
    assert sorted(told.columns.select("table", "column").rows()) == sorted(PERSONAL)
    assert told.columns["retention"].list.len().min() > 0  # type: ignore[operator]  # there are columns
    text = told.to_markdown()
    assert all(f"| {column} |" in text for _, column in PERSONAL)


rows_of_sources = st.lists(
    st.tuples(st.sampled_from(["crm", "web"]), st.sampled_from("123"), st.sampled_from(["a@x.test", "b@x.test"])),
    max_size=6,
    unique_by=lambda row: row[:2],
)


@slow
@given(rows_of_sources)
def test_the_data_map_counts_rows_and_people_of_each_source_as_one_by_one(rows: list[tuple[str, str, str]]) -> None:
    mapping = uc.Mapping(table="records", key="id", fields={"email": "mail"})
    with new_hub(Policy()) as hub:
        for name in ("crm", "web"):
            frame = pl.DataFrame([row[1:] for row in rows if row[0] == name], schema=["id", "mail"], orient="row")
            typed = frame.cast(pl.String)
            hub.load(uc.source("dataframe", typed, table="records", name=name, mapping=mapping))
        hub.resolve()
        flows = telling(hub).data_map().flows.filter(table="records")
    counted = {row["source"]: (row["rows"], row["people"]) for row in flows.to_dicts()}
    mails = {name: [mail for source, _, mail in rows if source == name] for name in ("crm", "web")}
    assert counted == {name: (len(each), len(set(each))) for name, each in mails.items() if each}


# --- The notice.


def read_categories(hub: uc.CustomerHub, purpose: str) -> set[str]:
    seen = set[str]()
    for actor in actors(hub.policy).values():
        for name in READABLE:
            try:
                columns = hub.read(name, purpose=purpose, actor=actor).columns
            except ConsentError:
                continue
            # The customer of a row is attached to it whatever the purpose.
            fields = TABLES[name].fields
            visible = hub.policy.visible_columns(TABLES[name], purpose, actor=actor).visible
            seen |= {fields[each].category for each in columns if each in fields and each in visible}
    return {each for each in seen if each.startswith("user")}


@slow
@given(policies, st.integers(0, 9))
def test_what_the_notice_says_that_a_purpose_may_see_is_what_reads_return(policy: Policy, which: int) -> None:
    told = privacy_notice(policy).frame.to_dicts()
    row = told[which % len(told)]
    with new_hub(policy) as hub, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert set(row["categories"]) == read_categories(hub, row["purpose"])


@slow
@given(policies)
def test_equal_policies_give_equal_text(policy: Policy) -> None:
    again = Policy.from_toml(policy.to_toml())
    assert privacy_notice(policy).to_markdown() == privacy_notice(again).to_markdown()
    assert privacy_notice(policy).to_html() == privacy_notice(again).to_html()
    assert privacy_notice(policy).to_json() == privacy_notice(again).to_json()
    assert notice_changes(policy, again) == ""


@slow
@given(policies, policies)
def test_the_changes_of_a_notice_are_empty_only_where_its_text_is_equal(old: Policy, new: Policy) -> None:
    equal = privacy_notice(old).to_markdown() == privacy_notice(new).to_markdown()
    assert (notice_changes(old, new) == "") == equal


@slow
@given(policies)
def test_the_notice_tells_every_purpose_basis_and_recipient(policy: Policy) -> None:
    notice = privacy_notice(policy)
    assert set(notice.frame["purpose"]) == set(named_purposes(policy))
    assert all(row["ground"] == policy.basis_of(row["purpose"]) for row in notice.frame.to_dicts())
    assert all(name in notice.to_markdown() for name in policy.recipients)


# --- No document holds anything of a person, or can be made to say something else by a value.

CANARIES = {
    "mail": "canary-mail@example.com",
    "name": "Canary Name",
    "town": "Canaryville",
    "note": "canary-trait",
}


@slow
@given(policies)
def test_no_document_holds_a_value_of_a_person(policy: Policy) -> None:
    fields = {"email": "mail", "full_name": "name", "city": "town"}
    mapping = uc.Mapping(table="records", key="id", fields=fields)
    frame = pl.DataFrame([{"id": "canary-id", **CANARIES}])
    with new_hub(policy) as hub, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        hub.load(uc.source("dataframe", frame, table="records", name="crm", mapping=mapping))
        hub.resolve()
        assert hub._store.read("records")["email"].to_list() == [CANARIES["mail"]]
        told = telling(hub)
        documents = (told.processing_activities(), told.data_map(), told.privacy_notice())
        texts = [text for each in documents for text in (each.to_markdown(), each.to_html(), each.to_json())]
        texts.append(json.dumps(told.to_fideslang()))
        ids = hub._store.read("identities")["record_id"].to_list()
    assert not [
        each for each in (*CANARIES.values(), "canary-id", *ids) for text in texts if each.lower() in text.lower()
    ]


class Reader(HTMLParser):
    """Collects tags and texts."""

    def __init__(self) -> None:
        super().__init__()
        self.tags = set[str]()
        self.texts = list[str]()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


any_text = st.text(alphabet=st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1, max_size=20)
OUR_TAGS = {"html", "head", "meta", "title", "style", "body", "h1", "h2", "p", "ul", "li", "mark"}
OUR_TAGS |= {"div", "table", "thead", "tbody", "tr", "th", "td"}


@given(any_text | st.sampled_from(["<script>", "</style><b>", "&lt;", "<!--", "TODO: <i>"]))
def test_no_value_can_be_taken_for_a_tag(text: str) -> None:
    document = Document(text, (Heading(text), Paragraph(text), Bullets((text,)), Grid((text,), ((text,),))))
    page = Reader()
    page.feed(document.to_html())
    assert page.tags <= OUR_TAGS
    assert page.texts.count(text) >= 7


@given(any_text | st.sampled_from(["a | b", "**x**", "[a](b)", "1. a", "# a", "- a", "_a_", "`a`", "<b>"]))
def test_no_value_can_be_taken_for_a_mark(text: str) -> None:
    markdown = Document("T", (Grid(("h",), ((text,),)), Paragraph(text))).to_markdown()
    row = markdown.splitlines()[4]
    assert unescaped(row).count("|") == 2
    assert not set(unescaped(row)) & set("*`<>[]")
    assert not markdown.splitlines()[6].startswith(("# ", "- ", "+ ", "* "))


def unescaped(text: str) -> str:
    """The text without what is escaped."""
    kept, hidden = list[str](), False
    for sign in text:
        if hidden or sign == "\\":
            hidden = not hidden
        else:
            kept.append(sign)
    return "".join(kept)


# --- fideslang.


@slow
@given(policies)
def test_fideslang_accepts_what_the_hub_tells_of_itself(policy: Policy) -> None:
    from fideslang.default_taxonomy import DEFAULT_TAXONOMY
    from fideslang.models import Taxonomy

    with stored() as store:
        told = Transparency(store, policy=policy, clock=clock).to_fideslang()
    taxonomy = Taxonomy.model_validate(told)
    categories = {str(each.fides_key) for each in [*DEFAULT_TAXONOMY.data_category, *taxonomy.data_category]}
    uses = {str(each.fides_key) for each in [*DEFAULT_TAXONOMY.data_use, *taxonomy.data_use]}
    subjects = {str(each.fides_key) for each in DEFAULT_TAXONOMY.data_subject}
    declared = [each for system in taxonomy.system for each in system.privacy_declarations]
    assert {each.data_use for each in taxonomy.system[0].privacy_declarations} == set(named_purposes(policy)) <= uses
    assert {each.data_use for each in declared} <= uses
    assert {category for each in declared for category in each.data_categories} <= categories
    assert {subject for each in declared for subject in each.data_subjects} <= subjects
    fields = [(table.name, field.name) for table in taxonomy.dataset[0].collections for field in table.fields]
    assert sorted(fields) == sorted(PERSONAL)


def test_the_data_uses_are_those_of_fideslang() -> None:
    from fideslang.default_taxonomy import DEFAULT_TAXONOMY

    assert set(DATA_USES) == {str(each.fides_key) for each in DEFAULT_TAXONOMY.data_use}
    assert set(PURPOSE_WORDS) == set(DATA_USES)


def test_every_data_category_is_one_of_fideslang_or_named_as_ours_with_what_is_above_it() -> None:
    from fideslang.default_taxonomy import DEFAULT_TAXONOMY

    theirs = {str(each.fides_key) for each in DEFAULT_TAXONOMY.data_category}
    used = {field.category for table in TABLES.values() for field in table.fields.values()} | set(SPECIAL_CATEGORIES)
    assert used - theirs == set(OUR_CATEGORIES)
    assert set(OUR_CATEGORIES.values()) <= theirs
    assert all(each.startswith(f"{parent}.") for each, parent in OUR_CATEGORIES.items())
    assert {each for each in used if each.startswith("user")} <= set(CATEGORY_WORDS)


def test_the_special_categories_are_all_fideslang_s_and_cover_genetic_data() -> None:
    from fideslang.default_taxonomy import DEFAULT_TAXONOMY

    theirs = {str(each.fides_key) for each in DEFAULT_TAXONOMY.data_category}
    assert set(SPECIAL_CATEGORIES) <= theirs
    assert {each for each in theirs if "genetic" in each} == {"user.health_and_medical.genetic"}
    assert covered("user.health_and_medical.genetic", SPECIAL_CATEGORIES)


def test_the_legal_bases_are_those_of_fideslang_one_to_one() -> None:
    from fideslang.models import LegalBasisForProcessingEnum, SpecialCategoryLegalBasisEnum

    assert_one_to_one(LEGAL_BASES, OUR_LEGAL_BASES, [each.value for each in LegalBasisForProcessingEnum])
    assert_one_to_one(SPECIAL_BASES, OUR_SPECIAL_BASES, [each.value for each in SpecialCategoryLegalBasisEnum])


def assert_one_to_one(mapped: Mapping[str, str], ours: Iterable[str], theirs: Iterable[str]) -> None:
    assert sorted(mapped) == sorted(ours)
    assert sorted(mapped.values()) == sorted(theirs)


# --- Helpers.


@contextmanager
def new_hub(policy: Policy) -> Iterator[uc.CustomerHub]:
    with uc.CustomerHub(policy=policy, keys=uc.MemoryKeyProvider(b"k" * 32), clock=Ticking()) as hub:
        yield hub


class Ticking:
    """A clock that moves on a second each time that it is asked."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


def telling(hub: uc.CustomerHub, **options: Any) -> Transparency:
    return Transparency(hub._store, policy=hub.policy, clock=hub._clock, **options)
