"""Erasing a person from a hub: nothing of theirs is left or comes back, and nothing of others goes."""

import warnings
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

import polars as pl
import pytest

import unified_customer as uc
from unified_customer.connectors import BoundSource
from unified_customer.core.clock import system_clock
from unified_customer.core.errors import ConfigurationError
from unified_customer.core.keys import Keyring
from unified_customer.core.spec import Spec
from unified_customer.core.tables import (
    ACCOUNT_LINKS,
    ACCOUNTS,
    ARTIFACTS,
    CHECKPOINTS,
    EXPOSURES,
    HOLDS,
    TABLES,
    TOMBSTONES,
)
from unified_customer.governance.erasure.steps import ErasureReceipt
from unified_customer.governance.rights import Rights
from unified_customer.policy.organisation import Recipient

Stored = Callable[[uc.CustomerHub, str], pl.DataFrame]

NOW = datetime(2026, 1, 1, tzinfo=UTC)
LATER = datetime(2026, 1, 2, tzinfo=UTC)
COLUMNS = ("id", "mail", "tel", "name", "born", "card")
CRM = uc.Mapping(
    table="records",
    key="id",
    fields={"email": "mail", "phone": "tel", "given_name": "name", "birth_date": "born"},
    identifiers={"loyalty_id": "card"},
)
ANN = {"id": "7", "mail": "ann@example.com", "tel": "+44 20 7946 0018", "name": "Ann", "card": "L-1234"}
BOB = {"id": "1007", "mail": "joann@example.com", "name": "Bob"}


def crm(*rows: dict[str, str], name: str = "crm") -> BoundSource:
    frame = pl.DataFrame([{**dict.fromkeys(COLUMNS), **row} for row in rows], schema=dict.fromkeys(COLUMNS, pl.String))
    return uc.source("dataframe", frame, table="records", name=name, mapping=CRM)


def customer(hub: uc.CustomerHub, name: str = "Ann") -> str:
    people = hub.customers(purpose="analytics", columns=["given_name"])
    return str(people.filter(pl.col("given_name") == name)["customer_id"].item())


@pytest.fixture
def known(hub: uc.CustomerHub) -> uc.CustomerHub:
    hub.load(crm(ANN, BOB))
    hub.resolve()
    return hub


def test_records_that_nobody_resolved_yet_have_to_be_resolved_first(known: uc.CustomerHub, stored: Stored) -> None:
    known.load(crm({**ANN, "id": "x"}, name="shop"))
    with pytest.raises(ConfigurationError, match=r"1 records .* not resolved yet.*hub\.resolve\(\)"):
        known.rights.erase(customer(known))
    known.resolve()
    known.rights.erase(customer(known))
    assert not any("ann@example.com" in stored(known, name).rows().__str__().replace("joann", "") for name in TABLES)


@pytest.mark.parametrize(
    "row",
    [
        {"id": "7", "name": "Ann A."},
        {"id": "8", "mail": "ANN@example.com"},
        {"id": "8", "tel": "020 7946 0018"},
        {"id": "8", "name": "l-1234"},
    ],
)
def test_rows_in_quarantine_go_by_record_address_number_and_card(
    known: uc.CustomerHub, stored: Stored, row: dict[str, str]
) -> None:
    known.load(crm({**row, "born": "never"}))
    assert known.rights.erase(customer(known)).rows["quarantine"] == 1
    assert stored(known, "quarantine").is_empty()


def test_rows_in_quarantine_that_only_look_alike_stay(known: uc.CustomerHub, stored: Stored) -> None:
    known.load(crm({**BOB, "born": "in 7"}, {"id": "9", "card": "L-12345", "born": "7"}))
    known.rights.erase(customer(known))
    assert stored(known, "quarantine").height == 2


