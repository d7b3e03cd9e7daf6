"""Clusters by pooled evidence: who belongs together, asked of whole clusters and not of pairs.

Connected components join two people as soon as one pair of their records looks alike. Here clusters are merged from the
strongest to the weakest, as long as the odds that both are one person are in favour. The evidence of two clusters is
pooled field by field:

* A record agrees with a cluster in a field as with the records of the cluster on average, in odds, not in bits: a
  person who moved has two addresses, and to agree with one of them is enough.
* The evidence of a field is the mean over the records of each cluster, and of the two; a record that does not speak of
  it counts as nothing.
* Evidence against counts for more the more records on both sides contradict each other: that one record of two has a
  wrong birth date is likely, that three of six agree on a wrong one is not.

Within components in which all pairs are more likely one person than not, nothing of this needs to be asked.

References:
    A. Culotta, A. McCallum (2005): Joint deduplication of multiple record types (features of whole clusters).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from unified_customer.identity.matching.arrays import Flags, Floats, Ints, Levels, spread, starts_mask
from unified_customer.identity.matching.blocking import unpack
from unified_customer.identity.matching.evidence import Evidence, against_all

Singles = npt.NDArray[np.float32]

CLIP: Final = 10.0
"""The odds of two clusters count for no more bits against than this, and three times as many in favour."""

DOUBT: Final = 0.5
"""For each doubling of the records that contradict each other, evidence against counts for so much more."""

ROOM: Final = 8_000_000
"""So many numbers are held at once."""

FORBIDDEN: Final = -np.inf
"""The odds of two records that must not be in one cluster."""

TOGETHER: Final = np.inf
"""The odds of two records that must be in one cluster."""


@dataclass(frozen=True)
class Scored:
    """All pairs of the components, scored.

    Attributes:
        pairs: Packed, in ascending order.
        levels: Of shape (pairs, fields).
        log_odds: In bits; `FORBIDDEN` or `TOGETHER` where it is known.
    """

    pairs: Ints
    levels: Levels
    log_odds: Floats


def link(labels: Ints, scored: Scored, evidence: Evidence, *, least: float = 0.0) -> Ints:
    """Return for each record the position of the first record of its cluster.

    Args:
        labels: The number of the component of each record, without gaps.
        scored: All pairs of records of one component.
        evidence: The weights.
        least: Clusters are merged while the odds, in bits, are above this.
    """
    shelf = _Shelf(labels, scored)
    calm = shelf.weakest > least
    clusters = np.where(calm[labels], shelf.firsts[labels], np.arange(len(labels)))
    for batch in shelf.batches(np.flatnonzero(~calm), terms=len(evidence.terms.rows)):
        merged = _Agglomeration(batch, scored, evidence).run(least)
        inside = batch.records >= 0
        clusters[batch.records[inside]] = np.take_along_axis(batch.records, merged, axis=1)[inside]
    return clusters


@dataclass(frozen=True)
class _Batch:
    """Components of like size.

    Attributes:
        records: Their records, of shape (components, records), padded with -1.
        pairs: The places of their pairs.
        component: Which of the components each pair is of.
        first: The place of the one record of each pair in its component.
        second: The place of the other.
    """

    records: Ints
    pairs: Ints
    component: Ints
    first: Ints
    second: Ints


class _Shelf:
    """Records and pairs by component."""

    def __init__(self, labels: Ints, scored: Scored) -> None:
        self._order = np.argsort(labels, kind="stable")
        self._starts = np.flatnonzero(starts_mask(labels[self._order]))
        self._sizes = np.diff(np.append(self._starts, len(labels)))
        self.firsts = self._order[self._starts]
        self._ranks = np.empty(len(labels), dtype=np.int64)
        self._ranks[self._order] = np.arange(len(labels)) - np.repeat(self._starts, self._sizes)
        self._one, self._other = unpack(len(labels), scored.pairs)
        of_pair = labels[self._one]
        self.weakest = np.full(len(self._starts), np.inf)
        np.minimum.at(self.weakest, of_pair, scored.log_odds)
        self._pair_order = np.argsort(of_pair, kind="stable")
        self._pair_counts = np.bincount(of_pair, minlength=len(self._starts)).astype(np.int64)
        self._pair_starts = np.cumsum(self._pair_counts) - self._pair_counts

    def batches(self, wanted: Ints, *, terms: int) -> Iterator[_Batch]:
        """Yield the `wanted` components, from small to large, as many together as there is room for."""
        wanted = wanted[np.argsort(self._sizes[wanted], kind="stable")]
        sizes = self._sizes[wanted]
        start = 0
        while start < len(wanted):
            alike = int(np.searchsorted(sizes, sizes[start] * 1.15, side="right"))
            room = max(1, ROOM // int(sizes[alike - 1] ** 2 * terms))
            end = min(alike, start + room)
            yield self._batch(wanted[start:end])
            start = end

    def _batch(self, wanted: Ints) -> _Batch:
        sizes, counts = self._sizes[wanted], self._pair_counts[wanted]
        records = np.full((len(wanted), sizes.max()), -1, dtype=np.int64)
        rows = np.repeat(np.arange(len(wanted)), sizes)
        records[rows, spread(np.zeros_like(sizes), sizes)] = self._order[spread(self._starts[wanted], sizes)]
        pairs = self._pair_order[spread(self._pair_starts[wanted], counts)]
        component = np.repeat(np.arange(len(wanted)), counts)
        return _Batch(records, pairs, component, self._ranks[self._one[pairs]], self._ranks[self._other[pairs]])


class _Agglomeration:
    """The clusters of a batch of components while they are merged, all components in step.

    Axes are component, record or cluster, cluster, and term (a weight of one class in one field). A cluster has the
    place of its first record.
    """

    def __init__(self, batch: _Batch, scored: Scored, evidence: Evidence) -> None:
        self._terms, self._prior = evidence.terms, evidence.prior.astype(np.float32)
        count, size = batch.records.shape
        every = (batch.component, batch.first, batch.second), (batch.component, batch.second, batch.first)
        levels, log_odds = scored.levels[batch.pairs], scored.log_odds[batch.pairs]
        # Of record and cluster: summed odds of each term, and how many records of the cluster speak of each field.
        self._odds = np.zeros((count, size, size, len(self._terms.rows)), dtype=np.float32)
        self._spoken = np.zeros((count, size, size, levels.shape[1]), dtype=np.float32)
        self._scores = np.full((count, size, size), FORBIDDEN, dtype=np.float32)
        odds = np.stack([np.exp2(table)[levels[:, field]] for _, field, table in self._terms.rows], axis=1)
        odds *= levels[:, self._terms.fields] >= 0
        for place in every:
            self._odds[place], self._spoken[place] = odds, levels >= 0
            self._scores[place] = np.where(np.isfinite(log_odds), np.clip(log_odds, -CLIP, 3 * CLIP), log_odds)
        self._allowed = self._scores > FORBIDDEN
        self._bound = self._scores == TOGETHER
        self._clusters = np.tile(np.arange(size), (count, 1))
        self._member = np.tile(np.eye(size, dtype=np.float32), (count, 1, 1))
        self._sizes = np.ones((count, size), dtype=np.float32)
        # Of cluster and cluster: bits of each term, summed over the records of the first that speak of it.
        self._bits = _mean_bits(self._odds, self._spoken[..., self._terms.fields])
        self._speakers = (self._spoken > 0).astype(np.float32)

    def run(self, least: float) -> Ints:
        """Merge while there is a pair of clusters above `least`; return the cluster of each record."""
        open_ = np.arange(len(self._clusters))
        while len(open_):
            flat = self._scores.reshape(len(open_), -1)
            best = flat.argmax(axis=1)
            goes = flat[np.arange(len(open_)), best] > least
            if not goes.all():
                open_, best = open_[goes], best[goes]
                self._keep(goes)
            if len(open_):
                first, second = np.divmod(best, self._scores.shape[1])
                self._merge(open_, np.minimum(first, second), np.maximum(first, second))
        return self._clusters

    def _keep(self, goes: Flags) -> None:
        for name in ("_odds", "_spoken", "_scores", "_allowed", "_bound", "_member", "_sizes", "_bits", "_speakers"):
            setattr(self, name, getattr(self, name)[goes])

    def _merge(self, open_: Ints, kept: Ints, gone: Ints) -> None:
        every = np.arange(len(open_))
        clusters = self._clusters[open_]
        self._clusters[open_] = np.where(clusters == gone[:, None], kept[:, None], clusters)
        for sums in (self._member, self._sizes, self._bits, self._speakers):
            sums[every, kept] += sums[every, gone]
            sums[every, gone] = 0
        for sums in (self._odds, self._spoken):
            sums[every, :, kept] += sums[every, :, gone]
        self._ask_records(every, kept)
        scores = self._known(every, kept, gone, self._pooled(every, kept))
        self._scores[every, kept] = self._scores[every, :, kept] = scores
        self._scores[every, gone] = self._scores[every, :, gone] = FORBIDDEN

    def _known(self, every: Ints, kept: Ints, gone: Ints, scores: Singles) -> Singles:
        """Return the scores of the cluster that has grown with what is known in their place."""
        allowed = self._allowed[every, kept] & self._allowed[every, gone]
        bound = self._bound[every, kept] | self._bound[every, gone]
        for known, value in ((self._allowed, allowed), (self._bound, bound)):
            known[every, kept] = known[every, :, kept] = value
        # A cluster is not merged with itself, nor with one that is no more.
        for known in (self._allowed, self._bound):
            known[every, kept, kept] = known[every, gone] = known[every, :, gone] = False
        told = np.where(self._bound[every, kept], np.float32(TOGETHER), scores)
        return np.where(self._allowed[every, kept], told, np.float32(FORBIDDEN))

    def _ask_records(self, every: Ints, kept: Ints) -> None:
        """Work out anew what the records of every cluster say of the one that has grown."""
        spoken = self._spoken[every, :, kept]
        bits = _mean_bits(self._odds[every, :, kept], spoken[..., self._terms.fields])
        self._bits[every, :, kept] = self._member @ bits
        self._speakers[every, :, kept] = self._member @ (spoken > 0).astype(np.float32)

    def _pooled(self, every: Ints, kept: Ints) -> Singles:
        """Return the odds, in bits, that the cluster that has grown and each other cluster are one person."""
        forth = self._bits[every, kept] / self._sizes[every, kept][:, None, None]
        back = self._bits[every, :, kept] / np.maximum(self._sizes, 1)[:, :, None]
        speakers = np.minimum(self._speakers[every, kept], self._speakers[every, :, kept])[..., self._terms.fields]
        bits = (forth + back) / 2
        bits = np.where(bits < 0, bits * (1 + DOUBT * np.log2(np.maximum(speakers, 1))), bits)
        found: Singles = np.clip(against_all(bits @ self._terms.sums + self._prior), -CLIP, 3 * CLIP)
        return found


def _mean_bits(odds: Singles, speakers: Singles) -> Singles:
    """Return the bits of mean odds; nothing where nobody speaks."""
    means = np.maximum(odds, 1e-30) / np.maximum(speakers, 1)
    found: Singles = np.where(speakers > 0, np.log2(means), 0).astype(np.float32)
    return found
