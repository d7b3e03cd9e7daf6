"""What a purpose may not see, it does not see anywhere: in no table, no profile and no crosswalk."""

from collections.abc import Callable
from datetime import UTC, datetime

import polars as pl
import pytest

import unified_customer as uc
from unified_customer.core.errors import EverythingWithheldWarning, FieldWithheldError, UnknownCustomerError
from unified_customer.core.tables import EXPOSURES
from unified_customer.governance.door import Anonymous

NewHub = Callable[..., uc.CustomerHub]

CRM = uc.Mapping(
    table="records", key="id", fields={"email": "mail", "phone": "tel"}, identifiers={"loyalty_id": "card"}
)
ANN = {"id": ["1"], "mail": ["ann@example.com"], "tel": ["+44 20 7946 0018"], "card": ["L-1"]}
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def loaded(new_hub: NewHub, *forbidden: str) -> uc.CustomerHub:
    hub = new_hub(policy=uc.Policy(bases={"analytics": "legitimate_interests"}, forbidden={"analytics": forbidden}))
    hub.load(uc.source("dataframe", pl.DataFrame(ANN), table="records", name="crm", mapping=CRM))
    hub.resolve()
    return hub


def customer(hub: uc.CustomerHub) -> str:
    return str(hub._store.read("customers", columns=["customer_id"]).item())


def test_contact_data_is_withheld_where_it_identifies_too(new_hub: NewHub) -> None:
    hub = loaded(new_hub, "user.contact")
    read = hub.read("identifiers", purpose="analytics", columns=["kind", "value"])
    assert read.select("kind", "value").rows() == [("loyalty_id", "L-1")]
    assert hub.scan("identifiers", purpose="analytics").collect()["kind"].to_list() == ["loyalty_id"]
    known = {each.kind: each.value for each in hub.profile(customer(hub), purpose="analytics").identifiers}
    assert known == {"email": None, "phone": None, "loyalty_id": "L-1"}
    crosswalk = hub.identity.crosswalk(purpose="analytics", contacts=True)
    assert set(crosswalk["kind"]) == {"source_id", "loyalty_id"}


def test_a_purpose_that_may_not_see_ids_gets_no_crosswalk(new_hub: NewHub) -> None:
    hub = loaded(new_hub, "user.unique_id")
    with pytest.raises(FieldWithheldError, match="value"):
        hub.identity.crosswalk(purpose="analytics")
    assert {each.value for each in hub.profile(customer(hub), purpose="analytics").identifiers} == {None}


def test_a_profile_withholds_when_somebody_was_seen_as_the_table_does(new_hub: NewHub) -> None:
    hub = loaded(new_hub, "user.behavior")
    profile = hub.profile(customer(hub), purpose="analytics")
    assert {"first_observed_at", "last_observed_at"} <= set(profile.withheld)
    assert profile.first_observed_at is profile.last_observed_at is None
    assert "first_observed_at" not in hub.customers(purpose="analytics").columns


def test_a_visitor_without_a_customer_is_not_nobody(new_hub: NewHub) -> None:
    hub = loaded(new_hub)
    ann = customer(hub)
    shown = {
        "exposure_id": ["visitor", "customer", "nobody"],
        "customer_id": [None, ann, None],
        "record_id": [ann, ann, None],
        "exposed_at": pl.Series([NOW] * 3, dtype=pl.Datetime("us", "UTC")),
        "purpose": ["analytics"] * 3,
    }
    with hub._store.transaction(recorded_at=NOW) as writer:
        writer.append("exposures", EXPOSURES.conform(pl.DataFrame(shown)))

    def seen(purpose: str, anonymous: Anonymous) -> set[str]:
        return set(hub.read("exposures", purpose=purpose, anonymous=anonymous, columns=["exposure_id"])["exposure_id"])

    assert seen("analytics", "include") == {"customer", "nobody"}
    assert seen("analytics", "only") == seen("marketing", "only") == {"nobody"}
    with pytest.warns(EverythingWithheldWarning):
        assert seen("marketing", "include") == {"nobody"}


def test_an_id_that_was_erased_says_so(new_hub: NewHub) -> None:
    hub = loaded(new_hub)
    ann = customer(hub)
    hub.rights.erase(ann)
    with pytest.raises(UnknownCustomerError, match="was erased"):
        hub.identity.customer_of(ann)
    with pytest.raises(UnknownCustomerError, match="was erased"):
        hub.profile(ann, purpose="analytics")


def test_no_customers_are_no_rows(new_hub: NewHub) -> None:
    assert loaded(new_hub).events(purpose="analytics", customers=[]).is_empty()
