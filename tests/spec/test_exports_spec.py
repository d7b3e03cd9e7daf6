"""Laws of files with the data of some people: an erasure knows each that still holds the person, and no other."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

import unified_customer as uc

PEOPLE = ("1", "2", "3")
WRITES = st.lists(st.tuples(st.sampled_from("abc"), st.frozensets(st.sampled_from(PEOPLE))), max_size=6)
few = settings(max_examples=max(10, settings().max_examples // 2), deadline=None)


def hub_of(people: tuple[str, ...]) -> uc.CustomerHub:
    frame = pl.DataFrame({"id": people, "mail": [f"{each}@example.com" for each in people]})
    mapping = uc.Mapping(table="records", key="id", fields={"email": "mail"})
    hub = uc.CustomerHub(policy=uc.Policy(bases={"analytics": "legitimate_interests", "essential.service": "contract"}))
    hub.load(uc.source("dataframe", frame, table="records", name="crm", mapping=mapping))
    hub.resolve()
    return hub


def ids_of(hub: uc.CustomerHub) -> dict[str, str]:
    walk = hub.identity.crosswalk().filter(kind="source_id")
    return dict(walk.select("id", "customer_id").iter_rows())


def export(hub: uc.CustomerHub, place: Path, ids: list[str]) -> None:
    with hub.rights.erasures.exporting(place, ids, purpose="analytics", recipient="mailer"):
        place.write_text("\n".join(ids), encoding="utf-8")


@contextmanager
def written(writes: list[tuple[str, frozenset[str]]]) -> Iterator[tuple[uc.CustomerHub, Path, dict[str, str]]]:
    with tempfile.TemporaryDirectory() as folder, hub_of(PEOPLE) as hub:
        ids = ids_of(hub)
        for name, people in writes:
            export(hub, Path(folder, name), [ids[each] for each in sorted(people)])
        yield hub, Path(folder), ids


def named(hub: uc.CustomerHub, customer_id: str) -> list[str]:
    return sorted(Path(str(place)).name for place in hub.rights.erasures.preview(customer_id).copies.values())


@few
@given(writes=WRITES, gone=st.sampled_from(PEOPLE))
def test_an_erasure_names_exactly_the_files_that_hold_the_person(
    writes: list[tuple[str, frozenset[str]]], gone: str
) -> None:
    with written(writes) as (hub, folder, ids):
        holding = sorted(place.name for place in folder.iterdir() if ids[gone] in place.read_text())
        assert named(hub, ids[gone]) == holding
        receipt = hub.rights.erase(ids[gone])
        assert [each.step for each in receipt.open] == [*["export"] * len(holding), "bytes"]


@few
@given(writes=WRITES, gone=st.sampled_from(PEOPLE))
def test_a_file_that_is_written_over_without_the_person_closes_what_was_open(
    writes: list[tuple[str, frozenset[str]]], gone: str
) -> None:
    with written(writes) as (hub, folder, ids):
        receipt = hub.rights.erase(ids[gone])
        for place in folder.iterdir():
            export(hub, place, [ids[each] for each in PEOPLE if each != gone])
        assert [each.step for each in hub.rights.erasures.receipt(receipt.erasure_id).open] == ["bytes"]


@few
@given(writes=WRITES)
def test_writing_the_same_again_is_writing_it_once(writes: list[tuple[str, frozenset[str]]]) -> None:
    with written(writes) as (hub, folder, ids):
        tables = [hub._store.read(name) for name in ("artifacts", "artifact_subjects")]
        for name, people in dict(writes).items():
            export(hub, folder / name, [ids[each] for each in sorted(people)])
        assert [hub._store.read(name).rows() for name in ("artifacts", "artifact_subjects")] == [
            each.rows() for each in tables
        ]
