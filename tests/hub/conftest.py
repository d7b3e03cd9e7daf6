"""Hubs with a clock that ticks and a key that is known, and a look behind their door."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest

import unified_customer as uc
from unified_customer.core.tables import TABLES

START = datetime(2026, 1, 1, tzinfo=UTC)
POLICY = uc.Policy(bases={"analytics": "legitimate_interests", "essential.service": "contract"})

NewHub = Callable[..., uc.CustomerHub]
Stored = Callable[[uc.CustomerHub, str], pl.DataFrame]


class Ticking:
    """A clock that moves on a second each time that it is asked."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


@pytest.fixture
def new_hub() -> Iterator[NewHub]:
    """Make hubs; all are closed after the test."""
    made: list[uc.CustomerHub] = []

    def make(url: str = "memory://", **options: Any) -> uc.CustomerHub:
        defaults = {"policy": POLICY, "clock": Ticking()}
        keys = {"keys": uc.MemoryKeyProvider(b"k" * 32)} if url == "memory://" else {}
        made.append(uc.CustomerHub(url, **{**defaults, **keys, **options}))
        return made[-1]

    yield make
    for hub in made:
        hub.close()


@pytest.fixture
def hub(new_hub: NewHub) -> uc.CustomerHub:
    return new_hub()


@pytest.fixture
def stored() -> Stored:
    """Read a table as it lies in the store, in order of arrival where it has one."""

    def read(hub: uc.CustomerHub, name: str) -> pl.DataFrame:
        return hub._store.read(name, columns=list(TABLES[name].columns), order_by=["seq"])

    return read