@pytest.mark.parametrize("row", [{"id": "7"}, {"id": "8", "mail": "Ann@Example.com"}, {"id": "8", "card": "L-1234"}])
def test_bad_rows_of_people_who_were_erased_are_counted_and_not_kept(
    known: uc.CustomerHub, stored: Stored, row: dict[str, str]
) -> None:
    known.rights.erase(customer(known))
    report = known.load(crm({**row, "born": "never"}, {**BOB, "born": "never"}))
    assert (report.rows, report.erased, report.quarantined, report.duplicates) == (2, 1, 1, 0)
    assert stored(known, "quarantine")["payload"].str.contains("joann").to_list() == [True]


def test_what_was_shown_to_a_visitor_goes_with_the_record(known: uc.CustomerHub, stored: Stored) -> None:
    shown = {"exposure_id": ["e"], "record_id": [customer(known)], "exposed_at": [NOW], "purpose": ["analytics"]}
    with known._store.transaction(recorded_at=NOW) as writer:
        writer.append(
            "exposures", EXPOSURES.conform(pl.DataFrame(shown).cast({"exposed_at": pl.Datetime("us", "UTC")}))
        )
    known.rights.erase(customer(known))
    assert stored(known, "exposures").is_empty()


# ---------------------------------------------------------------------------------------------- what is followed up


def steps(receipt: ErasureReceipt) -> dict[str, str]:
    return {each.step: each.state for each in receipt.steps}


def test_a_recipient_that_cannot_erase_has_to_be_told_by_a_person(new_hub: Callable[..., uc.CustomerHub]) -> None:
    hub = new_hub(policy=uc.Policy(bases={"analytics": "legitimate_interests"}, recipients={"mailer": Recipient()}))
    hub.load(crm(ANN))
    hub.resolve()
    receipt = hub.rights.erase(customer(hub))
    (duty,) = (each for each in receipt.open if each.step == "destination")
    assert (duty.target, duty.due_at) == ("mailer", receipt.erased_at.replace(month=2))
    assert receipt.due_at == duty.due_at
    waived = hub.rights.erasures.confirm(receipt.erasure_id, "destination", "mailer", note="never got her", waived=True)
    assert steps(waived)["destination"] == "waived"
    assert [each.step for each in waived.open] == ["bytes"]
    hub.rights.compact()
    assert hub.rights.erasures.receipt(receipt.erasure_id).complete
    assert hub.rights.erasures.steps(open_only=True).is_empty()


@pytest.mark.parametrize(
    ("answers", "states"),
    [([True], ["done"]), ([False, True], ["open", "done"]), ([OSError("down"), True], ["failed", "done"])],
)
def test_a_destination_that_can_erase_is_asked_until_it_has(answers: list[Any], states: list[str]) -> None:
    store = uc.open_store("memory://")
    policy = uc.Policy(bases={"analytics": "legitimate_interests"}, recipients={"mailer": Recipient(erases=True)})
    hub = uc.CustomerHub(store, policy=policy, keys=uc.MemoryKeyProvider(b"k" * 32))
    hub.load(crm(ANN, {**ANN, "id": "8"}))
    hub.resolve()
    asked: list[list[str]] = []
    waiting = iter(answers)

    class Mailer:
        def erase(self, customer_ids: Sequence[str]) -> bool:
            asked.append(list(customer_ids))
            answer = next(waiting)
            if isinstance(answer, Exception):
                raise answer
            return bool(answer)

    rights = Rights(store, clock=system_clock, keyring=Keyring(b"k" * 32), policy=policy, erasers={"mailer": Mailer()})
    ids = rights.erasures.preview(customer(hub)).records
    name = rights.erase(customer(hub)).erasure_id
    for state in states:
        rights.erasures.resume()
        assert steps(rights.erasures.receipt(name))["destination"] == state
    rights.erasures.resume()
    assert asked == [sorted(ids)] * len(states)
    hub.close()


