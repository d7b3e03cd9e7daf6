"""A yes of a child alone: recorded, and told to be heard by nobody until a guardian says it."""

from datetime import UTC, datetime

import polars as pl
import pytest

import unified_customer as uc

CHILD = {"id": "1", "mail": "kid@example.com", "country": "DE", "born": "2016-01-01"}
MAPPING = uc.Mapping(table="records", key="id", fields={"email": "mail", "country": "country", "birth_date": "born"})
MAIL = ("email", "kid@example.com")


def test_the_yes_of_a_child_is_told_to_be_unheard_and_that_of_a_guardian_is_not() -> None:
    with uc.CustomerHub(policy=uc.Policy.gdpr(), clock=lambda: datetime(2026, 1, 1, tzinfo=UTC)) as hub:
        hub.load(uc.source("dataframe", pl.DataFrame([CHILD]), table="records", name="crm", mapping=MAPPING))
        hub.resolve()
        with pytest.warns(uc.errors.UnheardYesWarning, match="1 needs_guardian"):
            hub.consent.record("marketing", "granted", identifier=MAIL)
        hub.consent.record("marketing", "granted", identifier=MAIL, spoken_by="guardian")
