"""Suggesting a mapping from the names of the columns and from their values: printable, editable, never a guess.

A column is mapped only if its name is a known one and its values agree, or if its values leave no doubt. All others
stay what they are, in the traits. `mapping.explain()` says why, column by column.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import polars as pl

from unified_customer.connectors.discovery import SAMPLE_ROWS, sample
from unified_customer.connectors.evidence import Dates, date_evidence, distinct_share, is_unique, share, texts_of
from unified_customer.connectors.judging import judge, number_form
from unified_customer.connectors.mapping import Mapping as RowMapping
from unified_customer.connectors.naming import listed
from unified_customer.connectors.synonyms import (
    LOYALTY_NAMES,
    OBSERVED_NAMES,
    PERSON_NAMES,
    QUALIFIERS,
    RECORD_KEYS,
    field_names,
    plain_name,
)
from unified_customer.connectors.targets import Target, target
from unified_customer.core.errors import MappingError

if TYPE_CHECKING:
    from unified_customer.connectors.bound import BoundSource

SURE = 0.9
"""A time or number is mapped if this share of its values can be read in one way, a key if so many rows have their own."""


def suggest_mapping(source: "BoundSource", *, sample_rows: int = SAMPLE_ROWS, zone: str | None = None) -> RowMapping:
    """Return a mapping of a source onto its table, made from its first rows.

    Args:
        source: The source, bound to the table that it shall fill; it needs no mapping.
        sample_rows: How many rows to look at.
        zone: IANA time zone of times that name none. Without it they are not mapped, except where the table needs
            the field: then the mapping lacks a zone, and says so.

    Returns:
        A mapping to print (`to_toml`), to question (`explain`) and to edit.

    Raises:
        MappingError: No column is sure to fill a field that the table needs; the message says which.
    """
    return suggested(sample(source.source, sample_rows), table=source.table, zone=zone)


def suggested(frame: pl.DataFrame, *, table: str, zone: str | None = None) -> RowMapping:
    """Return a mapping of columns like those of `frame` onto `table`; see `suggest_mapping`.

    Raises:
        MappingError: No column can be the key, or another field that the table requires.

    Examples:
        >>> frame = pl.DataFrame({"Kundennr": ["7", "8"], "E-Mail": ["a@example.org", "b@example.org"]})
        >>> print(suggested(frame, table="records").explain())
        Kundennr: key; named so, and every row has another one
        E-Mail: email; named so, 100% of the values are of that form
    """
    draft = _Draft(frame, target(table), zone)
    draft.fill()
    missing = [name for name in draft.target.required if name not in draft.named]
    if missing:
        raise MappingError(_cannot(table, missing, frame.columns))
    mapping = RowMapping.model_validate(draft.body())
    mapping.__dict__["explanations"] = draft.explanations()
    return mapping


def _cannot(table: str, missing: list[str], columns: list[str]) -> str:
    wanted = "a key (columns that name a row)" if missing == ["source_id"] else ", ".join(missing)
    return (
        f"No column is sure to be {wanted}, which table {table!r} needs. The source has: {listed(columns)}. "
        f"Write a Mapping that names them."
    )


@dataclass
class _Draft:
    frame: pl.DataFrame
    target: Target
    zone: str | None
    key: tuple[str, ...] = ()
    person: tuple[str, ...] = ()
    observed_at: dict[str, Any] | None = None
    fields: dict[str, dict[str, Any]] = field(default_factory=dict)
    identifiers: dict[str, str] = field(default_factory=dict)
    why: dict[str, str] = field(default_factory=dict)

    @property
    def named(self) -> set[str]:
        """Fields that are filled."""
        keys = {self.target.keys[-1]} if self.key else set()
        return {*self.fields, *self.target.defaults, *keys}

    def body(self) -> dict[str, Any]:
        """Return the parts of the mapping."""
        parts = {"table": self.target.table, "key": self.key, "person": self.person, "fields": self.fields}
        return {**parts, "observed_at": self.observed_at, "identifiers": self.identifiers}

    def explanations(self) -> dict[str, str]:
        """Return why each column is used as it is, in the order of the source."""
        kept = "kept in " + self.target.folded if self.target.folded else "left out, the table has no room for it"
        return {name: self.why.get(name, f"{kept}; not known by this name") for name in self.frame.columns}

    def fill(self) -> None:
        """Find a column for each field."""
        if self.target.table == "records":
            self._record_key()
        for name, names in field_names(self.target.table).items():
            if name not in self.named:
                self._field(name, names)
        if self.target.table == "records":
            self._email_by_values()
            self._observed()
        if self.target.about_people:
            self._people()
        self._kind()
        self._period()
        self._subject()

    def _free(self) -> list[str]:
        used = {*self.key, *self.person, *self.identifiers.values()}
        used |= {str(how.get("column")) for how in self.fields.values()}
        return [name for name in self.frame.columns if name not in used]

    def _take(self, name: str, column: str, how: Mapping[str, Any], why: str) -> None:
        self.fields[name] = {"column": column, **how}
        self.why[column] = f"{name}; {why}"

    def _record_key(self) -> None:
        for column in _by_name(self.frame.columns, RECORD_KEYS):
            if is_unique(self.frame[column]) or self.frame.is_empty():
                self.key = (column,)
                self.why[column] = "key; named so, and every row has another one"
                return
            own = distinct_share(self.frame[column])
            if own >= SURE:
                self.key = (column,)
                self.why[column] = f"key; named so, and {own:.0%} of the rows have one of their own"
                return
            self.why[column] = f"kept in {self.target.folded}; named like a key, but its values repeat or are missing"
        for column in _by_name(self.frame.columns, PERSON_NAMES["email"]):
            if is_unique(self.frame[column]):
                self.key = (column,)
                return

    def _field(self, name: str, names: tuple[str, ...]) -> None:
        for column in _by_name(self._candidates(name), names):
            found = self._judged(name, self.frame[column])
            if found is not None and self._is_order(name, column):
                self._take(name, column, *found)
                return

    def _is_order(self, name: str, column: str) -> bool:
        """Return whether a column called "name" numbers orders, as in exports that tell it from the items' names."""
        if name != "order_id" or plain_name(column) != "name":
            return True
        return any(plain_name(each).startswith("line") for each in self.frame.columns)

    def _candidates(self, name: str) -> list[str]:
        # An e-mail address may be both the key and the address.
        return [*self._free(), *(self.key if name == "email" else ())]

    def _judged(self, name: str, values: pl.Series) -> tuple[dict[str, Any], str] | None:
        """Return how a column fills a field and why; None where its values do not agree."""
        dtype = self.target.fields[name]
        if name == "birth_date":
            return self._dated(name, values)
        if dtype.is_temporal():
            return self._timed(name, values) if isinstance(dtype, pl.Datetime) else self._dated(name, values)
        found = number_form(values) if dtype.is_numeric() else judge(name, values)
        if found is None:
            self.why[values.name] = f"{self._unused()}; named like {name}, but its values are not of that form"
        return found

    def _unused(self) -> str:
        return f"kept in {self.target.folded}" if self.target.folded else "left out"

    def _dated(self, name: str, values: pl.Series) -> tuple[dict[str, Any], str] | None:
        dates = date_evidence(values)
        if not len(texts_of(values)):
            return {}, "named so; the sample has no value"
        if dates.ambiguous or dates.share < SURE or dates.timed:
            self.why[values.name] = f"{self._unused()}; named like {name}, but {dates.why or 'its values are no dates'}"
            return None
        return ({} if dates.format is None else {"format": dates.format}), f"named so, {dates.why}"

    def _timed(self, name: str, values: pl.Series) -> tuple[dict[str, Any], str] | None:
        dates, needed = date_evidence(values), name in self.target.required
        if not len(texts_of(values)) and needed:
            return {}, "named so; the sample has no value"
        unit = _epoch_unit(values)
        if unit is not None:
            return {"unit": unit}, f"named so, counts {unit} since 1970"
        if dates.share < SURE or dates.ambiguous:
            self.why[values.name] = f"{self._unused()}; named like {name}, but {dates.why or 'its values are no times'}"
            return None
        if not dates.zoned and self.zone is None and not needed:
            self.why[values.name] = f"{self._unused()}; named like {name}, but its times have no zone: give zone="
            return None
        return self._zoned(dates)

    def _zoned(self, dates: Dates) -> tuple[dict[str, Any], str]:
        written = {} if dates.format is None else {"format": dates.format}
        if dates.zoned:
            return written, f"named so, {dates.why}"
        if self.zone is None:
            return written, f"named so, {dates.why}; it has no zone, and every row is rejected until one is named"
        return {**written, "zone": self.zone}, f"named so, {dates.why}"

    def _email_by_values(self) -> None:
        if "email" in self.fields:
            return
        for column in self._free():
            texts = texts_of(self.frame[column])
            if len(texts) >= 5 and share(texts, r"^[^@\s]+@[^@\s]+\.[^@\s.]+$") >= SURE:
                self._take("email", column, {}, "nearly all values are e-mail addresses")
                return

    def _observed(self) -> None:
        for column in _by_name(self._free(), OBSERVED_NAMES):
            found = self._timed("observed_at", self.frame[column])
            if found is not None:
                self.observed_at = {"column": column, **found[0]}
                self.why[column] = f"observed_at; {found[1]}"
                return

    def _people(self) -> None:
        """Find who the rows are about: the source's own id of the person, and identifiers."""
        if self.target.table != "records" and "user_id" not in self.fields:
            found = _by_name(
                self._free(), tuple(name for name in RECORD_KEYS if name not in {"id", "uid", "uuid", "guid"})
            )
            self.person = tuple(found[:1])
            self.why.update(dict.fromkeys(self.person, "person; named so"))
        kinds = {"loyalty_id": LOYALTY_NAMES}
        if self.target.table == "records":
            kinds["user_id"] = ("user_id", "userid")
        else:
            kinds |= {"email": PERSON_NAMES["email"], "phone": PERSON_NAMES["phone"]}
        for kind, names in kinds.items():
            for column in _by_name(self._free(), names)[:1]:
                if judge(kind, self.frame[column]) is not None:
                    self.identifiers[kind] = column
                    self.why[column] = f"identifier {kind}; named so"

    def _kind(self) -> None:
        """Tell sales from what came back, by the sign of the quantity or a mark of cancelled orders."""
        if self.target.table != "order_lines" or not {"order_id", "quantity"} <= set(self.fields):
            return
        order, quantity = self.fields["order_id"]["column"], self.fields["quantity"]["column"]
        amounts = texts_of(self.frame[quantity].fill_null(0))
        marked = self.frame[order].cast(pl.String, strict=False).str.contains("^C").fill_null(value=False)
        back = amounts.str.starts_with("-")
        if not back.any() or len(amounts) != len(marked):
            return
        if marked.any() and back.filter(marked).all():
            self.fields["kind"] = {"column": order, "patterns": {"^C": "cancellation"}, "otherwise": "sale"}
            self.why[order] += "; kind: orders with a C in front have negative quantities only"
        else:
            self.fields["kind"] = {"column": quantity, "patterns": {"^-": "return"}, "otherwise": "sale"}
            self.why[quantity] += "; kind: what is negative came back"

    def _period(self) -> None:
        if self.target.table == "spend" and "period_start" in self.fields and "period_end" not in self.fields:
            self.fields["period_end"] = self.fields["period_start"]
            self.why[str(self.fields["period_start"]["column"])] += "; one day is a period of its own"

    def _subject(self) -> None:
        if self.target.table == "consents" and "subject_value" in self.fields:
            values = self.frame[str(self.fields["subject_value"]["column"])]
            kind = "email" if judge("email", values) is not None else "phone"
            self.fields["subject_kind"] = {"constant": kind}


