"""What people judged of pairs of records: checked, and what follows from it."""

from typing import Final, NamedTuple

import numpy as np
import polars as pl

from unified_customer.core.errors import ConfigurationError, SchemaError
from unified_customer.identity.clusters import components
from unified_customer.identity.matching.arrays import Flags, Ints
from unified_customer.identity.matching.blocking import pack
from unified_customer.identity.matching.encoding import Encoded

PAIR: Final = ("record_a", "record_b")
COLUMNS: Final = (*PAIR, "same")
_NAMED: Final = 5
"""So many rows are named in an error."""


class Known(NamedTuple):
    """What is known for certain of records, as `FittedMatcher.match` takes it.

    Attributes:
        together: `record_id`, `group`: records of one group are one person.
        apart: `record_a`, `record_b`: two people.
    """

    together: pl.DataFrame
    apart: pl.DataFrame


def no_judgements(record_id: pl.DataType | None = None) -> pl.DataFrame:
    """Return judged pairs without any, for record ids of a type; by default text."""
    ids = record_id or pl.String()
    return pl.DataFrame(schema={"record_a": ids, "record_b": ids, "same": pl.Boolean()})


def read_judged(judged: pl.DataFrame, record_id: pl.DataType | None = None) -> pl.DataFrame:
    """Return judged pairs as they are, with record ids of a type; see `check_judged` for what it raises."""
    missing = [name for name in COLUMNS if name not in judged.columns]
    if missing:
        raise SchemaError(f"Judged pairs have the columns {', '.join(COLUMNS)}; missing: {', '.join(missing)}.")
    if judged["same"].dtype not in (pl.Boolean, pl.Null):
        raise SchemaError(f"`same` is true, false or null where nobody was sure; found {judged['same'].dtype}.")
    found = judged.select(*PAIR, pl.col("same").cast(pl.Boolean))
    if record_id is not None:
        found = found.with_columns(pl.col(PAIR).cast(record_id, strict=False))
    if found.select(PAIR).null_count().sum_horizontal().item():
        raise SchemaError(
            "Each judged pair names two records, by ids of the type that the records have; some are null."
        )
    return found


def check_judged(judged: pl.DataFrame, record_id: pl.DataType | None = None) -> pl.DataFrame:
    """Return judged pairs in one form: each pair once, the smaller id first, sorted; without those nobody was sure of.

    Args:
        judged: `record_a`, `record_b`, `same` (null: not sure). A pair may be there twice, if the answers agree.
        record_id: The type of the record ids; by default as they are.

    Raises:
        SchemaError: A column is missing, an id is null, or `same` is not true, false or null.
        ConfigurationError: A record is paired with itself, or a pair is judged both ways.

    Examples:
        >>> check_judged(pl.DataFrame({"record_a": [2, 1], "record_b": [1, 2], "same": [True, None]})).rows()
        [(1, 2, True)]
    """
    rows = read_judged(judged, record_id).with_row_index("row", offset=1)
    _refuse(rows.filter(pl.col("record_a") == pl.col("record_b")), "judge a record against itself; leave them out")
    ordered = rows.drop_nulls("same").with_columns(record_a=pl.min_horizontal(PAIR), record_b=pl.max_horizontal(PAIR))
    _refuse(
        ordered.filter(pl.col("same").n_unique().over(PAIR) > 1),
        "judge one pair both as one person and as two; take one of the two back",
    )
    return ordered.select(COLUMNS).unique().sort(PAIR)


