"""The fields of a message that the library reads; all others stay the text that the client sent.

References:
    Segment specification, common fields: https://segment.com/docs/connections/spec/common/
"""

from typing import Final, NamedTuple

import msgspec

Text = str | None
Id = str | int | None

ABSENT: Final = msgspec.Raw()


class Message(msgspec.Struct, gc=False, rename="camel"):
    """One call of the Segment specification."""

    type: Text = None
    event: Text = None
    name: Text = None
    category: Text = None
    message_id: Id = None
    timestamp: Text = None
    original_timestamp: Text = None
    sent_at: Text = None
    received_at: Text = None
    user_id: Id = None
    anonymous_id: Id = None
    previous_id: Id = None
    group_id: Id = None
    properties: msgspec.Raw = ABSENT
    traits: msgspec.Raw = ABSENT
    context: msgspec.Raw = ABSENT
    integrations: msgspec.Raw = ABSENT
    batch: msgspec.Raw = ABSENT
    distinct_id: msgspec.Raw = msgspec.field(default=ABSENT, name="distinct_id")


class PageProperties(msgspec.Struct, gc=False):
    """What a page or screen call says of the page, where the client has put it into the properties."""

    name: Text = None
    category: Text = None
    url: Text = None
    referrer: Text = None


class Page(msgspec.Struct, gc=False):
    """Where in a site it happened."""

    url: Text = None
    referrer: Text = None


class Campaign(msgspec.Struct, gc=False):
    """The UTM fields."""

    name: Text = None
    source: Text = None
    medium: Text = None
    term: Text = None
    content: Text = None


class Referrer(msgspec.Struct, gc=False):
    """Where an application was opened from."""

    url: Text = None


class Device(msgspec.Struct, gc=False, rename="camel"):
    """The identifiers of a device."""

    id: Text = None
    type: Text = None
    token: Text = None
    advertising_id: Text = None
    ad_tracking_enabled: bool | None = None


class ExternalId(msgspec.Struct, gc=False):
    """One identifier of the source's own kind."""

    id: Id = None
    type: Text = None
    collection: Text = None
    encoding: Text = None


class ConsentContext(msgspec.Struct, gc=False, rename="camel"):
    """Consent as the client knew it when it sent the message."""

    category_preferences: dict[str, bool | None] | None = None


class ConsentManagement(msgspec.Struct, gc=False, rename="camel"):
    """The same of RudderStack; some clients write an object whose names are the ids.

    Which of several ids a destination needs (`resolutionStrategy`) says nothing of what the person said.
    """

    allowed_consent_ids: list[str | int] | dict[str, msgspec.Raw] | None = None
    denied_consent_ids: list[str | int] | dict[str, msgspec.Raw] | None = None


class Context(msgspec.Struct, gc=False, rename="camel"):
    """What surrounded the call."""

    page: Page | None = None
    campaign: Campaign | None = None
    referrer: Referrer | None = None
    device: Device | None = None
    traits: msgspec.Raw = ABSENT
    external_ids: list[ExternalId] | None = None
    consent: ConsentContext | None = None
    consent_management: ConsentManagement | None = None
    group_id: Id = None
    session_id: Id = None


class Contact(msgspec.Struct, gc=False):
    """The trait that identifies a person."""

    email: Text = None


class Google(msgspec.Struct, gc=False, rename="camel"):
    """The client id that Google Analytics gave a browser."""

    client_id: Id = None


class Integrations(msgspec.Struct, gc=False):
    """Destinations that the client named."""

    google: Google | bool | None = msgspec.field(default=None, name="Google Analytics")


class Row(NamedTuple):
    """One message as texts; null where it says nothing."""

    type: str
    name: Text
    event_id: Text
    timestamp: Text
    original_timestamp: Text
    sent_at: Text
    received_at: Text
    user_id: Text
    anonymous_id: Text
    previous_id: Text
    group_id: Text
    session_id: Text
    email: Text
    context_email: Text
    extra_ids: Text
    url: Text
    referrer: Text
    campaign: Text
    utm_source: Text
    utm_medium: Text
    utm_term: Text
    utm_content: Text
    preferences: Text
    properties: Text
    traits: Text
    context_traits: Text
    context: Text
