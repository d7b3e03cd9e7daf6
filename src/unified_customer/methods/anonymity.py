"""How well rows about nobody hide whom they were about: k-anonymity and l-diversity, and suppression to reach them.

References:
    Sweeney, L. (2002). k-anonymity: a model for protecting privacy. International Journal of Uncertainty, Fuzziness
    and Knowledge-Based Systems, 10(5), 557-570.
    Machanavajjhala, A., Kifer, D., Gehrke, J. and Venkitasubramaniam, M. (2007). l-diversity: privacy beyond
    k-anonymity. ACM Transactions on Knowledge Discovery from Data, 1(1), article 3.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from unified_customer.core.errors import ConfigurationError

SIZE = "_size"
VALUES = "_values"


@dataclass(frozen=True)
class AnonymityReport:
    """How well the rows of a frame hide in groups that look alike.

    Attributes:
        k: The size that was asked for.
        rows: Rows of the frame.
        groups: Groups of rows with the same quasi-identifiers.
        smallest: Size of the smallest group; 0 where there is no row.
        rows_below: Rows in groups smaller than `k`.
        least_diverse: The fewest different sensitive values in any group; None where none was asked about.
    """

    k: int
    rows: int
    groups: int
    smallest: int
    rows_below: int
    least_diverse: int | None = None

    @property
    def holds(self) -> bool:
        """Whether no group is smaller than `k`."""
        return self.rows_below == 0


def k_anonymity(
    frame: pl.DataFrame, quasi_identifiers: Sequence[str], k: int, *, sensitive: str | None = None
) -> AnonymityReport:
    """Return how well the rows of a frame hide among those with the same quasi-identifiers.

    Args:
        frame: Any frame.
        quasi_identifiers: Columns by which somebody could be recognised; a null equals a null. None: all rows are one
            group.
        k: How many rows have to look alike, at least 1.
        sensitive: A column of which it is counted how many different values each group has (l-diversity).

    Raises:
        ConfigurationError: A column is not there, or `k` is less than 1.

    Examples:
        >>> sales = pl.DataFrame({"month": ["2026-01", "2026-01", "2026-02"], "amount": [5, 7, 9]})
        >>> report = k_anonymity(sales, ["month"], k=2)
        >>> report.smallest, report.rows_below, report.holds
        (1, 1, False)
    """
    _check(frame, [*quasi_identifiers, *([sensitive] if sensitive else [])], k)
    if frame.is_empty():
        return AnonymityReport(k, rows=0, groups=0, smallest=0, rows_below=0, least_diverse=0 if sensitive else None)
    sizes = _sizes(frame, quasi_identifiers, sensitive)
    diverse = int(sizes[VALUES].min()) if sensitive else None  # type: ignore[arg-type]  # there is a group
    return AnonymityReport(
        k,
        rows=frame.height,
        groups=sizes.height,
        smallest=int(sizes[SIZE].min()),  # type: ignore[arg-type]  # there is a group
        rows_below=int(sizes.filter(pl.col(SIZE) < k)[SIZE].sum()),
        least_diverse=diverse,
    )


def suppressed(frame: pl.DataFrame, quasi_identifiers: Sequence[str], k: int) -> pl.Series:
    """Return which rows have to be left out so that the others hide in groups of at least `k`.

    Raises:
        ConfigurationError: A column is not there, or `k` is less than 1.

    Examples:
        >>> suppressed(pl.DataFrame({"month": ["2026-01", "2026-01", "2026-02"]}), ["month"], k=2).to_list()
        [False, False, True]
    """
    _check(frame, quasi_identifiers, k)
    if not quasi_identifiers:
        return pl.repeat(frame.height < k, frame.height, dtype=pl.Boolean, eager=True)
    # A count over a null key counts all rows with a null there, as it should.
    return frame.select(pl.len().over(list(quasi_identifiers)) < k).to_series()


def _sizes(frame: pl.DataFrame, columns: Sequence[str], sensitive: str | None) -> pl.DataFrame:
    counted = [pl.len().alias(SIZE), *([pl.col(sensitive).n_unique().alias(VALUES)] if sensitive else [])]
    return frame.group_by(list(columns)).agg(counted) if columns else frame.select(counted)


def _check(frame: pl.DataFrame, columns: Sequence[str], k: int) -> None:
    if k < 1:
        message = f"k is the least number of rows that look alike; it cannot be {k}."
        raise ConfigurationError(message)
    if missing := [name for name in columns if name not in frame.columns]:
        message = f"The frame has no column {', '.join(missing)}. Its columns are: {', '.join(frame.columns)}."
        raise ConfigurationError(message)
