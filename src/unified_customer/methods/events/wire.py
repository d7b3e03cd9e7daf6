"""One message: JSON text to a `Row` of texts.

msgspec reads the named fields and hands the rest over as the text that came, so that no number passes through a
float and a million messages take seconds. What the library reads must have the type of the specification; a message
where it has not is refused with the reason, as it is where the JSON is broken.
"""

import json
import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any, Final

import msgspec

from unified_customer.core.spec import content_hash
from unified_customer.methods.events.bodies import CALLS, unbatch
from unified_customer.methods.events.messages import (
    Campaign,
    Contact,
    Context,
    Device,
    ExternalId,
    Integrations,
    Message,
    Page,
    PageProperties,
    Row,
    Text,
)

MAX_BYTES: Final = 32 * 1024
"""Largest message that Segment takes, in bytes of JSON text."""

OVERSIZE: Final = "the message is larger than the limit"

MARK: Final = "\0"
"""Stands between kinds and values of identifiers; no value holds it, since NUL characters are refused."""

NOT_HASHED: Final = frozenset({"sentAt", "receivedAt", "_metadata", "writeKey"})
"""Fields that differ between two deliveries of one message."""

_NUL: Final = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")
_NUMBERED: Final = ("page", "campaign", "referrer", "device")
_encode: Final = msgspec.json.Encoder(decimal_format="number").encode
_anything: Final = msgspec.json.Decoder(float_hook=Decimal).decode
_parts_of: Final = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_DECODE: Final[dict[type, Callable[[Any], Any]]] = {
    kind: msgspec.json.Decoder(kind).decode for kind in (Message, Context, Contact, PageProperties, Integrations)
}
_NOTHING: Final[dict[type, Any]] = {kind: kind() for kind in (*_DECODE, Campaign, Page)}


class Refused(ValueError):  # noqa: N818 (it becomes a row of `rejects`, never an error)
    """A message cannot be read; says why, and holds no value."""


def read(line: str, *, source: str, max_bytes: int = MAX_BYTES) -> Iterator[Row]:
    """Yield the rows of the message, or of the envelope of messages, that the JSON text `line` is.

    Args:
        line: JSON text.
        source: Name of the source; goes into the id of a message that has none.
        max_bytes: Largest message of an envelope.

    Raises:
        Refused: It is no message, or one of an envelope is none.
    """
    message = _decoded(Message, line, "message")
    if "\\u0000" in line and _NUL.search(line):
        raise Refused("it holds a NUL character")
    if message.batch or message.distinct_id:
        for part in unbatch(_anything(line)):
            text = _encode(part).decode()
            if len(text.encode()) > max_bytes:
                raise Refused(OVERSIZE)
            yield _row(_decoded(Message, text, "message"), text, source)
    else:
        yield _row(message, line, source)


def is_object(text: str) -> bool:
    """Return whether `text` is a JSON object."""
    try:
        _parts_of(text)
    except (msgspec.DecodeError, RecursionError):
        return False
    return True


def without(text: str, names: tuple[str, ...], **added: msgspec.Raw) -> str:
    """Return the JSON object `text` without the fields `names` and with `added`, all values as they were written."""
    parts = _parts_of(text)
    for name in names:
        parts.pop(name, None)
    return str(_encode({**parts, **added}), "utf-8")


def _row(message: Message, line: str, source: str) -> Row:
    kind = _call(message)
    context_text = _object(message.context, "context")
    context: Context = _decoded(Context, context_text, "context")
    campaign, page = context.campaign or _NOTHING[Campaign], context.page or _NOTHING[Page]
    traits, context_traits = _object(message.traits, "traits"), _object(context.traits, "context.traits")
    properties = _object(message.properties, "properties")
    own: PageProperties = _NOTHING[PageProperties]
    if kind in {"page", "screen"}:
        own = _decoded(PageProperties, properties, "properties")
    return Row(
        kind,
        message.event if kind == "track" else message.name or own.name,
        _id(message.message_id) or _content_id(line, source),
        message.timestamp,
        message.original_timestamp,
        message.sent_at,
        message.received_at,
        _id(message.user_id),
        _id(message.anonymous_id),
        _id(message.previous_id),
        _id(message.group_id) or _id(context.group_id),
        _id(context.session_id),
        _email(traits, "traits") if kind == "identify" else None,
        _email(context_traits, "context.traits"),
        _extra_ids(context, message, line),
        page.url or own.url,
        page.referrer or own.referrer or (context.referrer.url if context.referrer else None),
        campaign.name or None,
        campaign.source or None,
        campaign.medium or None,
        campaign.term or None,
        campaign.content or None,
        _preferences(context),
        _with_category(properties, message, own),
        traits,
        context_traits,
        _kept_context(context_text, context, message),
    )


def _preferences(context: Context) -> Text:
    """Return what was said of each consent category or id, as JSON; what is both allowed and denied is denied."""
    said: dict[str, bool | None] = {}
    if context.consent is not None:
        said.update(context.consent.category_preferences or {})
    if (managed := context.consent_management) is not None:
        said |= {str(name): said.get(str(name)) is not False for name in managed.allowed_consent_ids or ()}
        said |= dict.fromkeys(map(str, managed.denied_consent_ids or ()), False)
    return str(_encode(said), "utf-8") if said else None


