"""What the fields of a message of the Segment shape mean: a data category for each path of names."""

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from unified_customer.connectors.synonyms import LOYALTY_NAMES, PERSON_NAMES, QUALIFIERS, RECORD_KEYS, plain_name
from unified_customer.core.fields import OPERATIONAL, UNCLASSIFIED, FieldSpec
from unified_customer.core.tables import EVENTS, RECORDS

Path = tuple[str, ...]
Categories = Mapping[str, str]

ITEM: Final = "[]"
"""Stands in a path for the place in a list."""

PASSWORD: Final = "user.authorization.password"  # noqa: S105 (the name of a category)
CREDENTIALS: Final = "user.authorization.credentials"
PASSWORD_NAMES: Final = r"password|passwort|kennwort|passwd|pwd|passphrase|passcode"  # noqa: S105 (names, no password)
CREDENTIAL_NAMES: Final = r"secret|token|jwt|credentials?|(?:api|access|private|secret|auth)_?key"

UNIQUE_ID: Final = "user.unique_id"
VISITOR: Final = "user.unique_id.pseudonymous"
ORGANISATION: Final = RECORDS.fields["organisation"].category
BEHAVIOUR: Final = EVENTS.fields["properties"].category
BROWSING: Final = EVENTS.fields["url"].category
ADDRESS: Final = "user.contact.address"
DEVICE: Final = "user.device"
IP: Final = "user.device.ip_address"
LOCATION: Final = "user.location"
PREFERENCES: Final = "user.privacy_preferences"

_LAST_WORD: Final = r"(?:^|_)(?:{})(?:_(?:confirmation|confirm|repeat|hash|[0-9]+))*$"
_SECRETS: Final = (
    (re.compile(_LAST_WORD.format(PASSWORD_NAMES)), PASSWORD),
    (re.compile(_LAST_WORD.format(CREDENTIAL_NAMES)), CREDENTIALS),
)

_ANYWHERE: Final = ("email", "phone", "given_name", "family_name", "full_name", "birth_date", "street", "postcode")
"""Fields that say something of a person in the properties of an event too, if their name leaves no doubt."""

_VAGUE: Final = frozenset(
    {"name", "first", "last", "given", "born", "title", "id", "uid", "uuid", "guid", "url", "web", "via", "cap", "cp"}
    | {"postal", "mobile", "mobil", "cell", "sms", "portable", "address", "position", "function", "region", "state"}
)
"""Names that say what they mean only directly among the traits of a person."""

TRAITS: Final[Categories] = MappingProxyType(
    {name: RECORDS.fields[field].category for field, names in PERSON_NAMES.items() for name in names}
    | dict.fromkeys((*RECORD_KEYS, *LOYALTY_NAMES, "anonymous_id", "external_id"), UNIQUE_ID)
    | {
        "age": "user.demographic.age_range",
        "avatar": "user.content.self_image",
        "created_at": OPERATIONAL,
        "description": "user.content.private",
        "ip": IP,
        "title": RECORDS.fields["job_title"].category,
        "username": "user.account.username",
        "user_name": "user.account.username",
    }
)
PROPERTIES: Final[Categories] = MappingProxyType(
    {name: RECORDS.fields[field].category for field in _ANYWHERE for name in PERSON_NAMES[field] if name not in _VAGUE}
)
CONTEXT: Final[Categories] = MappingProxyType(
    dict.fromkeys(("page", "campaign", "referrer"), BROWSING)
    | dict.fromkeys(("library", "app", "os", "screen", "network", "active", "channel", "protocols"), OPERATIONAL)
    | dict.fromkeys(("device", "user_agent", "user_agent_data"), DEVICE)
    | dict.fromkeys(("location", "geo"), LOCATION)
    | {
        "consent": PREFERENCES,
        "consent_management": PREFERENCES,
        "group_id": ORGANISATION,
        "ip": IP,
        "locale": RECORDS.fields["language"].category,
        "session_id": VISITOR,
        "timezone": RECORDS.fields["time_zone"].category,
    }
)
ENVELOPE: Final[Categories] = MappingProxyType(
    dict.fromkeys(("type", "version", "channel", "message_id", "uuid", "write_key", "metadata"), OPERATIONAL)
    | dict.fromkeys(("timestamp", "original_timestamp", "sent_at", "received_at"), OPERATIONAL)
    | dict.fromkeys(("event", "name", "category"), BEHAVIOUR)
    | dict.fromkeys(("user_id", "previous_id", "distinct_id"), UNIQUE_ID)
    | {"anonymous_id": VISITOR, "group_id": ORGANISATION}
)
_POSTHOG: Final = (
    (re.compile(r"\$(?:device_id|anon_distinct_id|user_id|session_id)|distinct_id|alias"), UNIQUE_ID),
    (re.compile(r"\$ip"), IP),
    (re.compile(r"\$geoip_.*"), LOCATION),
    (re.compile(r"\$group.*"), ORGANISATION),
    (re.compile(r"\$(?:browser|os|device|screen|raw_user_agent|user_agent).*"), DEVICE),
)
CATEGORIES: Final = frozenset(
    {*TRAITS.values(), *PROPERTIES.values(), *CONTEXT.values(), *ENVELOPE.values(), *(each for _, each in _POSTHOG)}
    | {UNCLASSIFIED, ADDRESS}
)
"""Every category that a field may have, beside those that hold secrets."""


