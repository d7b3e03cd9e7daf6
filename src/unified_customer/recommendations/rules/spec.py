"""Rules of a request: what may be recommended, and what besides the score counts."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, Field, field_validator, model_validator

from unified_customer.core.errors import ConfigurationError
from unified_customer.core.spec import Spec, canonical_json
from unified_customer.recommendations.rules.conditions import Condition
from unified_customer.recommendations.rules.parts import Again, Boost, Cap, Frequency, InStock, Price

Weight: TypeAlias = Annotated[float, Field(ge=0, le=1)]


class Rules(Spec):
    """What may be recommended, and what besides the score counts. The order in which rules are given does not matter.

    **Hard rules** always hold. An item is out by the first of these that it breaks: `deny`, `allow`, `in_stock`, `price`,
    `conditions`; then, for one customer, `owned` and `frequency`. `caps` hold for each list. What is denied is out even
    if it is allowed, pinned or boosted.

    **Soft rules** order what is left. `boosts` change scores. The `candidates` with the highest scores are then valued by

        (1 - diversity) * ((1 - novelty - margin) * relevance + novelty * how new + margin * margin) - diversity * likeness

    where relevance is the score as a share of the highest one of the candidates, how new an item is tells how few
    customers have it (the self-information of Zhou et al., from 0 for the most popular to 1), margin is (price - cost) / price,
    and likeness is that to the most similar item that is on the list already (the maximal marginal relevance of Carbonell
    and Goldstein). If caps leave too few of the candidates, the next best of what may still follow are candidates, four times
    as many; they are never worth more than what is on the list before them.

    **Pins** come last: an item gets its place on the list whatever its score, but never against a hard rule. What is
    pinned counts for caps before all else.

    Without soft rules the list is that of the highest scores; equal ones are in the order of items (popular first).

    References:
        J. Carbonell, J. Goldstein (1998): The use of MMR, diversity-based reranking for reordering documents and
        producing summaries. SIGIR, 335-336.
        T. Zhou et al. (2010): Solving the apparent diversity-accuracy dilemma of recommender systems. PNAS 107(10), 4511-4515.

    Examples:
        >>> rules = Rules(deny=["knife"], in_stock=True, price=Price(high=20), caps=[Cap("brand", 2)], diversity=0.3)
        >>> Rules.from_json(rules.to_json()) == rules
        True
        >>> rules.needs
        ('items',)
    """

    allow: tuple[str, ...] | None = None
    """Only these items; None: all."""
    deny: tuple[str, ...] = ()
    """Never these items."""
    conditions: tuple[Condition, ...] = ()
    """All of these hold for every item."""
    in_stock: InStock | None = None
    """Only what can be had; `True` stands for `InStock()`."""
    price: Price | None = None
    """Only these prices."""
    owned: Literal["exclude", "include"] | Again | None = None
    """Whether what a customer has may be recommended; None: as the recommender says."""
    frequency: tuple[Frequency, ...] = ()
    """How often something is shown to a customer; limits `of="any"` make lists shorter."""
    caps: tuple[Cap, ...] = ()
    """At most so many items of a list share a value."""
    boosts: tuple[Boost, ...] = ()
    """What scores more or less."""
    novelty: Weight = 0.0
    """How much it counts that few customers have an item."""
    margin: Weight = 0.0
    """How much the margin counts."""
    margin_unknown: Literal["median", "none"] = "median"
    """The margin of items without a price above 0 or a cost: the median of those in the catalogue that have one, or none."""
    diversity: Weight = 0.0
    """How much it counts that items of a list are unlike each other."""
    alike_by: tuple[str, ...] = Field(default=("category",), min_length=1)
    """By which columns items are like each other, unless `prepare` is given another measure: the average over the
    columns of 1 for equal values, of paths the share of steps that they have in common."""
    pins: Mapping[str, Annotated[int, Field(ge=1)]] = Field(default_factory=dict)
    """The place, from 1, of some items; a list that is asked to be shorter leaves the pin out, one that turns out to be
    shorter has it at its end."""
    candidates: int | None = Field(default=None, ge=1)
    """So many items are valued by soft rules; None: ten times as many as are wanted, at least 200."""

    @field_validator("in_stock", mode="before")
    @classmethod
    def _as_it_is_said(cls, value: Any) -> Any:
        return (InStock() if value else None) if isinstance(value, bool) else value

    @field_validator("allow", "deny", "alike_by", mode="before")
    @classmethod
    def _ids_in_order(cls, value: Any) -> Any:
        if value is None or isinstance(value, str) or not isinstance(value, Iterable):
            return value
        found = list(value)
        return tuple(sorted(set(found))) if all(isinstance(each, str) for each in found) else tuple(found)

    @field_validator("conditions", "frequency", "caps", "boosts")
    @classmethod
    def _in_order(cls, value: tuple[BaseModel, ...]) -> tuple[BaseModel, ...]:
        told = {canonical_json(each.model_dump(mode="json")): each for each in value}
        return tuple(told[text] for text in sorted(told))

    @model_validator(mode="after")
    def _possible(self) -> "Rules":
        if self.novelty + self.margin > 1:
            raise ConfigurationError(
                f"novelty and margin are shares: {self.novelty} and {self.margin} are more than 1."
            )
        if len(set(self.pins.values())) < len(self.pins):
            raise ConfigurationError("Two items are pinned to one place.")
        return self

    @property
    def needs(self) -> tuple[str, ...]:
        """Names of the tables that the rules look at: `items`, `exposures`."""
        conditions = [*self.conditions, *(each for boost in self.boosts for each in boost.conditions)]
        told = self.in_stock or self.price or self.margin or any(each.column != "item_id" for each in conditions)
        by_column = (
            told
            or any(each.column != "item_id" for each in self.caps)
            or (self.diversity and self.alike_by != ("item_id",))
        )
        return (("items",) if by_column else ()) + (("exposures",) if self.frequency else ())

    @property
    def weighed(self) -> bool:
        """Whether something besides the score counts."""
        return bool(self.novelty or self.margin or self.diversity)
