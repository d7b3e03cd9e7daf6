"""Policies that explore: an ordering of what a ranker offers that learns from what came of it."""

import math
from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Protocol, Self

import numpy as np
import polars as pl
from pydantic import Field

from unified_customer.core.clock import as_utc
from unified_customer.core.errors import ConfigurationError
from unified_customer.core.spec import Spec
from unified_customer.engines.portable import Native
from unified_customer.methods.display import COUNT, SHARE, result_html
from unified_customer.methods.learning import Floats, Ints
from unified_customer.recommendations.exploring.choices import Choices, Sheet
from unified_customer.recommendations.exploring.feedback import Feedback, learnt_from
from unified_customer.recommendations.exploring.findings import Finding
from unified_customer.recommendations.exploring.lists import Lists, listed
from unified_customer.recommendations.exploring.places import Layout, laid_out, mixed, orders, played

Outlook = Callable[[slice, np.random.Generator], Floats]
"""From the rows of one list and its chance to what each candidate may be worth: a row for each draw."""

_ROUNDING: Final = 1e-9
_CERTAIN: Final = (
    "The policy is deterministic: each propensity is 1, and what it shows says nothing of any other policy. "
    "Set epsilon above 0, such as 0.05, to evaluate others on its log."
)
_NOT_ALL: Final = (
    "Candidates that are in none of the draws have a propensity of 0, and nothing can be said of policies that show "
    "them. Set epsilon above 0, such as 0.05, to evaluate any policy on its log."
)


class Belief(Protocol):
    """What a policy holds of items; a frozen value."""

    @property
    def learns_from(self) -> tuple[str, ...]:
        """Columns of feedback that it learns from, beside `item_id` and `reward`; candidates need them too."""
        ...

    @property
    def table(self) -> pl.DataFrame:
        """What it holds, as a frame of `item_id` and numbers."""
        ...

    def updated(self, rows: pl.DataFrame) -> Self:
        """Return the belief after further rows of feedback."""
        ...

    def to_body(self) -> Mapping[str, Any]:
        """Return all that it holds, as JSON values."""
        ...

    def restored(self, body: Mapping[str, Any]) -> Self:
        """Return the belief that `to_body` told."""
        ...

    def outlook(self, candidates: pl.DataFrame) -> Outlook:
        """Return what candidates may be worth."""
        ...


class Exploring(Spec):
    """What all policies that explore have in common: how far they may.

    A policy never shows anything but candidates. Each choice comes with its propensity: the probability with which
    that item stood at that place, whatever stood at the others.
    """

    epsilon: float = Field(default=0.0, ge=0, le=1)
    """The chance of each open place to be filled by any candidate that is left, all as likely. Above 0 every candidate
    that may be explored has a propensity above 0 at every open place, which is what off-policy evaluation needs."""
    share: float = Field(default=1.0, ge=0, le=1)
    """The share of places, rounded up, that are open to the policy: the last ones. Those before are the ranker's."""
    least_score: float | None = None
    """Candidates with a lower score of the ranker are not explored: they stand last, and only if there is nothing
    else."""

    @property
    def deterministic(self) -> bool:
        """Whether the same candidates always give the same list."""
        return self.epsilon == 0 or self.share == 0

    @abstractmethod
    def belief(self) -> Belief:
        """Return what is held before anything is known."""

    def begin(self, *, as_of: datetime) -> "FittedPolicy":
        """Return the policy that has seen no feedback yet."""
        return FittedPolicy(self, as_utc(as_of), self.belief())

    def fit(self, feedback: "Feedback | Native", *, as_of: datetime) -> "FittedPolicy":
        """Learn from feedback that was known before an instant.

        Args:
            feedback: What `Rewards.fit` returns, or a frame with `item_id`, `reward`, `known_at` (when the reward was
                known for good) and the columns that the policy learns from.
            as_of: Rewards that were known later are left out.

        Raises:
            SchemaError: A column is missing, or holds what cannot be learnt from.
        """
        begun = self.begin(as_of=as_of)
        rows = learnt_from(feedback, begun.belief.learns_from, after=None, as_of=begun.as_of)
        return FittedPolicy(self, begun.as_of, begun.belief.updated(rows))

    def resume(self, body: Mapping[str, Any]) -> "FittedPolicy":
        """Return the policy that `to_body` told, to go on where it was.

        Args:
            body: What `FittedPolicy.to_body` of a policy of this spec returned, perhaps after a way through JSON.

        Raises:
            ConfigurationError: It is of another spec, or no such body.
        """
        if (body.get("kind"), body.get("spec")) != (type(self).__name__, self.to_json()):
            raise ConfigurationError(f"The body is not of this {type(self).__name__}: its spec is another.")
        try:
            return FittedPolicy(
                self, as_utc(datetime.fromisoformat(body["as_of"])), self.belief().restored(body["belief"])
            )
        except (KeyError, TypeError, ValueError) as error:
            raise ConfigurationError("The body is none that a policy told of itself.") from error


