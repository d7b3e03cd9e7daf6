"""Logging what was shown, and what came of it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

import unified_customer as uc
from unified_customer.core.errors import ConfigurationError, ConsentError, SchemaError
from unified_customer.core.models import Actor
from unified_customer.hub import Logged
from unified_customer.policy.rules import Role
from unified_customer.recommendations.exploring import BetaThompson, Rewards

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
PURPOSE = "personalize.content"
CRM = uc.Mapping(table="records", key="id", fields={"email": "mail"})
AT = pl.Datetime("us", "UTC")


@pytest.fixture
def hub() -> Iterator[uc.CustomerHub]:
    with uc.CustomerHub(policy=uc.Policy(bases={PURPOSE: "legitimate_interests"}), clock=lambda: NOON) as made:
        people = pl.DataFrame({"id": ["1", "2"], "mail": ["ann@example.com", "bob@example.com"]})
        made.load(uc.source("dataframe", people, table="records", name="crm", mapping=CRM))
        made.resolve()
        yield made


def customers(hub: uc.CustomerHub) -> list[str]:
    return hub.customers(purpose=PURPOSE)["customer_id"].to_list()


def shown(customer: str | None, number: int = 1) -> pl.DataFrame:
    row = {
        "exposure_id": f"e{number}",
        "customer_id": customer,
        "exposed_at": NOON,
        "item_id": "tea",
        "purpose": PURPOSE,
    }
    return pl.DataFrame([row], schema_overrides={"exposed_at": AT, "customer_id": pl.String})


def test_what_was_shown_is_written_once(hub: uc.CustomerHub) -> None:
    (one, _) = customers(hub)
    assert hub.log("exposures", shown(one)) == Logged("exposures", 1, 1, 0)
    assert hub.log("exposures", shown(one)).known == 1
    assert hub.read("exposures", purpose=PURPOSE).select("customer_id", "item_id").rows() == [(one, "tea")]


def test_what_was_shown_to_nobody_known_is_written_too(hub: uc.CustomerHub) -> None:
    assert hub.log("exposures", shown(None)).written == 1
    assert hub.read("exposures", purpose=PURPOSE).is_empty()


def test_who_is_erased_takes_what_was_shown_along_and_is_not_written_again(hub: uc.CustomerHub) -> None:
    one, other = customers(hub)
    hub.log("exposures", pl.concat([shown(one), shown(other, 2)]))
    hub.rights.erase(one)
    assert hub._store.read("exposures", columns=["customer_id"])["customer_id"].to_list() == [other]
    assert hub.log("exposures", shown(one, 3)) == Logged("exposures", 1, 0, 1)


def test_who_objects_is_not_read(hub: uc.CustomerHub) -> None:
    one, other = customers(hub)
    hub.log("exposures", pl.concat([shown(one), shown(other, 2)]))
    hub.consent.record(PURPOSE, "objected", customer_id=one)
    assert hub.read("exposures", purpose=PURPOSE)["customer_id"].to_list() == [other]


def test_what_is_wrong_is_an_error_and_writes_nothing(hub: uc.CustomerHub) -> None:
    (one, _) = customers(hub)
    with pytest.raises(ConfigurationError, match="Logs are: exposures, outcomes"):
        hub.log("events", shown(one))
    with pytest.raises(ConfigurationError, match="1 customers are named whom this hub has never known"):
        hub.log("exposures", shown("somebody"))
    with pytest.raises(SchemaError, match="propensity: too_large"):
        hub.log("exposures", shown(one).with_columns(propensity=pl.lit(1.5)))
    with pytest.raises(ConfigurationError, match="no purpose"):
        hub.log("exposures", shown(one).with_columns(purpose=pl.lit("dancing")))
    assert hub._store.count("exposures") == 0


def test_only_who_may_use_the_purpose_may_write_under_it() -> None:
    policy = uc.Policy(bases={PURPOSE: "legitimate_interests"}, roles={"clerk": Role(purposes=("essential.service",))})
    with uc.CustomerHub(policy=policy, clock=lambda: NOON) as hub, pytest.raises(ConsentError):
        hub.log("exposures", shown(None), actor=Actor(id="cy", roles=("clerk",)))


def test_a_policy_learns_from_what_the_hub_remembers(hub: uc.CustomerHub) -> None:
    one, other = customers(hub)
    lists = pl.DataFrame({"customer_id": [one, one, other, other], "rank": [1, 2, 1, 2], "item_id": ["tea", "cup"] * 2})
    policy = BetaThompson().begin(as_of=NOON)
    choices = policy.choose(lists.with_columns(score=1.0), n=1, seed=1, as_of=NOON)
    hub.log("exposures", choices.exposures(purpose=PURPOSE))
    taken = hub.read("exposures", purpose=PURPOSE)
    outcomes = taken.select(
        outcome_id="exposure_id", exposure_id="exposure_id", customer_id="customer_id", kind=pl.lit("click"),
        occurred_at=pl.col("exposed_at") + timedelta(minutes=5),
    )  # fmt: skip
    assert hub.log("outcomes", outcomes).written == 2
    feedback = hub.fit(Rewards(), purpose=PURPOSE, as_of=NOON + timedelta(days=30))
    assert feedback.table["reward"].to_list() == [0.2, 0.2]
    assert policy.update(feedback, as_of=NOON + timedelta(days=30)).table.height >= 1
