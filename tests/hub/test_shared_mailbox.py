"""A mailbox that two customers share: whose yes it was is unknown, a no counts for both."""

from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest

import unified_customer as uc
from unified_customer.core.errors import ConfigurationError

MAIL = "marketing.communications.email"
MAPPING = uc.Mapping(table="records", key="id", fields={"email": "mail", "given_name": "name", "phone": "tel"})
FAMILY = pl.DataFrame(
    [("1", "family@example.com", "Ann", "+44 20 7946 0018"), ("2", "family@example.com", "Bob", None)],
    schema=["id", "mail", "name", "tel"],
    orient="row",
)


@pytest.fixture
def family(hub: uc.CustomerHub) -> uc.CustomerHub:
    hub.load(uc.source("dataframe", FAMILY, table="records", name="crm", mapping=MAPPING))
    hub.resolve()
    return hub


def people(hub: uc.CustomerHub) -> dict[str, str]:
    rows = hub.customers(purpose="analytics", columns=["given_name"])
    return {name: customer for customer, name in rows.iter_rows()}


def say(hub: uc.CustomerHub, status: Any, **whom: Any) -> None:
    hub.consent.record(MAIL, status, **whom)


def decisions(hub: uc.CustomerHub) -> list[tuple[Any, ...]]:
    return hub.consent.coverage(MAIL).reasons.rows()


def test_a_yes_given_under_a_shared_mailbox_opens_nobody(family: uc.CustomerHub) -> None:
    with pytest.warns(uc.errors.UnheardYesWarning, match=r"2 shared_identifier.*customer_id"):
        say(family, "granted", identifier=("email", "family@example.com"))
    assert decisions(family) == [(False, "shared_identifier", 2)]
    with pytest.warns(uc.errors.EverythingWithheldWarning, match="2 shared_identifier"):
        assert family.customers(purpose=MAIL).is_empty()
    with pytest.raises(uc.errors.ConsentError, match="shared_identifier"):
        family.profile(people(family)["Ann"], purpose=MAIL)
    with pytest.warns(uc.errors.EverythingWithheldWarning):
        assert family.read("records", purpose=MAIL, customers=[people(family)["Ann"]]).is_empty()


def test_a_no_given_under_a_shared_mailbox_closes_both(family: uc.CustomerHub) -> None:
    say(family, "denied", identifier=("email", "family@example.com"))
    assert decisions(family) == [(False, "refused", 2)]


def test_a_person_who_is_known_opens_only_themselves(family: uc.CustomerHub) -> None:
    say(family, "denied", identifier=("email", "family@example.com"))
    say(family, "granted", customer_id=people(family)["Ann"])
    assert family.customers(purpose=MAIL, columns=["given_name"])["given_name"].to_list() == ["Ann"]
    assert decisions(family) == [(True, "granted", 1), (False, "refused", 1)]
    assert family.profile(people(family)["Ann"], purpose=MAIL).customer_id == people(family)["Ann"]


def test_a_yes_about_what_is_ones_own_counts(family: uc.CustomerHub) -> None:
    say(family, "granted", identifier=("phone", "+442079460018"))
    assert decisions(family) == [(True, "granted", 1), (False, "no_statement", 1)]


def test_who_is_left_alone_with_a_mailbox_is_not_opened_by_the_yes_of_who_went(family: uc.CustomerHub) -> None:
    say(family, "granted", customer_id=people(family)["Ann"])
    family.rights.erase(people(family)["Ann"])
    assert decisions(family) == [(False, "no_statement", 1)]


def test_a_yes_of_their_own_stays_with_who_is_left(family: uc.CustomerHub) -> None:
    say(family, "granted", customer_id=people(family)["Bob"])
    family.rights.erase(people(family)["Ann"])
    assert decisions(family) == [(True, "granted", 1)]
    assert family.consent.statements(identifier=("email", "family@example.com")).height == 1


def test_a_yes_that_has_expired_is_not_renewed_by_another_of_the_same_time(family: uc.CustomerHub) -> None:
    at = datetime(2025, 1, 1, tzinfo=UTC)
    say(family, "granted", identifier=("phone", "+442079460018"), stated_at=at, expires_at=at + timedelta(days=1))
    with pytest.warns(uc.errors.UnheardYesWarning):
        say(family, "granted", identifier=("email", "family@example.com"), stated_at=at)
    assert decisions(family) == [(False, "expired", 1), (False, "shared_identifier", 1)]


def test_a_yes_that_counts_for_one_of_those_who_share_a_mailbox_is_heard(family: uc.CustomerHub) -> None:
    at = datetime(2025, 1, 1, tzinfo=UTC)
    say(family, "granted", customer_id=people(family)["Ann"], stated_at=at)
    say(family, "granted", identifier=("email", "family@example.com"), stated_at=at)
    assert decisions(family) == [(True, "granted", 1), (False, "shared_identifier", 1)]


def test_a_blank_channel_is_refused(family: uc.CustomerHub) -> None:
    with pytest.raises(ConfigurationError, match="channel is blank"):
        say(family, "granted", identifier=("email", "family@example.com"), channel=" ")
