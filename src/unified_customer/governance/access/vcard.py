"""A person's contact data as a vCard 4.0 (RFC 6350), for an address book."""

from collections.abc import Iterator
from typing import Any, Final

import polars as pl

from unified_customer.governance.access.as_json import plain
from unified_customer.governance.access.personal_data import PersonalData

NAME: Final = ("full_name", "family_name", "given_name", "middle_name", "honorific")
ADDRESS: Final = ("street", "city", "region", "postcode", "country")
SINGLE: Final = {
    "BDAY": "birth_date",
    "GENDER": "gender",
    "ORG": "organisation",
    "TITLE": "job_title",
    "LANG": "language",
    "TZ": "time_zone",
    "URL": "website",
}
KINDS: Final = {"EMAIL": "email", "TEL": "phone"}
SEX: Final = {"female": "F", "male": "M", "other": "O"}
LINE: Final = 75
"""Most octets of a line."""


def vcard(data: PersonalData) -> str | None:
    """Return the latest of each kind of contact data that a source told; None where there is nothing to tell."""
    records = data.tables.get("records")
    identifiers = data.tables.get("identifiers")
    lines = [*_of_records(records), *_of_identifiers(identifiers)]
    if not lines:
        return None
    if not any(line.startswith("FN:") for line in lines):
        lines.insert(0, "FN:")
    head = ["BEGIN:VCARD", "VERSION:4.0", f"UID;VALUE=text:{data.customer_id}", f"REV:{data.made_at:%Y%m%dT%H%M%SZ}"]
    return "".join(f"{_folded(line)}\r\n" for line in (*head, *lines, "END:VCARD"))


def _of_records(records: pl.DataFrame | None) -> Iterator[str]:
    if records is None:
        return
    latest = (
        records.sort("observed_at", nulls_last=False, maintain_order=True)
        if "observed_at" in records.columns
        else records
    )
    if name := _last(latest, NAME):
        yield f"FN:{_escaped(name['full_name'] or ' '.join(filter(None, (name['given_name'], name['family_name']))))}"
        yield "N:" + ";".join(_escaped(name[part]) for part in NAME[1:]) + ";"
    if address := _last(latest, ADDRESS):
        yield "ADR:;;" + ";".join(_escaped(address[part]) for part in ADDRESS)
    for property_, column in SINGLE.items():
        if found := _last(latest, (column,)):
            yield f"{property_}:{_value(property_, found[column])}"


def _of_identifiers(identifiers: pl.DataFrame | None) -> Iterator[str]:
    if identifiers is None or "value" not in identifiers.columns:
        return
    for property_, kind in KINDS.items():
        scheme = "tel:" if kind == "phone" else ""
        type_ = ";VALUE=uri" if kind == "phone" else ""
        for value in identifiers.filter(kind=kind)["value"].drop_nulls().unique(maintain_order=True):
            yield f"{property_}{type_}:{scheme}{_escaped(value)}"


def _last(records: pl.DataFrame, columns: tuple[str, ...]) -> dict[str, Any] | None:
    """Return what the last record says that tells any of `columns`; what it may not tell is missing."""
    told = [column for column in columns if column in records.columns]
    rows = records.filter(pl.any_horizontal(pl.col(told).is_not_null())) if told else records.clear()
    return {**dict.fromkeys(columns), **rows.select(told).row(-1, named=True)} if rows.height else None


def _value(property_: str, value: Any) -> str:
    if property_ == "BDAY":
        return str(plain(value)).replace("-", "")
    return SEX.get(value, "U") if property_ == "GENDER" else _escaped(value)


def _escaped(value: str | None) -> str:
    text = (value or "").replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    return text.replace("\r\n", "\\n").replace("\n", "\\n").replace("\r", "\\n")


def _folded(line: str) -> str:
    """Return a line in pieces of at most 75 octets, between characters."""
    pieces, size = [""], 0
    for character in line:
        octets = len(character.encode())
        if size + octets > LINE:
            pieces.append(" ")
            size = 1
        pieces[-1] += character
        size += octets
    return "\r\n".join(pieces)
