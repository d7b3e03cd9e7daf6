"""Applying a mapping: a raw batch in, typed columns of the target table and rejects out."""

from collections import Counter
from collections.abc import Mapping as Dictionary
from dataclasses import dataclass, replace
from typing import Final, Self

import polars as pl

from unified_customer.connectors.field_maps import FieldMap
from unified_customer.connectors.folding import folded
from unified_customer.connectors.instants import parse_dates
from unified_customer.connectors.mapping import Mapping, mapping_keys
from unified_customer.connectors.naming import listed
from unified_customer.connectors.parsed import Parsed
from unified_customer.connectors.parsing import (
    as_text,
    blank_to_null,
    constant,
    joined_reasons,
    nul_rows,
    parse,
    reasons,
)
from unified_customer.connectors.protocol import Batch
from unified_customer.connectors.rejects import rejects_of
from unified_customer.connectors.statements import STATEMENT_COLUMNS, statements
from unified_customer.connectors.targets import PERSON_FIELDS
from unified_customer.core.errors import MappingError
from unified_customer.core.spec import content_hash
from unified_customer.core.tables import TABLES

IDENTIFIER_COLUMNS: Final = {"row": pl.Int64(), "kind": pl.String(), "value": pl.String()}
ROW: Final = "row"
PARSED: Final = "parsed_"


@dataclass(frozen=True, eq=False)
class Mapped:
    """What a mapping made of a batch.

    Attributes:
        batch: The raw batch.
        frame: `row` (the row number) and the fields of the target that are filled, typed; people's fields of
            `records` are raw text, with `parsed_<field>` beside them where the mapping says how to read them.
        identifiers: Further identifiers: `row`, `kind`, raw `value`.
        statements: Statements of what people allow, see `STATEMENT_COLUMNS`.
        rejects: Rows that could not be read or typed, of the reader too.
        left_out: For each column that the mapping drops: how many values were left out.
    """

    batch: Batch
    frame: pl.DataFrame
    identifiers: pl.DataFrame
    statements: pl.DataFrame
    rejects: pl.DataFrame
    left_out: Dictionary[str, int]

    def reject(self, reasons: pl.DataFrame) -> Self:
        """Return this with further rows rejected, for checks that come after the mapping.

        Args:
            reasons: `row` and `reason` of each row to reject; rows that are not in `frame` are passed over.
        """
        bad = reasons.filter(pl.col(ROW).is_in(self.frame[ROW].implode()) & pl.col("reason").is_not_null())
        if bad.is_empty():
            return self
        merged = bad.group_by(ROW, maintain_order=True).agg(pl.col("reason").str.join("; "))
        numbers = self.batch.rows.to_frame(ROW).join(merged, on=ROW, how="left", maintain_order="left")
        rejects = pl.concat([self.rejects, rejects_of(self.batch, numbers["reason"])])
        gone = pl.col(ROW).is_in(merged[ROW].implode())
        return replace(
            self,
            frame=self.frame.filter(~gone),
            identifiers=self.identifiers.filter(~gone),
            statements=self.statements.filter(~gone),
            rejects=rejects.sort(ROW),
        )


