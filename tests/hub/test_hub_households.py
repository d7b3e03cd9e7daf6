"""Households as a hub tells them: read through the door, and nobody is one person for living with another."""

from typing import Any

import polars as pl
import pytest

import unified_customer as uc
from unified_customer.core.errors import ConsentError, FieldWithheldError
from unified_customer.identity.matched import TOO_FEW
from unified_customer.identity.matching.households import NO_HOMES
from unified_customer.identity.matching.matcher import Matcher
from unified_customer.policy.rules import Role
from unified_customer.testing.matching_strategies import invented_records

FIELDS = {
    "given_name": "given_name", "family_name": "family_name", "birth_date": "birth_date", "email": "email",
    "phone": "phone", "street": "street", "city": "city", "postcode": "postcode",
}  # fmt: skip
MAPPING = uc.Mapping(table="records", key="record_id", fields=FIELDS)
MAIL = "marketing.communications.email"


def people(homes: int) -> pl.DataFrame:
    records = invented_records(homes, seed=3, most_copies=1)
    return records.with_columns(street=pl.concat_str("house_number", "street", separator=" "))


@pytest.fixture
def families(hub: uc.CustomerHub) -> uc.CustomerHub:
    hub.load(uc.source("dataframe", people(80), table="records", name="crm", mapping=MAPPING))
    hub.resolve()
    return hub


def test_households_are_customers_who_live_together(families: uc.CustomerHub) -> None:
    found = families.identity.households(purpose="analytics")
    assert found.reason is None
    assert found.members["customer_id"].to_list() == families.customers(purpose="analytics")["customer_id"].to_list()
    homes = found.members.join(families.customers(purpose="analytics"), on="customer_id")
    several = homes.filter(pl.col("probability").is_not_null()).group_by("household_id").agg(pl.n_unique("postcode"))
    assert several.height > 20
    assert several.filter(pl.col("postcode") > 1).height < 0.1 * several.height
    assert families.audit.entries()["action"].to_list()[-3] == "households"


def test_whom_a_purpose_may_not_see_has_no_household_in_it(families: uc.CustomerHub) -> None:
    found = families.identity.households(purpose="analytics").members
    home = found.filter(pl.len().over("household_id") == 2)["household_id"][0]
    one, other = found.filter(household_id=home)["customer_id"].to_list()
    families.consent.record(MAIL, "granted", customer_id=other)
    seen = families.identity.households(purpose=MAIL)
    assert seen.reason == TOO_FEW
    assert seen.members.rows() == [(other, other, None)]
    assert one not in seen.members["household_id"]


def test_who_was_erased_lives_nowhere(families: uc.CustomerHub) -> None:
    gone = families.identity.households(purpose="analytics").members["customer_id"][0]
    families.rights.erase(gone)
    left = families.identity.households(purpose="analytics").members
    assert gone not in left["customer_id"]
    assert gone not in left["household_id"]


def test_a_hub_that_matches_uses_its_own_matcher(new_hub: Any) -> None:
    fields = [*uc.MatchedIdentity.reads, "email", "phone"]
    known = people(80).select(
        "record_id", *(name if name in FIELDS else pl.lit(None, dtype=pl.String).alias(name) for name in fields)
    )
    fitted = Matcher.model_validate({"roles": {name: name for name in fields}}).fit(known)
    without_homes = fitted.model_copy(update={"prior": {"one": fitted.prior["one"]}})
    with new_hub(identity=uc.MatchedIdentity(matcher=without_homes)) as hub:
        hub.load(uc.source("dataframe", people(80), table="records", name="crm", mapping=MAPPING))
        hub.resolve()
        found = hub.identity.households(purpose="analytics")
    assert found.reason == NO_HOMES
    assert found.members["household_id"].equals(found.members["customer_id"])


def test_a_purpose_that_may_not_see_addresses_learns_of_no_household(new_hub: Any) -> None:
    policy = uc.Policy(bases={"analytics": "legitimate_interests"}, forbidden={"analytics": ("user.contact.address",)})
    with new_hub(policy=policy) as hub, pytest.raises(FieldWithheldError, match="street"):
        hub.identity.households(purpose="analytics")


def test_an_actor_who_may_not_use_a_purpose_learns_of_no_household(new_hub: Any) -> None:
    policy = uc.Policy(bases={"analytics": "legitimate_interests"}, roles={"shop": Role(purposes=("essential",))})
    with new_hub(policy=policy) as hub, pytest.raises(ConsentError):
        hub.identity.households(purpose="analytics", actor=uc.Actor(id="x", roles=("shop",)))
