"""Access and portability through a hub: what is told, what is left out, and the forms in which it is handed out."""

import hashlib
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import unified_customer as uc
from unified_customer.core.errors import ConfigurationError, UnknownCustomerError
from unified_customer.core.tables import ARTIFACTS, MEMBERSHIPS, QUARANTINE, REQUEST_EVENTS, SCORES, Table
from unified_customer.governance.access import GATHERED, PersonalData
from unified_customer.governance.access.as_folder import csv_of
from unified_customer.governance.access.vcard import _folded, vcard
from unified_customer.governance.access.words import CHAPTERS, TABLE_WORDS
from unified_customer.policy import Controller, Notice, Period, Recipient, Regime, RetentionRule

NOW = datetime(2026, 1, 10, tzinfo=UTC)
SHOP = Controller(name="Shop <Ltd>", contact="privacy@shop.example", country="GB", authority="the ICO")
POLICY = uc.Policy(
    bases={"essential.service": "contract", "analytics": "legitimate_interests"},
    controller=SHOP,
    notice=Notice(version="3", effective=date(2025, 1, 1), url="https://shop.example/privacy"),
    recipients={"mailer": Recipient(purposes=("marketing.communications.email",), country="US", safeguards="SCC")},
    retention=(
        RetentionRule(table="records", keep=Period(months=36), since="last_activity"),
        RetentionRule(table="records", keep=Period(months=6), sources=("broker",), then="anonymise"),
    ),
)
CRM = uc.Mapping(
    table="records",
    key="id",
    observed_at="seen",
    fields={"email": "mail", "phone": "tel", "full_name": "name", "birth_date": "born", "city": "city"},
)
PEOPLE = {
    "id": ["1", "2", "3"],
    "mail": ["ann@example.com", "Ann@Example.com", "bo@example.com"],
    "tel": ["+44 20 7946 0018", None, "+44 20 7946 0018"],
    "name": ["Ann Lee", "Ann Lee; junior", "Bo Berg"],
    "born": ["1990-01-02", None, None],
    "city": ["London", None, "Bergen"],
    "seen": ["2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z", "2026-01-01T00:00:00Z"],
    "shoe": ["38", None, "44"],
}


def rows_of(table: Table, **columns: Any) -> pl.DataFrame:
    types = {name: table.columns[name] for name in columns}
    return table.conform(pl.DataFrame(columns, schema=types))


