"""Statements as the ledger keeps them, decided on where a warehouse has them: as the hub decides on them itself."""

from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest

import unified_customer as uc
from unified_customer.policy import Minor, Policy, Regime, Request, permit_elsewhere

NOW = datetime(2026, 1, 1, tzinfo=UTC)
CHILDREN = Regime(title="GDPR", minors=(Minor(below=16, purposes=("marketing",), needs="guardian_consent"),))
POLICY = Policy(bases={"analytics": "legitimate_interests"}, regimes={"gdpr": CHILDREN}, unknown_age="minor")
MAPPING = uc.Mapping(table="records", key="id", fields={"email": "mail"})


@pytest.mark.filterwarnings("ignore::unified_customer.core.errors.UnheardYesWarning")
@pytest.mark.parametrize(("whose", "reason"), [({}, "needs_guardian"), ({"spoken_by": "guardian"}, "granted")])
def test_the_yes_of_a_child_needs_a_guardian_there_too(whose: dict[str, Any], reason: str) -> None:
    with uc.CustomerHub(policy=POLICY, keys=uc.MemoryKeyProvider(b"k" * 32), clock=lambda: NOW) as hub:
        frame = pl.DataFrame({"id": ["1"], "mail": ["ann@example.com"]})
        hub.load(uc.source("dataframe", frame, table="records", name="crm", mapping=MAPPING))
        hub.resolve()
        said = {"identifier": ("email", "ann@example.com"), "stated_at": datetime(2025, 1, 1, tzinfo=UTC), **whose}
        hub.consent.record("marketing", "granted", **said)
        names = hub._store.read("identifiers", columns=["record_id", "kind", "value_key"])
        subjects = names.select(customer_id="record_id", subject_kind="kind", subject_key="value_key")
        kept = hub._store.read("consents")
        asked = Request("marketing")
        there = permit_elsewhere(subjects.lazy(), kept.lazy(), request=asked, policy=POLICY, as_of=NOW).collect()
        assert there["reason"].to_list() == [reason]
        assert hub.consent.coverage("marketing").reasons["reason"].to_list() == [reason]
