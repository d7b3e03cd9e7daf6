"""Files with the data of some people: what an erasure, an incident and the audit know of them."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

import unified_customer as uc
from unified_customer.core.errors import ConfigurationError

POLICY = uc.Policy(bases={"analytics": "legitimate_interests", "essential.service": "contract"})


class Ticking:
    """A clock that goes on by a day each time it is asked."""

    def __init__(self) -> None:
        self.now = datetime(2026, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.now += timedelta(days=1)
        return self.now


@pytest.fixture
def hub() -> Iterator[uc.CustomerHub]:
    """Ann has two records, Bo one."""
    people = pl.DataFrame({"id": ["1", "2", "3"], "mail": ["ann@example.com"] * 2 + ["bo@example.com"]})
    mapping = uc.Mapping(table="records", key="id", fields={"email": "mail"})
    with uc.CustomerHub(policy=POLICY, clock=Ticking()) as opened:
        opened.load(uc.source("dataframe", people, table="records", name="crm", mapping=mapping))
        opened.resolve()
        yield opened


def customer(hub: uc.CustomerHub, source_id: str = "1") -> str:
    found: str = hub.identity.crosswalk().filter(kind="source_id", id=source_id)["customer_id"].item()
    return found


def write(hub: uc.CustomerHub, place: Path, *ids: str, recipient: str | None = None) -> None:
    with hub.rights.erasures.exporting(place, ids, purpose="analytics", recipient=recipient):
        place.write_text("\n".join(ids), encoding="utf-8")


def test_a_file_that_was_removed_is_done_and_one_that_lies_there_is_open(hub: uc.CustomerHub, tmp_path: Path) -> None:
    for name in ("a.csv", "b.csv"):
        write(hub, tmp_path / name, customer(hub))
    hub.rights.erase(customer(hub))
    (tmp_path / "a.csv").unlink()
    (left,) = hub.rights.erasures.resume()
    assert [each.step for each in left.open] == ["export", "bytes"]
    (tmp_path / "b.csv").unlink()
    (left,) = hub.rights.erasures.resume()
    assert [each.step for each in left.open] == ["bytes"]


def test_a_file_is_followed_up_by_the_person_who_is_merged_later(hub: uc.CustomerHub, tmp_path: Path) -> None:
    write(hub, tmp_path / "a.csv", customer(hub, "3"))
    merged = hub.merge(customer(hub), customer(hub, "3"))
    assert len(hub.rights.erasures.preview(merged).copies) == 1


def test_a_file_is_followed_up_by_the_person_who_is_split_off_later(hub: uc.CustomerHub, tmp_path: Path) -> None:
    write(hub, tmp_path / "a.csv", customer(hub))
    other = hub._store.read("records").filter(source_id="2")["record_id"].item()
    assert len(hub.rights.erasures.preview(hub.split(customer(hub), [other])).copies) == 1


def test_a_file_that_could_not_be_written_is_none(hub: uc.CustomerHub, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        write(hub, tmp_path / "no folder" / "a.csv", customer(hub))
    assert hub._store.count("artifacts") == hub._store.count("artifact_subjects") == 0


def test_a_file_that_was_written_in_part_is_one(hub: uc.CustomerHub, tmp_path: Path) -> None:
    def broken() -> None:
        with hub.rights.erasures.exporting(tmp_path / "a.csv", [customer(hub)], purpose="analytics"):
            (tmp_path / "a.csv").write_text(customer(hub), encoding="utf-8")
            raise OSError

    with pytest.raises(OSError, match=r"^$"):
        broken()
    assert len(hub.rights.erasures.preview(customer(hub)).copies) == 1


def test_what_lay_there_counts_until_it_is_written_over(hub: uc.CustomerHub, tmp_path: Path) -> None:
    place = tmp_path / "a.csv"
    write(hub, place, customer(hub))

    def broken() -> None:
        with hub.rights.erasures.exporting(place, [customer(hub, "3")], purpose="analytics"):
            raise OSError

    with pytest.raises(OSError, match=r"^$"):
        broken()
    copies = [len(hub.rights.erasures.preview(customer(hub, each)).copies) for each in ("1", "3")]
    assert copies == [1, 0]


def test_the_same_that_failed_this_time_stays_on_record(hub: uc.CustomerHub, tmp_path: Path) -> None:
    write(hub, tmp_path / "a.csv", customer(hub))

    def broken() -> None:
        with hub.rights.erasures.exporting(tmp_path / "a.csv", [customer(hub)], purpose="analytics"):
            raise OSError

    with pytest.raises(OSError, match=r"^$"):
        broken()
    assert hub._store.count("artifacts") == 1


def test_people_who_were_erased_meanwhile_are_not_written(hub: uc.CustomerHub, tmp_path: Path) -> None:
    read = hub.customers(purpose="analytics")
    hub.rights.erase(customer(hub))
    with pytest.raises(ConfigurationError, match="Read it again"):
        write(hub, tmp_path / "a.csv", *read["customer_id"])
    assert not list(tmp_path.iterdir())


def test_an_export_is_in_the_audit_and_in_what_a_person_is_told(hub: uc.CustomerHub, tmp_path: Path) -> None:
    write(hub, tmp_path / "a.csv", customer(hub), recipient="mailer")
    entry = hub.audit.entries(action="export").row(0, named=True)
    assert (entry["purpose"], entry["people"], customer(hub) in str(entry)) == ("analytics", 1, False)
    told = hub.rights.access(customer(hub))
    assert told.tables["artifacts"]["kind"].to_list() == ["export"]
    assert hub.rights.access(customer(hub, "3")).rows.get("artifacts", 0) == 0


def test_a_file_that_lies_at_a_recipient_counts_at_any_time_after_it_was_written(
    hub: uc.CustomerHub, tmp_path: Path
) -> None:
    write(hub, tmp_path / "a.csv", customer(hub), recipient="mailer")
    made = hub._store.read("artifacts")["created_at"].item()
    tell = hub.governance.transparency.incident

    def lost(since: datetime | None = None, until: datetime | None = None) -> int:
        return tell(known_at=made, destination="mailer", since=since, until=until, keep=False).people

    assert lost(since=made + timedelta(seconds=5)) == 1
    assert lost(until=made) == 0
    write(hub, tmp_path / "a.csv", customer(hub, "3"), recipient="mailer")
    assert lost(until=made + timedelta(seconds=1)) == 1
    assert lost() == 2


def test_only_exports_under_a_purpose_that_can_be_refused_are_outdated(hub: uc.CustomerHub, tmp_path: Path) -> None:
    write(hub, tmp_path / "a.csv", customer(hub))
    with hub.rights.erasures.exporting(tmp_path / "b", [customer(hub)], purpose="essential.legal_obligation"):
        (tmp_path / "b").mkdir()
    hub.consent.record("analytics", "objected", customer_id=customer(hub))
    assert hub.governance.outdated().select("kind", "purpose", "no_longer_allowed").rows() == [
        ("export", "analytics", 1)
    ]
    write(hub, tmp_path / "a.csv", customer(hub, "3"))
    assert hub.governance.outdated().is_empty()
