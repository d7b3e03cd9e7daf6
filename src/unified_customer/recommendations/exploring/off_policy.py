"""Off-policy evaluation: what another policy would have been worth, from the log of one that explored."""

from typing import TYPE_CHECKING, Literal

from pydantic import Field, model_validator

from unified_customer.core.errors import ConfigurationError
from unified_customer.core.spec import Spec
from unified_customer.engines.portable import Native
from unified_customer.recommendations.exploring.reward_models import ItemMeans, RewardModel

if TYPE_CHECKING:
    from unified_customer.recommendations.exploring.estimates import Estimates
    from unified_customer.recommendations.exploring.feedback import Feedback


class OffPolicy(Spec):
    """What a policy would have been worth, had it decided what was shown.

    Each reward is weighed by how much more likely the policy is to show that item at that place than the one that did
    (`ips`); by such weights that sum to the number of rows (`snips`, biased a little and steadier); or a model of the
    reward says what is expected of the policy, and weighed rows correct it where it errs (`dr`, right if the model or
    the propensities are).

    Lists are taken item by item: what an item is worth depends on it, on its place and on the decision, not on what
    stands beside it (the item-position model), so that propensities are those of one item at one place. Values are
    means over the places that were shown.

    Examples:
        >>> import polars as pl
        >>> log = {"decision_id": ["1", "2", "3", "4"], "item_id": ["tea", "tea", "cup", "cup"], "propensity": 0.5}
        >>> log = pl.DataFrame(log | {"reward": [1.0, 1.0, 0.0, 1.0]})
        >>> ids = pl.DataFrame({"decision_id": ["1", "2", "3", "4"]})
        >>> target = ids.join(pl.DataFrame({"item_id": ["tea", "cup"], "propensity": [0.75, 0.25]}), how="cross")
        >>> estimates = OffPolicy(model=None).fit(log, target)
        >>> estimates.table.select("estimator", "value").rows()
        [('logged', 0.75), ('ips', 0.875), ('snips', 0.875)]
        >>> estimates.diagnostics["effective_rows"]
        3.2

    References:
        D. G. Horvitz, D. J. Thompson (1952): A generalization of sampling without replacement from a finite universe.
        A. Swaminathan, T. Joachims (2015): The self-normalized estimator for counterfactual learning.
        M. Dudik, J. Langford, L. Li (2011): Doubly robust policy evaluation and learning.
        Y.-X. Wang, A. Agarwal, M. Dudik (2017): Optimal and adaptive off-policy evaluation in contextual bandits
        (switch).
        S. Li, Y. Abbasi-Yadkori, B. Kveton, S. Muthukrishnan, V. Vinay, Z. Wen (2018): Offline evaluation of ranking
        policies with click models (item-position model).
        L. Kish (1965): Survey sampling (effective sample size).
    """

    model: RewardModel | None = Field(default=ItemMeans(), discriminator="kind")
    """The model of the reward. It is cross-fitted: no row has a part in what is expected of it. None: there is no `dr`,
    unless the target has a column `predicted`."""
    folds: int = Field(default=5, ge=2)
    """In how many parts units are laid for that."""
    clip: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    """Weights above it are set to it, which biases estimates towards 0 (of `dr` towards the model)."""
    switch: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    """Where weights are above it `dr` goes by the model alone."""
    unit: Literal["decision", "customer"] = "decision"
    """What is drawn independently, for intervals and for folds: decisions, or customers with all of theirs."""
    confidence: float = Field(default=0.95, gt=0, lt=1)
    """Of the intervals."""
    least_effective: float = Field(default=100.0, ge=0)
    """With an effective sample of fewer rows there is a finding."""
    most_unsupported: float = Field(default=0.01, ge=0, le=1)
    """With a greater share of what the target shows that was never shown there is a finding."""
    most_of_one: float = Field(default=0.1, gt=0, le=1)
    """With a greater share of all weight on one row there is a finding."""
    most_clipped: float = Field(default=0.05, ge=0, le=1)
    """With a greater share of rows whose weight is clipped or switched off there is a finding."""

    @model_validator(mode="after")
    def _one_of_both(self) -> "OffPolicy":
        if self.clip is not None and self.switch is not None:
            raise ConfigurationError("Weights are clipped or switched off, not both: leave out `clip` or `switch`.")
        return self

    def fit(self, feedback: "Feedback | Native", target: Native) -> "Estimates":
        """Estimate what the target policy would have been worth.

        Args:
            feedback: What `Rewards.fit` returns, or a frame with `decision_id`, `item_id`, `propensity`, `reward`, where
                lists have several places `position`, and features where the model needs them.
            target: The target policy: `decision_id`, `item_id`, `propensity`, and `position` where lists have several
                places; all items that it may show, so that propensities sum to 1 at each place. Perhaps `logged`, the
                propensity of the same item under the policy that made the log (then support is known, not
                estimated), `predicted`, a reward that some other model expects, and the features of the model.

        Raises:
            SchemaError: A column is missing, or a propensity or reward is none.
            ConfigurationError: Propensities of the target do not sum to 1.
        """
        from unified_customer.recommendations.exploring.estimates import estimated

        return estimated(self, feedback, target)
