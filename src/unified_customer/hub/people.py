"""From what a source says of people to rows of `records`, `identities` and `identifiers`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import polars as pl

from unified_customer.core.keys import Keyring
from unified_customer.core.tables import IDENTIFIERS, IDENTITIES, RAW_FIELDS, RECORDS
from unified_customer.identity import normalise

ROW: Final = "row"

OLDEST: Final = 130
"""Nobody was observed at a greater age, in years."""

ALSO_SAID: Final = ("deleted", "honorific", "middle_name", "job_title", "language", "time_zone", "website", "traits")
"""What a record says beside the fields of which the raw value is kept."""

Normaliser = Callable[[pl.Series], pl.Series]


def trimmed(values: pl.Series) -> pl.Series:
    """Return text without white space around it; blank text is null."""
    stripped = values.cast(pl.String).str.strip_chars()
    return stripped.set(stripped == "", None)


IDENTIFIER_NORMALISERS: Final[Mapping[str, Normaliser]] = {
    "email": normalise.emails,
    "phone": lambda values: normalise.phones(values, None),
}
"""How an identifier kind is normalised; every other kind is only trimmed."""


def normalise_identifier(kind: str, values: pl.Series) -> pl.Series:
    """Return identifier values in the form in which they are joined; null where a value is none of that kind."""
    return IDENTIFIER_NORMALISERS.get(kind, trimmed)(values)


@dataclass(frozen=True)
class PeopleRows:
    """What a batch of person statements becomes.

    Attributes:
        records: Rows of `records`.
        identities: Rows of `identities`.
        identifiers: Rows of `identifiers`.
        rejects: `row` and `reason` of statements whose values cannot be.
        unreadable: Values by field that have no normal form; they are kept as `<field>_raw`.
    """

    records: pl.DataFrame
    identities: pl.DataFrame
    identifiers: pl.DataFrame
    rejects: pl.DataFrame
    unreadable: Mapping[str, int]


def people_rows(frame: pl.DataFrame, identifiers: pl.DataFrame, *, source: str, keyring: Keyring) -> PeopleRows:
    """Normalise person statements and name them.

    Args:
        frame: One row per statement: `row`, `source_id`, `observed_at`, `deleted`, person fields as the source wrote
            them with `parsed_<field>` beside those that were read already, and `traits`.
        identifiers: Further identifiers: `row`, `kind`, raw `value`.
        source: Name of the source.
        keyring: Names records and identifier values.
    """
    statements = _with_defaults(frame)
    values, rejects = _without_impossible(_normalised(statements))
    good = values.join(rejects.select(ROW), on=ROW, how="anti", maintain_order="left")
    named = good.with_columns(record_id=keyring.record_id_series(source, good["source_id"]), source=pl.lit(source))
    records = RECORDS.conform(_versioned(named).select(list(RECORDS.columns)))
    identities = named.select("record_id", "source", origin=pl.lit("record"))
    if not _once(named):
        identities = identities.unique("record_id", maintain_order=True)
    return PeopleRows(
        records,
        IDENTITIES.conform(identities),
        _identifiers(named, identifiers, keyring),
        rejects,
        _unreadable(records),
    )


def _unreadable(records: pl.DataFrame) -> dict[str, int]:
    """Count, by field, the values that are not blank and have no normal form."""
    said = {name: pl.col(f"{name}_raw").str.strip_chars().str.len_chars() > 0 for name in RAW_FIELDS}
    lost = records.select((filled & pl.col(name).is_null()).sum().alias(name) for name, filled in said.items())
    return {name: count for name, count in lost.row(0, named=True).items() if count}


def _with_defaults(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the frame with every person field, null where the source has none, and the raw values beside."""
    missing = [name for name in RECORDS.columns if name not in frame.columns]
    plain = [name for name in missing if not name.endswith("_raw") and name not in {"record_id", "source", "version"}]
    defaults = {name: RECORDS.columns[name] if name not in {"birth_date", "gender"} else pl.String() for name in plain}
    filled = frame.with_columns(pl.lit(None, dtype=dtype).alias(name) for name, dtype in defaults.items())
    raw = [pl.col(name).cast(pl.String).alias(f"{name}_raw") for name in RAW_FIELDS]
    return filled.with_columns(pl.col("deleted").fill_null(value=False), *raw)