def known_from(
    judged: pl.DataFrame, *, together: pl.DataFrame | None = None, apart: pl.DataFrame | None = None
) -> Known:
    """Return what judged pairs say for certain, with what is known beside: for `match(together=..., apart=...)`.

    Pairs judged the same hang together: whom one is the same as, the other is too.

    Args:
        judged: As for `check_judged`.
        together: `record_id`, `group`: known beside.
        apart: `record_a`, `record_b`: known beside.

    Raises:
        SchemaError: As for `check_judged`.
        ConfigurationError: As for `check_judged`; or two records are judged to be two people that others join.

    Examples:
        >>> pairs = pl.DataFrame({"record_a": ["a", "b"], "record_b": ["b", "c"], "same": [True, False]})
        >>> known = known_from(pairs)
        >>> known.together["record_id"].to_list(), known.apart.rows()
        (['a', 'b'], [('b', 'c')])
    """
    checked = check_judged(judged)
    groups = _joined(checked.filter("same").select(PAIR), together)
    _refuse_joined(judged, groups)
    told = checked.filter(~pl.col("same")).select(PAIR)
    return Known(groups, told if apart is None else pl.concat([told, apart.select(PAIR)]))


class Placed(NamedTuple):
    """Judged pairs among some records.

    Attributes:
        pairs: Packed, in ascending order.
        same: Whether each is one person.
    """

    pairs: Ints
    same: Flags


def place_judged(records: Encoded, judged: pl.DataFrame) -> Placed:
    """Find the judged pairs both records of which are here.

    Raises:
        SchemaError: As for `check_judged`.
        ConfigurationError: As for `check_judged`; or pairs were judged and none of them is here.
    """
    checked = check_judged(judged, records.record_ids.dtype)
    placed = place(records, checked)
    if checked.height and not len(placed.pairs):
        raise ConfigurationError(
            f"{checked.height} pairs were judged, and of none of them both records are among the {len(records)} given."
            " Give the records that were judged."
        )
    return placed


def place(records: Encoded, pairs: pl.DataFrame) -> Placed:
    """Find those of some pairs (`record_a`, `record_b`, `same`) both records of which are here; a null is a no."""
    places = (
        pl.DataFrame({"id": records.record_ids}).with_row_index("place").with_columns(pl.col("place").cast(pl.Int64))
    )
    ends = pairs.join(places.rename({"id": "record_a", "place": "a"}), on="record_a")
    ends = ends.join(places.rename({"id": "record_b", "place": "b"}), on="record_b")
    packed = pack(len(records), ends["a"].to_numpy(), ends["b"].to_numpy())
    order = np.argsort(packed)
    return Placed(packed[order], ends["same"].fill_null(value=False).to_numpy()[order])


def _refuse(rows: pl.DataFrame, why: str) -> None:
    if rows.height:
        raise ConfigurationError(f"{rows.height} rows of the judged pairs {why}. Rows: {_listed(rows)}.")


def _listed(rows: pl.DataFrame) -> str:
    numbers = rows["row"].sort().to_list()
    return ", ".join(map(str, numbers[:_NAMED])) + (", ..." if len(numbers) > _NAMED else "")


def _joined(same: pl.DataFrame, together: pl.DataFrame | None) -> pl.DataFrame:
    """Return the groups that pairs and groups make together: `record_id`, `group`."""
    edges = same
    if together is not None:
        leaders = together.select("record_id", leader=pl.col("record_id").min().over("group"))
        edges = pl.concat([same, leaders.select(record_a="leader", record_b="record_id")])
    ids = (
        pl.concat([edges["record_a"], edges["record_b"]]).unique().sort().to_frame("record_id").with_row_index("place")
    )
    ends = edges.join(ids.rename({"record_id": "record_a", "place": "a"}), on="record_a")
    ends = ends.join(ids.rename({"record_id": "record_b", "place": "b"}), on="record_b")
    return ids.select("record_id", group=pl.Series(components(ids.height, ends.select("a", "b"))))


def _refuse_joined(judged: pl.DataFrame, groups: pl.DataFrame) -> None:
    rows = judged.with_row_index("row", offset=1).filter(~pl.col("same"))
    ends = rows.join(groups.rename({"record_id": "record_a", "group": "a"}), on="record_a")
    ends = ends.join(groups.rename({"record_id": "record_b", "group": "b"}), on="record_b")
    _refuse(
        ends.filter(pl.col("a") == pl.col("b")),
        "say of two records that they are two people, and other rows join them to one; take one side back",
    )