def test_what_the_hub_does_itself_is_not_for_people_to_confirm(known: uc.CustomerHub) -> None:
    receipt = known.rights.erase(customer(known))
    with pytest.raises(ConfigurationError, match=r"done by the hub.*compact"):
        known.rights.erasures.confirm(receipt.erasure_id, "bytes", "", note="trust me")
    with pytest.raises(ConfigurationError, match="no open step"):
        known.rights.erasures.confirm(receipt.erasure_id, "destination", "nobody", note="n")
    with pytest.raises(ConfigurationError, match="no such erasure"):
        known.rights.erasures.receipt("none")


def test_copies_are_on_the_receipt_until_they_are_gone(known: uc.CustomerHub, tmp_path: Path) -> None:
    bob = customer(known, "Bob")
    known.backup(tmp_path / "a.zip")
    known.export(tmp_path / "export")
    with pytest.raises(uc.errors.StoreError):
        known.backup(tmp_path / "a.zip")
    with pytest.raises(ConfigurationError, match="not empty"):
        known.export(tmp_path / "export")
    known.load(crm({"id": "11", "name": "Newcomer"}))
    known.resolve()
    seen = known.rights.erasures.preview(customer(known))
    assert [Path(str(place)).name for place in seen.copies.values()] == ["a.zip", "export"]
    assert known.rights.erasures.preview(customer(known, "Newcomer")).copies == {}
    (backup, _) = seen.copies
    with pytest.raises(ConfigurationError, match=r"is a copy.*resume"):
        known.rights.erasures.retire(backup)
    receipt = known.rights.erase(customer(known))
    (tmp_path / "a.zip").unlink()
    assert [Path(str(place)).name for place in known.rights.erasures.preview(bob).copies.values()] == ["export"]
    (left,) = known.rights.erasures.resume()
    assert (left.erasure_id, [each.step for each in left.open]) == (receipt.erasure_id, ["export", "bytes"])


def test_a_copy_holds_whoever_was_there_with_the_last_thing_that_it_covers(known: uc.CustomerHub) -> None:
    ann = customer(known)
    seen = known._store.read("identities", columns=["seq"], where=[uc.Where("record_id", "==", ann)])["seq"].item()
    said = {"kind": "backup", "name": "backup", "library_version": "1", "purpose": "essential", "actor": "dora"}
    made = {"as_of": NOW, "created_at": NOW, "rows": 1}
    copies = [
        {**said, **made, "artifact_id": name, "location": f"s3://{name}", "content_hash": name, "covers_seq": covers}
        for name, covers in (("before", seen - 1), ("just", seen))
    ]
    with known._store.transaction(recorded_at=NOW) as writer:
        writer.append("artifacts", pl.DataFrame(copies, schema=ARTIFACTS.columns))
    assert list(known.rights.erasures.preview(ann).copies.values()) == ["s3://just"]


def test_a_copy_that_failed_is_none(known: uc.CustomerHub, tmp_path: Path) -> None:
    with pytest.raises(uc.errors.StoreError):
        known.backup(tmp_path / "no folder" / "a.zip")
    assert known._store.count("artifacts") == 0


def test_a_hold_forbids_to_erase(known: uc.CustomerHub) -> None:
    ann = customer(known)
    holds = [
        {"hold_id": "h1", "customer_id": ann, "reason": "legal claim", "placed_at": NOW, "actor": "dpo"},
        {"hold_id": "h2", "reason": "old", "placed_at": NOW, "lifted_at": NOW, "actor": "dpo"},
    ]
    with known._store.transaction(recorded_at=NOW) as writer:
        writer.upsert("holds", pl.DataFrame(holds, schema=HOLDS.columns))
    seen = known.rights.erasures.preview(ann)
    assert (seen.blocked, seen.holds) == (True, (("h1", "legal claim"),))
    with pytest.raises(ConfigurationError, match=r"h1 \(legal claim\).*restricted"):
        known.rights.erase(ann)
    assert not known.rights.erasures.preview(customer(known, "Bob")).blocked
    assert known._store.count("tombstones") == 0


