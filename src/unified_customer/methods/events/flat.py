"""Events that come as columns: tills, e-mail tools, exports of a warehouse."""

from collections.abc import Mapping, Sequence
from typing import Final

import polars as pl

from unified_customer.core.errors import SchemaError
from unified_customer.core.keys import Keyring
from unified_customer.core.spec import content_hash
from unified_customer.core.tables import ACCOUNT_LINKS, ACCOUNTS, CONSENTS, EVENTS
from unified_customer.core.tables.behaviour import EVENT_TYPES
from unified_customer.methods.events import pointers
from unified_customer.methods.events.batch import REJECTS, EventBatch, reports_of
from unified_customer.methods.events.channels import UTM, channels
from unified_customer.methods.events.derive import derive, underived
from unified_customer.methods.events.reading import POSITION, once
from unified_customer.methods.events.statements import RECORDS_OF_EVENTS
from unified_customer.methods.events.times import UNREADABLE, ZONELESS, instants
from unified_customer.methods.events.vocabulary import Vocabulary
from unified_customer.methods.events.wire import is_object

OWN_IDS: Final = ("user_id", "anonymous_id")
NUL: Final = "it holds a NUL character"
NO_TIME: Final = "there is no occurred_at"
UNKNOWN_TYPE: Final = "the type of the call is unknown"
NOT_AN_OBJECT: Final = "properties or context is not a JSON object"

_UTC: Final = pl.Datetime("us", "UTC")
_MADE_HERE: Final = ("record_id", "source")


def flat_events(
    frame: pl.DataFrame,
    *,
    source: str,
    keyring: Keyring,
    identifiers: Mapping[str, str] | Sequence[str] = (),
    zone: str | None = None,
    vocabulary: Vocabulary | None = None,
    currency: str | None = None,
    normalise: Mapping[str, pointers.Normalise] | None = None,
    known: pointers.Known | None = None,
    objects: bool = False,
) -> EventBatch:
    """Return the frames of events that come as columns of `EVENTS`.

    Each distinct tuple of identifiers is hashed once. A row without any identifier is about nobody known: it is kept
    with no `record_id`.

    Args:
        frame: Columns of `EVENTS` but `source` and `record_id`, columns of identifiers, and maybe `source_id`, what the
            source calls the person. `occurred_at` is required
            (instants, naive times with `zone`, or ISO 8601 texts); without `type` a row is a `track` call; without
            `event_id` a row is named by a hash of its content, so that equal rows are one event. Any other column is
            folded into `properties`.
        source: Name of the source.
        keyring: Names identities and identifiers.
        identifiers: Columns of identifiers by kind, or the names of columns that are kinds. `user_id` and
            `anonymous_id` are identifiers in any case.
        zone: IANA zone of times that name none.
        vocabulary: What event names mean; without one the columns are taken as they are.
        currency: ISO 4217 code of amounts in properties that name none.
        normalise: Normalisation of identifier values by kind; from others white space is cut off.
        known: Tells which identities are stored already; these are not returned again.
        objects: Whether `properties` and `context` are known to be JSON objects.

    Raises:
        SchemaError: A column has a type that cannot be read as its column of `EVENTS`, or is missing.

    Examples:
        >>> from datetime import UTC, datetime
        >>> sale = {"event_id": "r1", "name": "Order Completed", "occurred_at": datetime(2026, 1, 2, tzinfo=UTC)}
        >>> till = pl.DataFrame({name: [value] for name, value in {**sale, "loyalty_id": "L7"}.items()})
        >>> batch = flat_events(till, source="till", keyring=Keyring(b"k" * 32), identifiers=["loyalty_id"])
        >>> batch.events["record_id"].null_count(), batch.identifiers["kind"].to_list()
        (0, ['loyalty_id'])
    """
    kinds = _kinds(frame, identifiers)
    rows = _shaped(frame, kinds, source=source, zone=zone, objects=objects)
    good = rows.filter(pl.col("reason").is_null()).drop("reason")
    same = [name for name in good.columns if name not in {POSITION, "event_id", "received_at"}]
    kept, contradicting, duplicates = once(good, same=same)
    slots = tuple(kinds.items())
    person = [pointers.PERSON] if pointers.PERSON in kept.columns else []
    named = kept.select(pointers.identity_name(slots), "occurred_at", *kinds.values(), *person)
    record_ids, seen = pointers.point(named, source=source, keyring=keyring)
    if not person:
        seen = pointers.unknown(seen, known)
    pointed = kept.with_columns(record_ids)
    events = EVENTS.conform(pointed.select(name for name in EVENTS.columns if name in pointed.columns))
    if vocabulary is None:
        derived = underived(events)
    else:
        derived = derive(events, vocabulary=vocabulary, source=source, currency=currency)
    bad = pl.concat([each.select(POSITION, "reason") for each in (rows.drop_nulls("reason"), contradicting)])
    return EventBatch(
        events=derived.events,
        identities=pointers.identities(seen, source=source),
        identifiers=pointers.identifiers(seen, slots, source=source, keyring=keyring, normalise=normalise or {}),
        records=pl.DataFrame(schema=RECORDS_OF_EVENTS),
        accounts=ACCOUNTS.empty(),
        account_links=ACCOUNT_LINKS.empty(),
        order_lines=derived.order_lines,
        items=derived.items,
        answers=derived.answers,
        consents=CONSENTS.empty(),
        rejects=_rejects(bad.sort(POSITION), frame),
        reports=reports_of(derived.findings),
        duplicates=duplicates,
    )


