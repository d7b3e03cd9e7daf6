"""A source bound to the table it fills: what `hub.load` takes."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from unified_customer.connectors.answer_rules import answer_rules
from unified_customer.connectors.cursor import Cursored, start
from unified_customer.connectors.field_maps import FieldMap
from unified_customer.connectors.mapper import Mapper
from unified_customer.connectors.protocol import BATCH_ROWS, Batch, Source, State
from unified_customer.connectors.registry import default_name, make_source
from unified_customer.connectors.signals import OPT_OUT
from unified_customer.connectors.targets import target
from unified_customer.core.errors import ConfigurationError, MappingError
from unified_customer.core.spec import canonical_json, content_hash

if TYPE_CHECKING:
    from unified_customer.connectors.mapping import Mapping as RowMapping


@dataclass(frozen=True, eq=False)
class BoundSource:
    """Where rows come from, what they are called and which table they fill. Nothing is read until `read`.

    Attributes:
        kind: Name of the connector.
        location: What it reads: a path, an address, a frame.
        table: The table that it fills.
        name: What the source is called in the hub; ids of records are made of it.
        mapping: How columns fill the table; None: to be suggested, or not needed.
        cursor: A column that grows when a row changes; rows below what was read before are passed over.
        options: Further options of the connector.
    """

    kind: str
    location: Any
    table: str
    name: str
    mapping: "RowMapping | None" = None
    cursor: FieldMap | None = None
    options: Mapping[str, Any] = field(default_factory=dict)

    def __repr__(self) -> str:
        """Return kind, name and table; no option, which may be a secret, and no value."""
        return f"source({self.kind!r}, name={self.name!r}, table={self.table!r})"

    @cached_property
    def source(self) -> Source:
        """The connector, made with its options."""
        return make_source(self.kind, self.location, self.options)

    @property
    def shape(self) -> str:
        """What the rows are like before a mapping: flat columns, or messages of the Segment form."""
        return str(self.options.get("shape", "flat"))

    @property
    def stream(self) -> str:
        """The stream that states are kept under."""
        return self.table

    def mapper(self, *, opt_out: Sequence[str] = OPT_OUT) -> Mapper:
        """Return a mapper for one load.

        Args:
            opt_out: What Global Privacy Control and a US privacy string object to, where the mapping does not say.

        Raises:
            ConfigurationError: There is no mapping.
        """
        if self.mapping is None:
            message = f"{self!r} has no mapping. Give one, or edit suggest_mapping(source)."
            raise ConfigurationError(message)
        return Mapper(self.mapping.with_opt_out(opt_out))

    def with_mapping(self, mapping: "RowMapping") -> "BoundSource":
        """Return the same source with another mapping."""
        same = {"table": self.table, "name": self.name, "cursor": self.cursor, **self.options}
        return bind(self.kind, self.location, mapping=mapping, **same)

    def check(self) -> None:
        """Raise SourceError if the source cannot be read now."""
        self.source.check()

    def read(self, state: State | None = None, *, batch_rows: int = BATCH_ROWS) -> Iterator[Batch | State]:
        """Yield raw batches and states, of all rows or of those after `state`.

        A state of another mapping is read as None, since rows that were mapped otherwise have to be mapped again.
        Where ids are given by counting rows (order lines without an id), there are no states.
        """
        counting = self.mapping is not None and Mapper(self.mapping).needs_whole_load
        data = {} if state is None or state.data.get("mapping") != self._mapping_hash else state.data
        for item, cursor in self._items(data, batch_rows):
            if isinstance(item, Batch):
                yield item
            elif not counting:
                kept = {"mapping": self._mapping_hash, "inner": _dumped(item)}
                yield State(self.stream, kept if cursor is None else {**kept, "cursor": cursor})

    def _items(self, data: Mapping[str, Any], batch_rows: int) -> Iterable[tuple[Batch | State, dict[str, Any] | None]]:
        inner = State(**data["inner"]) if "inner" in data else None
        items = self.source.read(inner, batch_rows=batch_rows)
        if self.cursor is None:
            return ((item, None) for item in items)
        since, reached = start(data.get("cursor"))
        return Cursored(items, self.cursor, since, reached)

    @cached_property
    def _mapping_hash(self) -> str:
        parts = ["" if each is None else each.to_json() for each in (self.mapping, self.cursor)]
        return content_hash(*parts, *self._consent_meanings)

    @property
    def _consent_meanings(self) -> list[str]:
        """What messages mean by consent, where that is said; those that were read before say it again otherwise."""
        purposes = dict(self.options.get("purposes") or {})
        rules = [rule.to_json() for rule in answer_rules(self.options)] if self.shape != "flat" else []
        return [canonical_json(purposes), *rules] if purposes or rules else []


def _dumped(state: State) -> dict[str, Any]:
    return {"stream": state.stream, "data": dict(state.data), "version": state.version}


def bind(
    kind: str,
    location: Any,
    *,
    table: str | None = None,
    name: str | None = None,
    mapping: "RowMapping | None" = None,
    cursor: "str | FieldMap | None" = None,
    **options: Any,
) -> BoundSource:
    """Describe a source for `hub.load`; nothing is read yet.

    Args:
        kind: Name of a connector: csv, parquet, jsonl, excel, dataframe, or one of a plugin.
        location: What it reads: a path, an address, a frame.
        table: The table that it fills: records, events, order_lines, items, answers, spend, accounts, consents; None:
            the one that the mapping fills.
        name: What the source is called; by default the stem of the file's name. Ids of records are made of it, so
            two exports of one system take one name.
        mapping: How columns fill the table.
        cursor: A column that grows when a row changes, a whole number or a time; rows that an earlier load has read
            are passed over and counted as skipped. Times without a zone need a `FieldMap` that names one.
        **options: Options of the connector, such as `encoding`; a secret may be given as `{"env": "VARIABLE"}`.

    Raises:
        PluginError: There is no such connector.
        ConfigurationError: The table, the name or an option cannot be meant, or neither table nor mapping is given.
        MappingError: The mapping fills another table.

    Examples:
        >>> bind("csv", "crm.csv", table="records")
        source('csv', name='crm', table='records')
    """
    table = _filled(table, mapping)
    called = default_name(kind, location) if name is None else name
    if not called.strip():
        message = "A source needs a name; ids of records are made of it."
        raise ConfigurationError(message)
    if kind == "jsonl" and table == "events" and mapping is None:
        options.setdefault("shape", "segment")
    grows = FieldMap(column=cursor) if isinstance(cursor, str) else cursor
    bound = BoundSource(kind, location, table, called, mapping, grows, MappingProxyType(options))
    _ = bound.source
    return bound


def _filled(table: str | None, mapping: "RowMapping | None") -> str:
    """Return the table that a source fills, by its name or by its mapping, which have to agree."""
    if table is None and mapping is None:
        message = "Say which table the source fills: table='records', table='events', ..."
        raise ConfigurationError(message)
    named = table if table is not None else mapping.table if mapping is not None else ""
    target(named)
    if mapping is not None and mapping.table != named:
        message = f"The mapping fills {mapping.table!r}, but the source is loaded into {named!r}."
        raise MappingError(message)
    return named
