"""Thompson sampling on rates: a Beta distribution for each item, or for each item in each segment."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np
import polars as pl
from pydantic import Field

from unified_customer.core.errors import SchemaError
from unified_customer.methods.learning import Floats, Ints
from unified_customer.recommendations.exploring.policy import Exploring, Outlook


class BetaThompson(Exploring):
    """Thompson sampling on the rate at which each item is rewarded, with a Beta prior.

    Of each item rates are drawn from its posterior, and the items with the highest rates are shown. What is played is
    one of `draws` such lists, each as likely as any other: that makes its propensity exact, where that of sampling
    without end has no closed form. Rewards lie between 0 and 1; one between counts in part as success and in part as
    failure.

    Examples:
        >>> from datetime import UTC, datetime
        >>> noon = datetime(2026, 1, 1, 12, tzinfo=UTC)
        >>> seen = pl.DataFrame({"item_id": ["tea"] * 3 + ["cup"], "reward": [1.0, 1.0, 0.0, 0.0], "known_at": noon})
        >>> policy = BetaThompson(epsilon=0.1).fit(seen, as_of=noon)
        >>> policy.table.select("item_id", "shown", "alpha", "beta", "mean").rows()
        [('cup', 1, 1.0, 2.0, 0.3333333333333333), ('tea', 3, 3.0, 2.0, 0.6)]
        >>> offered = pl.DataFrame({"customer_id": "c1", "item_id": ["tea", "cup", "pot"], "score": [3.0, 2.0, 1.0]})
        >>> choices = policy.choose(offered, n=2, seed=1, as_of=noon)
        >>> choices.table.select("rank", "item_id").height, bool((choices.table["propensity"] > 0).all())
        (2, True)

    References:
        W. R. Thompson (1933): On the likelihood that one unknown probability exceeds another in view of the evidence of
        two samples.
        O. Chapelle, L. Li (2011): An empirical evaluation of Thompson sampling.
    """

    successes: float = Field(default=1.0, gt=0, allow_inf_nan=False)
    """Of the prior of each item: as if it had been rewarded so often."""
    failures: float = Field(default=1.0, gt=0, allow_inf_nan=False)
    """Of the prior: as if it had been shown so often without."""
    segment: str | None = None
    """A column of feedback and candidates by which items are told apart: each has a rate in each segment."""
    draws: int = Field(default=100, ge=1)
    """From how many draws what is played is chosen. What is in none has no propensity, but for epsilon."""

    @property
    def deterministic(self) -> bool:
        """Whether the same candidates always give the same list."""
        return super().deterministic and (self.draws == 1 or self.share == 0)

    def belief(self) -> "BetaBelief":
        """Return what is held before anything is known."""
        keys = {"segment": pl.String, "item_id": pl.String, "shown": pl.Int64, "rewards": pl.Float64}
        return BetaBelief(self, pl.DataFrame(schema=keys))


@dataclass(frozen=True, eq=False)
class BetaBelief:
    """Rates of items.

    Attributes:
        spec: The prior.
        counts: `segment` (null without), `item_id`, `shown`, `rewards`.
    """

    spec: BetaThompson
    counts: pl.DataFrame

    @property
    def learns_from(self) -> tuple[str, ...]:
        """The column of segments, where there is one."""
        return () if self.spec.segment is None else (self.spec.segment,)

    @property
    def table(self) -> pl.DataFrame:
        """`segment`, `item_id`, `shown`, `rewards`, `alpha` and `beta` of the posterior, and its `mean`."""
        alpha = pl.col("rewards") + self.spec.successes
        beta = pl.col("shown") - pl.col("rewards") + self.spec.failures
        held = self.counts.with_columns(alpha=alpha, beta=beta)
        told = held.with_columns(mean=pl.col("alpha") / (pl.col("alpha") + pl.col("beta")))
        return told if self.learns_from else told.drop("segment")

    def updated(self, rows: pl.DataFrame) -> Self:
        """Return the rates after further rows.

        Raises:
            SchemaError: A reward is below 0 or above 1.
        """
        if not rows["reward"].is_between(0, 1).all():
            raise SchemaError(
                "A rate is learnt from rewards between 0 and 1; 'feedback' has others. Scale them, or use LinearThompson."
            )
        fresh = rows.group_by(self._segment(), "item_id", maintain_order=True).agg(
            shown=pl.len().cast(pl.Int64), rewards=pl.col("reward").sum()
        )
        both = pl.concat([self.counts, fresh]).group_by("segment", "item_id", maintain_order=True)
        return type(self)(self.spec, both.agg(pl.col("shown", "rewards").sum()).sort("segment", "item_id"))

    def to_body(self) -> Mapping[str, Any]:
        """Return the counts, column by column."""
        return self.counts.to_dict(as_series=False)

    def restored(self, body: Mapping[str, Any]) -> Self:
        """Return the rates of such counts."""
        counts = pl.DataFrame({name: body[name] for name in self.counts.columns}, schema=self.counts.schema)
        return type(self)(self.spec, counts)

    def _segment(self) -> pl.Expr:
        column = pl.lit(None) if self.spec.segment is None else pl.col(self.spec.segment)
        return column.cast(pl.String).alias("segment")

    @cached_property
    def _arms(self) -> tuple[Mapping[tuple[str | None, str], int], Floats, Floats]:
        """The place of each arm, and both parameters of all, the last one the prior."""
        places = {key: place for place, key in enumerate(self.counts.select("segment", "item_id").iter_rows())}
        rewards, shown = (self.counts[name].cast(pl.Float64).to_numpy() for name in ("rewards", "shown"))
        alpha = np.append(rewards, 0.0) + self.spec.successes
        return places, alpha, np.append(shown - rewards, 0.0) + self.spec.failures

    def outlook(self, candidates: pl.DataFrame) -> Outlook:
        """Return draws of the rates of candidates; an item that was never shown has the prior."""
        places, alpha, beta = self._arms
        keys = candidates.select(self._segment(), "item_id").iter_rows()
        arms: Ints = np.fromiter((places.get(key, -1) for key in keys), dtype=np.int64, count=candidates.height)

        def draw(rows: slice, chance: np.random.Generator) -> Floats:
            few = arms[rows]
            return chance.beta(alpha[few], beta[few], size=(self.spec.draws, len(few)))

        return draw
