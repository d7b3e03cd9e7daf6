"""Specs of models that learn from who did what alone."""

from typing import Literal

from pydantic import Field

from unified_customer.core.errors import ConfigurationError
from unified_customer.recommendations.models import buy_again, graph_filter, popularity
from unified_customer.recommendations.models import ease as exact
from unified_customer.recommendations.models.by_implicit import least_squares, pairwise
from unified_customer.recommendations.models.by_spark import least_squares_on_spark
from unified_customer.recommendations.models.neighbours import neighbours
from unified_customer.recommendations.models.scoring import Counted, Scorer
from unified_customer.recommendations.models.spec import RecommenderSpec
from unified_customer.recommendations.models.training import Training


class Popularity(RecommenderSpec):
    """What most people want, lately: the same list for everybody, and the row that every other model has to beat."""

    half_life_days: float | None = Field(default=30, gt=0)
    """After how many days an interaction counts half; None: never, and likewise where times are not told."""

    def learn(self, training: Training) -> Scorer:
        """Return what is learned."""
        dated = training.dated
        ages = dated.ages if training.histories.timed else None
        return popularity.fading_popularity(
            dated.columns, dated.weights, ages, items=len(training.histories.items), half_life_days=self.half_life_days
        )


class BuyAgain(RecommenderSpec):
    """What a customer has bought before."""

    counts: Counted = "decayed"
    """How much an item of a history counts."""

    def learn(self, training: Training) -> Scorer:
        """Return what is learned."""
        return buy_again.again(training.histories, counts=self.counts)


class Neighbours(RecommenderSpec):
    """What goes together with what a customer has: item-item neighbours."""

    counts: Counted = "once"
    """How much an item of a history counts."""
    customer: float = 0.7
    """Exponent of how many items a customer wants: the higher, the less those say who want everything."""
    item: float = 0.7
    """Exponent of the popularity of the item of the history."""
    scored: float = 0.2
    """Exponent of the popularity of the item that is scored: the lower, the more popular it gets."""
    size: int = Field(default=1000, gt=0)
    """How many neighbours an item has."""

    def learn(self, training: Training) -> Scorer:
        """Return what is learned."""
        return neighbours(
            training.histories,
            counts=self.counts,
            customer=self.customer,
            item=self.item,
            scored=self.scored,
            size=self.size,
        )


class ALS(RecommenderSpec):
    """Factors by alternating least squares, learned on this machine or on Spark.

    On Spark the vectors are learned by MLlib, in the session that runs, wherever the tables are; all else (histories, filters,
    lists, folding in) is the same. Confidences are the same too. What vectors cost is not: MLlib makes it grow with the
    number of items that somebody wants. It is set so that it costs on average what `regularization` says, so lists differ
    from those of `implicit`, which is why nothing but this field chooses.
    """

    counts: Counted = "once"
    """How much an item of a history counts."""
    factors: int = Field(default=128, gt=0)
    """Length of the vectors."""
    alpha: float = Field(default=40, ge=0)
    """What an item that counts 1 adds to the confidence of 1 that everything else has."""
    popularity: float = 0.3
    """Exponent of the popularity of an item, as a share of the mean: the higher, the less a popular item says."""
    regularization: float = Field(default=20, gt=0)
    """What the squares of a vector cost."""
    iterations: int = Field(default=15, gt=0)
    """How often customers and items take turns."""
    threads: int = Field(default=0, ge=0)
    """Threads to learn on; 0: all. Spark has settings of its own."""
    seed: int = 0
    """Of the start."""
    learner: Literal["implicit", "spark"] = "implicit"
    """Who learns: the package `implicit` on this machine, or MLlib on Spark."""

    def learn(self, training: Training) -> Scorer:
        """Return what is learned.

        Raises:
            MissingDependencyError: The package of the learner is not installed.
            ConfigurationError: Spark is to learn, and there is no session, or threads are told or `alpha` is 0, which MLlib
                has no way to take.
        """
        if self.learner == "spark":
            return self._on_spark(training)
        return least_squares(
            training.histories,
            counts=self.counts,
            factors=self.factors,
            alpha=self.alpha,
            popularity=self.popularity,
            regularization=self.regularization,
            iterations=self.iterations,
            threads=self.threads,
            seed=self.seed,
        )

    def _on_spark(self, training: Training) -> Scorer:
        if self.threads or not self.alpha:
            raise ConfigurationError(
                "MLlib takes no number of threads, and no alpha of 0: leave `threads` at 0 and set `alpha` above 0, or let"
                " implicit learn."
            )
        return least_squares_on_spark(
            training.histories,
            counts=self.counts,
            factors=self.factors,
            alpha=self.alpha,
            popularity=self.popularity,
            regularization=self.regularization,
            iterations=self.iterations,
            seed=self.seed,
        )


class BPR(RecommenderSpec):
    """Factors by Bayesian personalized ranking: what a customer wants is put above what he has not touched.

    Items are learned from pairs that are drawn by chance, a wanted one and another one by its popularity, so what was sent
    back is never a wanted one. Customers are placed among the items by a regression, those who were there when these
    were learned as well as all others: nobody's vector is kept, and the same history always gets the same list. How much
    something weighs does not matter, only whether it is wanted. Learning runs on one thread, since with several it
    would differ from run to run.

    Two things that stand alike in all the data are told apart by chance of the seed alone.

    References:
        S. Rendle, C. Freudenthaler, Z. Gantner, L. Schmidt-Thieme (2009): BPR: Bayesian personalized ranking from implicit
        feedback. UAI, 452-461.
    """

    factors: int = Field(default=64, gt=0)
    """Length of the vectors."""
    learning_rate: float = Field(default=0.01, gt=0)
    """How far each pair moves the vectors."""
    regularization: float = Field(default=0.01, ge=0)
    """What the squares of all vectors cost while they are learned."""
    iterations: int = Field(default=60, gt=0)
    """How many pairs are drawn for each item of each history."""
    margin: float = Field(default=2, gt=0)
    """How far above the rest a customer's vector should put what he wants."""
    ridge: float = Field(default=3, gt=0)
    """What the squares of a customer's vector cost when he is placed among the items: for each item that he wants, and as a
    multiple of how far the vectors of items spread."""
    seed: int = 0
    """Of the start, and of the pairs."""

    def learn(self, training: Training) -> Scorer:
        """Return what is learned."""
        return pairwise(
            training.histories,
            factors=self.factors,
            learning_rate=self.learning_rate,
            regularization=self.regularization,
            iterations=self.iterations,
            margin=self.margin,
            ridge=self.ridge,
            seed=self.seed,
        )


class EASE(RecommenderSpec):
    """The exact linear model of items on items, for catalogues of up to 15,000 items."""

    counts: Counted = "once"
    """How much an item of a history counts."""
    regularization: float = Field(default=200, gt=0)
    """Added to the diagonal."""
    customer: float = 0.25
    """Exponent of how many items a customer wants."""

    def learn(self, training: Training) -> Scorer:
        """Return what is learned."""
        return exact.ease(
            training.histories, counts=self.counts, regularization=self.regularization, customer=self.customer
        )


class GraphFilter(RecommenderSpec):
    """The smooth part of what somebody wants, on the graph of who wants what."""

    counts: Counted = "once"
    """How much an item of a history counts."""
    directions: int = Field(default=256, gt=0)
    """How many directions of the graph are kept."""
    seed: int = 0
    """Of the start."""

    def learn(self, training: Training) -> Scorer:
        """Return what is learned."""
        return graph_filter.smooth(training.histories, counts=self.counts, directions=self.directions, seed=self.seed)
