"""Whoever opened the hub acts in all of its parts, and is held to the policy in all of them."""

from collections.abc import Callable

import polars as pl
import pytest

import unified_customer as uc
from unified_customer.core.errors import ConsentError
from unified_customer.core.models import Actor
from unified_customer.policy import Role

NewHub = Callable[..., uc.CustomerHub]

KIM = Actor(id="kim", roles=("analyst",))
POLICY = uc.Policy(
    bases={"analytics": "legitimate_interests", "essential.service": "contract"},
    roles={"analyst": Role(purposes=("analytics",), hidden=("user.contact",))},
)
CRM = uc.Mapping(table="records", key="id", fields={"email": "mail"})


@pytest.fixture
def hub(new_hub: NewHub) -> uc.CustomerHub:
    made = new_hub(policy=POLICY, actor=KIM)
    people = pl.DataFrame({"id": ["1", "2"], "mail": ["ann@example.com", "bob@example.com"]})
    made.load(uc.source("dataframe", people, table="records", name="crm", mapping=CRM))
    made.resolve()
    return made


def test_the_crosswalk_is_held_to_the_role_of_who_opened_the_hub(hub: uc.CustomerHub) -> None:
    with pytest.raises(ConsentError, match="analyst"):
        hub.identity.crosswalk(contacts=True)
    assert set(hub.identity.crosswalk(purpose="analytics", contacts=True)["kind"]) == {"source_id"}
    fields = hub.consent.coverage("analytics").withheld_fields
    assert "email" in fields.filter(pl.col("table") == "customers")["field"]


def test_the_audit_names_who_opened_the_hub_whatever_they_do(hub: uc.CustomerHub) -> None:
    first, second = hub.customers(purpose="analytics")["customer_id"]
    hub.identity.cannot_link(first, second)
    hub.identity.retract(hub.identity.decisions()["decision_id"].item())
    hub.identity.must_link(first, second)
    hub.consent.record("analytics", "granted", customer_id=first)
    hub.consent.statements(customer_id=first)
    hub.identity.crosswalk(purpose="analytics")
    hub.rights.erase(first)
    assert set(hub.audit.entries()["actor"]) == set(hub.identity.decisions()["actor"]) | {"kim"} == {"kim"}
    hub.consent.record("analytics", "denied", customer_id=second, actor=Actor(id="lee"))
    assert hub.audit.entries(actor="lee").height == 1
