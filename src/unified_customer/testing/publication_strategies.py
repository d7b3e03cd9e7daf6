"""Small worlds to publish: people, what they bought, did and answered, and what was said of their data."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final

import polars as pl
from hypothesis import strategies as st

import unified_customer as uc
from unified_customer.core.tables import table
from unified_customer.testing.table_frames import frame_of

PEOPLE: Final = ("1", "2", "3")
PURPOSE: Final = "analytics"
NOW: Final = datetime(2026, 6, 1, tzinfo=UTC)
BEFORE: Final = datetime(2026, 3, 29, 12, tzinfo=UTC)
"""An instant in the middle of those that are drawn."""

FORBIDDEN: Final = (
    (),
    ("user.contact",),
    ("user.financial",),
    ("user.behavior.purchase_history",),
    ("user.content",),
    ("user.behavior",),
    ("user.name", "user.demographic", "user.unique_id"),
)
WHEN: Final = (
    datetime(2026, 3, 29, 0, 59, 59, tzinfo=UTC),
    datetime(2026, 3, 29, 1, 30, tzinfo=UTC),
    datetime(2025, 12, 31, 23, 30, tzinfo=UTC),
    datetime(2024, 2, 29, tzinfo=UTC),
    datetime(2026, 5, 31, 22, 30, tzinfo=UTC),
)
WORDS: Final = ("a", "b", "", "(unknown)", 'O\'Neil | "x"', None)

Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class World:
    """What there is.

    Attributes:
        rows: Rows by table; those about people name them by one of `PEOPLE` under `who`, or nobody.
        objected: People who object to the purpose.
        forbidden: Categories that the purpose may not see.
    """

    rows: Mapping[str, Rows]
    objected: frozenset[str]
    forbidden: tuple[str, ...]


words = st.sampled_from(WORDS)
named = st.sampled_from([each for each in WORDS if each is not None])
money = st.decimals(-99, 99, places=2)
somebody = st.sampled_from(PEOPLE)
anybody = st.sampled_from([*PEOPLE, None])
moments = st.sampled_from(WHEN)
days = st.sampled_from([each.date() for each in WHEN])
currencies = st.sampled_from(["EUR", "EUR", "USD", None])


def _rows(**columns: st.SearchStrategy[Any]) -> st.SearchStrategy[Rows]:
    return st.lists(st.fixed_dictionaries(columns), max_size=4)


def row_sets() -> st.SearchStrategy[dict[str, Rows]]:
    """Rows by table."""
    return st.fixed_dictionaries(
        {
            "order_lines": _rows(
                who=anybody,
                order_id=st.sampled_from("xy"),
                line_id=st.sampled_from("123"),
                occurred_at=moments,
                kind=st.sampled_from(["sale", "sale", "return", "cancellation"]),
                item_id=words,
                channel=words,
                quantity=money,
                amount=st.one_of(st.none(), money),
                currency=currencies,
            ),
            "events": _rows(
                who=anybody,
                event_id=st.sampled_from("123456"),
                occurred_at=moments,
                type=st.just("track"),
                name=words,
                channel=words,
                campaign=words,
                session_id=words,
                amount=money,
                currency=currencies,
                text=st.just("secret text"),
            ),
            "answers": _rows(
                who=anybody,
                answer_id=st.sampled_from("123456"),
                instrument=named,
                question=named,
                value=st.one_of(st.none(), st.integers(0, 10).map(float)),
                text=st.just("secret text"),
                channel=words,
                answered_at=moments,
            ),
            "memberships": _rows(
                who=somebody,
                segmentation=named,
                segment=named,
                entered_at=moments,
                left_at=st.one_of(st.none(), moments),
            ),
            "scores": _rows(who=somebody, name=named, as_of=moments, value=st.integers(0, 9).map(float)),
            "items": _rows(item_id=named, valid_from=moments, kind=st.just("product"), name=words),
            "spend": _rows(
                period_start=days, channel=named, campaign=named, amount=money, currency=st.sampled_from(["EUR", "USD"])
            ),
        }
    )


def worlds() -> st.SearchStrategy[World]:
    """Worlds, some of which hide what others show."""
    return st.builds(
        World, row_sets(), objected=st.frozensets(somebody, max_size=2), forbidden=st.sampled_from(FORBIDDEN)
    )


@contextmanager
def hub_of(world: World, url: str = "memory://") -> Iterator[uc.CustomerHub]:
    """Open a hub of a world: its people, who are each known by an e-mail address, and its rows."""
    policy = uc.Policy(
        bases={PURPOSE: "legitimate_interests", "essential.service": "contract"}, forbidden={PURPOSE: world.forbidden}
    )
    people = pl.DataFrame(
        {"id": PEOPLE, "mail": [mail_of(each) for each in PEOPLE], "name": [f"Name-{each}" for each in PEOPLE]}
    )
    mapping = uc.Mapping(table="records", key="id", fields={"email": "mail", "full_name": "name"})
    keys = uc.MemoryKeyProvider(b"k" * 32)
    with uc.CustomerHub(url, policy=policy, keys=keys, clock=lambda: NOW) as hub:
        hub.load(uc.source("dataframe", people, table="records", name="crm", mapping=mapping))
        hub.resolve()
        add(hub, world.rows)
        for each in sorted(world.objected):
            hub.consent.record(PURPOSE, "objected", customer_id=ids_of(hub)[each])
        yield hub


def mail_of(person: str) -> str:
    """Return the address of a person, which nothing else looks like."""
    return f"canary-{person}@example.com"


def ids_of(hub: uc.CustomerHub) -> dict[str, str]:
    """Return the customer of each of `PEOPLE` who is still there."""
    walk = hub.identity.crosswalk().filter(kind="source_id")
    return dict(walk.select("id", "customer_id").iter_rows())


def add(hub: uc.CustomerHub, rows: Mapping[str, Rows]) -> None:
    """Write rows into the store of a hub, as loading and fitting would."""
    ids = ids_of(hub)
    with hub._store.transaction(recorded_at=NOW) as writer:  # noqa: SLF001 (an administrator's look behind the door)
        for name, given in rows.items():
            target = table(name)
            frame = frame_of(target, [_complete(name, row, ids) for row in given]).unique(
                list(target.key), keep="first", maintain_order=True
            )
            (writer.append if target.append_only else writer.upsert)(name, frame)


def _complete(name: str, row: Mapping[str, Any], ids: Mapping[str, str]) -> dict[str, Any]:
    subject = table(name).subject_column
    told = {key: value for key, value in row.items() if key != "who"}
    who = {} if subject is None else {subject: ids.get(row["who"] or "")}
    end = {"period_end": max(row["period_start"], date(2026, 1, 31))} if name == "spend" else {}
    source = {"source": "shop"} if "source" in table(name).columns else {}
    return {**told, **who, **end, **source}
