"""What is known for certain of records by their rows: who is one person, and who is two."""

from collections.abc import Collection, Iterator

import numpy as np
import polars as pl

from unified_customer.core.errors import ConfigurationError
from unified_customer.identity.index.compared import Some
from unified_customer.identity.matching.arrays import NONE
from unified_customer.identity.matching.blocking import pack
from unified_customer.identity.matching.constraints import Constraints
from unified_customer.identity.matching.linkage import TOGETHER


class Known:
    """Groups of records that are one person, and pairs that are two. More of both is learned as records come."""

    def __init__(self, distinct: tuple[str, ...]) -> None:
        """Begin with nothing but the sources of which no two records are one person."""
        self._distinct = distinct
        self._group: dict[int, int] = {}
        self._members: dict[int, list[int]] = {}
        self._apart: dict[int, set[int]] = {}

    def copied(self) -> "Known":
        """Return a copy, which can learn more."""
        copy = Known(self._distinct)
        copy._group, copy._members = dict(self._group), dict(self._members)
        copy._apart = {row: set(others) for row, others in self._apart.items()}
        return copy

    def told(
        self, ids: pl.Series, *, together: pl.DataFrame | None, apart: pl.DataFrame | None
    ) -> tuple["Known", set[int]]:
        """Return what is known with what is told now, and the rows that are spoken of.

        Args:
            ids: The ids of all records, by row.
            together: `record_id`, `group`: records of one group are one person.
            apart: `record_a`, `record_b`: two people.

        Raises:
            ConfigurationError: Two records are said to be one person and to be two.
        """
        if together is None and apart is None:
            return self, set()
        rows, more, told = pl.DataFrame({"record_id": ids}).with_row_index("row"), self.copied(), set[int]()
        if together is not None:
            told |= more.bind(together, rows)
        if apart is not None:
            told |= more.part(apart, rows)
        more.check()
        return more, told

    def bind(self, together: pl.DataFrame, rows: pl.DataFrame) -> set[int]:
        """Learn which records are one person; return the rows of which something was learned."""
        known = together.select("record_id", "group").join(rows, on="record_id")
        several = known.filter(pl.col("group").is_duplicated())
        for members in several.group_by("group", maintain_order=True).agg("row")["row"]:
            self._unite(members.to_list())
        return set(several["row"])

    def _unite(self, rows: list[int]) -> None:
        whole = sorted({member for row in rows for member in self._members.get(self._group.get(row, NONE), [row])})
        for row in whole:
            self._members.pop(self._group.get(row, NONE), None)
            self._group[row] = whole[0]
        self._members[whole[0]] = whole

    def part(self, apart: pl.DataFrame, rows: pl.DataFrame) -> set[int]:
        """Learn which records are two people; return the rows of which something was learned."""
        known = apart.join(rows.rename({"record_id": "record_a", "row": "a"}), on="record_a")
        known = known.join(rows.rename({"record_id": "record_b", "row": "b"}), on="record_b")
        for a, b in known.select("a", "b").iter_rows():
            self._apart.setdefault(a, set()).add(b)
            self._apart.setdefault(b, set()).add(a)
        return {*known["a"], *known["b"]}

    def check(self) -> None:
        """Refuse what contradicts itself; see `told`."""
        pairs = ((a, b) for a, others in self._apart.items() for b in others if a < b)
        clash = sum(a in self._group and self._group[a] == self._group.get(b) for a, b in pairs)
        if clash:
            message = f"{clash} pairs of records are said to be one person and to be two; take one word back."
            raise ConfigurationError(message)

    def apart(self, row: int) -> Collection[int]:
        """Return the records that are another person than a record."""
        return self._apart.get(row, ())

    def bound(self, row: int) -> Iterator[tuple[int, float]]:
        """Yield records that hold the group of a record together: all of it to its first, the first to all others."""
        group = self._group.get(row)
        if group is not None:
            yield from ((other, TOGETHER) for other in (self._members[group] if row == group else (group,)))

    def of(self, some: Some) -> Constraints:
        """Return what is known of some records."""
        records = some.records
        places = {row: place for place, row in enumerate(some.rows.tolist())}
        ends = [
            (place, places[other])
            for row, place in places.items()
            for other in self._apart.get(row, ())
            if other in places
        ]
        pairs = np.array(ends, dtype=np.int64).reshape(-1, 2)
        names = {name: number for number, name in enumerate(records.source_names)}
        return Constraints(
            groups=np.array([self._group.get(row, NONE) for row in places], dtype=np.int64),
            apart=np.unique(pack(len(records), pairs[:, 0], pairs[:, 1])),
            distinct=tuple(names[name] for name in self._distinct if name in names),
        )
