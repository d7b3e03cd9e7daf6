"""Tables of what capabilities say of customers, what was shown to them, and what came of it."""

from typing import Final

import dataframely as dy

from unified_customer.core.tables import columns as c
from unified_customer.core.tables.table import Table

PSEUDONYM: Final = "user.unique_id.pseudonymous"
DERIVED: Final = "user.behavior.derived"


class Memberships(dy.Schema):
    """Who is in which segment, from when to when."""

    segmentation = c.text("The set of segments.", required=True)
    segment = c.text("The segment.", required=True, category=DERIVED)
    customer_id = c.text("The customer.", required=True, category=PSEUDONYM)
    entered_at = c.instant("As-of instant at which the customer was first in it.", required=True)
    left_at = c.instant("As-of instant at which the customer was first out again; null: still in.")
    probability = c.probability("How sure the assignment is.", category=DERIVED)
    artifact_id = c.text("The fit that assigned it.")


class Scores(dy.Schema):
    """What a model says of a customer at one instant."""

    name = c.text("Name of the score.", required=True)
    customer_id = c.text("The customer.", required=True, category=PSEUDONYM)
    as_of = c.instant("The instant before which data were read.", required=True)
    value = c.number("The score.", category=DERIVED)
    label = c.text("The score in words.", category=DERIVED)
    detail = c.json_text("Reasons, period, horizon.", category=DERIVED)
    artifact_id = c.text("The fit that gave it.")


class Exposures(dy.Schema):
    """Something that was shown or sent to someone."""

    exposure_id = c.text("Id of the exposure.", required=True)
    customer_id = c.text("The customer; null for a visitor without consent.", category=PSEUDONYM)
    record_id = c.record_reference()
    exposed_at = c.instant("When.", required=True, category="user.behavior")
    item_id = c.text("What was shown.", category="user.behavior")
    position = c.count("Place in the list, from 1.")
    channel = c.text("Where.", category="user.behavior")
    placement = c.text("Which slot of it.")
    campaign = c.text("Campaign name.", category="user.behavior")
    experiment = c.text("The experiment it belongs to.")
    variant = c.text("The variant.")
    propensity = c.probability("Probability with which it was chosen.")
    decision_id = c.text("The decision that chose it.")
    purpose = c.text("The purpose it was shown under.", required=True)
    artifact_id = c.text("The fit that chose it.")


class Outcomes(dy.Schema):
    """Something that came of an exposure, or of none."""

    outcome_id = c.text("Id of the outcome.", required=True)
    exposure_id = c.text("The exposure it is put down to.")
    customer_id = c.text("The customer.", category=PSEUDONYM)
    record_id = c.record_reference()
    kind = c.text("open, click, conversion, unsubscribe, complaint, ...", required=True, category="user.behavior")
    occurred_at = c.instant("When.", required=True, category="user.behavior")
    value = c.number("How much of it.", category="user.behavior")
    amount = c.amount("Money.", category="user.behavior.purchase_history")
    currency = c.currency()
    event_id = c.text("The event it was derived from.")


MEMBERSHIPS: Final = Table(
    "memberships", Memberships, ("segmentation", "segment", "customer_id", "entered_at"), "customer",
    append_only=False, time="entered_at", doc="Who is in which segment, from when to when.",
)  # fmt: skip
SCORES: Final = Table(
    "scores", Scores, ("name", "customer_id", "as_of"), "customer", append_only=False, time="as_of",
    doc="What a model says of a customer at one instant.",
)  # fmt: skip
EXPOSURES: Final = Table(
    "exposures", Exposures, ("exposure_id",), "customer", append_only=True, time="exposed_at",
    doc="Something that was shown or sent to someone.",
)  # fmt: skip
OUTCOMES: Final = Table(
    "outcomes", Outcomes, ("outcome_id",), "customer", append_only=True, time="occurred_at",
    doc="Something that came of an exposure, or of none.",
)  # fmt: skip