def _by_name(columns: list[str], names: tuple[str, ...]) -> list[str]:
    """Return the columns with one of `names`, the best first: exact before qualified, then in the order of `names`."""
    ranked = sorted(
        (rank, index, column)
        for index, column in enumerate(columns)
        for rank in [_rank(column, names)]
        if rank is not None
    )
    return [column for _, _, column in ranked]


def _rank(column: str, names: tuple[str, ...]) -> tuple[int, int] | None:
    for qualified, name in enumerate(_forms(plain_name(column))):
        if name in names:
            return qualified, names.index(name)
    return None


def _forms(name: str) -> Iterator[str]:
    """Yield a name, and what is left of it without the words before that say whose it is."""
    yield name
    words = name.split("_")
    while len(words) > 1 and words[0] in QUALIFIERS:
        words = words[1:]
        yield "_".join(words)


def _epoch_unit(values: pl.Series) -> str | None:
    """Return the unit in which whole numbers count from 1970 to a time between 1990 and 2070, or None."""
    texts = texts_of(values)
    if not len(texts) or share(texts, r"^\d{9,16}$") < 1.0:
        return None
    for unit, factor in (("s", 1), ("ms", 1_000), ("us", 1_000_000)):
        if texts.cast(pl.Int64).is_between(631_152_000 * factor, 3_155_760_000 * factor).all():
            return unit
    return None
