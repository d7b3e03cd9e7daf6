"""Who is like the members."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import polars as pl

from unified_customer.core.errors import ConfigurationError, SchemaError
from unified_customer.engines.portable import Native, collected, opened
from unified_customer.methods.display import COUNT, NUMBER, SHARE, result_html
from unified_customer.methods.statistics import Interval
from unified_customer.recommendations.lookalikes.judging import Told, judged
from unified_customer.recommendations.lookalikes.learning import learned, out_of_fold
from unified_customer.recommendations.lookalikes.space import space_before
from unified_customer.recommendations.lookalikes.spec import LookAlike
from unified_customer.recommendations.segments import MEMBERSHIPS, segments_at

if TYPE_CHECKING:
    from unified_customer.methods.charting import Chart

MEMBERS: Final = "members"


@dataclass(frozen=True, eq=False)
class FittedLookAlike:
    """How likely each customer would be among the members.

    Attributes:
        spec: The spec.
        as_of: The instant before which things count.
        members: How many members were learned from.
        unknown: How many members have no vector or history, and so had no part in it.
        told: How well members are told from others, on customers who were not learned from.
        table: `customer_id` and `score` of all who are no members, the highest first: of customers like this one, so many
            are members.
    """

    spec: LookAlike
    as_of: datetime
    members: int
    unknown: int
    told: Told
    table: pl.DataFrame = field(repr=False)

    @property
    def convincing(self) -> bool:
        """Whether members are told from others better than by chance, by the lower end of the interval."""
        return self.told.auc.low > 0.5

    def audience(self, *, n: int | None = None, share: float | None = None) -> pl.DataFrame:
        """Return the customers who are most like the members, none of whom is among them.

        Args:
            n: So many at most.
            share: Or so large a part of all who are no members, above 0 and up to 1.

        Returns:
            `customer_id`, `rank` from 1, and `score`.

        Raises:
            ConfigurationError: Not one of the two is given, or it is out of its range.
        """
        if (n is None) == (share is None):
            raise ConfigurationError("An audience has a size: give n or share.")
        if (n is not None and n < 1) or (share is not None and not 0 < share <= 1):
            raise ConfigurationError("An audience has at least one customer, and at most all of them.")
        size = n if n is not None else round(self.table.height * (share or 0))
        return self.table.head(size).select("customer_id", pl.int_range(1, pl.len() + 1).alias("rank"), "score")

    def without(self, customers: "Iterable[str] | pl.Series") -> "FittedLookAlike":
        """Return it without some customers: no score of theirs is in it."""
        gone = pl.Series(list(customers), dtype=pl.String)
        return replace(self, table=self.table.filter(~pl.col("customer_id").is_in(gone.implode())))

    def chart(self, *, dark: bool = False) -> "Chart":
        """Draw the share of members in ten groups of customers by rising score, out of fold.

        Raises:
            MissingDependencyError: Altair is not installed.
        """
        from unified_customer.methods.charting import forest

        rows = self.told.calibration.with_columns(name=pl.format("{} of 10", "group"))
        said = [f"AUC {_with_ends(self.told.auc)}; customers who were not learned from"]
        return forest(
            rows.reverse(), name="name", estimate="share", low="low", high="high", reference=None,
            value_title="share of members", unit=SHARE, title="Members by score", subtitle=said, dark=dark,
        )  # fmt: skip

    def rows(self) -> Mapping[str, pl.DataFrame]:
        """Return nothing: an audience is taken when it is asked for."""
        return {}

    def to_body(self) -> Mapping[str, Any]:
        """Return how many there are, and how well they are told apart."""
        told = {"auc": list(self.told.auc), "lift": list(self.told.lift)}
        return {"members": self.members, "unknown": self.unknown, "others": self.table.height, **told}

    def __str__(self) -> str:
        """Return how many there are and how well they are told apart, without anybody."""
        found = (
            f"{COUNT.written(self.table.height)} customers by how like {COUNT.written(self.members)} members they are"
        )
        doubt = "" if self.convincing else "; members are told from others no better than by chance"
        return (
            f"{found}: AUC {_with_ends(self.told.auc)}, lift of the highest tenth {_with_ends(self.told.lift)}{doubt}"
        )

    def _repr_html_(self) -> str:
        facts = [
            ("members", COUNT.written(self.members)),
            ("members not known", COUNT.written(self.unknown)),
            ("others", COUNT.written(self.table.height)),
            ("AUC", _with_ends(self.told.auc)),
            ("lift of the highest tenth", _with_ends(self.told.lift)),
        ]
        shares = dict.fromkeys(("score", "share", "low", "high"), SHARE)
        return result_html(
            "Look-alike", facts, self.told.calibration, formats=shares, names={"low": "from", "high": "to"}
        )


def fitted(spec: LookAlike, tables: Mapping[str, Native], *, as_of: datetime) -> FittedLookAlike:
    """Learn to tell members from others, and how well that goes."""
    named = _members(spec, tables, as_of)
    space = space_before(spec, tables, as_of=as_of)
    members = space.customers.is_in(named.implode()).cast(pl.Int64).to_numpy()
    _check_enough(spec, members, len(named))
    how: dict[str, Any] = {"by": spec.by, "penalty": spec.penalty}
    held_out = out_of_fold(space.points, members, folds=spec.folds, seed=spec.seed, **how)
    scores = np.round(learned(space.points, members, **how).scores(space.points), 9)
    table = pl.DataFrame({"customer_id": space.customers, "score": scores}).filter(pl.Series(members == 0))
    return FittedLookAlike(
        spec=spec,
        as_of=as_of,
        members=int(members.sum()),
        unknown=len(named) - int(members.sum()),
        told=judged(held_out, members, confidence=spec.confidence),
        table=table.sort("score", "customer_id", descending=[True, False]),
    )


def _members(spec: LookAlike, tables: Mapping[str, Native], as_of: datetime) -> pl.Series:
    if MEMBERS in tables:
        rows = opened(tables[MEMBERS], columns=["customer_id"], name=MEMBERS).select("customer_id")
        return collected(rows)["customer_id"].cast(pl.String).drop_nulls().unique()
    if spec.segment is not None and MEMBERSHIPS in tables:
        found = segments_at(tables[MEMBERSHIPS], segmentation=spec.segmentation, as_of=as_of)
        return found.filter(pl.col("segment") == spec.segment)["customer_id"]
    asked = "give it, or a segment and 'memberships'" if spec.segment is None else "nor is 'memberships'"
    raise SchemaError(f"{MEMBERS!r} is not among the tables ({asked}); there are: {', '.join(tables) or 'none'}.")


def _check_enough(spec: LookAlike, members: "np.ndarray[Any, Any]", named: int) -> None:
    inside, others = int(members.sum()), int((members == 0).sum())
    if inside < spec.least_members:
        raise ConfigurationError(
            f"Of {named} members {inside} have a vector or a history, and {spec.least_members} are needed: "
            "fewer say too little of what they have in common. Give more, or lower least_members."
        )
    if others < spec.least_members:
        raise ConfigurationError(f"There are {others} other customers, and {spec.least_members} are needed.")


def _with_ends(interval: Interval) -> str:
    estimate, low, high = (NUMBER.written(each) for each in interval)
    return f"{estimate} ({low} to {high})"