def _kinds(frame: pl.DataFrame, identifiers: Mapping[str, str] | Sequence[str]) -> dict[str, str]:
    named = dict(identifiers) if isinstance(identifiers, Mapping) else {kind: kind for kind in identifiers}
    kinds: dict[str, str] = {kind: kind for kind in OWN_IDS if kind in frame.columns} | named
    for kind, column in kinds.items():
        if column not in frame.columns:
            message = f"Identifier {kind!r} is said to be in column {column!r}, which the frame has not."
            raise SchemaError(f"{message} Its columns are: {', '.join(frame.columns)}.")
    return dict(sorted(kinds.items()))


def _shaped(
    frame: pl.DataFrame, kinds: Mapping[str, str], *, source: str, zone: str | None, objects: bool
) -> pl.DataFrame:
    known = [name for name in frame.columns if name in EVENTS.columns and name not in _MADE_HERE]
    own = {*EVENTS.columns, *kinds.values(), pointers.PERSON}
    others = [name for name in frame.columns if name not in own]
    if "occurred_at" not in known:
        raise SchemaError(f"Events need a column 'occurred_at'; the columns are: {', '.join(frame.columns)}.")
    typed = frame.select(
        *(_typed(frame[name], name, zone=zone) for name in known),
        *(
            _clean(frame[name])
            for name in (*kinds.values(), pointers.PERSON)
            if name in frame.columns and name not in known
        ),
    ).with_columns(source=pl.lit(source))
    if others:
        typed = _folded(typed, frame.select(others))
    if "channel" not in frame.columns and {"url", "referrer", *UTM} & {*frame.columns}:
        typed = typed.with_columns(_channels(typed, frame))
    typed = typed.with_columns(*_defaults(typed), _reason(typed, frame, zone=zone, objects=objects)).with_row_index(
        POSITION
    )
    typed = typed.with_columns(pl.col(POSITION).cast(pl.Int64))
    return typed if "event_id" in typed.columns else typed.with_columns(_content_ids(typed, source))


def _typed(column: pl.Series, name: str, *, zone: str | None) -> pl.Series:
    wanted = EVENTS.columns[name]
    if wanted == _UTC:
        return _instants(column, zone=zone)
    if name in OWN_IDS:
        return _clean(column)
    if column.dtype == wanted:
        return column
    if isinstance(wanted, pl.String) and not (
        column.dtype.is_integer() or column.dtype in {pl.Null(), pl.Categorical()}
    ):
        raise SchemaError(f"Column {name!r} holds {column.dtype} where events have {wanted}.")
    if isinstance(wanted, pl.Decimal) and not (column.dtype.is_numeric() or column.dtype == pl.Null()):
        raise SchemaError(f"Column {name!r} holds {column.dtype} where events have {wanted}.")
    return column.cast(wanted)


