"""Between fitting and saving people are merged and erased: lineage and results follow them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar

import polars as pl
import pytest

import unified_customer as uc
from unified_customer.core.spec import Spec, Tables

AS_OF = datetime(2027, 1, 1, tzinfo=UTC)
CRM = uc.Mapping(table="records", key="id", fields={"email": "mail"})


class Everybody(Spec):
    """Scores everybody alike."""

    needs: ClassVar[tuple[str, ...]] = ("customers",)

    def fit(self, tables: Tables, *, as_of: datetime) -> "EverybodyFitted":
        return EverybodyFitted(self, tables["customers"].select("customer_id"), as_of)


@dataclass(frozen=True)
class EverybodyFitted:
    spec: Spec
    who: pl.DataFrame
    as_of: datetime

    def rows(self) -> Mapping[str, pl.DataFrame]:
        at = pl.lit(self.as_of).cast(pl.Datetime("us", "UTC"))
        return {"scores": self.who.with_columns(name=pl.lit("score"), as_of=at, value=pl.lit(1.0))}

    def to_body(self) -> Mapping[str, Any]:
        return {}


@pytest.fixture
def two(hub: uc.CustomerHub) -> tuple[uc.CustomerHub, str, str]:
    people = pl.DataFrame({"id": ["1", "2"], "mail": ["ann@example.com", "bob@example.com"]})
    hub.load(uc.source("dataframe", people, table="records", name="crm", mapping=CRM))
    hub.resolve()
    first, second = hub.customers(purpose="analytics")["customer_id"]
    return hub, first, second


def test_who_was_erased_since_is_neither_scored_nor_a_subject(two: tuple[uc.CustomerHub, str, str]) -> None:
    hub, gone, left = two
    fitted = hub.fit(Everybody(), purpose="analytics", as_of=AS_OF)
    hub.rights.erase(gone)
    saved = hub.save(fitted)
    assert (saved.subjects, saved.rows) == (1, {"scores": 1})
    assert hub.read("scores", purpose="analytics")["customer_id"].to_list() == [left]


def test_who_was_merged_since_is_a_subject_with_all_records(two: tuple[uc.CustomerHub, str, str]) -> None:
    hub, first, second = two
    fitted = hub.fit(Everybody(), purpose="analytics", as_of=AS_OF)
    hub.merge(first, second)
    assert hub.save(fitted).subjects == 2


def test_results_under_an_id_that_was_merged_away_are_read_under_the_one_that_holds_it(
    two: tuple[uc.CustomerHub, str, str],
) -> None:
    hub, first, second = two
    hub.save(hub.fit(Everybody(), purpose="analytics", as_of=AS_OF))
    whole = hub.merge(first, second)
    assert hub.read("scores", purpose="analytics")["customer_id"].to_list() == [whole, whole]
    assert hub.scan("scores", purpose="analytics").collect()["customer_id"].to_list() == [whole, whole]
    assert hub.read("scores", purpose="analytics", customers=[whole]).height == 2