def known_traits() -> dict[str, FieldSpec]:
    """Return the dictionary of the traits that are known by name, in the spelling of `plain_name`.

    Examples:
        >>> known_traits()["birthday"].category, known_traits()["ip"].kept_days
        ('user.demographic.date_of_birth', 395)
    """
    fields = {name: field for field, names in PERSON_NAMES.items() for name in names}
    meanings = {name: RECORDS.fields[field].meaning for name, field in fields.items()}
    return {
        name: FieldSpec(category=category, meaning=meanings.get(name, f"The trait {name!r}."))
        for name, category in sorted(TRAITS.items())
    }


def message_category(path: Path, *, group: bool = False) -> str:
    """Return the data category of the field of a message at `path`.

    Args:
        path: Names from the outside in, `ITEM` for each list.
        group: The message is a group call: its traits are those of an organisation.

    Examples:
        >>> message_category(("traits", "firstName")), message_category(("context", "ip"))
        ('user.name', 'user.device.ip_address')
        >>> message_category(("properties", "price")), message_category(("properties", "api_key"))
        ('user.behavior', 'user.authorization.credentials')
    """
    keys = [key for key in path if key != ITEM]
    if keys[:1] == ["batch"] and path[1:2] == (ITEM,):
        keys = keys[1:]
    return _secret(keys) or _category(keys, group=group)


def _secret(keys: Sequence[str]) -> str | None:
    names = [plain_name(key) for key in keys]
    if names[-2:] == ["device", "token"]:
        # The address of push messages, which opens nothing.
        return None
    return next((found for name in names for pattern, found in _SECRETS if pattern.search(name)), None)


def _category(keys: Sequence[str], *, group: bool) -> str:
    root, rest = (plain_name(keys[0]), keys[1:]) if keys else ("", ())
    if keys and keys[0] in {"$set", "$set_once"}:
        return _trait(rest)
    if root == "traits":
        return ORGANISATION if group else _trait(rest)
    if root == "properties":
        return _property(rest)
    if root == "context":
        return _context(rest)
    if root == "integrations":
        return UNIQUE_ID if rest and plain_name(rest[-1]) == "client_id" else OPERATIONAL
    return ENVELOPE.get(root, UNCLASSIFIED)


def _trait(keys: Sequence[str]) -> str:
    names = [plain_name(key) for key in keys]
    if len(names) == 1:
        return _known(names[0], TRAITS) or UNCLASSIFIED
    if names and TRAITS.get(names[0]) == ORGANISATION:
        return ORGANISATION
    inside = any("address" in name for name in names[:-1])
    known = _known(names[-1], TRAITS) if names and (inside or names[-1] not in _VAGUE) else None
    return known or (ADDRESS if inside else UNCLASSIFIED)


def _property(keys: Sequence[str]) -> str:
    if keys and keys[0] in {"$set", "$set_once"}:
        return _trait(keys[1:])
    if keys and (known := next((found for pattern, found in _POSTHOG if pattern.fullmatch(keys[0])), None)):
        return known
    return (_known(plain_name(keys[-1]), PROPERTIES) if keys else None) or BEHAVIOUR


def _context(keys: Sequence[str]) -> str:
    root = plain_name(keys[0]) if keys else ""
    if root == "traits":
        return _trait(keys[1:])
    if root == "external_ids":
        return UNIQUE_ID if plain_name(keys[-1]) == "id" else OPERATIONAL
    return CONTEXT.get(root, UNCLASSIFIED)


def _known(name: str, categories: Categories) -> str | None:
    while name not in categories and (first := name.partition("_"))[0] in QUALIFIERS and first[2]:
        name = first[2]
    return categories.get(name) or categories.get(name.removesuffix("s"))
