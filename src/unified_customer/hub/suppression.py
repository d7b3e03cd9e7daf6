"""People who were erased are not let in again, unless they came back by a consent of a later time.

What keeps a row out is a tombstone of its record or of an identifier that its record carries. A grant about an
identifier, made strictly after the erasure, lets the person start anew: from then on rows of a record that carries the
identifier come in if their own time is after the grant. Old rows, and rows without a time, stay out.
"""

from collections.abc import Mapping
from typing import Final

import polars as pl

from unified_customer.core.kinds import RECORD
from unified_customer.core.tables import TABLES
from unified_customer.governance.graves import ERASED, NAMED, met_graves
from unified_customer.hub.prepared import Prepared
from unified_customer.store import Keys, Reader, Where

Tables = Mapping[str, pl.DataFrame]

SINCE: Final = "since"
"""From when rows of a record come in again; null: never."""

_SUBJECT: Final = {"subject_kind": "kind", "subject_key": "value_key"}
_WORD: Final = {new: old for old, new in _SUBJECT.items()}


def suppress(reader: Reader, prepared: Prepared) -> tuple[Tables, int]:
    """Return the tables without the rows of people who were erased, and how many rows of the target that leaves out."""
    if not reader.count("tombstones"):
        return prepared.tables, 0
    words = _words(reader, prepared.tables)
    living, barred = _living(reader, prepared, words)
    kept = _kept(reader, living, barred)
    if "consents" in kept:
        spoken = prepared.tables["consents"].join(words.rename(_WORD), on=[*_SUBJECT, "stated_at"], how="semi")
        said = pl.concat([kept["consents"], spoken]).unique("statement_id", keep="first", maintain_order=True)
        kept["consents"] = _statements(reader, said, barred)
    target = prepared.target
    return kept, prepared.tables[target].height - kept[target].height if target in kept else 0


def _living(reader: Reader, prepared: Prepared, words: pl.DataFrame) -> tuple[Prepared, pl.DataFrame]:
    """Return the batch made without the rows that are kept out, and the records that are: `record_id`, `since`.

    What is said in a row goes with the row. Without it another one may have lost what let it in, so this is repeated.
    """
    bad = prepared.tables[prepared.target].clear()
    living = prepared
    while True:
        barred = _barred(reader, living.tables, words)
        if barred.is_empty() or not _depends(living, barred):
            return living, barred
        out = _out(living, barred)
        if out.is_empty():
            return living, barred
        bad = pl.concat([bad, out])
        living = prepared.refuse(bad, ERASED)


def _depends(prepared: Prepared, barred: pl.DataFrame) -> bool:
    """Tell whether other rows of the batch may depend on those that are kept out."""
    said = prepared.tables.get("consents")
    return bool(barred[SINCE].count()) or (said is not None and said.height > 0 and prepared.target != "consents")


def _out(prepared: Prepared, barred: pl.DataFrame) -> pl.DataFrame:
    frame = prepared.tables[prepared.target]
    if "record_id" not in frame.columns:
        return frame.clear()
    return frame.join(_allowed(frame, prepared.target, barred), on=list(TABLES[prepared.target].key), how="anti")


def _barred(reader: Reader, tables: Tables, words: pl.DataFrame) -> pl.DataFrame:
    """Return the records of a batch that meet a tombstone: `record_id`, and since when they come in again."""
    met = met_graves(reader, _named(reader, tables))
    lifted = met.join(words, on=NAMED, how="left").with_columns(
        stated_at=pl.when(pl.col("stated_at") > pl.col("erased_at")).then("stated_at")
    )
    persons = lifted.group_by("record_id", "person").agg(pl.col("stated_at").min())
    stays_out = pl.col("stated_at").is_null().any()
    return persons.group_by("record_id").agg(pl.when(~stays_out).then(pl.col("stated_at").max()).alias(SINCE))


def _named(reader: Reader, tables: Tables) -> pl.DataFrame:
    """Return by what the records of a batch are named, in it and in the store: `record_id`, `kind`, `value_key`."""
    named_in = [frame.select("record_id") for frame in tables.values() if "record_id" in frame.columns]
    if "consents" in tables:
        about = tables["consents"].filter(pl.col("subject_kind") == RECORD)
        named_in.append(about.select(record_id="subject_key"))
    own = pl.concat([pl.DataFrame(schema={"record_id": pl.String}), *named_in]).drop_nulls().unique()
    parts = [own.select("record_id", kind=pl.lit(RECORD), value_key="record_id")]
    if "identifiers" in tables:
        parts.append(tables["identifiers"].select("record_id", *NAMED))
    known = own.join(_erased(reader, own), on="record_id", how="semi")
    parts.append(reader.read("identifiers", columns=["record_id", *NAMED], keys=Keys(known, ("record_id",))))
    return pl.concat(parts).unique()