def _instants(column: pl.Series, *, zone: str | None) -> pl.Series:
    if column.dtype == pl.String():
        return instants(column, zone=zone)
    if not isinstance(column.dtype, pl.Datetime):
        raise SchemaError(f"Column {column.name!r} holds {column.dtype}, which is no time.")
    if column.dtype.time_zone is not None:
        return column.dt.convert_time_zone("UTC").cast(_UTC)
    if zone is None:
        return pl.Series(column.name, [None], dtype=_UTC).new_from_index(0, len(column))
    return (
        column.dt.replace_time_zone(zone, ambiguous="null", non_existent="null").dt.convert_time_zone("UTC").cast(_UTC)
    )


def _clean(column: pl.Series) -> pl.Series:
    if column.dtype.is_float() or column.dtype.is_nested():
        raise SchemaError(f"Column {column.name!r} holds {column.dtype}; identifiers are text or whole numbers.")
    text = column.cast(pl.String)
    blank = text.str.strip_chars() == ""
    return text.set(blank.fill_null(value=False), None) if blank.any() else text


def _folded(typed: pl.DataFrame, others: pl.DataFrame) -> pl.DataFrame:
    if "properties" in typed.columns:
        message = f"Column {others.columns[0]!r} is none of events and there is a column 'properties' already."
        raise SchemaError(f"{message} Fold it in, map it, or leave it out.")
    return typed.with_columns(others.to_struct("properties").struct.json_encode())


def _channels(typed: pl.DataFrame, frame: pl.DataFrame) -> list[pl.Series]:
    texts = {name: typed[name] for name in (*UTM, "url") if name in typed.columns}
    if "referrer" in frame.columns:
        texts["referrer"] = frame["referrer"].cast(pl.String)
    missing = [pl.lit(None, dtype=pl.String).alias(name) for name in (*UTM, "url", "referrer") if name not in texts]
    return channels(pl.DataFrame(texts).with_columns(missing))


def _defaults(typed: pl.DataFrame) -> list[pl.Expr]:
    return [] if "type" in typed.columns else [pl.lit("track").alias("type")]


def _reason(typed: pl.DataFrame, frame: pl.DataFrame, *, zone: str | None, objects: bool) -> pl.Expr:
    texts = [name for name, dtype in typed.schema.items() if dtype == pl.String() and name != "source"]
    nul = pl.any_horizontal(pl.col(name).str.contains("\0", literal=True).fill_null(value=False) for name in texts)
    given = frame["occurred_at"].is_not_null()
    unread = ZONELESS if zone is None and isinstance(frame["occurred_at"].dtype, pl.Datetime) else UNREADABLE
    reason = pl.when(nul).then(pl.lit(NUL)).when(given & pl.col("occurred_at").is_null()).then(pl.lit(unread))
    reason = reason.when(pl.col("occurred_at").is_null()).then(pl.lit(NO_TIME))
    if "type" in typed.columns:
        reason = reason.when(pl.col("type").is_in(EVENT_TYPES).not_().fill_null(value=True)).then(pl.lit(UNKNOWN_TYPE))
    for name in () if objects else ("properties", "context"):
        if name in typed.columns:
            wrong = [text is not None and not is_object(text) for text in typed[name]]
            reason = reason.when(pl.Series(wrong, dtype=pl.Boolean)).then(pl.lit(NOT_AN_OBJECT))
    return reason.alias("reason")


def _content_ids(typed: pl.DataFrame, source: str) -> pl.Series:
    contents = typed.drop(POSITION, "reason").to_struct("").struct.json_encode()
    return pl.Series("event_id", ["content:" + content_hash(source, text) for text in contents], dtype=pl.String)


def _rejects(bad: pl.DataFrame, frame: pl.DataFrame) -> pl.DataFrame:
    payload = frame[bad[POSITION].to_list()].to_struct("payload").struct.json_encode()
    return pl.DataFrame([*bad, payload], schema=REJECTS)
