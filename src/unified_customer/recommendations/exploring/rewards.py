"""What an exposure was worth: outcomes, weighed by their kind, within a window after it."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field, field_validator

from unified_customer.core.clock import as_utc
from unified_customer.core.errors import ConfigurationError
from unified_customer.core.spec import Spec
from unified_customer.engines.portable import Native

if TYPE_CHECKING:
    from unified_customer.recommendations.exploring.feedback import Feedback


class Rewards(Spec):
    """What an exposure was worth, by the outcomes that are put down to it.

    An outcome counts for the exposure that it names, if it came at or after it and within the window. Outcomes that
    name no exposure count for none: nothing is guessed. An exposure counts once its window is over, since before that
    a click may still come; it is then known for good.

    Examples:
        >>> import polars as pl
        >>> from datetime import UTC
        >>> noon = datetime(2026, 1, 1, 12, tzinfo=UTC)
        >>> shown = {
        ...     "exposure_id": ["x", "y"],
        ...     "item_id": ["tea", "cup"],
        ...     "exposed_at": noon,
        ...     "propensity": [0.5, None],
        ... }
        >>> came = {"exposure_id": ["x"], "kind": ["click"], "occurred_at": [noon + timedelta(hours=1)]}
        >>> tables = {"exposures": pl.DataFrame(shown), "outcomes": pl.DataFrame(came)}
        >>> feedback = Rewards(weights={"click": 1.0}).fit(tables, as_of=datetime(2026, 2, 1, tzinfo=UTC))
        >>> feedback.table.select("item_id", "propensity", "reward").rows()
        [('tea', 0.5, 1.0)]
        >>> feedback.left_out.rows()
        [('no_propensity', 1)]
    """

    needs: ClassVar[tuple[str, ...]] = ("exposures", "outcomes")
    of_nobody: ClassVar[tuple[str, ...]] = ("exposures", "outcomes")
    weights: Mapping[str, float] = Field(default={"click": 0.2, "conversion": 1.0}, min_length=1)
    """What an outcome of each kind is worth; below 0 for what is regretted, such as a complaint. Other kinds are worth
    nothing."""
    window: timedelta = Field(default=timedelta(days=7), gt=timedelta(0))
    """How long after the exposure an outcome counts for it; at its end it does not any more."""
    several: Literal["strongest", "sum", "once_a_kind"] = "strongest"
    """Of several outcomes of one exposure: the one that weighs most, up or down (of two that weigh as much the regretted
    one); all of them; or the strongest of each kind."""
    times: Literal["nothing", "value"] = "nothing"
    """`value`: the weight is multiplied by the outcome's `value`; an outcome without one is left out and counted."""

    @field_validator("weights")
    @classmethod
    def _finite(cls, weights: Mapping[str, float]) -> Mapping[str, float]:
        wrong = [kind for kind, weight in weights.items() if not abs(weight) < float("inf")]
        if wrong:
            raise ConfigurationError(f"The weight of {wrong[0]!r} is no finite number.")
        return weights

    def fit(self, tables: Mapping[str, Native], *, as_of: datetime, context: Native | None = None) -> "Feedback":
        """Put outcomes down to exposures.

        Args:
            tables: `exposures` (`exposure_id`, `item_id`, `exposed_at`, `propensity`; further columns of the table are
                kept where they are there) and `outcomes` (`exposure_id`, `kind`, `occurred_at`, perhaps `value`).
            as_of: What happened at it or later is not known, and exposures whose window is not over are left out.
            context: What was known when something was shown: `exposure_id` or `decision_id` (with or without
                `item_id`), each once, and columns of features. Exposures without a row of it are left out and counted.

        Raises:
            SchemaError: A column is missing, or a key of the context is there twice.
        """
        from unified_customer.recommendations.exploring.feedback import logged

        return logged(self, tables, as_of=as_utc(as_of), context=context)
