"""Traits of identify and group calls: fields under the names of our tables, the rest as JSON text."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec
import polars as pl

from unified_customer.core.keys import Keyring
from unified_customer.core.tables import ACCOUNT_LINKS, ACCOUNTS
from unified_customer.methods.events.pointers import Normalise, identifiers

ANONYMOUS: Final = "anonymous:"
"""Begins the source id of a record of a visitor, since a visitor's id may be another person's user id."""

USER: Final = "user:"
"""Begins the source id of a user where the user id itself begins with one of these marks."""

KNOWN_BY: Final = ("anonymous_id", "user_id")

PERSON: Final = {
    "name": "full_name",
    "firstName": "given_name",
    "first_name": "given_name",
    "lastName": "family_name",
    "last_name": "family_name",
    "email": "email",
    "phone": "phone",
    "birthday": "birth_date",
    "gender": "gender",
    "title": "job_title",
    "website": "website",
    "address.street": "street",
    "address.city": "city",
    "address.state": "region",
    "address.postalCode": "postcode",
    "address.postal_code": "postcode",
    "address.country": "country",
    "company.name": "organisation",
}
"""Traits of the Segment specification, and the snake case that Python clients send, by our names."""

ORGANISATION: Final = {
    "name": "name",
    "industry": "industry",
    "employees": "employees",
    "plan": "plan",
    "website": "website",
    "address.country": "country",
}

PERSON_FIELDS: Final = tuple(dict.fromkeys(PERSON.values()))
RECORDS_OF_EVENTS: Final = {
    "source": pl.String(),
    "source_id": pl.String(),
    "observed_at": pl.Datetime("us", "UTC"),
    "partial": pl.Boolean(),
    **{name: pl.String() for name in (*PERSON_FIELDS, "traits")},
}
"""Columns of `EventBatch.records`."""

_parts = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_string = msgspec.json.Decoder(str).decode
_encode: Final = msgspec.json.Encoder().encode
_NESTED: Final = frozenset(name.partition(".")[0] for name in (*PERSON, *ORGANISATION) if "." in name)


def people(identify: pl.DataFrame, *, source: str) -> pl.DataFrame:
    """Return what identify calls say of people: raw texts under the names of `RECORDS`.

    Traits win over `context.traits`. A trait of which the value is no text, number or truth value stays in `traits`,
    as does one that nobody described. A call without any trait says nothing and gives no row. A call says only what
    changed, so that its row is partial.

    Args:
        identify: Rows with `user_id`, `anonymous_id`, `occurred_at`, `traits`, `context_traits`.
        source: Name of the source.

    Returns:
        Columns of `RECORDS_OF_EVENTS`, then `kind` and `value`: the identifier by which the person is known.
    """
    columns = ("user_id", "anonymous_id", "occurred_at", "context_traits", "traits")
    rows = list(_people(identify.select(columns).iter_rows(), source))
    return pl.DataFrame(rows, schema={**RECORDS_OF_EVENTS, "kind": pl.String(), "value": pl.String()}, orient="row")


def _people(calls: Iterator[tuple[Any, ...]], source: str) -> Iterator[tuple[Any, ...]]:
    for user_id, anonymous_id, at, *texts in calls:
        found, rest = _sorted_out(texts, PERSON)
        if found or rest:
            known_by = ("user_id", user_id) if user_id else ("anonymous_id", anonymous_id)
            fields = (found.get(name) for name in PERSON_FIELDS)
            yield (source, source_id(*known_by), at, True, *fields, _json(rest), *known_by)


def source_id(kind: str, value: str) -> str:
    """Return what a record is called: the user id, or the visitor's id with a mark, never one for two.

    Examples:
        >>> source_id("user_id", "7"), source_id("anonymous_id", "7"), source_id("user_id", "anonymous:7")
        ('7', 'anonymous:7', 'user:anonymous:7')
    """
    if kind == "anonymous_id":
        return f"{ANONYMOUS}{value}"
    return f"{USER}{value}" if value.startswith((ANONYMOUS, USER)) else value


def own_identifiers(
    said: pl.DataFrame, *, source: str, keyring: Keyring, normalise: Mapping[str, Normalise]
) -> pl.DataFrame:
    """Return the identifier by which each record of `people` is the person that the events point at."""
    first = said.group_by("source_id", maintain_order=True).agg(
        pl.col("observed_at").min().alias("occurred_at"), pl.first("kind", "value")
    )
    named = first.with_columns(keyring.record_id_series(source, first["source_id"]).alias("record_id"))
    wide = named.with_columns(pl.when(pl.col("kind") == kind).then("value").alias(kind) for kind in KNOWN_BY)
    slots = tuple(zip(KNOWN_BY, KNOWN_BY, strict=True))
    return identifiers(wide, slots, source=source, keyring=keyring, normalise=normalise)


def organisations(group: pl.DataFrame, *, source: str) -> pl.DataFrame:
    """Return rows of `ACCOUNTS`: of each organisation the latest group call that says something.

    Args:
        group: Rows with `event_id`, `account_id`, `occurred_at`, `traits`.
        source: Name of the source.
    """
    ordered = group.sort("occurred_at", "event_id").select("account_id", "occurred_at", "traits")
    rows = {account_id: (account_id, source, at, traits) for account_id, at, traits in ordered.iter_rows()}
    # A call without traits names the organisation and takes nothing back.
    told = {name: (name, source, at, text) for name, at, text in ordered.drop_nulls().iter_rows()}
    built = [_organisation(*row) for row in {**rows, **told}.values()]
    return ACCOUNTS.conform(pl.DataFrame(built, schema=ACCOUNTS.columns))


def _organisation(account_id: str, source: str, at: Any, traits: str | None) -> dict[str, Any]:
    found, rest = _sorted_out([traits], ORGANISATION)
    fields: dict[str, Any] = dict(found)
    if (count := fields.pop("employees", None)) is not None:
        _place(fields, rest, "employees", count, whole=count.isdecimal())
    country = fields.get("country")
    if country is not None and not (len(country) == 2 and country.isascii() and country.isupper()):
        rest["country"] = msgspec.Raw(_encode(fields.pop("country")))
    return {"account_id": account_id, "source": source, **fields, "traits": _json(rest), "observed_at": at}


def _place(fields: dict[str, Any], rest: dict[str, msgspec.Raw], name: str, value: str, *, whole: bool) -> None:
    if whole:
        fields[name] = int(value)
    else:
        rest[name] = msgspec.Raw(_encode(value))


def memberships(group: pl.DataFrame, *, source: str) -> pl.DataFrame:
    """Return rows of `ACCOUNT_LINKS` for group calls (`record_id`, `account_id`, `occurred_at`)."""
    links = group.group_by("record_id", "account_id", maintain_order=True).agg(valid_from=pl.col("occurred_at").min())
    return ACCOUNT_LINKS.conform(links.with_columns(source=pl.lit(source)))


def _sorted_out(texts: list[str | None], names: Mapping[str, str]) -> tuple[dict[str, str], dict[str, msgspec.Raw]]:
    found: dict[str, str] = {}
    rest: dict[str, msgspec.Raw] = {}
    for text in texts:
        for path, raw in _flat(text):
            value = _scalar(raw) if path in names else None
            if value is None:
                rest[path] = raw
            else:
                found[names[path]] = value
    return found, {path: raw for path, raw in rest.items() if bytes(raw) != b"null"}


def _flat(text: str | None) -> Iterator[tuple[str, msgspec.Raw]]:
    for name, raw in _parts(text or "{}").items():
        if name in _NESTED and bytes(raw).startswith(b"{"):
            yield from ((f"{name}.{inner}", value) for inner, value in _parts(raw).items())
        else:
            yield name, raw


def _scalar(raw: msgspec.Raw) -> str | None:
    text = str(raw, "utf-8")
    if text.startswith('"'):
        return _string(text)
    return None if text == "null" or text[0] in "{[" else text


def _json(rest: Mapping[str, msgspec.Raw]) -> str | None:
    return str(_encode(dict(rest)), "utf-8") if rest else None
