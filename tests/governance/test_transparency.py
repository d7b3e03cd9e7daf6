"""What is told of the use of data: the words, limits, transfers and open points that the laws leave to examples."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import polars as pl
import pytest

from unified_customer.core.errors import MissingDependencyError
from unified_customer.core.tables import ARTIFACTS, EVENTS, EXPOSURES, ITEMS, RECORDS, Table
from unified_customer.governance.transparency import (
    Transparency,
    data_map,
    notice_changes,
    privacy_notice,
    processing_activities,
)
from unified_customer.governance.transparency.bases import grounds_of
from unified_customer.governance.transparency.feeding import FED
from unified_customer.governance.transparency.limits import AS_THE_CUSTOMER, limits
from unified_customer.governance.transparency.transfers import is_transfer
from unified_customer.policy import (
    Controller,
    Deadlines,
    Minor,
    Notice,
    Period,
    Policy,
    Recipient,
    Regime,
    RetentionRule,
    Role,
)
from unified_customer.store import Store, open_store

NOW = datetime(2026, 1, 10, tzinfo=UTC)
GDPR = Regime(
    title="General Data Protection Regulation",
    admissible={"marketing.advertising": ("consent",)},
    rights=("access", "erasure"),
    deadlines=Deadlines(extension=Period(months=2)),
    minors=(Minor(below=16, purposes=("marketing",), needs="guardian_consent"),),
)
CCPA = Regime(title="California Consumer Privacy Act", fallback="opt_out", rights=("opt_out",))
SHOP = Policy(
    bases={"essential.service": "contract", "analytics": "legitimate_interests", "personalize.profiling": "consent"},
    regimes={"gdpr": GDPR, "ccpa": CCPA},
    controller=Controller(
        name="Shop Ltd",
        contact="privacy@shop.test",
        address="1 High Street",
        country="DE",
        protection_officer="dpo@shop.test",
        representative="rep@shop.test",
        authority="the Berlin commissioner",
    ),
    recipients={
        "mailer": Recipient(purposes=("marketing.communications",), categories=("user.contact.email",), country="US"),
        "host": Recipient(country="FR", safeguards="none needed"),
    },
    notice=Notice(version="3", effective=date(2026, 2, 1), url="https://shop.test/privacy", language="de"),
)


def rows_of(table: Table, **columns: Any) -> pl.DataFrame:
    return table.conform(pl.DataFrame(columns, schema={name: table.columns[name] for name in columns}))


@pytest.fixture
def store() -> Iterator[Store]:
    opened = open_store("memory://")
    yield opened
    opened.close()


def telling(store: Store, policy: Policy = SHOP) -> Transparency:
    return Transparency(store, policy=policy, clock=lambda: NOW)


# --- Legal bases.


def test_a_regime_that_does_not_admit_a_basis_asks_for_consent() -> None:
    policy = Policy(bases={"marketing": "legitimate_interests"}, regimes={"gdpr": GDPR, "ccpa": CCPA})
    assert grounds_of(policy, "marketing.advertising.serving") == {"ccpa": "legitimate_interests", "gdpr": "consent"}


def test_without_a_basis_the_fallback_of_each_regime_holds_and_the_record_names_the_strictest() -> None:
    (row,) = processing_activities(SHOP).frame.filter(purpose="marketing.communications").to_dicts()
    assert row["basis"] == "consent"
    assert row["bases"] == ["ccpa: opt_out", "gdpr: consent"]


def test_a_purpose_that_the_policy_forgot_is_told_without_a_basis(store: Store) -> None:
    with store.transaction(recorded_at=NOW) as writer:
        writer.append("exposures", rows_of(EXPOSURES, exposure_id=["1"], exposed_at=[NOW], purpose=["old.club"]))
    record = telling(store).processing_activities()
    (row,) = record.frame.filter(purpose="old.club").to_dicts()
    assert (row["basis"], row["categories"], row["named"], row["uses"]) == (None, [], False, 1)
    assert "the policy does not know it" in record.to_markdown()
    assert "old.club" not in telling(store).privacy_notice().frame["purpose"]
    assert all(
        each["name"] != "old.club" for each in telling(store).to_fideslang()["system"][0]["privacy_declarations"]
    )


def test_exports_are_counted_by_purpose(store: Store) -> None:
    said = {"kind": ["export", "fit"], "name": ["a", "b"], "library_version": ["1"] * 2, "purpose": ["analytics"] * 2}
    times = {"as_of": [NOW] * 2, "created_at": [NOW] * 2}
    with store.transaction(recorded_at=NOW) as writer:
        made = rows_of(
            ARTIFACTS, artifact_id=["1", "2"], **said, **times, content_hash=["x", "y"], rows=[1, 1], actor=["a"] * 2
        )
        writer.append("artifacts", made)
    (row,) = telling(store).processing_activities().frame.filter(purpose="analytics").to_dicts()
    assert (row["uses"], row["exports"], row["last_used"]) == (2, 1, NOW)


# --- Who may read, what, and who gets it.


def test_roles_stand_beside_those_without_one() -> None:
    roles = {"default": Role(purposes=()), "analyst": Role(purposes=("analytics",), hidden=("user.contact",))}
    policy = Policy(roles=roles, bases={"analytics": "contract"})
    frame = processing_activities(policy).frame
    analytics, service = (frame.filter(purpose=each).to_dicts()[0] for each in ("analytics", "essential.service"))
    assert (analytics["roles"], service["roles"]) == (["analyst"], [])
    assert not [each for each in analytics["categories"] if each.startswith("user.contact")]
    assert service["categories"] == service["people"] == []


def test_a_purpose_shows_what_those_see_who_may_read_for_it_alone() -> None:
    roles = {
        "default": Role(purposes=()),
        "analyst": Role(purposes=("analytics",), hidden=("user.contact",)),
        "agent": Role(purposes=("essential.service",)),
    }
    frame = processing_activities(Policy(roles=roles, bases={"analytics": "contract"})).frame
    seen = dict(frame.select("purpose", "categories").iter_rows())
    assert "user.contact.email" not in seen["analytics"]
    assert "user.contact.email" in seen["essential.service"]


@pytest.mark.parametrize(
    ("seat", "country", "transfer"),
    [
        ("DE", "FR", False),
        ("DE", "US", True),
        ("GB", "FR", True),
        ("GB", "GB", False),
        ("DE", None, False),
        (None, "DE", True),
    ],
)
def test_a_transfer_goes_to_a_third_country(seat: str | None, country: str | None, transfer: bool) -> None:  # noqa: FBT001 (data)
    policy = Policy(controller=Controller(name="Shop", contact="x", country=seat))
    assert is_transfer(policy, Recipient(country=country)) is transfer


def test_a_transfer_without_a_safeguard_is_an_open_point() -> None:
    (row,) = processing_activities(SHOP).frame.filter(purpose="marketing.communications").to_dicts()
    assert row["transfers"] == ["mailer (US): no safeguard named (GDPR Art. 45 to 49)"]
    assert any("adequacy decision for mailer" in each for each in privacy_notice(SHOP).open_points)
    assert not any("adequacy decision for host" in each for each in privacy_notice(SHOP).open_points)


# --- For how long.


def test_the_shortest_general_rule_counts_and_without_one_the_default() -> None:
    rules = (RetentionRule(keep=Period(months=25), table="events"), RetentionRule(keep=Period(days=90)))
    assert limits(Policy(retention=rules), EVENTS, "name") == ("90 days after it happened or was observed",)
    assert limits(Policy(retention=rules[:1]), RECORDS, "email") == (AS_THE_CUSTOMER,)


def test_rules_about_some_rows_stand_beside_the_general_one() -> None:
    rules = (
        RetentionRule(keep=Period(days=9), since="last_activity", then="anonymise"),
        RetentionRule(keep=Period(days=5), purpose="marketing"),
        RetentionRule(keep=Period(days=3), party="third"),
    )
    assert limits(Policy(retention=rules), EXPOSURES, "channel") == (
        "9 days after the last activity of the customer, then kept about nobody",
        "5 days after it happened or was observed (for: marketing)",
    )


# --- The data map.


def test_what_nobody_described_is_flagged(store: Store) -> None:
    columns = telling(store).data_map().columns
    flagged = columns.filter("unclassified").select("table", "column").rows()
    assert ("records", "traits") in flagged
    assert columns.filter(table="records", column="traits")["purposes"].item().to_list() == [
        "analytics",
        "essential.service",
    ]


def test_an_empty_store_feeds_nothing() -> None:
    told = data_map(SHOP, pl.DataFrame(schema=FED))
    assert told.flows.is_empty()
    assert "The store is empty." in told.to_html()


def test_what_is_about_nobody_counts_no_people(store: Store) -> None:
    goods = rows_of(ITEMS, item_id=["1"], valid_from=[NOW], kind=["product"], source=["shop"])
    with store.transaction(recorded_at=NOW) as writer:
        writer.upsert("items", goods)
    (row,) = telling(store).data_map().flows.to_dicts()
    assert (row["source"], row["rows"], row["people"], row["categories"]) == ("shop", 1, None, [])


def test_what_is_made_in_the_hub_has_no_source(store: Store) -> None:
    with store.transaction(recorded_at=NOW) as writer:
        writer.append("exposures", rows_of(EXPOSURES, exposure_id=["1"], exposed_at=[NOW], purpose=["marketing"]))
    told = telling(store).data_map()
    (row,) = told.flows.to_dicts()
    assert (row["source"], row["table"], row["rows"], row["people"]) == (None, "exposures", 1, 0)
    assert "(made in the hub)" in told.to_markdown()
    assert '"table": "exposures"' in told.to_json()


# --- The notice.


def test_a_notice_has_every_part_of_articles_13_and_14() -> None:
    text = privacy_notice(SHOP).to_markdown()
    for said in (
        "Version 3, in force from 2026-02-01. It is kept at https://shop.test/privacy.",
        "Shop Ltd, 1 High Street, DE, decides what your data are used for.",
        "Our data-protection officer: dpo@shop.test",
        "Our representative in the Union: rep@shop.test",
        "This rests on a contract with you (GDPR Art. 6(1)(b)).",
        "TODO: name the interest",
        "| mailer | works for us | your e-mail address |",
        "mailer, US: no safeguard named",
        "We answer within 1 month, which can take 2 months more where it is hard. You can:",
        "have your data erased",
        "you can complain to the Berlin commissioner",
        "We make profiles to make a profile of you.",
        "below 16 years of age, use to promote what we offer rests on the consent of a parent or guardian",
        "We take a Global Privacy Control signal",
        "TODO: translate this text; the notice is in the language de.",
    ):
        assert said in text, said


def test_what_only_a_person_can_say_is_marked() -> None:
    bare = privacy_notice(Policy(unknown_age="minor", gpc=(), purposes=("club",)))
    assert [each.partition(";")[0].partition(" (")[0] for each in bare.open_points[:2]] == [
        "TODO: give the notice a version and the day from which it holds",
        "TODO: name the controller and how to reach it",
    ]
    assert "We heed none." in bare.to_markdown()
    assert "treated as a minor" in bare.to_markdown()
    assert "<mark>TODO: name the laws" in bare.to_html()


def test_special_categories_ask_for_their_own_ground(monkeypatch: pytest.MonkeyPatch) -> None:
    from unified_customer.governance.transparency import notice_sections

    monkeypatch.setattr(notice_sections, "visible_categories", lambda *_: ("user.health_and_medical",))
    assert any("Art. 9(2) or 10 for: your health." in each for each in privacy_notice(SHOP).open_points)


def test_changes_show_what_comes_and_goes() -> None:
    new = Policy.model_validate({**SHOP.model_dump(), "recipients": {}})
    changes = notice_changes(SHOP, new).splitlines()
    assert "+Nobody else." in changes
    assert any(each.startswith("-| mailer |") for each in changes)
    assert telling_changes(new) == "\n".join(changes)


def telling_changes(new: Policy) -> str:
    opened = open_store("memory://")
    try:
        return telling(opened, new).notice_changes(SHOP)
    finally:
        opened.close()


def test_the_record_in_json_has_the_controller_the_activities_and_the_measures(store: Store) -> None:
    text = telling(store).processing_activities().to_json()
    assert '"name": "Shop Ltd"' in text
    assert '"purpose": "analytics"' in text
    assert '"measures"' in text
    assert "TODO: name the controller" in processing_activities(Policy()).to_html()
    assert '"controller": null' in processing_activities(Policy()).to_json()


# --- fideslang.


def test_what_fideslang_does_not_have_is_declared_with_what_is_above_it(store: Store) -> None:
    recipients = {"my mailer": Recipient(categories=("user.club.rank",), role="joint_controller", country="US")}
    told = telling(store, Policy(purposes=("club.events",), recipients=recipients)).to_fideslang()
    assert [each["fides_key"] for each in told["data_use"]] == ["club", "club.events"]
    parents = {each["fides_key"]: each["parent_key"] for each in told["data_category"]}
    assert parents["user.club.rank"] == "user.club"
    hub, mailer = told["system"]
    assert (mailer["fides_key"], mailer["responsibility"]) == ("recipient.my_mailer", ["Controller"])
    assert hub["does_international_transfers"]
    assert hub["egress"][0]["data_categories"] == ["user.club.rank"]


def test_the_controller_and_the_bases_are_told_to_fideslang(store: Store) -> None:
    hub = telling(store).to_fideslang()["system"][0]
    assert (hub["legal_name"], hub["dpo"]) == ("Shop Ltd", "dpo@shop.test")
    bases = {each["name"]: each["legal_basis_for_processing"] for each in hub["privacy_declarations"]}
    assert (bases["essential.service"], bases["marketing.communications"]) == ("Contract", "Consent")


def test_without_fideslang_the_extra_is_named(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "fideslang", None)
    with pytest.raises(MissingDependencyError, match=r"unified-customer\[fides\]"):
        telling(store).to_fideslang()
