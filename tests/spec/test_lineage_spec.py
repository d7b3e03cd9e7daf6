"""The law of lineage: what was computed of people whom its purpose may not see any more is known, one by one."""

from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from unified_customer.core.models import Consent
from unified_customer.core.tables import TABLES
from unified_customer.governance.lineage import outdated
from unified_customer.policy import Policy, Request, decide
from unified_customer.store import Store, open_store
from unified_customer.testing.retention_strategies import OWNERS, RECORDS, World
from unified_customer.testing.strategies import ledger, numbered, policies

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)
GONE = "f" * 24
"""A record that no customer has any more."""
OWNER_OF = dict(zip(RECORDS, OWNERS, strict=True))

made = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(["fit", "fit", "segment", "incident"]),
        "body": st.sampled_from(["{}", None]),
        "purpose": st.sampled_from(["marketing", "analytics", "club"]),
        "subjects": st.lists(st.sampled_from([*RECORDS, GONE]), unique=True),
    }
)
said_of = st.builds(
    Consent,
    statement_id=st.just("s"),
    subject_kind=st.just("record"),
    subject_key=st.sampled_from(RECORDS),
    purpose=st.sampled_from(["marketing", "analytics"]),
    status=st.sampled_from(["granted", "granted", "denied"]),
    stated_at=st.sampled_from([NOW - timedelta(days=1), NOW]),
    source=st.just("law"),
)


def conformed(name: str, rows: list[dict[str, Any]]) -> pl.DataFrame:
    types = {key: TABLES[name].columns[key] for key in rows[0]}
    return TABLES[name].conform(pl.DataFrame(rows, schema=types))


def filled(artifacts: list[dict[str, Any]], said: list[Consent]) -> Store:
    store = open_store("memory://")
    World().fill(store)
    past = {"record_id": RECORDS[1], "customer_id": RECORDS[4], "probability": 1.0, "reason": "exact"}
    then = NOW - timedelta(days=6000)
    with store.transaction(recorded_at=NOW) as writer:
        writer.upsert("links", conformed("links", [{**past, "valid_from": then, "valid_to": then + timedelta(1)}]))
        writer.append("consents", ledger(said))
        for number, each in enumerate(artifacts):
            head = {
                "artifact_id": f"a{number}",
                "name": "n",
                "content_hash": "h",
                "library_version": "1",
                "actor": "law",
            }
            told = {key: each[key] for key in ("kind", "body", "purpose")}
            writer.append(
                "artifacts", conformed("artifacts", [{**head, **told, "as_of": NOW, "rows": 1, "created_at": NOW}])
            )
            rows = [{"artifact_id": f"a{number}", "record_id": record} for record in each["subjects"]]
            if rows:
                writer.append("artifact_subjects", conformed("artifact_subjects", rows))
    return store


@given(st.lists(made, max_size=4), st.lists(said_of, max_size=6).map(numbered), policies())
def test_what_was_computed_is_outdated_by_those_whom_its_purpose_may_not_see_any_more(
    artifacts: list[dict[str, Any]], said: list[Consent], policy: Policy
) -> None:
    with filled(artifacts, said).snapshot() as reader:
        told = outdated(reader, policy, NOW)
    wanted = {}
    for number, each in enumerate(artifacts):
        people = {OWNER_OF[record] for record in each["subjects"] if record != GONE}
        lost = sum(not allowed(customer, each["purpose"], said, policy) for customer in people)
        if lost and each["kind"] != "incident" and (each["kind"] != "fit" or each["body"]):
            wanted[f"a{number}"] = (len(people), lost)
    found = {name: tuple(rest) for name, *rest in told.select("artifact_id", "people", "no_longer_allowed").iter_rows()}
    assert found == wanted


def allowed(customer: str, purpose: str, said: list[Consent], policy: Policy) -> bool:
    if purpose == "club":
        return False  # a purpose that the policy does not know (any more)
    about = [each for each in said if OWNER_OF[each.subject_key] == customer]
    return decide(about, request=Request(purpose), policy=policy, as_of=NOW).allowed
