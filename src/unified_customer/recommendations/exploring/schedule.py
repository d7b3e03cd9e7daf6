"""When a model is fitted anew: after some time, after enough that is new, or when things have moved."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import Field

from unified_customer.core.clock import as_utc
from unified_customer.core.errors import ConfigurationError
from unified_customer.core.spec import Spec
from unified_customer.methods.display import SHARE
from unified_customer.recommendations.exploring.drift_report import DriftReport
from unified_customer.recommendations.exploring.findings import Finding


@dataclass(frozen=True)
class Due:
    """Whether a model has to be fitted anew, and why.

    Attributes:
        reasons: Why it has to: `old_model`, `many_new_interactions`, `drifted`; empty if it has not.
        next_at: When it has to at the latest; None: time alone does not decide.
    """

    reasons: tuple[Finding, ...]
    next_at: datetime | None

    @property
    def due(self) -> bool:
        """Whether it has to be fitted anew."""
        return bool(self.reasons)

    def __str__(self) -> str:
        if self.due:
            return "\n".join(["Fit it anew:", *(f"  {reason}" for reason in self.reasons)])
        return "Not due" if self.next_at is None else f"Not due before {self.next_at:%Y-%m-%d %H:%M} UTC"


class RefitSchedule(Spec):
    """When a model has to be fitted anew. Any of three reasons is enough; None leaves one out.

    Updating keeps a policy up to date; fitting anew also forgets what is old and takes in what came late.

    Examples:
        >>> from datetime import UTC
        >>> monday = datetime(2026, 3, 2, tzinfo=UTC)
        >>> weekly = RefitSchedule(after=timedelta(days=7), new_share=0.1)
        >>> print(weekly.due(fitted_at=monday, as_of=monday + timedelta(days=3), training=1000, new=50))
        Not due before 2026-03-09 00:00 UTC
        >>> print(weekly.due(fitted_at=monday, as_of=monday + timedelta(days=3), training=1000, new=150))
        Fit it anew:
          many_new_interactions: 15 % as many are new as it was fitted on (from 10 % on).
    """

    after: timedelta | None = Field(default=timedelta(days=7), gt=timedelta(0))
    """How old a fit may become."""
    new_share: float | None = Field(default=0.1, gt=0)
    """How many interactions may be new, as a share of those that it was fitted on."""
    on_drift: bool = True
    """Whether a measure of drift beyond its bound is a reason."""

    def due(
        self,
        *,
        fitted_at: datetime,
        as_of: datetime,
        training: int | None = None,
        new: int | None = None,
        drift: DriftReport | None = None,
    ) -> Due:
        """Say whether a model has to be fitted anew, and why.

        Args:
            fitted_at: The instant as of which it was fitted.
            as_of: The instant at which that is asked.
            training: How many interactions it was fitted on; None: as the drift says, or not looked at.
            new: How many there are since; None: likewise.
            drift: How they differ.

        Raises:
            ConfigurationError: It was fitted after `as_of`, or a number is below 0.
        """
        fitted, now = as_utc(fitted_at, name="fitted_at"), as_utc(as_of)
        if fitted > now:
            raise ConfigurationError("The model was fitted as of a later instant than as_of.")
        was = drift.training if training is None and drift is not None else training
        came = drift.recent if new is None and drift is not None else new
        if min(was or 0, came or 0) < 0:
            raise ConfigurationError("There are no fewer interactions than none.")
        reasons = (*self._age(now - fitted), *self._new(was, came), *self._drifted(drift))
        return Due(reasons, None if self.after is None else fitted + self.after)

    def _age(self, age: timedelta) -> Iterator[Finding]:
        if self.after is not None and age >= self.after:
            yield Finding("old_model", f"it is {age.days} days old (from {self.after / timedelta(days=1):g} on).")

    def _new(self, training: int | None, new: int | None) -> Iterator[Finding]:
        if self.new_share is None or training is None or not new or new < self.new_share * training:
            return
        if not training:
            yield Finding("many_new_interactions", "it was fitted on nothing, and there are interactions now.")
            return
        many, bound = SHARE.written(new / training), SHARE.written(self.new_share)
        yield Finding("many_new_interactions", f"{many} as many are new as it was fitted on (from {bound} on).")

    def _drifted(self, drift: DriftReport | None) -> Iterator[Finding]:
        if self.on_drift and drift is not None:
            lines = drift.lines()
            yield from (Finding("drifted", f"{lines[name]}.") for name in drift.moved)
