"""A regime: what the law of one place asks of the use of personal data, as data."""

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from unified_customer.core.models.base import Model
from unified_customer.core.models.purposes import Purpose, ancestors
from unified_customer.core.models.rights import Right
from unified_customer.policy.grounds import Ground
from unified_customer.policy.periods import Period
from unified_customer.policy.rules import Category, ReadOnly, over


class Minor(Model):
    """What holds for people below an age.

    Examples:
        >>> Minor(below=13, purposes=("third_party_sharing",), needs="guardian_consent").below
        13
    """

    below: int = Field(gt=0, le=25)
    """Years of age from which the rule no longer holds."""
    purposes: tuple[Purpose, ...]
    """The uses that it is about, with everything below them."""
    needs: Ground
    """What these may rest on at most; where the regime is stricter, that stays."""


class Deadlines(Model):
    """By when a request of a person has to be answered, counted from its receipt."""

    answer: Period = Period(months=1)
    extension: Period | None = None
    """By how much it may be put off once, with reasons."""
    acknowledge: Period | None = None
    """By when its receipt has to be confirmed."""
    opt_out: Period | None = None
    """By when an objection or opt-out has to take effect, where that differs."""


class BreachClock(Model):
    """By when somebody has to be told of an incident, counted from when it became known."""

    whom: Literal["authority", "people", "media"]
    within: Period
    at_least: int = 1
    """Only where so many people were affected."""
    when: Literal["always", "high_risk"] = "always"
    source: str
    """The article that says so."""


class Regime(Model):
    """What the law of one place asks.

    A rule about a purpose holds for its children; the nearest one above decides.

    Raises:
        pydantic.ValidationError: What it names as the basis of a purpose it does not admit itself.

    Examples:
        >>> regime = Regime(title="Opt-out", fallback="opt_out")
        >>> regime.admits("marketing", "contract")
        True
    """

    title: str = Field(min_length=1)
    fallback: Ground = "consent"
    """What a purpose rests on for which nobody named anything."""
    bases: Annotated[Mapping[Purpose, Ground], AfterValidator(over({})), ReadOnly] = Field(
        default={}, validate_default=True
    )
    """Purpose -> what it rests on here, where that differs from the policy's own `bases`."""
    admissible: Annotated[Mapping[Purpose, tuple[Ground, ...]], AfterValidator(over({})), ReadOnly] = Field(
        default={}, validate_default=True
    )
    """Purpose -> what it may rest on at all; without a rule: on anything."""
    minors: tuple[Minor, ...] = ()
    forbidden: Annotated[Mapping[Purpose, tuple[Category, ...]], AfterValidator(over({})), ReadOnly] = Field(
        default={}, validate_default=True
    )
    """Purpose -> data categories that it may never read."""
    rights: tuple[Right, ...] = ("access", "rectification", "erasure")
    """What people may ask for."""
    deadlines: Deadlines = Deadlines()
    breach: tuple[BreachClock, ...] = ()

    @model_validator(mode="after")
    def _admit_its_own_bases(self) -> Self:
        wrong = [purpose for purpose, ground in self.bases.items() if not self.admits(purpose, ground)]
        if wrong:
            message = f"{self.title} does not admit the basis that it names for {', '.join(wrong)}"
            raise ValueError(message)
        return self

    def admits(self, purpose: str, ground: Ground) -> bool:
        """Return whether `purpose` may rest on `ground` here; what is stricter than consent always may."""
        nearest = next((self.admissible[each] for each in ancestors(purpose) if each in self.admissible), None)
        return nearest is None or ground in {"never", "guardian_consent", "consent"} or ground in nearest
