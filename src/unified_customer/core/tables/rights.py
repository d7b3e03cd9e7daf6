"""Tables of what people asked for, how far it was carried out, the rules in force, and what has to be remembered."""

from typing import Final, get_args

import dataframely as dy

from unified_customer.core.models.rights import RequestEvent, Right, StepState
from unified_customer.core.tables import columns as c
from unified_customer.core.tables.table import Table

PSEUDONYM: Final = "user.unique_id.pseudonymous"


class RequestEvents(dy.Schema):
    """Something that happened to a request of a person."""

    event_id = c.text("Id of the entry.", required=True)
    request_id = c.text("The request.", required=True)
    occurred_at = c.instant("When it happened.", required=True)
    event = c.choice("What happened.", get_args(RequestEvent))
    right = c.choice("What was asked for; in the first entry of a request.", get_args(Right), required=False)
    regime = c.text("The law that the request is judged by, such as 'gdpr'.")
    protocol = c.text("How it came: hub, opendsr, drp, ...")
    external_id = c.text("What whoever sent it calls it.")
    customer_id = c.text("The customer, once found.", category=PSEUDONYM)
    subjects = c.texts("Keyed hashes of what the request names, as 'kind:value_key'.", category=PSEUDONYM)
    due_at = c.instant("By when it has to be answered.")
    reason = c.text("Why it was denied, extended or failed; one of the known reasons.")
    detail = c.json_text("Settings of the request, never values of people.")
    actor = c.text("Who entered it.", required=True)


class ErasureSteps(dy.Schema):
    """How far one step of an erasure is."""

    erasure_id = c.text("The erasure.", required=True)
    step = c.text("What has to be done: rows, tombstones, artifact, export, destination, bytes, ...", required=True)
    target = c.text("Of what: a table, an artifact, a destination; empty where there is only one.", required=True)
    state = c.choice("How far it is.", get_args(StepState))
    at = c.instant("Since when.", required=True)
    customer_id = c.text("The customer that was.", category=PSEUDONYM)
    request_id = c.text("The request that asked for it.")
    rows = c.count("Rows concerned.")
    due_at = c.instant("By when it has to be done, where it is open.")
    detail = c.json_text("Counts and settings, never values of people.")


class Holds(dy.Schema):
    """A reason for which data may not be deleted yet, such as a lawsuit."""

    hold_id = c.text("Id of the hold.", required=True)
    customer_id = c.text("Only this customer; null: everybody.", category=PSEUDONYM)
    subject_table = c.text("Only this table; null: all.")
    category = c.text("Only this data category and below; null: all.")
    reason = c.text("The legal ground, such as 'legal claim' (GDPR Art. 17(3)(e)).", required=True)
    placed_at = c.instant("From when.", required=True)
    lifted_at = c.instant("Until when; null: it stands.")
    actor = c.text("Who placed it.", required=True)


class Policies(dy.Schema):
    """A policy that came into force."""

    policy_id = c.text("Hash of the policy and the instant.", required=True)
    in_force_from = c.instant("From when it was in force, until the next one.", required=True)
    body = c.json_text("The policy.")
    actor = c.text("Who put it in force.", required=True)


class Activity(dy.Schema):
    """When the person of a record was last active, as far as rows said so that retention deleted."""

    record_id = c.record_reference("The record.", required=True)
    last_active_at = c.instant("Latest time of the deleted rows.", required=True, category="user.behavior")


REQUEST_EVENTS: Final = Table(
    "request_events", RequestEvents, ("event_id",), "customer", append_only=True, time="occurred_at",
    doc="Something that happened to a request of a person: the state of a request is the fold of these.",
)  # fmt: skip
ERASURE_STEPS: Final = Table(
    "erasure_steps", ErasureSteps, ("erasure_id", "step", "target", "state", "at"), "customer", append_only=True,
    time="at", doc="How far each step of an erasure is: completion is derived from all of them.",
)  # fmt: skip
HOLDS: Final = Table(
    "holds", Holds, ("hold_id",), "customer", append_only=False, time="placed_at",
    doc="A reason for which data may not be deleted yet.",
)  # fmt: skip
POLICIES: Final = Table(
    "policies", Policies, ("policy_id",), "none", append_only=True, time="in_force_from",
    doc="A policy that came into force: what was allowed on a past date is decided under the one of then.",
)  # fmt: skip
ACTIVITY: Final = Table(
    "activity", Activity, ("record_id",), "record", append_only=False, time=None,
    doc="When the person of a record was last active, where the rows that said so are gone: inactivity counts from it.",
)  # fmt: skip