@dataclass(frozen=True, eq=False)
class FittedPolicy:
    """A policy that has learnt.

    Attributes:
        spec: The spec.
        as_of: The instant up to which it has learnt.
        belief: What it holds of items.
    """

    spec: Exploring
    as_of: datetime
    belief: Belief

    def update(self, feedback: "Feedback | Native", *, as_of: datetime) -> "FittedPolicy":
        """Return the policy after what became known since it last learnt, up to an instant.

        What was known then has no part any more, so the whole log may be given again and again. Updated batch by batch
        it is what it would be if fitted on all of them, but for rounding.

        Args:
            feedback: As for `fit`.
            as_of: An instant, not before that of the policy.

        Raises:
            ConfigurationError: The policy has learnt from later feedback already.
            SchemaError: A column is missing, or holds what cannot be learnt from.
        """
        later = self._not_before(as_of)
        rows = learnt_from(feedback, self.belief.learns_from, after=self.as_of, as_of=later)
        return FittedPolicy(self.spec, later, self.belief.updated(rows))

    def choose(self, candidates: Native, *, n: int, seed: int, as_of: datetime) -> Choices:
        """Choose up to `n` distinct items for each customer, each with its propensity.

        The choice for a customer depends on the seed, the instant, the id (or the decision) and the candidates, but not
        on the order of rows or on other customers.

        Args:
            candidates: What a ranker offers: `customer_id` (null for a visitor who is not known), `item_id`, `score`
                and the columns that the policy learns from. All that are there may be shown. With `decision_id` lists
                are told apart by it too; without it one is made for each customer.
            n: Places of each list.
            seed: Of the chance.
            as_of: The instant of the decision, not before that of the policy.

        Raises:
            ConfigurationError: `n` is below 1, or the policy has learnt from later feedback.
            SchemaError: A column is missing, a score or feature is no finite number, or an item is in a list twice.
        """
        at, lists = self._lists(candidates, n, seed, as_of)
        sheet = Sheet(lists)
        for rows, chance, layout, drawn in self._drawn(lists, n):
            chosen = layout.pool[played(drawn, len(layout.pool), self.spec.epsilon, chance)]
            sure = mixed(drawn, len(layout.pool), self.spec.epsilon)
            likely = sure[np.arange(layout.open), np.searchsorted(layout.pool, chosen)]
            sheet.list_of(rows.start, layout, chosen, likely)
        return sheet.choices(n=n, as_of=at, findings=self.findings)

    def propensities(self, candidates: Native, *, n: int, seed: int, as_of: datetime) -> pl.DataFrame:
        """Return how likely `choose` is to put each candidate at each place; those of a place sum to 1.

        Args:
            candidates: As for `choose`.
            n: As for `choose`.
            seed: As for `choose`.
            as_of: As for `choose`.

        Returns:
            `customer_id`, `decision_id`, `position` (from 1), `item_id`, `propensity` (above 0). It is exact. For
            Thompson sampling it is that of the draws from the posterior, one of which is played.

        Raises:
            ConfigurationError: As for `choose`.
            SchemaError: As for `choose`.
        """
        _, lists = self._lists(candidates, n, seed, as_of)
        sheet = Sheet(lists)
        for rows, _, layout, drawn in self._drawn(lists, n):
            sheet.chances_of(rows.start, layout, mixed(drawn, len(layout.pool), self.spec.epsilon))
        return sheet.propensities()

    def rows(self) -> Mapping[str, pl.DataFrame]:
        """Return nothing: what is shown is told by `Choices.exposures`."""
        return {}

    def to_body(self) -> Mapping[str, Any]:
        """Return all that it holds, as JSON values; `spec.resume` makes the policy of it again. It holds no customer."""
        told = {"kind": type(self.spec).__name__, "spec": self.spec.to_json(), "as_of": self.as_of.isoformat()}
        return {**told, "belief": self.belief.to_body()}

    def _not_before(self, as_of: datetime) -> datetime:
        at = as_utc(as_of)
        if at < self.as_of:
            found = f"The policy has learnt up to {self.as_of.isoformat()}"
            raise ConfigurationError(f"{found}; it cannot be used as of {at.isoformat()}, which is before that.")
        return at

    def _lists(self, candidates: Native, n: int, seed: int, as_of: datetime) -> tuple[datetime, Lists]:
        if n < 1:
            raise ConfigurationError(f"A list has at least one place; {n} is too few.")
        at = self._not_before(as_of)
        return at, listed(candidates, self.belief.learns_from, seed=seed, as_of=at)

    def _drawn(self, lists: Lists, n: int) -> Iterator[tuple[slice, np.random.Generator, Layout, Ints]]:
        """Yield the rows of each list, its chance, its parts, and the orders of its open places."""
        outlook = self.belief.outlook(lists.frame)
        scores = lists.frame["score"].to_numpy()
        # A share such as 0.07 of 100 is 7, but for rounding.
        open_places = math.ceil(self.spec.share * n - _ROUNDING)
        for rows, chance in lists:
            layout = laid_out(scores[rows], n=n, open_places=open_places, least_score=self.spec.least_score)
            worths = outlook(rows, chance)[:, layout.pool]
            yield rows, chance, layout, orders(worths, layout.open)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What to know before what it chooses is evaluated."""
        if self.spec.epsilon > 0 and self.spec.share > 0:
            return ()
        if self.spec.deterministic:
            return (Finding("no_support", _CERTAIN),)
        return (Finding("too_little_support", _NOT_ALL),)

    @property
    def table(self) -> pl.DataFrame:
        """What the policy holds of items: `item_id` and numbers, in order of the items."""
        return self.belief.table

    def __str__(self) -> str:
        told = f"{type(self.spec).__name__} that has learnt up to {self.as_of:%Y-%m-%d} of {self.table.height:,} arms"
        return "\n".join([told, *(f"  {finding}" for finding in self.findings)])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        facts = [("arms", COUNT.written(self.table.height)), ("epsilon", SHARE.written(self.spec.epsilon))]
        facts.append(("share of places", SHARE.written(self.spec.share)))
        note = " ".join([f"Learnt up to {self.as_of:%Y-%m-%d}.", *(each.message for each in self.findings)])
        return result_html(type(self.spec).__name__, facts, self.table, table_title="What it holds", note=note)
