"""Tables of what may be done, what was done, and whose data went into what."""

from typing import Final, get_args

import dataframely as dy

from unified_customer.core.models.consents import LegalBasis, Speaker, SpecialBasis, Status
from unified_customer.core.tables import columns as c
from unified_customer.core.tables.table import Table

STATUSES: Final = get_args(Status)
LEGAL_BASES: Final = get_args(LegalBasis)
SPECIAL_BASES: Final = get_args(SpecialBasis)
SPEAKERS: Final = get_args(Speaker)


class Consents(dy.Schema):
    """One statement about one purpose and one identifier or record."""

    statement_id = c.text("Id of the statement.", required=True)
    subject_kind = c.text("Kind of the identifier, or 'record'.", required=True)
    subject_key = c.code(
        "Value key of the identifier, or the record id.",
        r"^[0-9a-f]{24}$",
        required=True,
        category="user.unique_id.pseudonymous",
    )
    purpose = c.text("Dotted path in the fideslang data uses; covers its children.", required=True)
    channel = c.text("Only for this channel; null: for all.")
    recipient = c.text("Only for this recipient; null: for all.")
    status = c.choice("What was said.", STATUSES)
    legal_basis = c.choice("GDPR Art. 6(1) basis.", LEGAL_BASES)
    special_basis = c.choice(
        "GDPR Art. 9(2) basis, where the statement is about special categories.", SPECIAL_BASES, required=False
    )
    jurisdiction = c.text("Law under which it was said, such as 'GB' or 'US-CA'.")
    stated_at = c.instant("When it was said.", required=True)
    expires_at = c.instant("From when a grant no longer counts.")
    verified = c.flag("The person was verified and spoke for all identifiers.", required=True)
    spoken_by = c.choice(
        "Who said it: the person, a guardian, or an agent; null: the person.", SPEAKERS, required=False
    )
    method = c.text("How it was collected: form, import, phone, signal, ...")
    evidence = c.text("Where the proof is kept.", category="user.unique_id")
    notice = c.text("The notice that was shown.")
    notice_version = c.text("Its version.")
    language = c.text("Language in which it was shown, as in BCP 47.")
    source = c.text("Name of the source.", required=True)


class Artifacts(dy.Schema):
    """Something that was computed from people's data: a fit, a segment definition, an export."""

    artifact_id = c.text("Id of the artifact.", required=True)
    kind = c.text("fit, segment, export, ...", required=True)
    name = c.text("Name of the spec.", required=True)
    spec = c.json_text("The spec.")
    body = c.json_text("What was fitted, where it is small enough to stand here.", category="user.behavior")
    location = c.text("Where the rest is kept.")
    library_version = c.text("Version of the library that made it.", required=True)
    purpose = c.text("The purpose it was made under.", required=True)
    as_of = c.instant("The instant before which data were read.", required=True)
    content_hash = c.text("BLAKE2b of spec and body.", required=True)
    rows = c.count("Number of rows that went in.", required=True)
    actor = c.text("Who made it.", required=True)
    created_at = c.instant("When.", required=True)
    covers_seq = c.count("It holds everybody who was there up to this position; null: those in artifact_subjects.")


class ArtifactSubjects(dy.Schema):
    """Whose data an artifact holds."""

    artifact_id = c.text("The artifact.", required=True)
    record_id = c.record_reference("The record whose data went in.", required=True)


class Tombstones(dy.Schema):
    """A keyed hash of something that was erased and must not come back."""

    kind = c.text("Kind of the identifier, or 'record'.", required=True)
    value_key = c.code(
        "Value key of the identifier, or the record id.",
        r"^[0-9a-f]{24}$",
        required=True,
        category="user.unique_id.pseudonymous",
    )
    erased_at = c.instant("When.", required=True)
    request_id = c.text("The request that asked for it.")
    erasure_id = c.text("The erasure that it is of; null: of a release that did not number them.")


class Audit(dy.Schema):
    """One read or write of personal data."""

    audit_id = c.text("Id of the entry.", required=True)
    at = c.instant("When.", required=True)
    actor = c.text("Who.", required=True)
    roles = c.texts("In which roles.", required=True)
    action = c.text("read, profile, load, resolve, merge, fit, ...", required=True)
    subject_table = c.text("The table read or written.")
    purpose = c.text("The purpose named.")
    as_of = c.instant("The instant before which data were read.")
    customer_id = c.text("The customer, where it was one.", category="user.unique_id.pseudonymous")
    rows = c.count("Rows returned or written.")
    people = c.count("People in them.")
    withheld_people = c.count("People left out.")
    withheld_fields = c.texts("Fields left out.")
    detail = c.json_text("Counts and settings, never values of people.")
    number = c.count("Place in the chain, from 0; null: written before there was one.")
    seal = c.text("Keyed hash of the entry and of the leaf before it: only who has the key of the hub can make one.")
    leaf_hash = c.text("RFC 9162 leaf hash of the entry with its seal: what the tree head proves.")


CONSENTS: Final = Table(
    "consents", Consents, ("statement_id",), "none", append_only=True, time="stated_at",
    doc="One statement about one purpose and one identifier or record: the ledger.", cluster_by=("subject_key",),
)  # fmt: skip
ARTIFACTS: Final = Table(
    "artifacts", Artifacts, ("artifact_id",), "none", append_only=True, time="as_of",
    doc="Something that was computed from people's data.",
)  # fmt: skip
ARTIFACT_SUBJECTS: Final = Table(
    "artifact_subjects", ArtifactSubjects, ("artifact_id", "record_id"), "record", append_only=True, time=None,
    doc="Whose data an artifact holds: the lineage that withdrawal and erasure follow.",
)  # fmt: skip
TOMBSTONES: Final = Table(
    "tombstones", Tombstones, ("kind", "value_key"), "none", append_only=False, time="erased_at",
    doc="A keyed hash of something that was erased.",
)  # fmt: skip
AUDIT: Final = Table(
    "audit", Audit, ("audit_id",), "customer", append_only=True, time="at",
    doc="One read or write of personal data.",
)  # fmt: skip