def _normalised(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the frame with each person field in its normal form."""
    countries = _read(frame, "country", normalise.countries)
    named = _names(frame)
    return named.with_columns(
        normalise.emails(frame["email"]).alias("email"),
        normalise.phones(frame["phone"], countries).alias("phone"),
        _read(frame, "birth_date", normalise.dates).alias("birth_date"),
        _read(frame, "gender", normalise.genders).alias("gender"),
        normalise.postcodes(frame["postcode"], countries).alias("postcode"),
        countries.alias("country"),
        *(
            normalise.names(frame[name]).alias(name)
            for name in ("street", "city", "region", "organisation", "job_title")
        ),
    )


def _read(frame: pl.DataFrame, field: str, normal: Normaliser) -> pl.Series:
    """Return the normal form of a field; what the mapping read already is taken as it is."""
    parsed = f"parsed_{field}"
    if parsed not in frame.columns:
        return normal(frame[field])
    return frame[parsed] if frame[parsed].dtype == pl.Date else normal(frame[parsed])


def _names(frame: pl.DataFrame) -> pl.DataFrame:
    """Fill the parts of a name from the whole name, and the whole name from its parts."""
    parts = normalise.split_full_names(frame["full_name"]).struct.unnest()
    cleaned = {
        name: normalise.names(frame[name])
        for name in ("full_name", "honorific", "given_name", "middle_name", "family_name")
    }
    said = pl.DataFrame(cleaned)
    filled = said.with_columns(
        pl.coalesce(name, parts[name]).alias(name) for name in ("honorific", "given_name", "middle_name", "family_name")
    )
    whole = pl.concat_str("given_name", "middle_name", "family_name", separator=" ", ignore_nulls=True)
    composed = filled.with_columns(full_name=pl.coalesce("full_name", pl.when(whole != "").then(whole)))
    return frame.with_columns(composed)


def _without_impossible(frame: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the frame and the rejects. Of a partial statement only the value goes that cannot be; its text is kept."""
    impossible = _impossible(frame)
    if impossible.is_empty():
        return frame, impossible
    partial = pl.col("partial").fill_null(value=False)
    spoilt = partial & pl.col(ROW).is_in(impossible[ROW].implode())
    birth_date = pl.when(~spoilt).then(pl.col("birth_date")).alias("birth_date")
    return frame.with_columns(birth_date), impossible.join(frame.filter(partial), on=ROW, how="anti")


def _impossible(frame: pl.DataFrame) -> pl.DataFrame:
    """Return `row` and `reason` of the statements with a birth date that cannot be read or cannot be."""
    unread = pl.col("birth_date").is_null() & (pl.col("birth_date_raw").str.strip_chars().str.len_chars() > 0)
    age = pl.col("observed_at").dt.year() - pl.col("birth_date").dt.year()
    reason = (
        pl.when(unread)
        .then(pl.lit("birth_date: unreadable"))
        .when(pl.col("birth_date") > pl.col("observed_at").dt.date())
        .then(pl.lit("birth_date: after_observation"))
        .when(age > OLDEST)
        .then(pl.lit("birth_date: too_long_ago"))
    )
    return frame.select(ROW, reason=reason).filter(pl.col("reason").is_not_null())


def _versioned(frame: pl.DataFrame) -> pl.DataFrame:
    """Add the version: the observed time, a hash of the content where the source gives none, or both if partial.

    Several partial statements of one time stand side by side; whole ones would contradict each other.
    """
    versioned = frame.with_columns(version=pl.col("observed_at").dt.to_string("iso:strict"))
    by_content = versioned.filter(pl.col("version").is_null() | pl.col("partial"))
    if by_content.is_empty():
        return versioned
    content = by_content.select(f"{name}_raw" for name in RAW_FIELDS).hstack(by_content.select(*ALSO_SAID))
    hashed = by_content.select(ROW).with_columns(hashed=content_versions(content))
    named = pl.concat_str("version", "hashed", separator="~", ignore_nulls=True)
    return versioned.join(hashed, on=ROW, how="left", maintain_order="left").with_columns(version=named).drop("hashed")


def content_versions(content: pl.DataFrame) -> pl.Series:
    """Return a hash of each row's content, the same for the same content on every machine."""
    from unified_customer.core.spec import content_hash

    text = content.select(pl.struct(pl.all()).struct.json_encode()).to_series()
    return pl.Series([content_hash(row) for row in text], dtype=pl.String)


def _identifiers(named: pl.DataFrame, others: pl.DataFrame, keyring: Keyring) -> pl.DataFrame:
    """Return one row for each distinct identifier of each record; the e-mail address and the phone number are some."""
    own = [identifier_rows(named, kind, named[kind], keyring) for kind in ("email", "phone")]
    seen = others.join(named.select(ROW, "record_id", "source", "observed_at"), on=ROW, maintain_order="left")
    further = [
        identifier_rows(part, str(kind), normalise_identifier(str(kind), part["value"]), keyring)
        for (kind,), part in seen.partition_by("kind", as_dict=True, maintain_order=True).items()
    ]
    rows = pl.concat([*own, *further])
    if further or not _once(named):
        rows = rows.unique(["record_id", "kind", "value_key"], maintain_order=True)
    return IDENTIFIERS.conform(rows)


def _once(named: pl.DataFrame) -> bool:
    """Tell whether no record comes twice."""
    return named["record_id"].n_unique() == named.height


def identifier_rows(frame: pl.DataFrame, kind: str, values: pl.Series, keyring: Keyring) -> pl.DataFrame:
    """Return the rows of `identifiers` of one kind; `frame` has `record_id`, `source` and `observed_at`."""
    seen = frame.select("record_id", "source", "observed_at", kind=pl.lit(kind)).with_columns(value=values)
    present = seen.filter(pl.col("value").is_not_null())
    return present.with_columns(value_key=keyring.value_key_series(kind, present["value"])).select(
        list(IDENTIFIERS.columns)
    )


def value_key_of(keyring: Keyring) -> Callable[[str, str], str | None]:
    """Return the function that names an identifier by kind and raw value; None where the value is none of that kind."""

    def key_of(kind: str, value: str) -> str | None:
        normal = normalise_identifier(kind, pl.Series([value], dtype=pl.String)).item()
        return None if normal is None else keyring.value_key(kind, normal)

    return key_of
