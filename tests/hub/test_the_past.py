"""Reading the past: what was known then counts, and nothing that came later."""

from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import polars as pl
import pytest

import unified_customer as uc
from unified_customer.core.errors import ConfigurationError
from unified_customer.core.spec import Spec, Tables

SERVICE = "essential.service"
LOADED = datetime(2026, 1, 1, tzinfo=UTC)
"""The clock of the tests' hubs begins here."""
CRM = uc.Mapping(table="records", key="id", observed_at="seen", fields={"given_name": "name", "email": "mail"})
VERSIONS = [
    ("1", "2025-01-01T00:00:00Z", "Ann", "ann@example.com"),
    ("1", "2025-06-01T00:00:00Z", "Anna", "ann@example.com"),
    ("2", None, "Bob", "bob@example.com"),
    ("3", "2025-06-01T00:00:00Z", "Cy", "cy@example.com"),
]
SPEND = uc.Mapping(
    table="spend",
    fields={
        "period_start": "from",
        "period_end": "to",
        "channel": {"constant": "email"},
        "amount": "cost",
        "currency": {"constant": "EUR"},
    },
)
MONTHS = [("2025-01-01", "2025-01-31", "100"), ("2025-02-01", "2025-02-28", "200")]


@pytest.fixture
def known(hub: uc.CustomerHub) -> uc.CustomerHub:
    people = pl.DataFrame(VERSIONS, schema=["id", "seen", "name", "mail"], orient="row")
    months = pl.DataFrame(MONTHS, schema=["from", "to", "cost"], orient="row")
    hub.load(uc.source("dataframe", people, table="records", name="crm", mapping=CRM))
    hub.load(uc.source("dataframe", months, table="spend", name="ads", mapping=SPEND))
    hub.resolve()
    return hub


def names(hub: uc.CustomerHub, as_of: datetime | None) -> list[str]:
    return sorted(hub.customers(purpose=SERVICE, as_of=as_of)["given_name"])


@pytest.mark.parametrize(
    ("as_of", "expected"),
    [
        (datetime(2025, 1, 1, tzinfo=UTC), []),
        (datetime(2025, 6, 1, tzinfo=UTC), ["Ann"]),
        (datetime(2025, 7, 1, tzinfo=UTC), ["Anna", "Cy"]),
        (LOADED + timedelta(days=1), ["Anna", "Bob", "Cy"]),
        (None, ["Anna", "Bob", "Cy"]),
    ],
)
def test_the_view_of_the_past_holds_what_was_said_by_then(
    known: uc.CustomerHub, as_of: datetime | None, expected: list[str]
) -> None:
    assert names(known, as_of) == expected


def test_a_row_without_a_time_counts_from_when_it_was_loaded(known: uc.CustomerHub) -> None:
    def rows(as_of: datetime) -> int:
        return known.read("records", purpose=SERVICE, as_of=as_of).height

    assert (rows(datetime(2025, 7, 1, tzinfo=UTC)), rows(LOADED + timedelta(days=1))) == (3, 4)


def test_a_lazy_read_of_the_past_equals_an_eager_one(known: uc.CustomerHub) -> None:
    then = datetime(2025, 6, 1, tzinfo=UTC)
    for table in ("customers", "records", "spend"):
        lazy = known.scan(table, purpose=SERVICE, as_of=then).collect()
        assert lazy.equals(known.read(table, purpose=SERVICE, as_of=then))


def test_spend_counts_when_its_period_is_over(known: uc.CustomerHub) -> None:
    def spent(as_of: datetime) -> list[int]:
        return [int(each) for each in known.read("spend", purpose=SERVICE, as_of=as_of)["amount"]]

    assert spent(datetime(2025, 2, 1, tzinfo=UTC)) == [100]
    assert spent(datetime(2025, 1, 31, 23, tzinfo=UTC)) == []


def test_conditions_on_the_customers_of_the_past_are_refused(known: uc.CustomerHub) -> None:
    with pytest.raises(ConfigurationError, match="filter the frame"):
        known.read("customers", purpose=SERVICE, as_of=LOADED, where=[uc.Where("given_name", "==", "Ann")])


class Names(Spec):
    """Who there was."""

    needs: ClassVar[tuple[str, ...]] = ("customers", "records")

    def fit(self, tables: Tables, *, as_of: datetime) -> "NamesFitted":
        return NamesFitted(self, tables["customers"]["given_name"].to_list())


class NamesFitted:
    """The names."""

    def __init__(self, spec: Names, found: list[str]) -> None:
        self.spec, self.found = spec, found

    def rows(self) -> dict[str, pl.DataFrame]:
        return {}

    def to_body(self) -> dict[str, Any]:
        return {}


def test_a_spec_is_fitted_on_the_customers_of_the_past(known: uc.CustomerHub) -> None:
    fitted = known.fit(Names(), purpose=SERVICE, as_of=datetime(2025, 6, 1, tzinfo=UTC))
    assert fitted.found == ["Ann"]