def _call(message: Message) -> str:
    kind = CALLS.get(message.type or "")
    if kind is None:
        raise Refused("the type of the call is missing" if not message.type else "the type of the call is unknown")
    if kind == "track" and not message.event:
        raise Refused("a track call without an event name")
    if kind == "group" and not _id(message.group_id):
        raise Refused("a group call without groupId")
    if kind == "alias" and not _id(message.previous_id):
        raise Refused("an alias call without previousId")
    if kind in {"identify", "group", "alias"} and not (_id(message.user_id) or _id(message.anonymous_id)):
        raise Refused(f"{kind} without userId and anonymousId")
    return kind


def _decoded(kind: type, text: Text, where: str) -> Any:
    if text is None:
        return _NOTHING[kind]
    try:
        return _DECODE[kind](text)
    except msgspec.ValidationError as error:
        if kind is Context:
            return _with_digits(text)
        raise Refused(f"{where}: {error}") from error
    except msgspec.DecodeError as error:
        raise Refused(f"{where}: {error}") from error
    except RecursionError as error:
        raise Refused(f"{where} is nested too deeply") from error


def _with_digits(text: str) -> Context:
    # Some clients write a number where the specification has a text. Its digits are the text.
    parts = _parts_of(text)
    for name in _NUMBERED:
        if name in parts:
            digits = json.loads(bytes(parts[name]), parse_int=str, parse_float=str)
            parts[name] = msgspec.Raw(_encode(digits))
    try:
        return _DECODE[Context](_encode(parts))  # type: ignore[no-any-return]  # the decoder is made for the type
    except msgspec.ValidationError as error:
        raise Refused(f"context: {error}") from error


def _object(raw: msgspec.Raw, where: str) -> Text:
    text = str(raw, "utf-8") if raw else "null"
    if text == "null":
        return None
    if not text.startswith("{"):
        raise Refused(f"{where} is not an object")
    return text


def _id(value: str | int | None) -> Text:
    if isinstance(value, str):
        return value if value and not value.isspace() else None
    return None if value is None else str(value)


def _email(traits: Text, where: str) -> Text:
    return _id(_decoded(Contact, traits, where).email) if traits and '"email"' in traits else None


def _content_id(line: str, source: str) -> str:
    fields = _anything(line)
    kept = {name: fields[name] for name in sorted(fields) if name not in NOT_HASHED}
    return "content:" + content_hash(source, str(msgspec.json.encode(kept, order="deterministic"), "utf-8"))


def _extra_ids(context: Context, message: Message, line: str) -> Text:
    if context.external_ids is None and context.device is None and "clientId" not in line:
        return None
    found = list(_external(context.external_ids or ()))
    if context.device:
        found += _of_device(context.device)
    if "clientId" in line:
        found += _of_google(message)
    return "".join(f"{MARK}{kind}{MARK}{value}" for kind, value in sorted(set(found))) or None


def _external(identifiers: "list[ExternalId] | tuple[()]") -> Iterator[tuple[str, str]]:
    for each in identifiers:
        value = _id(each.id)
        if value and each.type and each.collection in {None, "users"}:
            if each.encoding not in {None, "none"}:
                raise Refused("context.externalIds: an encoding other than 'none'")
            yield each.type, value


def _of_device(device: Device) -> Iterator[tuple[str, str]]:
    system = (device.type or "").lower()
    names = {
        "id": (device.id, f"{system}.id" if system else "device_id"),
        "idfa": (device.advertising_id if device.ad_tracking_enabled else None, f"{system or 'device'}.idfa"),
        "push_token": (device.token, f"{system or 'device'}.push_token"),
    }
    return ((kind, value) for value, kind in names.values() if value and not value.isspace())


def _of_google(message: Message) -> Iterator[tuple[str, str]]:
    text = _object(message.integrations, "integrations")
    google = _decoded(Integrations, text, "integrations").google
    if google and google is not True and (value := _id(google.client_id)):
        yield "ga_client_id", value


def _with_category(properties: Text, message: Message, own: PageProperties) -> Text:
    if message.category is None or own.category is not None or message.type not in {"page", "screen", "p", "s"}:
        return properties
    return without(properties or "{}", (), category=msgspec.Raw(_encode(message.category)))


def _kept_context(text: Text, context: Context, message: Message) -> Text:
    # Traits and external ids are about the person: they became identifiers, and a context is about the device.
    kept = without(text, ("traits", "externalIds")) if text and (context.traits or context.external_ids) else text
    named = str(message.integrations, "utf-8") if message.integrations else "null"
    if named in {"null", "{}"} or (kept and '"integrations"' in kept):
        return kept
    inner = (kept or "{}")[:-1].rstrip()
    return f'{inner}{"" if inner == "{" else ","}"integrations":{named}}}'
