"""Matching as records come: what is added touches what it is like, and nothing else.

For a fitted matcher the partition is always the one that `FittedMatcher.match` makes of all records together. A new
record may join clusters; it may also part records, when a key that they share becomes too common to be compared. So all
that it touches is matched anew: records that it is likely one with, records that lose pairs because of it, and whatever
hangs together with either.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np
import polars as pl

from unified_customer.core.errors import SchemaError
from unified_customer.identity.index.asking import one_record
from unified_customer.identity.index.blocks import KeyBlocks
from unified_customer.identity.index.change import Blocking, Change
from unified_customer.identity.index.compared import Pairs, Some, nearest
from unified_customer.identity.index.graph import Graph, hang_together, reached
from unified_customer.identity.index.identified import Identified, reasons
from unified_customer.identity.index.known import Known
from unified_customer.identity.index.shelf import Shelf
from unified_customer.identity.matching.arrays import Ints
from unified_customer.identity.matching.blocking import candidates, unpack
from unified_customer.identity.matching.components import pairs_of as pairs_of_components
from unified_customer.identity.matching.evidence import probability
from unified_customer.identity.matching.keys import KeyCodes
from unified_customer.identity.matching.linkage import Scored, link
from unified_customer.identity.matching.matcher import LIKELY_ENOUGH, FittedMatcher
from unified_customer.identity.matching.matches import Matches
from unified_customer.identity.matching.normal_forms import NormalForms
from unified_customer.identity.matching.rarity import Looked
from unified_customer.identity.matching.scoring import Scorer


class MatchIndex:
    """Matched records that grow, and can be asked whose a new record is.

    Asking changes nothing, and several threads may ask at once; while records are added nobody may.

    Examples:
        >>> names = ["Ann Lee", "Bob Ray", "Cy Fox", "Di Moss", "Ed Nash", "Flo Orr"]
        >>> born = [f"19{year}-03-0{year - 59}" for year in range(60, 66)]
        >>> people = pl.DataFrame({"record_id": range(12), "name": names * 2, "born": born * 2})
        >>> from unified_customer.identity.matching.matcher import Matcher
        >>> index = MatchIndex(Matcher(roles={"name": "full_name", "born": "birth_date"}).fit(people), people)
        >>> index.identify({"name": "Cy Fox", "born": "1962-03-03"}).records
        (2, 8)
        >>> index.add(pl.DataFrame({"record_id": [12], "name": ["Cy Fox"], "born": ["1962-03-03"]}))[
        ...     "customer_id"
        ... ].item()
        2
    """

    def __init__(
        self,
        matcher: FittedMatcher,
        records: pl.DataFrame | NormalForms,
        *,
        together: pl.DataFrame | None = None,
        apart: pl.DataFrame | None = None,
    ) -> None:
        """Match records; the arguments are those of `FittedMatcher.match`."""
        normal = records if isinstance(records, NormalForms) else matcher.read(records)
        self._matcher = matcher
        self._scorer = Scorer(matcher.evidence, matcher.rarity)
        self._shelf = Shelf(normal)
        self._known, _ = Known(matcher.distinct).told(normal.record_ids, together=together, apart=apart)
        some = Some.of(matcher, normal, np.arange(len(normal.record_ids)))
        pairs = candidates(some.records, matcher.keys)
        matched, scored = self._match(some, pairs, normal.record_ids)
        self._partition = matched.partition
        likely = scored.log_odds > LIKELY_ENOUGH
        first, second = unpack(len(normal.record_ids), scored.pairs[likely])
        self._graph = Graph(some.rows[first], some.rows[second], scored.log_odds[likely])
        codes = KeyCodes(some.records)
        entries = (codes.of(key.parts) for key in matcher.keys)
        blocks = [KeyBlocks(some.rows[places], values) for places, values in entries]
        self._blocking = Blocking(matcher.keys, blocks)

    def __len__(self) -> int:
        """Return the number of records."""
        return len(self._shelf)

    @property
    def matcher(self) -> FittedMatcher:
        """The matcher."""
        return self._matcher

    @property
    def partition(self) -> pl.DataFrame:
        """Who is who: as of `Matches`, in the order in which the records came."""
        return self._partition

    def add(
        self,
        records: pl.DataFrame | NormalForms,
        *,
        together: pl.DataFrame | None = None,
        apart: pl.DataFrame | None = None,
    ) -> pl.DataFrame:
        """Add records, and match anew what they touch.

        Args:
            records: As for `FittedMatcher.match`; their ids are new.
            together: `record_id`, `group`: records of one group are one person, also those that are known already.
            apart: `record_a`, `record_b`: two people, likewise.

        Returns:
            The rows of the partition that are new, or have another customer than before.

        Raises:
            SchemaError: A record is known already.
            ConfigurationError: Two records are said to be one person and to be two.
        """
        new = records if isinstance(records, NormalForms) else self._matcher.read(records)
        self._refuse_known(new)
        start, ids = len(self), self._shelf.ids_with(new)
        known, told = self._known.told(ids, together=together, apart=apart)
        change = self._change(new)
        some, scored = self._compared(new, change.pairs, known)
        self._known = known
        self._shelf.add(new)
        self._blocking.add(change.entries)
        self._graph.change(some.pairs(scored, least=LIKELY_ENOUGH), gone=change.gone)
        touched = [*range(start, len(ids)), *told, *(row for pair in change.gone for row in pair)]
        near = reached(touched, lambda row: self._bound(row, self._graph.of(row)), least=LIKELY_ENOUGH)
        return self._match_anew(sorted(near))

    def identify(self, record: Mapping[str, Any]) -> Identified:
        """Say whose a record is: the customer that it would belong to if it was added.

        Args:
            record: Values by column, as in the records that the matcher was fitted on; columns may be missing. `source`
                counts where a source has no duplicates, `record_id` where records are alike to the last letter.

        Raises:
            ConfigurationError: The record has a field that the matcher does not know.
        """
        new, row = one_record(self._matcher, record, ids=self._shelf.id_type), len(self)
        change = self._change(new)
        some, scored = self._compared(new, change.pairs, self._known)
        graph = self._graph.with_(some.pairs(scored, least=LIKELY_ENOUGH), without=change.gone)
        component = hang_together(row, lambda each: self._bound(each, graph(each)))
        if component == {row}:
            return self._answer(some, scored, row, some.rows[some.rows != row], one=False)
        some, scored = self._completed(new, component, some, scored)
        clusters = link(
            np.zeros(len(some.rows), dtype=np.int64), scored, self._matcher.evidence, least=self._matcher.bits
        )
        inside = clusters == clusters[some.place(row)]
        one = bool(inside.sum() > 1)
        others = some.rows[inside] if one else some.rows
        return self._answer(some, scored, row, others[others != row], one=one)

    # ------------------------------------------------------------------------------------------------- whom it touches

    def _refuse_known(self, new: NormalForms) -> None:
        again = int(new.record_ids.is_in(self._shelf.record_ids.implode()).sum())
        if again:
            message = (
                f"{again} of {len(new.record_ids)} records are known already. What a record says is never changed here."
            )
            raise SchemaError(message)

    def _change(self, new: NormalForms) -> Change:
        start = len(self)
        some = Some.of(self._matcher, new, np.arange(start, start + len(new.record_ids)))
        return self._blocking.change(some, self._graph, self._taken)

    def _taken(self, rows: Sequence[int]) -> Some:
        wanted = np.array(rows, dtype=np.int64)
        return Some.of(self._matcher, self._shelf.take(wanted), wanted)

    def _compared(self, new: NormalForms, pairs: Pairs, known: Known) -> tuple[Some, Scored]:
        """Compare pairs of known records and `new` ones, which stand after them."""
        start = len(self)
        old = np.array(sorted({row for pair in pairs for row in pair if row < start}), dtype=np.int64)
        rows = np.concatenate([old, np.arange(start, start + len(new.record_ids))])
        some = Some.of(self._matcher, self._shelf.take(old, new), rows)
        scored = self._scorer.score(some.records, some.packed(pairs))
        return some, known.of(some).hold(some.records, scored)

    def _completed(self, new: NormalForms, rows: set[int], some: Some, scored: Scored) -> tuple[Some, Scored]:
        """Compare all pairs of the records at `rows`, as far as they are not compared already."""
        if not rows <= {*some.rows.tolist()}:
            return self._compared(new, [*combinations(sorted(rows), 2)], self._known)
        part, known = some.part(scored, rows)
        every = pairs_of_components(np.zeros(len(part.rows), dtype=np.int64))
        return part, self._known.of(part).hold(part.records, self._scorer.complete(part.records, every, known))

    def _bound(self, row: int, pairs: Iterable[tuple[int, float]]) -> Iterator[tuple[int, float]]:
        """Yield the records that hang together with a record: by `pairs` or by what is known."""
        apart = self._known.apart(row)
        yield from (end for end in pairs if end[0] not in apart)
        yield from self._known.bound(row)

    # ------------------------------------------------------------------------------------------------------- who it is

    def _match(self, some: Some, pairs: Ints, order: pl.Series) -> tuple[Matches, Scored]:
        """Match records whose candidate pairs are known."""
        rarity = Looked(self._matcher.rarity, some.records)
        held = self._known.of(some)
        scored = held.hold(some.records, Scorer(self._matcher.evidence, rarity).score(some.records, pairs))
        return self._matcher.match_encoded(some.records, order, held=held, rarity=rarity, known=scored), scored

    def _match_anew(self, rows: list[int]) -> pl.DataFrame:
        """Match the records at `rows` anew, and return what has changed of the partition."""
        some = self._taken(rows)
        pairs = [(row, other) for row in rows for other, _ in self._graph.of(row) if row < other]
        found, _ = self._match(some, some.packed(pairs), self._shelf.record_ids.gather(rows))
        before = pl.concat(
            [self._partition, _nothing(found.partition.clear(), self._shelf.record_ids[len(self._partition) :])]
        )
        customers = before["customer_id"].clone().scatter(rows, found.partition["customer_id"])
        likely = before["probability"].clone().scatter(rows, found.partition["probability"])
        self._partition = before.with_columns(customers, likely)
        was = before["customer_id"].gather(rows)
        return found.partition.filter(was.ne_missing(found.partition["customer_id"]))

    def _answer(self, some: Some, scored: Scored, row: int, records: Ints, *, one: bool) -> Identified:
        """Return whose the record at `row` is: that of one of `records`, if they are one person."""
        best = nearest(scored, some.place(row), np.flatnonzero(np.isin(some.rows, records)), len(some.rows))
        if best is None:
            return Identified()
        ends = some.rows[[*unpack(len(some.rows), scored.pairs[best])]]
        other = int(ends[ends != row][0])
        return Identified(
            customer_id=self._partition["customer_id"][other] if one else None,
            probability=float(probability(scored.log_odds[best])),
            nearest=self._shelf.record_ids[other],
            records=tuple(sorted(self._shelf.record_ids.gather(records))) if one else (),
            because=reasons(self._matcher, scored.levels[best]),
        )


def _nothing(schema: pl.DataFrame, record_ids: pl.Series) -> pl.DataFrame:
    return schema.clear(len(record_ids)).with_columns(record_ids)
