"""What sources say about purposes: what would never be heard, since it is misspelt, is refused."""

import json
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

import unified_customer as uc
from unified_customer.connectors import FieldMap, Statement
from unified_customer.core.errors import ConfigurationError

Stored = Callable[[uc.CustomerHub, str], pl.DataFrame]
NewHub = Callable[..., uc.CustomerHub]

LEDGER = uc.Mapping(
    table="consents",
    fields={"subject_kind": "kind", "subject_value": "who", "purpose": "what", "status": "word", "stated_at": "said"},
)


def newsletter(purpose: str) -> uc.Mapping:
    said = FieldMap(column="said")
    rule = Statement(column="news", purpose=purpose, values={"no": "denied"}, stated_at=said)
    return uc.Mapping(table="records", key="id", fields={"email": "mail"}, consents=[rule])


def statements(*purposes: str) -> pl.DataFrame:
    row = {"kind": "email", "who": "ann@example.com", "word": "denied", "said": "2025-01-01T00:00:00Z"}
    return pl.DataFrame([{**row, "what": purpose} for purpose in purposes])


def test_a_mapping_that_misspells_a_purpose_is_refused_before_anything_is_written(
    hub: uc.CustomerHub, stored: Stored
) -> None:
    frame = pl.DataFrame({"id": ["1"], "mail": ["ann@example.com"], "news": ["no"], "said": ["2025-01-01T00:00:00Z"]})
    source = uc.source("dataframe", frame, table="records", name="crm", mapping=newsletter("marketing.comunications"))
    with pytest.raises(ConfigurationError, match=r"Did you mean 'marketing\.communications'"):
        hub.load(source)
    with pytest.raises(ConfigurationError, match="Did you mean"):
        hub.replay_quarantine(source)
    assert stored(hub, "records").is_empty()


def test_a_category_of_a_banner_that_stands_for_a_misspelt_purpose_is_refused(
    hub: uc.CustomerHub, tmp_path: Path
) -> None:
    path = tmp_path / "web.jsonl"
    path.write_text(json.dumps({"type": "track", "messageId": "1"}) + "\n", encoding="utf-8")
    for purposes in ({"ads": "marketing.advertisng"}, {"ads": ["analytics", "marketing.advertisng"]}):
        with pytest.raises(ConfigurationError, match=r"Did you mean 'marketing\.advertising'"):
            hub.load(uc.source("jsonl", path, table="events", purposes=purposes))


def test_statements_about_a_purpose_that_nobody_knows_go_to_quarantine(hub: uc.CustomerHub, stored: Stored) -> None:
    frame = statements("marketing.comunications", "Marketing", "*", "marketing")
    report = hub.load(uc.source("dataframe", frame, table="consents", name="banner", mapping=LEDGER))
    assert (report.accepted, report.quarantined) == (2, 2)
    assert report.reasons == {"purpose: unknown_value": 2}
    assert set(stored(hub, "consents")["purpose"]) == {"*", "marketing"}


def test_they_come_in_when_the_policy_declares_the_purpose(new_hub: NewHub) -> None:
    hub = new_hub(policy=uc.Policy(purposes=("loyalty",)))
    source = uc.source("dataframe", statements("loyalty"), table="consents", name="banner", mapping=LEDGER)
    assert hub.load(source).accepted == 1


OF_RECORDS = uc.Mapping(
    table="consents",
    fields={**LEDGER.fields, "subject_source": "system"},
)


def said_of(*subjects: tuple[str, str, str | None]) -> pl.DataFrame:
    rows = statements(*["marketing"] * len(subjects))
    names = pl.DataFrame(subjects, schema=["kind", "who", "system"], orient="row")
    return rows.drop("kind", "who").hstack(names)


def test_a_misspelt_kind_of_identifier_goes_to_quarantine(hub: uc.CustomerHub, stored: Stored) -> None:
    frame = said_of(("e-mail", "ann@example.com", None), ("Email", "ann@example.com", None), ("member_no", "7", None))
    report = hub.load(uc.source("dataframe", frame, table="consents", name="banner", mapping=OF_RECORDS))
    assert report.reasons == {"subject_kind: unknown_value": 2}
    assert set(stored(hub, "consents")["subject_kind"]) == {"member_no"}


def test_a_misspelt_kind_of_identifier_is_refused_by_name(hub: uc.CustomerHub) -> None:
    with pytest.raises(ConfigurationError, match=r"'e-mail' is no kind of identifier. Write 'email'"):
        hub.consent.record("marketing", "denied", identifier=("e-mail", "ann@example.com"))
    with pytest.raises(ConfigurationError, match="lower-case words"):
        hub.consent.record("marketing", "denied", identifier=("Member No", "7"))
    with pytest.raises(ConfigurationError, match=r"customer_id=\.\.\."):
        hub.consent.record("marketing", "denied", identifier=("record", "7"))


def test_a_file_of_statements_speaks_of_the_records_of_another_source(hub: uc.CustomerHub) -> None:
    frame = pl.DataFrame({"id": ["1", "2"], "mail": ["ann@example.com", "bob@example.com"]})
    mapping = uc.Mapping(table="records", key="id", fields={"email": "mail"})
    hub.load(uc.source("dataframe", frame, table="records", name="crm", mapping=mapping))
    hub.resolve()
    said = said_of(("record", "1", "crm"), ("record", "2", None))
    hub.load(uc.source("dataframe", said, table="consents", name="banner", mapping=OF_RECORDS))
    coverage = hub.consent.coverage("marketing")
    assert coverage.reasons.rows() == [(False, "no_statement", 1), (False, "refused", 1)]
    assert coverage.unheard == 1
