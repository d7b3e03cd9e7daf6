"""Tables of who is who: links of records to customers, corrections by people, and the single customer view."""

from typing import TYPE_CHECKING, Final

import dataframely as dy

from unified_customer.core.tables import columns as c
from unified_customer.core.tables.people import Records
from unified_customer.core.tables.table import Table

if TYPE_CHECKING:
    from unified_customer.core.fields import FieldSpec

GOLDEN_FIELDS: Final = (
    "full_name",
    "honorific",
    "given_name",
    "middle_name",
    "family_name",
    "birth_date",
    "gender",
    "email",
    "phone",
    "street",
    "city",
    "region",
    "postcode",
    "country",
    "organisation",
    "job_title",
    "language",
    "time_zone",
    "website",
    "traits",
)
"""Fields of the golden record; each stands with `<field>_source` and `<field>_observed_at`."""


class Links(dy.Schema):
    """Which customer a record belongs to, from when to when."""

    record_id = c.record_reference("The record.", required=True)
    customer_id = c.text("The customer.", required=True, category="user.unique_id.pseudonymous")
    valid_from = c.instant("From when the hub held this.", required=True)
    valid_to = c.instant("Until when, exclusive; null: it still does.")
    probability = c.probability("How likely the record belongs there.", required=True)
    reason = c.text("What joined it: first, exact, must_link, split, master, ...", required=True)


class LinkDecisions(dy.Schema):
    """A person's word on two records."""

    decision_id = c.text("Id of the decision.", required=True)
    kind = c.choice(
        "Same person, different people, or an earlier decision taken back.", ("must_link", "cannot_link", "retract")
    )
    record_a = c.record_reference("One record.", required=True)
    record_b = c.record_reference("The other record.", required=True)
    retracts = c.text("The decision that is taken back.")
    actor = c.text("Who decided.", required=True)
    reason = c.text("Why.")
    decided_at = c.instant("When.", required=True)


def _provenance() -> dict[str, dy.Column]:
    columns: dict[str, dy.Column] = {}
    for name in GOLDEN_FIELDS:
        original = Records.columns()[name]
        field: FieldSpec = c.field_of(original)
        columns[name] = original
        columns[f"{name}_source"] = c.text(f"Source of `{name}`.", category=field.category)
        columns[f"{name}_observed_at"] = c.instant(f"When `{name}` was observed.", category=field.category)
    return columns


class CustomerHeads(dy.Schema):
    """The columns of a customer that are not fields of the golden record."""

    customer_id = c.text(
        "The customer: the record of the cluster that was seen first.",
        required=True,
        category="user.unique_id.pseudonymous",
    )
    first_observed_at = c.instant("Earliest observed time of its records.", category="user.behavior")
    last_observed_at = c.instant("Latest observed time of its records.", category="user.behavior")
    record_count = c.count("Number of its records and event identities.", required=True)
    sources = c.texts("Names of the sources that know it, sorted.", required=True)


Customers: Final[type[dy.Schema]] = type(
    "Customers", (CustomerHeads,), {"__doc__": "The single customer view.", "__module__": __name__, **_provenance()}
)

LINKS: Final = Table(
    "links", Links, ("record_id", "valid_from"), "record", append_only=False, time="valid_from",
    doc="Which customer a record belongs to, from when to when.",
)  # fmt: skip
LINK_DECISIONS: Final = Table(
    "link_decisions", LinkDecisions, ("decision_id",), "none", append_only=True, time="decided_at",
    doc="A person's word on two records; survives every re-run.",
)  # fmt: skip
CUSTOMERS: Final = Table(
    "customers", Customers, ("customer_id",), "customer", append_only=False, time=None,
    doc="The single customer view: every field with the source and time it came from.", cluster_by=("customer_id",),
)  # fmt: skip