class Clock:
    """A clock that moves on a second each time that it is asked."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


@pytest.fixture
def hub() -> Iterator[uc.CustomerHub]:
    with uc.CustomerHub(policy=POLICY, clock=Clock(), keys=uc.MemoryKeyProvider(b"k" * 32)) as made:
        made.load(uc.source("dataframe", pl.DataFrame(PEOPLE), table="records", name="crm", mapping=CRM))
        made.resolve()
        yield made


def id_of(hub: uc.CustomerHub, source_id: str) -> str:
    walk = hub.identity.crosswalk().filter(source="crm", kind="source_id", id=source_id)
    return str(walk["customer_id"].item())


@pytest.fixture
def ann(hub: uc.CustomerHub) -> str:
    return id_of(hub, "1")


def hold(hub: uc.CustomerHub, *payloads: str, record_id: str | None = None) -> None:
    count = len(payloads)
    told: dict[str, Any] = {"source": ["crm"] * count, "target": ["records"] * count, "position": ["row 1"] * count}
    told |= {"reason": ["x: y"] * count, "status": ["held"] * count, "held_at": [NOW] * count}
    ids = {"quarantine_id": [f"q{number}" for number in range(count)], "record_id": [record_id] * count}
    with hub._store.transaction(recorded_at=NOW) as writer:
        writer.upsert("quarantine", rows_of(QUARANTINE, **ids, payload=list(payloads), **told))


def conclude(hub: uc.CustomerHub, customer_id: str) -> None:
    made = {"library_version": ["1"], "purpose": ["analytics"], "as_of": [NOW], "content_hash": ["h"], "rows": [2]}
    with hub._store.transaction(recorded_at=NOW) as writer:
        for kind, name in (("fit", "RFM"), ("export", "newsletter.csv")):
            known = {"artifact_id": [kind], "kind": [kind], "name": [name], "created_at": [NOW], "actor": ["joe"]}
            writer.append("artifacts", rows_of(ARTIFACTS, **known, **made, covers_seq=[999]))
        score = {"name": ["churn"], "value": [0.25], "as_of": [NOW], "detail": ['{"reasons":["quiet"]}']}
        writer.upsert("scores", rows_of(SCORES, customer_id=[customer_id], artifact_id=["fit"], **score))
        segment = {"segmentation": ["rfm"], "segment": ["loyal"], "entered_at": [NOW]}
        writer.upsert("memberships", rows_of(MEMBERSHIPS, customer_id=[customer_id], **segment))


def test_every_table_that_can_be_told_has_its_words_and_its_place_on_the_page() -> None:
    placed = [name for names in CHAPTERS.values() for name in names]
    assert sorted(placed) == sorted(TABLE_WORDS) == sorted(GATHERED)
    assert all({*words.lead} <= {*uc.TABLES[name].columns} for name, words in TABLE_WORDS.items())


def test_an_answer_tells_what_the_data_are_used_for_who_gets_them_and_how_long_they_are_kept(
    hub: uc.CustomerHub, ann: str
) -> None:
    hub.consent.record("marketing.communications.email", "granted", customer_id=ann)
    told = hub.rights.access(ann).information
    assert [(use.purpose, use.allowed, use.basis, use.reason) for use in told.uses] == [
        ("analytics", True, "legitimate_interests", "basis:legitimate_interests"),
        ("essential.service", True, "contract", "basis:contract"),
        ("marketing.communications.email", True, "consent", "granted"),
    ]
    names = next(each for each in told.categories if each.category == "user.name")
    usual, of_brokers = names.kept[0].split("; ")
    assert usual == "36 months after your last activity, then deleted"
    assert of_brokers == "6 months after it happened, then kept without any link to you, where it came from broker"
    assert names.kept[1:] == ("as long as you are a customer",)
    assert (told.controller, told.recipients["mailer"].country) == (SHOP, "US")
    assert [(each.source, each.tables) for each in told.origins] == [
        ("crm", ("identities", "records", "identifiers")),
        ("hub", ("consents",)),
    ]


def test_the_rights_are_those_of_the_laws_that_the_policy_names(hub: uc.CustomerHub, ann: str) -> None:
    assert "portability" in hub.rights.access(ann).information.rights
    policy = uc.Policy(regimes={"ccpa": Regime(title="CCPA", fallback="opt_out", rights=("access", "opt_out"))})
    with uc.CustomerHub(hub._store, policy=policy, keys=uc.MemoryKeyProvider(b"k" * 32)) as other:
        assert other.rights.access(ann).information.rights == ("access", "opt_out")


def test_what_models_said_copies_and_reads_of_many_are_told(hub: uc.CustomerHub, ann: str) -> None:
    conclude(hub, ann)
    hub.customers(purpose="analytics")
    told = hub.rights.access(ann).information
    assert [(each.name, each.logic) for each in told.automated] == [("churn", "RFM"), ("loyal", None)]
    assert [each.name for each in told.exports] == ["newsletter.csv"]
    assert ("read", "analytics", "customers", 1) in [
        (each.action, each.purpose, each.table, each.times) for each in told.reads
    ]


def test_reads_from_before_the_person_was_known_are_not_told() -> None:
    with uc.CustomerHub(policy=POLICY, clock=Clock(), keys=uc.MemoryKeyProvider(b"k" * 32)) as hub:
        for rows in (slice(2, 3), slice(0, 1)):
            frame = pl.DataFrame(PEOPLE)[rows]
            hub.load(uc.source("dataframe", frame, table="records", name="crm", mapping=CRM))
            hub.resolve()
            hub.customers(purpose="analytics")
        reads = {source_id: hub.rights.access(id_of(hub, source_id)).information.reads for source_id in "13"}
    times = {source_id: sum(each.times for each in told if each.action == "read") for source_id, told in reads.items()}
    assert times == {"1": 1, "3": 2}


def test_an_answer_is_in_the_audit_once_with_its_request_and_counts(hub: uc.CustomerHub, ann: str) -> None:
    answer = hub.rights.access(ann, request_id="r-1", actor=uc.Actor(id="kim"))
    (entry,) = hub.audit.entries(customer_id=ann).filter(action="access").rows(named=True)
    assert (entry["actor"], entry["rows"], entry["people"]) == ("kim", sum(answer.rows.values()), 1)
    assert json.loads(entry["detail"])["request"] == answer.request_id == "r-1"
    assert "kim" not in hub.rights.access(ann).to_json()


def test_an_id_that_was_never_issued_is_refused(hub: uc.CustomerHub) -> None:
    with pytest.raises(UnknownCustomerError, match="ever seen"):
        hub.rights.access("f" * 24)


def test_records_that_nobody_resolved_yet_have_to_be_resolved_first(hub: uc.CustomerHub, ann: str) -> None:
    late = pl.DataFrame({**{name: [None] for name in PEOPLE}, "id": ["9"], "mail": ["ann@example.com"]})
    late = late.with_columns(pl.col(pl.Null).cast(pl.String))
    hub.load(uc.source("dataframe", late, table="records", name="shop", mapping=CRM))
    with pytest.raises(ConfigurationError, match=r"1 records .* not resolved yet.*hub\.resolve\(\)"):
        hub.rights.access(ann)
    hub.resolve()
    assert hub.rights.access(ann).rows["identities"] == 3


def test_a_shared_telephone_number_is_told_without_who_else_has_it(hub: uc.CustomerHub, ann: str) -> None:
    hub.consent.record("marketing", "denied", identifier=("phone", "+442079460018"), evidence="letter of Bo, 3 May")
    answer = hub.rights.access(ann)
    assert "+442079460018" in answer.tables["identifiers"]["value"].to_list()
    assert answer.tables["consents"].select("status", "evidence").rows() == [("denied", None)]
    assert "evidence" in {each.column for each in answer.withheld}
    assert not {"Bo", "bo@example.com", "Bergen", id_of(hub, "3")} & {*answer.to_json().replace('"', " ").split()}


def test_the_proof_of_what_the_person_also_said_of_their_own_is_told(hub: uc.CustomerHub, ann: str) -> None:
    hub.consent.record("marketing", "denied", customer_id=ann, evidence="call 7")
    assert set(hub.rights.access(ann).tables["consents"]["evidence"]) == {"call 7"}


@pytest.mark.parametrize(
    ("payload", "record", "shown"),
    [
        ('{"mail":"ann@example.com","note":"hi"}', None, '{"mail":"ann@example.com","note":"hi"}'),
        (
            '{"mail":"Ann <ann@example.com>","cc":["bo@example.com","ann@example.com"],"n":1}',
            None,
            '{"mail": "[another person]", "cc": ["[another person]", "ann@example.com"], "n": "[another person]"}',
        ),
        (
            '{"mail":"ann@example.com","tel":"+44 7700 900123"}',
            None,
            '{"mail": "ann@example.com", "tel": "[another person]"}',
        ),
        (
            '{"mail":"ann@example.com","tel":"020 7946 0018","of":"Bo"}',
            None,
            '{"mail": "ann@example.com", "tel": "020 7946 0018", "of": "[another person]"}',
        ),
        ('{"bo@example.com":"x","mail":"ann@example.com"}', None, '{"[another person]": "[another person]", "mail": "ann@example.com"}'),
        ("from ann@example.com to bo@example.com", None, "[another person]"),
        ("from ann@example.com", None, "from ann@example.com"),
        ('{"tel":"020 7946 0018","of":"Bo"}', None, None),
        ('{"tel":"020 7946 0018","of":"me"}', "1", '{"tel":"020 7946 0018","of":"me"}'),
        ('{"name":"me"}', "1", '{"name":"me"}'),
        ('{"of":"ann@example.com","name":"Bo"}', "3", '{"of": "ann@example.com", "name": "[another person]"}'),
        ('{"name":"Bo"}', "3", None),
    ],
)  # fmt: skip
def test_of_a_row_that_names_somebody_else_only_the_persons_own_values_are_shown(
    hub: uc.CustomerHub, ann: str, payload: str, record: str | None, shown: str | None
) -> None:
    hold(hub, payload, record_id=record and id_of(hub, record))
    found = hub.rights.access(ann).tables.get("quarantine")
    assert (None if found is None else found["payload"].item()) == shown


def test_a_decision_about_two_people_is_told_without_the_other_and_the_reason(hub: uc.CustomerHub, ann: str) -> None:
    hub.identity.cannot_link(ann, id_of(hub, "3"), reason="Bo is her brother")
    (row,) = hub.rights.access(ann).tables["link_decisions"].rows(named=True)
    assert {row["record_a"], row["record_b"]} == {ann, "[another person]"}
    assert row["reason"] is None


def test_a_request_is_told_whole_once_its_customer_is_found_without_what_else_it_names(
    hub: uc.CustomerHub, ann: str
) -> None:
    keys = hub._store.read("identifiers").sort("value").select("kind", "value_key").unique(maintain_order=True).rows()
    entry = {
        "event_id": ["1", "2"],
        "request_id": ["r"] * 2,
        "occurred_at": [NOW] * 2,
        "event": ["received", "verified"],
    }
    named = {"customer_id": [None, ann], "subjects": [[f"{kind}:{key}" for kind, key in keys], None]}
    with hub._store.transaction(recorded_at=NOW) as writer:
        writer.append("request_events", rows_of(REQUEST_EVENTS, **entry, **named, actor=["joe"] * 2))
    told = hub.rights.access(ann).tables["request_events"]
    assert told["event"].to_list() == ["received", "verified"]
    assert sorted(told["subjects"][0]).count("[another person]") == 1 < told["subjects"][0].len()
    assert "request_events" not in hub.rights.access(id_of(hub, "3")).tables


def test_after_an_erasure_only_the_proof_is_told(hub: uc.CustomerHub, ann: str) -> None:
    hub.rights.erase(ann)
    answer = hub.rights.access(ann)
    assert (answer.held, set(answer.tables)) == (False, {"identities", "tombstones", "audit", "erasure_steps"})
    assert (answer.information.uses, answer.information.reads) == ((), ())
    assert "were erased on 2026-01-10" in answer.to_html()
    assert PersonalData.from_json(answer.to_json()).erased_at == answer.erased_at


def test_only_what_was_given_under_consent_or_contract_is_portable(hub: uc.CustomerHub, ann: str) -> None:
    conclude(hub, ann)
    part = hub.rights.portability(ann)
    assert set(part.tables) == {"records", "identifiers"}
    assert [use.purpose for use in part.information.uses] == ["essential.service"]
    assert "machines" not in part.to_html()
    assert hub.audit.entries(customer_id=ann).filter(action="portability").height == 1


def test_what_no_portable_use_may_see_is_not_portable(hub: uc.CustomerHub, ann: str) -> None:
    policy = uc.Policy(bases={"analytics": "contract"}, forbidden={"analytics": ("user.contact", "user.unclassified")})
    with uc.CustomerHub(hub._store, policy=policy, keys=uc.MemoryKeyProvider(b"k" * 32)) as other:
        columns = set(other.rights.portability(ann).tables["records"].columns)
    assert not {"email", "email_raw", "city", "traits"} & columns
    assert {"full_name", "birth_date"} <= columns


def test_a_folder_holds_a_page_json_csv_a_card_and_a_manifest_that_proves_them(
    hub: uc.CustomerHub, ann: str, tmp_path: Path
) -> None:
    folder = hub.rights.access(ann).to_folder(tmp_path / "answer")
    files = {each.relative_to(folder).as_posix() for each in folder.rglob("*") if each.is_file()}
    assert {"index.html", "data.json", "contact.vcf", "manifest.json", "tables/records.csv"} <= files
    manifest = json.loads((folder / "manifest.json").read_text())
    assert {*manifest["files"]} == files - {"manifest.json"}
    for name, told in manifest["files"].items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == told["sha256"]
    assert pl.read_csv(folder / "tables" / "records.csv")["email"].to_list() == ["ann@example.com"] * 2
    with pytest.raises(ConfigurationError, match="answer is not empty"):
        hub.rights.access(ann).to_folder(folder)


def test_csv_tells_an_empty_text_from_nothing_and_lists_from_texts() -> None:
    frame = pl.DataFrame({"a": ["", None], "b": [["x", "y"], []], "c": [NOW, None], "d": [True, None]})
    assert csv_of(frame) == 'a,b,c,d\r\n"","[""x"", ""y""]",2026-01-10T00:00:00Z,true\r\n,[],,\r\n'


def test_the_card_holds_the_latest_of_each_kind(hub: uc.CustomerHub, ann: str, tmp_path: Path) -> None:
    folder = hub.rights.portability(ann).to_folder(tmp_path / "answer")
    lines = (folder / "contact.vcf").read_bytes().decode().split("\r\n")
    assert lines[:2] == ["BEGIN:VCARD", "VERSION:4.0"]
    assert lines[-2:] == ["END:VCARD", ""]
    assert {"FN:Ann Lee\\; junior", "ADR:;;;London;;;", "BDAY:19900102", "EMAIL:ann@example.com"} <= {*lines}
    assert "TEL;VALUE=uri:tel:+442079460018" in lines
    assert all(len(line.encode()) <= 75 for line in lines)


def test_a_long_line_of_a_card_is_folded_between_characters() -> None:
    line = "NOTE:" + "ä" * 100
    pieces = _folded(line).split("\r\n")
    assert all(len(piece.encode()) <= 75 for piece in pieces)
    assert pieces[0] + "".join(piece.removeprefix(" ") for piece in pieces[1:]) == line


def test_somebody_without_a_name_has_a_card_and_somebody_without_anything_none(hub: uc.CustomerHub, ann: str) -> None:
    whole = hub.rights.access(ann)
    part = {"identifiers": whole.tables["identifiers"]}
    nameless = PersonalData(ann, "access", NOW, part, whole.information)
    assert "FN:\r\n" in str(vcard(nameless))
    assert vcard(PersonalData(ann, "access", NOW, {}, whole.information)) is None


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": "another", "version": 1}', '{"format": 1}'])
def test_a_text_that_is_no_answer_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError, match="no answer that"):
        PersonalData.from_json(text)


def test_the_page_tells_everything_and_runs_nothing(hub: uc.CustomerHub, ann: str) -> None:
    conclude(hub, ann)
    hold(hub, '{"mail":"ann@example.com","xss":"<script>alert(1)</script>"}', "no json of ann@example.com <b>")
    page = hub.rights.access(ann, request_id="<r>").to_html()
    for told in ("Shop &lt;Ltd&gt;", "the ICO", "SCC", "Ann Lee; junior", "churn", "newsletter.csv", "&lt;r&gt;"):
        assert told in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script" not in page


def test_the_page_has_each_row_in_one_piece_with_its_rest_below_and_times_to_the_second(
    hub: uc.CustomerHub, ann: str
) -> None:
    answer = hub.rights.access(ann)
    page = answer.to_html()
    table = page[page.index("<h3 id='identifiers'>") :].partition("</table>")[0]
    assert table.count("<tbody><tr>") == answer.rows["identifiers"] == table.count("<tr><td colspan='")
    assert "<time>2026-01-01 00:00:00</time>" in page
    assert not re.search(r"<time>[^<]*\.", page)


def test_a_policy_that_names_nobody_still_gives_a_page() -> None:
    with uc.CustomerHub(clock=Clock(), keys=uc.MemoryKeyProvider(b"k" * 32)) as hub:
        hub.load(uc.source("dataframe", pl.DataFrame(PEOPLE), table="records", name="crm", mapping=CRM))
        hub.resolve()
        ann = hub._store.read("records").filter(source_id="1")["record_id"].item()
        page = hub.rights.access(ann).to_html()
    assert "<h1>Your personal data</h1>" in page
    assert "complain to a supervisory authority" in page


@pytest.mark.needs_browser
def test_a_browser_shows_the_page_without_asking_for_anything(hub: uc.CustomerHub, ann: str, tmp_path: Path) -> None:
    folder = hub.rights.access(ann).to_folder(tmp_path / "answer")
    browser = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))))
    options = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom"]
    page = (folder / "index.html").as_uri()
    shown = subprocess.run([browser, *options, page], capture_output=True, text=True, timeout=120, check=True).stdout
    assert "Ann Lee; junior" in shown
