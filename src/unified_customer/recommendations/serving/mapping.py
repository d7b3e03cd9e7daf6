"""The map of a catalogue: items that the same customers want lie near each other."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import polars as pl

from unified_customer.core.errors import ConfigurationError, SchemaError
from unified_customer.methods.display import COUNT, result_html
from unified_customer.methods.learning import Floats, Ints, in_the_plane
from unified_customer.recommendations.histories import WEIGHT, Histories
from unified_customer.recommendations.models.scoring import Scorer
from unified_customer.recommendations.serving.recommender import Recommender

if TYPE_CHECKING:
    from unified_customer.methods.charting import Chart

UNTOLD: Final = "none told"
"""The group of what is in none."""
AT_MOST: Final = 2000
"""So many items a map takes."""
_PART: Final = 256


@dataclass(frozen=True, eq=False)
class ItemMap:
    """Items in the plane. It holds no customer.

    Attributes:
        as_of: The instant before which the model learned.
        by: Which column of the catalogue the groups are from; None: there are no groups.
        table: `item_id`, `name`, `group`, `customers` (how many want it), `x` and `y` (from -1 to 1), a row each, the
            most wanted first.
    """

    as_of: datetime
    by: str | None
    table: pl.DataFrame = field(repr=False)

    def chart(self, *, dark: bool = False) -> "Chart":
        """Draw it: coloured by group, as large as the number of customers, the most wanted named.

        Raises:
            MissingDependencyError: Altair is not installed.
        """
        from unified_customer.methods.charting import landscape

        return landscape(
            self.table, name="name", x="x", y="y", size="customers", group=self.by and "group", size_title="customers",
            group_title=self.by or "", title="What is wanted together",
            subtitle=["Items that the same customers want are near each other."], dark=dark,
        )  # fmt: skip

    def rows(self) -> Mapping[str, pl.DataFrame]:
        """Return nothing: it tells of items, not of people."""
        return {}

    def to_body(self) -> Mapping[str, Any]:
        """Return how many items and groups there are."""
        return {"items": self.table.height, "groups": self.table["group"].drop_nulls().n_unique()}

    def __str__(self) -> str:
        """Return how many items it shows."""
        return f"Map of {COUNT.written(self.table.height)} items as of {self.as_of:%Y-%m-%d}"

    def _repr_html_(self) -> str:
        facts = [("items", COUNT.written(self.table.height)), ("as of", f"{self.as_of:%Y-%m-%d}")]
        shown = self.table.head(10).select("name", *(["group"] if self.by else []), "customers")
        return result_html("Item map", facts, shown)


def item_map(
    recommender: Recommender,
    *,
    by: str | None = "category",
    named: str | None = "name",
    n: int = 300,
    least_customers: int = 5,
    seed: int = 0,
) -> ItemMap:
    """Return a picture of a catalogue: items that the same customers want lie near each other.

    Near is what the model takes to be alike. Left out are items that few customers want, since they tell who somebody is, and
    those that the model takes to be like no other item of the map. The same model gives the same map; two that differ in their
    last digits have nearly the same neighbours, which may stand elsewhere.

    Args:
        recommender: Any fitted model that says what is alike.
        by: The column of the catalogue by which points are coloured, such as a brand; null there: "none told". None: no
            groups.
        named: The column of the catalogue with the names of items; None, or null there: their ids.
        n: So many items at most, the most wanted ones, from 1 to 2,000.
        least_customers: So many customers must want an item, so that none tells who somebody is.
        seed: Of what sets items apart that are alike in all.

    Raises:
        ConfigurationError: No item may be shown, the model does not say what is alike, or a number is out of range.
        SchemaError: The catalogue has not the column.

    References:
        L. van der Maaten, G. Hinton (2008): Visualizing data using t-SNE. Journal of Machine Learning Research 9,
        2579-2605.

    Examples:
        >>> from datetime import UTC
        >>> from unified_customer.recommendations import Neighbours
        >>> rows = [(f"c{n}", item) for n in range(12) for item in (["tea", "cup"] if n % 2 else ["oil", "pan"])]
        >>> wants = pl.DataFrame(rows, schema=["customer_id", "item_id"], orient="row")
        >>> fitted = Neighbours(repeats=False).fit({"interactions": wants}, as_of=datetime(2026, 3, 1, tzinfo=UTC))
        >>> found = item_map(fitted, by=None, named=None)
        >>> print(found)
        Map of 4 items as of 2026-03-01
        >>> found.table.columns
        ['item_id', 'name', 'group', 'customers', 'x', 'y']
    """
    _in_range(n, least_customers)
    columns = _told(recommender.catalogue, by=by, named=named)
    customers = _wanted_by(recommender.histories)
    places = np.argsort(-customers, kind="stable")[: int((customers >= least_customers).sum())][:n]
    if not len(places):
        raise ConfigurationError(f"There is no item that {least_customers} customers want.")
    alike = _alike(recommender.scorer, places)
    known = alike.max(axis=1) > 0
    if not known.any():
        raise ConfigurationError(f"{type(recommender.model).__name__} does not say which of these items are alike.")
    places, points = places[known], in_the_plane(_apart(alike[np.ix_(known, known)]), seed=seed)
    table = columns[places].with_columns(customers=customers[places], x=points[:, 0], y=points[:, 1])
    return ItemMap(recommender.as_of, by, table)


def _in_range(n: int, least_customers: int) -> None:
    if not 1 <= n <= AT_MOST:
        raise ConfigurationError(f"A map has 1 to {AT_MOST} items; n is {n}.")
    if least_customers < 1:
        raise ConfigurationError(f"An item on a map is wanted by somebody; least_customers is {least_customers}.")


def _told(catalogue: pl.DataFrame, *, by: str | None, named: str | None) -> pl.DataFrame:
    """Return the id, the name and the group of each item."""
    missing = [each for each in (named, by) if each is not None and each not in catalogue.columns]
    if missing:
        found = ", ".join(catalogue.columns)
        message = f"The catalogue has no column {missing[0]!r}; it has {found}. With None the map does without."
        raise SchemaError(message)
    name = pl.lit(None, pl.String) if named is None else pl.col(named).cast(pl.String)
    group = pl.lit(None, pl.String) if by is None else pl.col(by).cast(pl.String).fill_null(UNTOLD)
    return catalogue.select("item_id", name=pl.coalesce(name, "item_id"), group=group)


def _wanted_by(histories: Histories) -> Ints:
    """Return how many customers want each item."""
    wanted = histories.places[histories.values(WEIGHT) > 0]
    return np.bincount(wanted, minlength=len(histories.items)).astype(np.int64)


def _alike(scorer: Scorer, places: Ints) -> Floats:
    """Return how alike some items are, the same in both directions and nothing below 0, on the scale of the model."""
    parts = [places[start : start + _PART] for start in range(0, len(places), _PART)]
    said = np.concatenate([scorer.similar(part)[:, places] for part in parts]).astype(np.float64)
    both = np.maximum((said + said.T) / 2, 0)
    np.fill_diagonal(both, 0)
    return both


def _apart(alike: Floats) -> Floats:
    """Return distances from 0 to 1: held against how alike the most alike of either item are."""
    most = np.sqrt(alike.max(axis=1))
    distances = 1 - np.minimum(alike / most / most[:, None], 1)
    np.fill_diagonal(distances, 0)
    return np.asarray(np.maximum(distances, distances.T))
