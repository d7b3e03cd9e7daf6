"""Tables of people as sources describe them: identities, records, identifiers, accounts."""

from typing import Final

import dataframely as dy

from unified_customer.core.tables import columns as c
from unified_customer.core.tables import expected
from unified_customer.core.tables.table import Table

NAME: Final = "user.name"
CONTACT: Final = "user.contact"
UNIQUE_ID: Final = "user.unique_id"

KEY_PATTERN: Final = r"^[0-9a-f]{24}$"

RAW_FIELDS: Final = (
    "full_name",
    "given_name",
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
)
"""Fields of `records` that stand twice: as the source wrote them (`email_raw`) and normalised (`email`)."""


class Identities(dy.Schema):
    """Every record id ever issued, in the order of first sight."""

    record_id = c.code("Keyed hash of source and source id.", KEY_PATTERN, required=True)
    source = c.text("The source that brought it.", required=True)
    origin = c.choice("What it was first seen on.", ("record", "event", "statement"))


class Records(dy.Schema):
    """What one source says of one person at one time."""

    record_id = c.record_reference("The identity that this record describes.", required=True)
    source = c.text("Name of the source.", required=True)
    source_id = c.text("What the source calls this person.", required=True, category=UNIQUE_ID)
    version = c.text("The observed time, or a hash of the content where there is none; both if partial.", required=True)
    observed_at = c.instant("When the source says this was true.")
    deleted = c.flag("The source says that it deleted the record.", required=True)
    partial = c.flag("It says only what changed; a field that it leaves out stays as it was. Null: it is whole.")
    full_name_raw = c.text("Whole name as the source wrote it.", category=NAME)
    full_name = c.text("Whole name, white space folded.", category=NAME)
    honorific = c.text("Title before the name.", category=NAME)
    given_name_raw = c.text("Given name as the source wrote it.", category=NAME)
    given_name = c.text("Given name, white space folded.", category=NAME)
    middle_name = c.text("Further given names.", category=NAME)
    family_name_raw = c.text("Family name as the source wrote it.", category=NAME)
    family_name = c.text("Family name, white space folded.", category=NAME)
    birth_date_raw = c.text("Date of birth as the source wrote it.", category="user.demographic.date_of_birth")
    birth_date = c.day("Date of birth.", category="user.demographic.date_of_birth", quality=expected.BIRTH_DATE)
    gender_raw = c.text("Gender as the source wrote it.", category="user.demographic.gender")
    gender = c.choice(
        "Gender.", expected.GENDER.values, required=False, category="user.demographic.gender", quality=expected.GENDER
    )
    email_raw = c.text("E-mail address as the source wrote it.", category="user.contact.email")
    email = c.text("E-mail address, normalised.", category="user.contact.email", quality=expected.EMAIL)
    phone_raw = c.text("Telephone number as the source wrote it.", category="user.contact.phone_number")
    phone = c.text("Telephone number in E.164.", category="user.contact.phone_number", quality=expected.PHONE)
    street_raw = c.text("Street and house number as the source wrote it.", category="user.contact.address.street")
    street = c.text("Street and house number.", category="user.contact.address.street")
    city_raw = c.text("Town as the source wrote it.", category="user.contact.address.city")
    city = c.text("Town.", category="user.contact.address.city")
    region_raw = c.text("State, county or province as the source wrote it.", category="user.contact.address.state")
    region = c.text("State, county or province.", category="user.contact.address.state")
    postcode_raw = c.text("Postcode as the source wrote it.", category="user.contact.address.postal_code")
    postcode = c.text("Postcode in its country's usual form.", category="user.contact.address.postal_code")
    country_raw = c.text("Country as the source wrote it.", category="user.contact.address.country")
    country = c.code(
        "ISO 3166-1 alpha-2 country.", r"^[A-Z]{2}$", category="user.contact.address.country", quality=expected.COUNTRY
    )
    organisation_raw = c.text("Organisation as the source wrote it.", category="user.contact.organization")
    organisation = c.text("Organisation.", category="user.contact.organization")
    job_title = c.text("Position in the organisation.", category="user.job_title")
    language = c.text("BCP 47 language tag.", category="user.demographic.language", quality=expected.LANGUAGE)
    time_zone = c.text("IANA time zone.", category="user.location.imprecise", quality=expected.TIME_ZONE)
    website = c.text("Personal web address.", category="user.contact.url", quality=expected.WEBSITE)
    traits = c.json_text("Everything else the source says.", category="user.unclassified")


class Identifiers(dy.Schema):
    """One identifier seen on one record or event."""

    record_id = c.record_reference("The identity that it was seen on.", required=True)
    kind = c.text("email, phone, user_id, anonymous_id, device_id, loyalty_id, ...", required=True)
    value_key = c.code("Keyed hash of the normalised value.", KEY_PATTERN, required=True)
    value = c.text("The normalised value.", category=UNIQUE_ID)
    source = c.text("Name of the source.", required=True)
    observed_at = c.instant("When it was first observed there.")


class Accounts(dy.Schema):
    """An organisation."""

    account_id = c.text("What the source calls it.", required=True)
    source = c.text("Name of the source.", required=True)
    name = c.text("Name of the organisation.")
    industry = c.text("Industry.")
    employees = c.count("Number of employees.", quality=expected.NOT_NEGATIVE)
    plan = c.text("The plan it is on.")
    parent_account_id = c.text("The organisation that owns it.")
    website = c.text("Web address.", quality=expected.WEBSITE)
    country = c.code("ISO 3166-1 alpha-2 country.", r"^[A-Z]{2}$", quality=expected.COUNTRY)
    traits = c.json_text("Everything else the source says.", category="user.unclassified")
    observed_at = c.instant("When the source says this was true.")


class AccountLinks(dy.Schema):
    """Who belongs to which organisation, from when to when."""

    record_id = c.record_reference(required=True)
    account_id = c.text("The organisation.", required=True, category="user.contact.organization")
    valid_from = c.instant("From when.", required=True)
    valid_to = c.instant("Until when, exclusive; null: still.")
    role = c.text("Role in the organisation.", category="user.job_title")
    source = c.text("Name of the source.", required=True)


IDENTITIES: Final = Table(
    "identities", Identities, ("record_id",), "record", append_only=True, time=None,
    doc="One record id, in the order of first sight. It stays when the record is erased.",
)  # fmt: skip
RECORDS: Final = Table(
    "records", Records, ("record_id", "version"), "record", append_only=True, time="observed_at",
    doc="What one source says of one person at one time.", cluster_by=("record_id",),
)  # fmt: skip
IDENTIFIERS: Final = Table(
    "identifiers", Identifiers, ("record_id", "kind", "value_key"), "record", append_only=True, time="observed_at",
    doc="One identifier seen on one record or event.", cluster_by=("record_id",),
)  # fmt: skip
ACCOUNTS: Final = Table(
    "accounts", Accounts, ("source", "account_id"), "none", append_only=False, time="observed_at",
    doc="An organisation.",
)  # fmt: skip
ACCOUNT_LINKS: Final = Table(
    "account_links", AccountLinks, ("record_id", "account_id", "valid_from"), "record", append_only=False,
    time="valid_from", doc="Who belongs to which organisation, from when to when.",
)  # fmt: skip