def test_of_several_none_goes_where_one_may_not(known: uc.CustomerHub) -> None:
    with pytest.raises(uc.errors.UnknownCustomerError):
        known.rights.erase_many([customer(known), "f" * 24])
    assert known._store.count("tombstones") == 0
    first, again = known.rights.erase_many([customer(known)] * 2)
    assert first == again


def test_a_fit_that_is_retired_takes_its_scores_along(known: uc.CustomerHub) -> None:
    with pytest.raises(ConfigurationError, match="no artifact"):
        known.rights.erasures.retire("none")
    saved = known.save(known.fit(Shown(), purpose="analytics", as_of=LATER))
    receipt = known.rights.erase(customer(known))
    assert steps(receipt)["artifact"] == "open"
    assert known._store.read("artifacts")["body"].item() is None, "she could be read in it"
    known.rights.erasures.retire(saved.artifact_id)
    assert steps(known.rights.erasures.receipt(receipt.erasure_id))["artifact"] == "done"


def test_a_fit_that_was_read_before_an_erasure_and_saved_after_waits_for_another(known: uc.CustomerHub) -> None:
    early = known.fit(Shown(), purpose="analytics", as_of=LATER)
    gone = customer(known)
    receipt = known.rights.erase(gone)
    saved = known.save(early)
    assert steps(known.rights.erasures.receipt(receipt.erasure_id))["artifact"] == "open"
    assert known._store.read("artifacts")["body"].item() is None
    again = known.save(known.fit(Shown(), purpose="analytics", as_of=LATER))
    assert again.artifact_id != saved.artifact_id
    assert steps(known.rights.erasures.receipt(receipt.erasure_id))["artifact"] == "done"
    assert gone not in str(known._store.read("artifacts")["body"].to_list())


def test_a_fit_that_was_read_before_an_erasure_does_not_stand_for_one_made_anew(known: uc.CustomerHub) -> None:
    saved = known.save(known.fit(Shown(), purpose="analytics", as_of=LATER))
    early = known.fit(Shown(), purpose="analytics", as_of=datetime(2026, 1, 3, tzinfo=UTC))
    known.rights.erase(customer(known))
    late = known.save(early)
    waiting = known.rights.erasures.steps(open_only=True).filter(step="artifact")
    assert set(waiting["target"]) == {saved.artifact_id, late.artifact_id}


class ShownFitted:
    def __init__(self, spec: Spec, ids: list[str]) -> None:
        self._spec, self._ids = spec, ids

    @property
    def spec(self) -> Spec:
        return self._spec

    def rows(self) -> dict[str, pl.DataFrame]:
        return {}

    def to_body(self) -> dict[str, Any]:
        return {"factors": self._ids}


class Shown(Spec):
    needs: ClassVar[tuple[str, ...]] = ("records",)

    def fit(self, tables: Mapping[str, pl.DataFrame], *, as_of: datetime) -> ShownFitted:
        return ShownFitted(self, sorted(set(tables["records"]["customer_id"])))


# ------------------------------------------------------------------------------------------------------- what reaches


def test_a_row_that_names_somebody_with_another_fact_goes(known: uc.CustomerHub, stored: Stored) -> None:
    named = {"name": "Ann Marie Lee", "born": "1990-01-02"}
    known.load(crm({**ANN, **named, "id": "20"}))
    known.resolve()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        known.load(crm({**named, "mail": "no mail"}, {**named, "born": "1991-01-02"}, name="crm"))
    assert stored(known, "quarantine").height == 2
    ids = known.customers(purpose="analytics", columns=["customer_id", "email"]).filter(email=ANN["mail"])
    known.rights.erase_many(ids["customer_id"].to_list())
    assert stored(known, "quarantine")["payload"].str.contains("1991").to_list() == [True]


