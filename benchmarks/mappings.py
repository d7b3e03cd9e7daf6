"""The mappings of the invented files."""

from unified_customer.connectors import FieldMap, Mapping

RECORDS = Mapping(
    table="records",
    key="id",
    observed_at="updated",
    fields={
        "given_name": "given_name",
        "family_name": "family_name",
        "email": "email",
        "phone": "phone",
        "birth_date": FieldMap(column="birth_date", format="%d.%m.%Y"),
        "postcode": "postcode",
        "country": "country",
    },
)
EVENTS = Mapping(
    table="events",
    key="message_id",
    fields={
        "name": "name",
        "occurred_at": "occurred_at",
        "url": "url",
        "amount": "amount",
        "currency": "currency",
        "utm_source": "utm_source",
    },
    identifiers={"user_id": "user_id", "anonymous_id": "anonymous_id"},
)