def _erased(reader: Reader, records: pl.DataFrame) -> pl.DataFrame:
    keys = Keys(records.rename({"record_id": "value_key"}), ("value_key",))
    found = reader.read("tombstones", columns=["value_key"], where=[Where("kind", "==", RECORD)], keys=keys)
    return found.rename({"value_key": "record_id"})


def _words(reader: Reader, tables: Tables) -> pl.DataFrame:
    """Return every grant about something that was erased, of the batch and of the store: `kind`, `value_key`, `stated_at`."""
    columns = [*_SUBJECT, "stated_at"]
    granted = [Where("status", "==", "granted")]
    graves = reader.read("tombstones", columns=[*NAMED]).rename(_WORD)
    parts = [reader.read("consents", columns=columns, where=granted, keys=Keys(graves, tuple(_SUBJECT)))]
    if "consents" in tables:
        said = tables["consents"].filter(pl.col("status") == "granted")
        parts.append(said.select(columns).join(graves, on=list(_SUBJECT), how="semi"))
    return pl.concat(parts).rename(_SUBJECT).unique()


def _allowed(frame: pl.DataFrame, name: str, barred: pl.DataFrame) -> pl.DataFrame:
    """Return the rows of a table that come in by their own time."""
    time = TABLES[name].time
    judged = frame.join(barred.with_columns(barred=True), on="record_id", how="left", maintain_order="left")
    after = (pl.col(time) > pl.col(SINCE)).fill_null(value=False) if time else pl.lit(value=False)
    return judged.filter(pl.col("barred").is_null() | after).select(frame.columns)


def _kept(reader: Reader, prepared: Prepared, barred: pl.DataFrame) -> dict[str, pl.DataFrame]:
    if barred.is_empty():
        return dict(prepared.tables)
    tables, target = prepared.tables, prepared.target
    kept = {
        name: _allowed(frame, name, barred) if "record_id" in frame.columns else frame for name, frame in tables.items()
    }
    back = _back(kept[target], target, barred)
    for name in ("identities", "identifiers"):
        if name in tables and name != target:
            kept[name] = _of_returned(tables[name], barred, back)
    if "accounts" in tables and target != "accounts":
        kept["accounts"] = _accounts(reader, tables["accounts"], kept.get("account_links"))
    return kept


def _back(frame: pl.DataFrame, target: str, barred: pl.DataFrame) -> pl.DataFrame:
    """Return the records of which some rows are kept out and others come in: `record_id`, and the first time of these."""
    time = TABLES[target].time
    if "record_id" not in frame.columns or time is None:
        return pl.DataFrame(schema={"record_id": pl.String, "first": pl.Datetime("us", "UTC")})
    returned = frame.join(barred, on="record_id", how="semi")
    return returned.group_by("record_id").agg(first=pl.col(time).min())


def _of_returned(frame: pl.DataFrame, barred: pl.DataFrame, back: pl.DataFrame) -> pl.DataFrame:
    """Return what names records, of those that come in; what was seen before they came back was seen when they did."""
    out = barred.join(back, on="record_id", how="anti")
    kept = frame.join(out, on="record_id", how="anti", maintain_order="left")
    if "observed_at" not in frame.columns:
        return kept
    timed = kept.join(back, on="record_id", how="left", maintain_order="left")
    return timed.with_columns(pl.max_horizontal("observed_at", "first").alias("observed_at")).select(frame.columns)


def _accounts(reader: Reader, frame: pl.DataFrame, links: pl.DataFrame | None) -> pl.DataFrame:
    """Return accounts that somebody of the batch belongs to, or that are known: others came with whom was kept out."""
    key = ["source", "account_id"]
    known = reader.read("accounts", columns=key, keys=Keys(frame.select(key).unique(), tuple(key)))
    named = [known] if links is None else [known, links.select(key)]
    return frame.join(pl.concat(named).unique(), on=key, how="semi", maintain_order="left")


def _statements(reader: Reader, said: pl.DataFrame, barred: pl.DataFrame) -> pl.DataFrame:
    """Return the statements that come in: not those that are kept as proofs, nor those of before an erasure."""
    proofs = reader.read(
        "consents",
        columns=["statement_id"],
        where=[Where("subject_kind", "==", ERASED)],
        keys=Keys(said.select("statement_id").unique(), ("statement_id",)),
    )
    new = said.join(proofs, on="statement_id", how="anti", maintain_order="left")
    subjects = new.select("statement_id", "stated_at", kind="subject_kind", value_key="subject_key")
    met = met_graves(reader, subjects).filter(pl.col("stated_at") <= pl.col("erased_at")).select("statement_id")
    records = barred.rename({"record_id": "value_key"}).with_columns(kind=pl.lit(RECORD))
    about = subjects.join(records, on=NAMED).filter((pl.col("stated_at") < pl.col(SINCE)).fill_null(value=True))
    theirs = about.join(met_graves(reader, about.select(*NAMED, "statement_id")), on="statement_id", how="anti")
    return new.join(
        pl.concat([met, theirs.select("statement_id")]), on="statement_id", how="anti", maintain_order="left"
    )