def test_a_checkpoint_that_holds_an_identifier_goes(known: uc.CustomerHub, stored: Stored) -> None:
    row = {"source": "x", "stream": "s", "state": '{"last":"ANN@example.com"}', "updated_at": NOW}
    with known._store.transaction(recorded_at=NOW) as writer:
        writer.upsert("checkpoints", pl.DataFrame([row], schema=CHECKPOINTS.columns))
    before = stored(known, "checkpoints").height
    known.rights.erase(customer(known))
    assert stored(known, "checkpoints").height == before - 1


def test_an_account_that_is_the_person_goes_and_an_organisation_stays(known: uc.CustomerHub, stored: Stored) -> None:
    accounts = [
        {"account_id": "a", "source": "web", "name": "Sole", "website": "mailto ann@example.com"},
        {"account_id": "b", "source": "web", "name": "Acme"},
    ]
    links = [
        {"record_id": customer(known), "account_id": each["account_id"], "valid_from": NOW, "source": "web"}
        for each in accounts
    ]
    with known._store.transaction(recorded_at=NOW) as writer:
        writer.upsert("accounts", pl.DataFrame(accounts, schema=ACCOUNTS.columns))
        writer.upsert("account_links", pl.DataFrame(links, schema=ACCOUNT_LINKS.columns))
    assert known.rights.erasures.preview(customer(known)).rows["accounts"] == 1
    assert known.rights.erase(customer(known)).rows["accounts"] == 1
    assert stored(known, "accounts")["name"].to_list() == ["Acme"]


def test_proofs_keep_what_was_said_and_not_what_could_name_somebody(known: uc.CustomerHub, stored: Stored) -> None:
    mail, ann = ("email", ANN["mail"]), customer(known)
    known.consent.record("marketing", "granted", identifier=mail, channel="email", evidence="Ann's letter", method="m")
    known.consent.record("analytics", "objected", identifier=mail, channel="ann@example.com", recipient="Ann Lee")
    known.rights.erase(ann)
    proof = known.rights.erasures.proof(*mail).select("purpose", "status", "channel", "recipient").rows()
    assert proof == [("marketing", "granted", "email", None), ("analytics", "objected", "withheld", "withheld")]
    kept = stored(known, "consents")
    assert set(kept["subject_kind"]) == {"erased"}
    assert kept["evidence"].null_count() == kept["method"].null_count() == 2
    assert known.rights.erasures.proof("email", "bob@example.com").is_empty()
    with pytest.raises(ConfigurationError, match="not a valid identifier"):
        known.rights.erasures.proof("email", "no mail")


# -------------------------------------------------------------------------------------------------- beside the store


@pytest.fixture
def on_disk(tmp_path: Path) -> str:
    url = f"duckdb:///{tmp_path}/shop.duckdb"
    with uc.CustomerHub(url, policy=uc.Policy.quickstart()) as hub:
        hub.load(crm(ANN, BOB))
        hub.resolve()
        hub.rights.erase(customer(hub))
    return url


def test_tombstones_lie_beside_the_store_for_its_owner_alone(on_disk: str, tmp_path: Path) -> None:
    path = tmp_path / "shop.duckdb.tombstones"
    assert path.stat().st_mode & 0o077 == 0
    assert len(path.read_text().splitlines()) == 4
    assert "ann" not in path.read_text()


def test_tombstones_that_went_missing_or_were_torn_are_written_again(on_disk: str, tmp_path: Path) -> None:
    path = tmp_path / "shop.duckdb.tombstones"
    whole = path.read_bytes()
    for spoilt in (None, whole[:-20], b""):
        path.unlink()
        if spoilt is not None:
            path.write_bytes(spoilt)
        uc.CustomerHub(on_disk, policy=uc.Policy.quickstart()).close()
        assert sorted(path.read_bytes().splitlines()) == sorted(whole.splitlines())


