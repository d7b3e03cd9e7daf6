"""How well a partition of records agrees with the truth: pairs, closure, B-cubed, sizes.

    accuracy, Accuracy       everything about one partition
    closure, b_cubed         precision and recall of a partition, by pairs and by records
    pairwise                 precision and recall of pairs that a matcher says, before they are closed to clusters

Nothing is enumerated: the pairs that clusters imply are counted from the sizes of clusters and of what they share.
"""

from dataclasses import dataclass
from math import fsum
from typing import Final

import polars as pl

from unified_customer.core.errors import ConfigurationError, SchemaError

_SHARED: Final = "shared"


@dataclass(frozen=True)
class Rates:
    """Precision and recall of one kind, each from 0 to 1.

    Attributes:
        precision: Of what was said, how much is true; 1 where nothing was said.
        recall: Of what is true, how much was said; 1 where nothing is true.

    Examples:
        >>> Rates(precision=0.5, recall=1.0).f1
        0.6666666666666666
    """

    precision: float
    recall: float

    @property
    def f1(self) -> float:
        """The harmonic mean of the two; 0 where both are 0."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


@dataclass(frozen=True)
class Accuracy:
    """How well customers agree with the true clusters.

    Attributes:
        closure: Precision and recall of the pairs of records that the customers imply: one customer of n records says
            n (n - 1) / 2 pairs. Large clusters weigh most.
        b_cubed: Precision and recall of the records: how much of its customer is of its cluster, and how much of its
            cluster is in its customer, averaged over the records. Every record weighs the same.
        records: Number of records.
        customers: Number of customers that they were joined to.
        clusters: Number of clusters that they truly are.
        pairs_said: Number of pairs that the customers imply.
        pairs_true: Number of pairs that are true.
        pairs_right: Number of pairs that are both.
        exact: Number of customers that hold one whole cluster and nothing else.
        mixed: Number of customers that hold records of several clusters: what was joined wrongly.
        scattered: Number of clusters of which the records are with several customers: what was not joined.
        mean_customer: Mean number of records of a customer; 0 where there is none.
        max_customer: Number of records of the largest customer; 0 where there is none.
        mean_cluster: Mean number of records of a true cluster; 0 where there is none.
        max_cluster: Number of records of the largest true cluster; 0 where there is none.
    """

    closure: Rates
    b_cubed: Rates
    records: int
    customers: int
    clusters: int
    pairs_said: int
    pairs_true: int
    pairs_right: int
    exact: int
    mixed: int
    scattered: int
    mean_customer: float
    max_customer: int
    mean_cluster: float
    max_cluster: int


@dataclass(frozen=True)
class _Table:
    """What customers and clusters share.

    Attributes:
        customers: Number of records of each customer.
        clusters: Number of records of each cluster.
        cells: `shared`, `customer`, `cluster`: a customer and a cluster that share records, one row each: how many they
            share, and how many each of them has.
    """

    customers: pl.Series
    clusters: pl.Series
    cells: pl.DataFrame


def accuracy(partition: pl.DataFrame, truth: pl.DataFrame) -> Accuracy:
    """Compare a partition of records with the true one.

    Args:
        partition: `record_id` and `customer_id`, one row per record, no nulls; other columns are left alone.
        truth: `record_id` and `cluster_id`, likewise, of the same records. The ids may be of any type.

    Returns:
        The counts and rates; see `Accuracy`.

    Raises:
        SchemaError: A column is missing, holds nulls, or the record ids are of different types.
        ConfigurationError: A record is on one side only, or stands twice.

    References:
        Bagga and Baldwin (1998), Algorithms for scoring coreference chains (B-cubed).

    Examples:
        >>> said = pl.DataFrame({"record_id": ["a", "b", "c", "d"], "customer_id": [1, 1, 2, 2]})
        >>> true = pl.DataFrame({"record_id": ["a", "b", "c", "d"], "cluster_id": ["x", "x", "x", "y"]})
        >>> found = accuracy(said, true)
        >>> found.closure.precision, round(found.closure.recall, 3), found.b_cubed.precision, found.mixed
        (0.5, 0.333, 0.75, 1)
    """
    table = _table(partition, truth)
    cells = table.cells
    whole = (pl.col(_SHARED) == pl.col("customer")) & (pl.col(_SHARED) == pl.col("cluster"))
    return Accuracy(
        closure=_closure(table),
        b_cubed=_b_cubed(table),
        records=partition.height,
        customers=len(table.customers),
        clusters=len(table.clusters),
        pairs_said=_pairs(table.customers),
        pairs_true=_pairs(table.clusters),
        pairs_right=_pairs(cells[_SHARED]),
        exact=cells.filter(whole).height,
        mixed=len(table.customers) - cells.filter(pl.col(_SHARED) == pl.col("customer")).height,
        scattered=len(table.clusters) - cells.filter(pl.col(_SHARED) == pl.col("cluster")).height,
        mean_customer=_over(partition.height, len(table.customers), otherwise=0.0),
        max_customer=_largest(table.customers),
        mean_cluster=_over(partition.height, len(table.clusters), otherwise=0.0),
        max_cluster=_largest(table.clusters),
    )


def closure(partition: pl.DataFrame, truth: pl.DataFrame) -> Rates:
    """Return precision and recall of the pairs of records that customers imply; see `accuracy`."""
    return _closure(_table(partition, truth))


def b_cubed(partition: pl.DataFrame, truth: pl.DataFrame) -> Rates:
    """Return B-cubed precision and recall, averaged over the records; see `accuracy`."""
    return _b_cubed(_table(partition, truth))


def pairwise(said: pl.DataFrame, true: pl.DataFrame) -> Rates:
    """Compare the pairs that a matcher says with the true ones.

    Args:
        said: Two columns of record ids, whatever their names. The order within a pair, a pair that stands twice and a
            record with itself make no difference.
        true: All true pairs, likewise.

    Returns:
        Precision and recall of the pairs.

    Raises:
        SchemaError: A frame has not two columns, holds nulls, or the record ids are of different types.

    Examples:
        >>> said = pl.DataFrame({"id_l": ["b", "a"], "id_r": ["a", "c"]})
        >>> true = pl.DataFrame({"id_l": ["a", "a", "b"], "id_r": ["b", "d", "d"]})
        >>> pairwise(said, true)
        Rates(precision=0.5, recall=0.3333333333333333)
    """
    left, right = _unordered(said, "pairs said"), _unordered(true, "true pairs")
    _check_types(left["a"], right["a"])
    shared = left.join(right, on=["a", "b"], how="semi").height
    return Rates(_over(shared, left.height, otherwise=1.0), _over(shared, right.height, otherwise=1.0))


def _table(partition: pl.DataFrame, truth: pl.DataFrame) -> _Table:
    joined = _joined(partition, truth)
    sizes = joined.group_by("customer_id", "cluster_id").agg(pl.len().cast(pl.Int64).alias(_SHARED))
    cells = sizes.select(
        _SHARED,
        "customer_id",
        "cluster_id",
        customer=pl.col(_SHARED).sum().over("customer_id"),
        cluster=pl.col(_SHARED).sum().over("cluster_id"),
    )
    return _Table(
        cells.unique("customer_id")["customer"],
        cells.unique("cluster_id")["cluster"],
        cells.select(_SHARED, "customer", "cluster"),
    )


def _joined(partition: pl.DataFrame, truth: pl.DataFrame) -> pl.DataFrame:
    said = _sound(partition, ("record_id", "customer_id"), "partition")
    true = _sound(truth, ("record_id", "cluster_id"), "truth")
    _check_types(said["record_id"], true["record_id"])
    for frame, name in ((said, "partition"), (true, "truth")):
        twice = frame.height - frame["record_id"].n_unique()
        if twice:
            raise ConfigurationError(
                f"The {name} has {twice} rows of records that stand in it before; keep one of each."
            )
    joined = said.join(true, on="record_id")
    if not joined.height == said.height == true.height:
        raise ConfigurationError(
            f"The partition has {said.height - joined.height} records that are not in the truth, and lacks "
            f"{true.height - joined.height} that are; both must be of the same records. Give a record that was not "
            "resolved a customer of its own."
        )
    return joined


def _sound(frame: pl.DataFrame, columns: tuple[str, ...], name: str) -> pl.DataFrame:
    missing = [column for column in columns if column not in frame.columns]
    if missing:
        raise SchemaError(
            f"The {name} has no column {missing[0]!r}; it needs {' and '.join(columns)}. "
            f"Its columns are: {', '.join(frame.columns)}."
        )
    rows = frame.select(columns)
    nulls = {column: rows[column].null_count() for column in columns if rows[column].null_count()}
    if nulls:
        raise SchemaError(f"The {name} holds nulls: {nulls}; every record needs an id and a place.")
    return rows


def _check_types(left: pl.Series, right: pl.Series) -> None:
    if left.dtype != right.dtype:
        raise SchemaError(
            f"The record ids are {left.dtype} on one side and {right.dtype} on the other; cast one of them."
        )


def _unordered(pairs: pl.DataFrame, name: str) -> pl.DataFrame:
    """Return `a`, `b` with the lesser id first, each pair once."""
    if pairs.width != 2:
        raise SchemaError(f"The {name} need two columns of record ids, and have: {', '.join(pairs.columns) or 'none'}.")
    _check_types(*pairs.get_columns())
    both = _sound(pairs, tuple(pairs.columns), name).rename(dict(zip(pairs.columns, ("l", "r"), strict=True)))
    turned = pl.col("l") > pl.col("r")
    ordered = both.filter(pl.col("l") != pl.col("r")).select(
        a=pl.when(turned).then("r").otherwise("l"), b=pl.when(turned).then("l").otherwise("r")
    )
    return ordered.unique()


def _closure(table: _Table) -> Rates:
    right = _pairs(table.cells[_SHARED])
    said, true = _pairs(table.customers), _pairs(table.clusters)
    return Rates(_over(right, said, otherwise=1.0), _over(right, true, otherwise=1.0))


def _b_cubed(table: _Table) -> Rates:
    records = int(table.customers.sum())
    return Rates(_mean_share(table.cells, "customer", records), _mean_share(table.cells, "cluster", records))


def _mean_share(cells: pl.DataFrame, side: str, records: int) -> float:
    """Return the mean over records of the part of their `side` that they share; the same in whatever order it is added."""
    kinds = cells.group_by(_SHARED, side).agg(count=pl.len()).iter_rows()
    return _over(fsum(count * shared**2 / size for shared, size, count in kinds), records, otherwise=1.0)


def _pairs(sizes: pl.Series) -> int:
    return int((sizes * (sizes - 1) // 2).sum())


def _largest(sizes: pl.Series) -> int:
    return int(sizes.to_numpy().max(initial=0))


def _over(part: float, whole: int, *, otherwise: float) -> float:
    return part / whole if whole else otherwise
