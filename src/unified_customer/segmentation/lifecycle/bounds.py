"""When a customer counts as at risk, lapsed or lost."""

from typing import Literal

from pydantic import Field, model_validator

from unified_customer.core.errors import ConfigurationError
from unified_customer.core.models.base import Model


class ByDays(Model):
    """By days since the last purchase, alike for everybody.

    Examples:
        >>> ByDays(active=30, at_risk=60, lapsed=120).lapsed
        120
    """

    kind: Literal["days"] = "days"
    active: int = Field(default=90, ge=0)
    """Active up to so many days after the last purchase."""
    at_risk: int = Field(default=180, ge=0)
    """At risk up to so many."""
    lapsed: int = Field(default=365, ge=0)
    """Lapsed up to so many, and lost after them."""

    @model_validator(mode="after")
    def _rising(self) -> "ByDays":
        if not self.active < self.at_risk < self.lapsed:
            raise ConfigurationError(f"Days must rise: {self.active}, {self.at_risk}, {self.lapsed}.")
        return self


class ByRhythm(Model):
    """By each customer's own gaps between days of purchase.

    At risk is who waits longer than most of the own gaps, lapsed who waits longer than all of them, lost who waits a
    multiple of that. With few gaps of one's own, those of everybody count.
    """

    kind: Literal["rhythm"] = "rhythm"
    usual_percent: int = Field(default=80, ge=1, le=99)
    """Active up to the gap that so many percent of the gaps do not exceed."""
    pooled_longest_percent: int = Field(default=95, ge=2, le=100)
    """What counts as the longest gap where those of everybody count."""
    least_gaps: int = Field(default=3, ge=1)
    """So many gaps of one's own make a rhythm."""
    lost_factor: float = Field(default=2.0, gt=1)
    """Lost is who waits so many times the longest gap."""

    @model_validator(mode="after")
    def _rising(self) -> "ByRhythm":
        if self.usual_percent >= self.pooled_longest_percent:
            raise ConfigurationError(
                f"The longest gap must be above the usual one: {self.usual_percent} %, {self.pooled_longest_percent} %."
            )
        return self


class ByPAlive(Model):
    """By the chance that a customer still is one, of a model of purchases (MBG/NBD) that is fitted on all of them.

    References:
        E. P. Batislam, M. Denizel, A. Filiztekin (2007): Empirical validation and comparison of models for customer
        base
        analysis.
    """

    kind: Literal["p_alive"] = "p_alive"
    active: float = Field(default=0.8, gt=0, lt=1)
    """Active from this chance on."""
    at_risk: float = Field(default=0.5, gt=0, lt=1)
    """At risk from this one on."""
    lapsed: float = Field(default=0.2, gt=0, lt=1)
    """Lapsed from this one on, and lost below."""

    @model_validator(mode="after")
    def _falling(self) -> "ByPAlive":
        if not self.active > self.at_risk > self.lapsed:
            raise ConfigurationError(f"Chances must fall: {self.active}, {self.at_risk}, {self.lapsed}.")
        return self
