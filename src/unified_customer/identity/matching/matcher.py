"""Who is who: from tables of people, or of companies, to clusters, without rules, labels or thresholds to write."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any, Final, NamedTuple, Self

import numpy as np
import polars as pl
from pydantic import Field

from unified_customer.core.errors import ConfigurationError
from unified_customer.core.spec import Spec
from unified_customer.identity.matching.arrays import Floats
from unified_customer.identity.matching.blocking import candidates, unpack
from unified_customer.identity.matching.census import sample, take_census
from unified_customer.identity.matching.components import components, pairs_of
from unified_customer.identity.matching.constraints import Constraints, constrain
from unified_customer.identity.matching.distinct_sources import find_distinct_sources
from unified_customer.identity.matching.doubts import warn_if_weak
from unified_customer.identity.matching.encoding import Column, Encoded, encode
from unified_customer.identity.matching.evidence import Evidence
from unified_customer.identity.matching.expectation import expect
from unified_customer.identity.matching.field_weights import FieldWeights, Unjudged, bond_priors, field_weights
from unified_customer.identity.matching.judgements import known_from, place_judged
from unified_customer.identity.matching.keys import BlockingKey
from unified_customer.identity.matching.linkage import Scored, link
from unified_customer.identity.matching.matches import Matches, ends_of, likely_pairs, partition_of
from unified_customer.identity.matching.normal_forms import NormalForms, Reading, normal_forms
from unified_customer.identity.matching.rarity import Counted, Looked, Rareness, Rarity, count_rarity
from unified_customer.identity.matching.refinement import refine
from unified_customer.identity.matching.roles import Role, Roles, infer_roles
from unified_customer.identity.matching.scales import SCALES
from unified_customer.identity.matching.scoring import Scorer
from unified_customer.identity.matching.selection import limited
from unified_customer.identity.matching.threshold import best_threshold
from unified_customer.identity.matching.training import Trained, train
from unified_customer.identity.matching.weight_space import WeightSpace

LIKELY_ENOUGH: Final = -3.0
"""Pairs with fewer bits than this do not bring records into one component."""

FEWEST: Final = 10
"""Fewer records than this teach nothing."""


class Matcher(Spec):
    """Matching without configuration.

    Records are brought to normal form, blocked, compared, scored by a Fellegi-Sunter model that tells one person from
    relatives, neighbours and namesakes, and clustered by pooled evidence. All of it is learned from the records; the
    same records give the same answer in any order.

    Examples:
        >>> from unified_customer.identity.matching.matcher import Matcher
        >>> Matcher().to_json()
        '{"budget":1.0,"distinct":null,"roles":{},"seed":0,"threshold":null}'
    """

    roles: Mapping[str, Role] = Field(default_factory=dict)
    """Roles of columns, where another is wanted than the one that is inferred."""
    budget: float = Field(default=1.0, gt=0)
    """Each blocking key may bring so many pairs for each record. Less is quicker and misses more."""
    threshold: float | None = Field(default=None, gt=0, lt=1)
    """Clusters are joined from this probability on. None: from where the expected F1 of the pairs is highest."""
    distinct: tuple[str, ...] | None = None
    """Sources of which no two records are one person. None: they are found from the data."""
    seed: int = 0
    """Of random pairs and samples."""

    def read(self, records: pl.DataFrame) -> NormalForms:
        """Find the roles of the columns and bring the records to normal form, which `fit` and `match` do by themselves."""
        return normal_forms(records, infer_roles(records, self.roles))

    def fit(self, records: pl.DataFrame | NormalForms, *, judged: pl.DataFrame | None = None) -> "FittedMatcher":
        """Learn from records.

        Args:
            records: `record_id` (unique), optionally `source`, and any columns that tell of people or organisations; or
                what `read` has made of such a table.
            judged: Pairs that people judged, which refine what is learned; see `FittedMatcher.refined`.

        Returns:
            The fitted matcher, which can match these records and others with the same columns.

        Raises:
            SchemaError: `record_id` is missing or not unique.
            ConfigurationError: There are too few records, or no column that tells anything.

        Warns:
            WeakMatchingWarning: Half of the records or more say no more than others say by chance.
        """
        return self._learn(records if isinstance(records, NormalForms) else self.read(records), judged).matcher

    def match(
        self,
        records: pl.DataFrame | NormalForms,
        *,
        together: pl.DataFrame | None = None,
        apart: pl.DataFrame | None = None,
        judged: pl.DataFrame | None = None,
    ) -> Matches:
        """Learn from records and say who is who in them: fit and match in one, with less work."""
        normal = records if isinstance(records, NormalForms) else self.read(records)
        learned = self._learn(normal, judged)
        if judged is not None:
            together, apart = known_from(judged, together=together, apart=apart)
        held = constrain(learned.records, together=together, apart=apart, distinct=learned.matcher.distinct)
        return learned.matcher.match_encoded(
            learned.records, normal.record_ids, held=held, rarity=learned.rarity, known=learned.known
        )

    def _learn(self, normal: NormalForms, judged: pl.DataFrame | None = None) -> "_Learned":
        encoded = encode(normal)
        check_learnable(encoded.columns, len(encoded))
        counted = Counted(encoded)
        census = take_census(encoded, counted)
        some = sample(encoded, seed=self.seed)
        trained = train(some, census, budget=self.budget, seed=self.seed)
        keys, pairs = limited(encoded, trained.keys, self.budget * len(encoded))
        fitted = self.assembled(
            trained,
            roles=normal.roles,
            reading=normal.reading,
            columns=encoded.columns,
            keys=keys,
            rarity=count_rarity(encoded),
        )
        known = Scorer(fitted.evidence, counted).score(encoded, pairs)
        settled = fitted.settled(encoded, known)
        warn_if_weak(some, settled.fields, counted)
        if judged is None:
            return _Learned(settled, encoded, counted, known)
        refined = settled.refined_on(encoded, judged, rarity=counted, known=known)
        return _Learned(refined, encoded, counted, replace(known, log_odds=refined.evidence.log_odds(known.levels)))

    def assembled(
        self,
        trained: Trained,
        *,
        roles: Roles,
        reading: Reading,
        columns: Sequence[Column],
        keys: Sequence[BlockingKey],
        rarity: Rarity,
    ) -> "FittedMatcher":
        """Put what was learned together; what depends on scores is as told, or open (see `FittedMatcher.settled`)."""
        return FittedMatcher(
            spec=self,
            roles=roles,
            reading=reading,
            fields=field_weights(columns, trained.mixture, trained.evidence),
            prior={"one": float(trained.evidence.prior[0])} | bond_priors(trained.mixture, trained.evidence),
            keys=tuple(keys),
            rarity=rarity,
            distinct=self.distinct or (),
            threshold=self.threshold or 0.5,
        )


class _Learned(NamedTuple):
    """A fitted matcher, and what was worked out on the way."""

    matcher: "FittedMatcher"
    records: Encoded
    rarity: Counted
    known: Scored


class FittedMatcher(Spec):
    """What a `Matcher` has learned: a value that saves to JSON and matches any records with the same columns."""

    spec: Matcher
    roles: Roles
    reading: Reading
    fields: tuple[FieldWeights, ...]
    prior: Mapping[str, float]
    """In bits: how likely any two records are one person (`one`), or bound by each bond, before they are compared."""
    keys: tuple[BlockingKey, ...]
    rarity: Rarity
    distinct: tuple[str, ...]
    """Sources of which no two records are one person."""
    threshold: float
    """Clusters are joined from this probability on."""
    unjudged: Unjudged | None = None
    """What was learned without labels, if judged pairs have refined it."""

    def read(self, records: pl.DataFrame) -> NormalForms:
        """Bring records to normal form as those were that the matcher was fitted on."""
        return normal_forms(records, self.roles, self.reading)

    def match(
        self,
        records: pl.DataFrame | NormalForms,
        *,
        together: pl.DataFrame | None = None,
        apart: pl.DataFrame | None = None,
        judged: pl.DataFrame | None = None,
    ) -> Matches:
        """Say who is who.

        Args:
            records: As for `Matcher.fit`, with the same columns.
            together: `record_id`, `group`: records of one group are one person, whatever they look like.
            apart: `record_a`, `record_b`: two people, whatever they look like.
            judged: Pairs that people judged, as for `refined`: they are held too. The weights stay as they are.

        Raises:
            ConfigurationError: Two records are said to be one person and to be two.
        """
        normal = records if isinstance(records, NormalForms) else self.read(records)
        if judged is not None:
            together, apart = known_from(judged, together=together, apart=apart)
        encoded = encode(normal, self.rarity.levels)
        held = constrain(encoded, together=together, apart=apart, distinct=self.distinct)
        return self.match_encoded(encoded, normal.record_ids, held=held, rarity=Looked(self.rarity, encoded))

    def refined(self, records: pl.DataFrame | NormalForms, judged: pl.DataFrame) -> Self:
        """Let judged pairs refine the weights.

        Refining begins with what was learned without labels, however often the matcher was refined before: give all
        judged pairs each time. Without any, the matcher is as it was before it was refined.

        Args:
            records: The records that were judged among, or all that the matcher is for: they set the threshold.
            judged: `record_a`, `record_b`, `same` (null: not sure). Their order does not matter; pairs whose records
                are not here are not used.

        Returns:
            The refined matcher. Blocking keys, bonds and distinct sources stay as they are.

        Raises:
            SchemaError: Columns are missing or of a wrong type.
            ConfigurationError: A pair is judged both ways, or none of the pairs is among the records.
        """
        encoded = encode(records if isinstance(records, NormalForms) else self.read(records), self.rarity.levels)
        rarity = Looked(self.rarity, encoded)
        known = Scorer(self.evidence, rarity).score(encoded, candidates(encoded, self.keys))
        return self.refined_on(encoded, judged, rarity=rarity, known=known)

    def refined_on(self, records: Encoded, judged: pl.DataFrame, *, rarity: Rareness, known: Scored) -> Self:
        """Let judged pairs refine the weights, among records whose candidate pairs are scored already."""
        placed = place_judged(records, judged)
        begun = self.unrefined()
        if not len(placed.pairs):
            return begun
        space = begun.weight_space
        levels = Scorer(begun.evidence, rarity).score(records, placed.pairs).levels
        return begun.weighing(refine(space, levels, placed.same), known)

    def weighing(self, weights: Floats, known: Scored) -> Self:
        """Return the matcher with other weights of one person, a vector of its `weight_space`."""
        evidence = self.weight_space.evidence_of(weights)
        fields = tuple(
            field.model_copy(update={"one": tuple(one.tolist())})
            for field, one in zip(self.fields, evidence.one, strict=True)
        )
        return self._changed(
            fields=fields,
            prior=dict(self.prior) | {"one": float(evidence.prior[0])},
            threshold=self.spec.threshold or best_threshold(evidence.log_odds(known.levels)),
            unjudged=Unjudged(
                prior=self.prior["one"], one=tuple(field.one for field in self.fields), threshold=self.threshold
            ),
        )

    def unrefined(self) -> Self:
        """Return the matcher as it was before judged pairs refined it."""
        if self.unjudged is None:
            return self
        fields = zip(self.fields, self.unjudged.one, strict=True)
        return self._changed(
            fields=tuple(field.model_copy(update={"one": one}) for field, one in fields),
            prior=dict(self.prior) | {"one": self.unjudged.prior},
            threshold=self.unjudged.threshold,
            unjudged=None,
        )

    def _changed(self, **changes: Any) -> Self:
        # Not a `model_copy`, which would keep the evidence of the old weights.
        return type(self)(**({name: getattr(self, name) for name in type(self).model_fields} | changes))

    @property
    def weight_space(self) -> WeightSpace:
        """The weights as a vector, and how far they may be off."""
        return WeightSpace(self.evidence, [SCALES[field.role].ordered for field in self.fields])

    def candidate_pairs(self, records: pl.DataFrame | NormalForms) -> pl.DataFrame:
        """Return the pairs of records that blocking lets through: `record_a`, `record_b`, the smaller id first."""
        encoded = encode(records if isinstance(records, NormalForms) else self.read(records), self.rarity.levels)
        first, second = unpack(len(encoded), candidates(encoded, self.keys))
        return ends_of(encoded, first, second)

    def match_encoded(
        self, records: Encoded, order: pl.Series, *, held: Constraints, rarity: Rareness, known: Scored | None = None
    ) -> Matches:
        """Say who is who among records that are numbered already.

        Args:
            records: The records.
            order: The record ids in the order of the partition.
            held: What is known of them.
            rarity: How rare their values are.
            known: Their candidate pairs, where these are scored already.
        """
        scorer = Scorer(self.evidence, rarity)
        pairs = held.with_groups(candidates(records, self.keys) if known is None else known.pairs)
        known = held.hold(
            records, scorer.score(records, pairs) if known is None else scorer.complete(records, pairs, known)
        )
        first, second = unpack(len(records), known.pairs)
        labels = components(len(records), first, second, known.log_odds, least=LIKELY_ENOUGH)
        scored = held.hold(records, scorer.complete(records, pairs_of(labels), known))
        clusters = link(labels, scored, self.evidence, least=self.bits)
        return Matches(
            partition=partition_of(records, clusters, scored, order),
            pairs=likely_pairs(records, known, self.bits),
            pairs_scored=len(known.pairs),
            threshold=self.threshold,
            expected=expect(known, clusters, least=self.bits, matches=self.matches_among(records.pairs)),
        )

    def matches_among(self, pairs: float) -> float:
        """Return how many of so many pairs of any two records are one person, by the model."""
        odds = np.exp2(self.evidence.prior)
        return float(odds[0] / (1 + odds.sum()) * pairs)

    def settled(self, records: Encoded, known: Scored) -> Self:
        """Return the matcher with what depends on scores: the threshold, and the sources that are distinct."""
        distinct = self.distinct
        if self.spec.distinct is None:
            distinct = tuple(records.source_names[number] for number in find_distinct_sources(records, known))
        chosen = self.spec.threshold or best_threshold(known.log_odds)
        return self.model_copy(update={"distinct": distinct, "threshold": chosen})

    @property
    def bits(self) -> float:
        """The threshold as odds in bits."""
        return float(np.log2(self.threshold / (1 - self.threshold)))

    @cached_property
    def evidence(self) -> Evidence:
        """The weights as arrays."""
        bonds = sorted(name for name in self.prior if name != "one")
        return Evidence(
            prior=np.array([self.prior["one"], *(self.prior[bond] for bond in bonds)]),
            one=tuple(np.array(field.one) for field in self.fields),
            bound=tuple(
                tuple(np.array(field.bound[bond]) if bond in field.bound else None for field in self.fields)
                for bond in bonds
            ),
        )


def check_learnable(fields: Sequence[object], records: int) -> None:
    """Make sure that there is something to learn from.

    Raises:
        ConfigurationError: There are too few records, or no column that tells anything.
    """
    if not fields:
        raise ConfigurationError("No column tells of people or organisations; name the roles of columns with `roles=`.")
    if records < FEWEST:
        raise ConfigurationError(f"A matcher learns from {FEWEST} records or more; there are {records}.")