class Mapper:
    """Applies one mapping to the batches of one load, in order.

    It remembers only one thing between batches: how often it met each order line that has no id of its own, so that
    two equal lines of one receipt stay two.
    """

    def __init__(self, mapping: Mapping) -> None:
        """Begin a load with `mapping`."""
        self._mapping = mapping
        self._met: Counter[str] = Counter()

    @property
    def needs_whole_load(self) -> bool:
        """Whether rows get their ids by counting, so that a load cannot be continued in the middle."""
        return _counts_rows(self._mapping)

    def apply(self, batch: Batch) -> Mapped:
        """Return what the mapping makes of `batch`.

        Raises:
            MappingError: The batch has not a column that the mapping names.
        """
        mapping = self._mapping
        batch = batch.filled(mapping.columns)
        raw = batch.frame
        check_columns(mapping, raw.columns)
        parsed = _parsed_fields(mapping, raw)
        typed = pl.DataFrame({ROW: batch.rows, **{name: each.values for name, each in parsed.items()}})
        said = [statements(rule, mapping, raw, typed) for rule in mapping.consents]
        faults = [reasons(_labelled(mapping, parsed)), *(reasons(each.faults) for each in said)]
        faults += [_nul_reasons(raw)]
        why = joined_reasons([each for each in faults if each is not None])
        kept, rest = _leftover(mapping, raw.columns)
        target = mapping.target
        if target.folded is not None:
            typed = typed.with_columns(folded(raw, kept, literals=batch.literals).alias(target.folded))
        return Mapped(
            batch,
            self._named(typed if why is None else typed.filter(why.is_null())),
            _only(_identifiers(mapping, raw, batch.rows), batch.rows, why),
            _only(_all_said([each.frame for each in said]), batch.rows, why),
            batch.rejects if why is None else pl.concat([batch.rejects, rejects_of(batch, why)]).sort(ROW),
            {name: raw.height - raw[name].null_count() for name in rest},
        )

    def _named(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Return the frame with ids made of the content where the mapping names no key."""
        keys = self._mapping.target.keys
        if not keys or keys[-1] in frame.columns:
            return frame
        content = content_ids(frame.drop(ROW))
        ids = self._counted(content) if _counts_rows(self._mapping) else content
        return frame.insert_column(1, pl.Series(keys[-1], ids, dtype=pl.String))

    def _counted(self, content: list[str]) -> list[str]:
        ids = []
        for each in content:
            before = self._met[each]
            self._met[each] += 1
            ids.append(each if before == 0 else f"{each}-{before + 1}")
        return ids


def content_ids(frame: pl.DataFrame) -> list[str]:
    """Return a hash of each row's content; not keyed, so never shown where only one value of a person stands."""
    texts = folded(frame, frame.columns, literals={}).fill_null("")
    return [content_hash(text)[:24] for text in texts.to_list()]


def check_columns(mapping: Mapping, columns: list[str]) -> None:
    """Raise MappingError if the source has not every column that `mapping` names."""
    missing = [name for name in mapping.columns if name not in columns]
    if missing:
        message = f"The mapping names {', '.join(map(repr, missing))}, but the source has: {listed(columns)}."
        raise MappingError(message)


def _counts_rows(mapping: Mapping) -> bool:
    return mapping.table == "order_lines" and not mapping.key and "line_id" not in mapping.fields


def _labelled(mapping: Mapping, parsed: Dictionary[str, Parsed]) -> dict[str, Parsed]:
    """Return faulty columns by what reasons call them; two fields of one column are told apart by the field."""
    faulty = {name: each for name, each in parsed.items() if each.faults}
    labels = {name: _label(mapping, name.removeprefix(PARSED)) for name in faulty}
    doubled = {label for label, times in Counter(labels.values()).items() if times > 1}
    return {f"{labels[name]} as {name}" if labels[name] in doubled else labels[name]: faulty[name] for name in faulty}


def _label(mapping: Mapping, field: str) -> str:
    if field in mapping.all_fields:
        how = mapping.all_fields[field]
        return how.column if how.column is not None else field
    columns = mapping.person if field == "source_id" and mapping.person else mapping.key
    return ", ".join(columns) if field in mapping_keys(mapping) else field


def _parsed_fields(mapping: Mapping, raw: pl.DataFrame) -> dict[str, Parsed]:
    target = mapping.target
    found: dict[str, Parsed] = {}
    if mapping.key:
        found[target.keys[-1]] = _joined(raw, mapping.key)
    if mapping.person:
        found["source_id"] = _joined(raw, mapping.person)
    for name, how in mapping.all_fields.items():
        found |= _field(mapping.table, name, how, raw)
    if mapping.deleted is not None:
        found["deleted"] = _deleted(mapping, raw)
    for name, value in target.defaults.items():
        if name not in found:
            # Pydantic checks it.
            found[name] = constant(FieldMap(constant=value), target.fields[name], raw.height)  # type: ignore[arg-type]  # FieldMap checks it
    found |= _line_amount(mapping, found)
    return {name: _required(parsed, name in _needed(mapping)) for name, parsed in found.items()}


def _needed(mapping: Mapping) -> set[str]:
    keys = {mapping.target.keys[-1]} if mapping.key else set()
    return {*mapping.target.required, *mapping.target.defaults, *keys}


def _field(table: str, name: str, how: FieldMap, raw: pl.DataFrame) -> dict[str, Parsed]:
    dtype = Mapping.model_construct(table=table).target.fields[name]
    if how.column is None:
        return {name: _allowed(constant(how, dtype, raw.height), table, name)}
    values = raw[how.column]
    if table == "records" and name in PERSON_FIELDS:
        return _person_field(name, how, values)
    return {name: _allowed(parse(values, dtype, how), table, name)}


def _person_field(name: str, how: FieldMap, values: pl.Series) -> dict[str, Parsed]:
    raw = Parsed(blank_to_null(as_text(values)))
    if how.format is not None and name == "birth_date":
        return {name: raw, PARSED + name: parse_dates(_stripped(values), how)}
    if how.translates:
        return {name: raw, PARSED + name: parse(values, pl.String(), how)}
    return {name: raw}


def _stripped(values: pl.Series) -> pl.Series:
    return blank_to_null(values.str.strip_chars()) if values.dtype == pl.String else values


def _allowed(parsed: Parsed, table: str, name: str) -> Parsed:
    """Return `parsed` with the rules of the table's own column as faults."""
    column = TABLES[table].schema.columns().get(name)
    rules = column.check if column is not None and isinstance(column.check, dict) else {}
    for code, rule in rules.items():
        kept = parsed.values.to_frame(name).select(rule(pl.col(name))).to_series()
        parsed = parsed.with_fault(code.replace("known_value", "unknown_value"), ~kept)
    pattern = getattr(column, "regex", None)
    return parsed.with_fault("wrong_form", ~parsed.values.str.contains(pattern)) if pattern else parsed


def _required(parsed: Parsed, needed: bool) -> Parsed:  # noqa: FBT001 (one flag, one call)
    if not needed:
        return parsed
    missing = parsed.values.is_null()
    for _, rows in parsed.faults:
        missing &= ~rows
    return parsed.with_fault("missing", missing)


def _joined(raw: pl.DataFrame, columns: tuple[str, ...]) -> Parsed:
    """Return the id that `columns` make; null where any of them is missing."""
    texts = [blank_to_null(as_text(raw[column])) for column in columns]
    if len(texts) == 1:
        return Parsed(texts[0].str.strip_chars())
    escaped = [
        text.str.replace_all("\\", "\\\\", literal=True).str.replace_all("|", "\\|", literal=True) for text in texts
    ]
    frame = pl.DataFrame([text.rename(str(index)) for index, text in enumerate(escaped)])
    return Parsed(frame.select(pl.concat_str(pl.all().str.strip_chars(), separator="|")).to_series())


def _deleted(mapping: Mapping, raw: pl.DataFrame) -> Parsed:
    rule = mapping.deleted
    assert rule is not None  # noqa: S101 (asked before)
    words = blank_to_null(as_text(raw[rule.column]))
    if not rule.values:
        return Parsed(words.is_not_null())
    return Parsed(words.str.strip_chars().is_in(list(rule.values)).fill_null(value=False))


def _line_amount(mapping: Mapping, found: Dictionary[str, Parsed]) -> dict[str, Parsed]:
    """Return what an order line costs, quantity times price less discount, where no column says it."""
    if mapping.table != "order_lines" or "amount" in found or not {"quantity", "unit_price"} <= set(found):
        return {}
    lines = pl.DataFrame({name: found[name].values for name in ("quantity", "unit_price")})
    discount = found["discount"].values.fill_null(0) if "discount" in found else pl.lit(0)
    amount = (pl.col("quantity") * pl.col("unit_price") - discount).cast(pl.Decimal(18, 4), strict=False)
    return {"amount": Parsed(lines.select(amount.alias("amount")).to_series())}


def _leftover(mapping: Mapping, columns: list[str]) -> tuple[list[str], list[str]]:
    """Return the columns that are kept as they are, and those that are left out."""
    wanted = mapping.traits
    named = set(mapping.columns) - set(wanted if isinstance(wanted, tuple) else ())
    free = [name for name in columns if name not in named]
    if mapping.target.folded is None or wanted == "drop":
        return [], free
    kept = free if wanted == "keep" else [name for name in free if name in wanted]
    return kept, [name for name in free if name not in kept]


def _identifiers(mapping: Mapping, raw: pl.DataFrame, rows: pl.Series) -> pl.DataFrame:
    parts = [
        pl.DataFrame({ROW: rows, "value": blank_to_null(as_text(raw[column])).str.strip_chars()})
        .filter(pl.col("value").is_not_null())
        .select(ROW, pl.lit(kind).alias("kind"), "value")
        for kind, columns in mapping.identifiers.items()
        for column in columns
    ]
    if not parts:
        return pl.DataFrame(schema=IDENTIFIER_COLUMNS)
    # Only two columns of one kind can say the same twice.
    several = any(len(columns) > 1 for columns in mapping.identifiers.values())
    return pl.concat(parts).unique(maintain_order=True) if several else pl.concat(parts)


def _all_said(frames: list[pl.DataFrame]) -> pl.DataFrame:
    return pl.concat(frames) if frames else pl.DataFrame(schema=STATEMENT_COLUMNS)


def _only(frame: pl.DataFrame, rows: pl.Series, why: pl.Series | None) -> pl.DataFrame:
    if why is None:
        return frame
    return frame.filter(~pl.col(ROW).is_in(rows.filter(why.is_not_null()).implode()))


def _nul_reasons(raw: pl.DataFrame) -> pl.Series | None:
    hit = nul_rows(raw)
    return pl.select(pl.when(hit).then(pl.lit("row: nul_character"))).to_series() if hit.any() else None