@pytest.mark.parametrize("spoil", [lambda text: text.replace('"kind":"email"', '"kind":"phone"'), lambda _: "what?\n"])
def test_tombstones_that_the_key_did_not_seal_are_refused(
    on_disk: str, tmp_path: Path, spoil: Callable[[str], str]
) -> None:
    path = tmp_path / "shop.duckdb.tombstones"
    path.write_text(spoil(path.read_text()))
    with pytest.raises(ConfigurationError, match=r"Line \d of shop\.duckdb\.tombstones was not written with the key"):
        uc.CustomerHub(on_disk)
    uc.open_store(on_disk).close()  # it was let go


def test_tombstones_of_another_copy_are_applied_by_name(on_disk: str, tmp_path: Path) -> None:
    key = uc.FileKeyProvider(tmp_path / "shop.duckdb.key")
    with uc.CustomerHub(f"duckdb:///{tmp_path}/b.duckdb", policy=uc.Policy.quickstart(), keys=key) as other:
        other.load(crm(ANN, BOB))
        other.resolve()
        with pytest.raises(ConfigurationError, match="no file"):
            other.rights.erasures.erase_again(tmp_path / "none")
        assert other.rights.erasures.erase_again(tmp_path / "shop.duckdb.tombstones") == 1
        assert other.rights.erasures.erase_again(tmp_path / "shop.duckdb.tombstones") == 0
        assert other.customers(purpose="analytics")["given_name"].to_list() == ["Bob"]
        assert other.audit.entries()["action"].to_list().count("erase") == 1


def test_tombstones_of_another_copy_reach_other_records_that_carry_what_they_name(on_disk: str, tmp_path: Path) -> None:
    key = uc.FileKeyProvider(tmp_path / "shop.duckdb.key")
    with uc.CustomerHub(f"duckdb:///{tmp_path}/b.duckdb", policy=uc.Policy.quickstart(), keys=key) as other:
        other.load(crm({**ANN, "id": "99"}, BOB, name="till"))
        other.resolve()
        assert other.rights.erasures.erase_again(tmp_path / "shop.duckdb.tombstones") == 1
        assert other._store.read("records")["given_name"].to_list() == ["Bob"]
        assert other.customers(purpose="analytics")["given_name"].to_list() == ["Bob"]


def test_a_store_of_a_release_that_did_not_number_erasures_goes_on(on_disk: str, tmp_path: Path) -> None:
    store = uc.open_store(on_disk)
    with store.transaction(recorded_at=NOW) as writer:
        graves = writer.read("tombstones", columns=list(TOMBSTONES.columns))
        writer.upsert("tombstones", graves.with_columns(erasure_id=pl.lit(None, dtype=pl.String)))
    store.close()
    (tmp_path / "shop.duckdb.tombstones").unlink()
    with uc.CustomerHub(on_disk, policy=uc.Policy.quickstart()) as hub:
        assert hub.load(crm(ANN)).erased == 1
    key = uc.FileKeyProvider(tmp_path / "shop.duckdb.key")
    with uc.CustomerHub(f"duckdb:///{tmp_path}/b.duckdb", policy=uc.Policy.quickstart(), keys=key) as other:
        other.load(crm(ANN, BOB))
        other.resolve()
        assert other.rights.erasures.erase_again(tmp_path / "shop.duckdb.tombstones") == 1
        assert other.rights.erasures.resume()[0].customer_id == graves.filter(kind="record")["value_key"].item()


def test_a_yes_that_was_set_aside_does_not_come_back_when_it_is_sent_again(known: uc.CustomerHub) -> None:
    known.load(crm({**BOB, "id": "12", "tel": ANN["tel"]}))
    known.resolve()
    landline: dict[str, Any] = {"identifier": ("phone", ANN["tel"]), "stated_at": NOW}
    with pytest.warns(uc.errors.UnheardYesWarning):
        known.consent.record("marketing", "granted", **landline)
    known.rights.erase(customer(known))
    known.consent.record("marketing", "granted", **landline)
    with pytest.warns(uc.errors.EverythingWithheldWarning):
        assert known.customers(purpose="marketing").is_empty()
    assert known.rights.erasures.proof("phone", ANN["tel"]).height == 1
