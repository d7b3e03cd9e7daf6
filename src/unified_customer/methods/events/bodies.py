"""Bodies of requests: envelopes of several messages, and the shape of PostHog, as messages of the Segment shape."""

from collections.abc import Mapping
from typing import Any, Final

CALLS: Final = {
    **{name: name for name in ("identify", "track", "page", "screen", "group", "alias")},
    "i": "identify",
    "t": "track",
    "p": "page",
    "s": "screen",
    "g": "group",
    "a": "alias",
}
"""Calls by their names and by the short forms of browsers."""

_SHARED: Final = ("context", "integrations")


def unbatch(body: Mapping[str, Any], *, path: str | None = None) -> list[dict[str, Any]]:
    """Return the messages of the body of a request, each complete in itself.

    Args:
        body: The decoded JSON of a request: one message, or an envelope `{"batch": [...], "context": ...,
            "integrations": ..., "sentAt": ...}` whose context and integrations hold for each message that does not
            say otherwise.
        path: The path it was sent to, such as `/v1/identify` or `/v1/i`; gives the type of a message without one.

    Returns:
        Messages in the order of the envelope. An entry that is no object stands as `{"type": null}` would: later
        steps refuse it.

    Examples:
        >>> unbatch({"batch": [{"type": "track"}], "context": {"ip": "::1"}, "sentAt": "2026-01-01T00:00:00Z"})
        [{'type': 'track', 'context': {'ip': '::1'}, 'sentAt': '2026-01-01T00:00:00Z'}]
        >>> unbatch({"userId": "u1", "traits": {}}, path="/v1/i")[0]["type"]
        'identify'
    """
    items = body.get("batch")
    if not isinstance(items, list):
        return [_message(body, {}, path)]
    envelope = {name: body[name] for name in (*_SHARED, "sentAt", "sent_at") if body.get(name) is not None}
    return [_message(item if isinstance(item, Mapping) else {}, envelope, path) for item in items]


def _message(item: Mapping[str, Any], envelope: Mapping[str, Any], path: str | None) -> dict[str, Any]:
    if "distinct_id" in item and "type" not in item:
        return _from_posthog(item, envelope)
    message = dict(item)
    call = CALLS.get((path or "").rstrip("/").rpartition("/")[2])
    if call and message.get("type") is None:
        message["type"] = call
    for name in _SHARED:
        if name in envelope:
            message[name] = _merged(envelope[name], message.get(name))
    if "sentAt" in envelope:
        message.setdefault("sentAt", envelope["sentAt"])
    return message


def _merged(outer: Any, inner: Any) -> Any:
    if inner is None:
        return outer
    return {**outer, **inner} if isinstance(outer, Mapping) and isinstance(inner, Mapping) else inner


def _from_posthog(item: Mapping[str, Any], envelope: Mapping[str, Any]) -> dict[str, Any]:
    properties = dict(item.get("properties") or {})
    sent_at = envelope.get("sent_at") or envelope.get("sentAt")
    common = {"messageId": item.get("uuid"), "timestamp": item.get("timestamp"), "sentAt": sent_at}
    return {**common, **_call_of_posthog(item, properties)}


def _call_of_posthog(item: Mapping[str, Any], properties: dict[str, Any]) -> dict[str, Any]:
    event, who = item.get("event"), item["distinct_id"]
    if event == "$create_alias":
        return {"type": "alias", "previousId": properties.get("distinct_id"), "userId": properties.get("alias", who)}
    if event == "$groupidentify":
        # The distinct id of this call is drawn at random; it names nobody.
        traits = properties.get("$group_set") or {}
        return {"type": "group", "groupId": properties.get("$group_key"), "anonymousId": who, "traits": traits}
    person = _person_of_posthog(who, properties)
    statement = {**_told(item, properties, "$set_once"), **_told(item, properties, "$set")}
    if event in {"$set", "$identify"}:
        return {"type": "identify", "traits": statement, **person}
    if event in {"$pageview", "$screen"}:
        call = {"$pageview": "page", "$screen": "screen"}[event]
        shown = {"url": properties.get("$current_url"), "referrer": properties.get("$referrer")}
        return {"type": call, "name": properties.get("$screen_name"), "properties": {**properties, **shown}, **person}
    return {"type": "track", "event": event, "properties": properties, **person}


def _told(item: Mapping[str, Any], properties: Mapping[str, Any], name: str) -> dict[str, Any]:
    return item.get(name) or properties.get(name) or {}


def _person_of_posthog(who: Any, properties: Mapping[str, Any]) -> dict[str, Any]:
    device = properties.get("$device_id") or properties.get("$anon_distinct_id")
    if properties.get("$is_identified") is False or who == properties.get("$device_id"):
        return {"anonymousId": who}
    return {"userId": who, **({"anonymousId": device} if device else {})}
