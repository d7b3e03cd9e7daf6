"""What one identifier value joins, and which values are shared by too many to join anybody."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from unified_customer.identity.agreement import ambiguous, clashes, parts
from unified_customer.identity.evidence import SILENT, Evidence, both_ways
from unified_customer.identity.normalise import is_junk

if TYPE_CHECKING:
    from unified_customer.identity.exact import ExactIdentity


@dataclass(frozen=True)
class Values:
    """The identifier values that more than one record carries.

    Attributes:
        rows: `record`, `group`: the records of each value; no row twice.
        names: `group`, `kind`, `value_key`, `tier` (0 is strongest), `records`: the values.
        strong: `record`, `kind`, `group`: all strong identifiers, also those that one record alone carries; no junk.
        shared: `kind`, `value_key`, `records`, `reason`: values that identify nobody.
    """

    rows: pl.DataFrame
    names: pl.DataFrame
    strong: pl.DataFrame
    shared: pl.DataFrame


@dataclass(frozen=True)
class Joins:
    """What the values join, each taken by itself.

    Attributes:
        rows: `record`, `hub`, `tier`, `kind`: the records of one hub are joined.
        shared: `kind`, `value_key`, `reason`, `records`, `people`: values that did not join all of their records.
        undecided: `record`, `kind`, `value_key`: records that a value joined with nobody, since they agree with people
            who do not agree with each other.
    """

    rows: pl.DataFrame
    shared: pl.DataFrame
    undecided: pl.DataFrame


def of_use(spec: "ExactIdentity", identifiers: pl.DataFrame) -> pl.DataFrame:
    """Return the rows of identifiers that can join records or count as strong ones: most stand on one record alone."""
    used = identifiers.lazy().filter(~pl.col("kind").is_in(list(spec.ignored)))
    return used.filter((pl.len().over("kind", "value_key") > 1) | (_tier(spec) == 0)).collect()


def find_values(spec: "ExactIdentity", identifiers: pl.DataFrame) -> Values:
    """Find the values that several records carry, and set those aside that identify nobody.

    Args:
        spec: The kinds, their strength, and blocked patterns.
        identifiers: Rows `of_use`: `record` (its number), `kind`, `value_key`, `value`.

    Returns:
        The values.
    """
    seen = identifiers.lazy().group_by("kind", "value_key").agg("record", value=pl.col("value").max())
    found = seen.with_columns(tier=_tier(spec)).collect()
    judged = found.with_columns(reason=_why_blocked(spec, found)).drop("value").with_row_index("group")
    rows = judged.lazy().select("group", "record").explode("record").unique().collect()
    counts = rows.group_by("group").agg(records=pl.len())
    named = judged.drop("record").join(counts, on="group")
    free = named.filter(pl.col("reason").is_null()).drop("reason")
    several = free.filter(pl.col("records") > 1)
    strong = rows.join(free.filter(pl.col("tier") == 0), on="group")
    return Values(
        rows=rows.join(several, on="group", how="semi").select("record", "group"),
        names=several,
        strong=strong.select("record", "kind", "group"),
        shared=named.filter(pl.col("reason").is_not_null() & (pl.col("records") > 1)),
    )


def _tier(spec: "ExactIdentity") -> pl.Expr:
    order = {kind: number for number, kind in enumerate(spec.weaker, start=1)}
    return pl.col("kind").replace_strict(order, default=0, return_dtype=pl.UInt32)


def _why_blocked(spec: "ExactIdentity", values: pl.DataFrame) -> pl.Series:
    reasons = pl.Series("reason", [None] * len(values), dtype=pl.String)
    for kind in values["kind"].unique():
        rows = (values["kind"] == kind).arg_true()
        reasons = reasons.scatter(rows, why_blocked(spec, kind, values["value"].gather(rows)))
    return reasons


def why_blocked(spec: "ExactIdentity", kind: str, values: pl.Series) -> pl.Series:
    """Return for each value of a kind why it identifies nobody, `junk` or `blocked`; null where it may identify somebody."""
    # Of the patterns for ids only those that hold for every kind: a customer may well have the number 7.
    junk = is_junk(values, "email" if kind == "email" else "phone" if kind == "phone" else "any")
    patterns = [values.str.contains(pattern) for pattern in spec.blocked.get(kind, ())]
    blocked = pl.any_horizontal(pl.lit(value=False), *patterns)
    reason = pl.when(junk).then(pl.lit("junk")).when(blocked).then(pl.lit("blocked"))
    return pl.select(reason.alias("reason"))["reason"]


def join_by_value(spec: "ExactIdentity", values: Values, evidence: Evidence) -> Joins:
    """Join, value by value, the records that agree with each other.

    Args:
        spec: The limits.
        values: What `find_values` found.
        evidence: What the records say.

    Returns:
        The joins, and what was not joined.
    """
    coded = values.rows.with_columns(code=evidence.codes.gather(values.rows["record"]))
    rows = coded.join(_crowded_records(spec, coded, values), on=["record", "group"], how="anti")
    crowds = _crowds(spec, rows, values)
    members = rows.select("group", "code").unique().join(crowds, on="group", how="anti")
    split, unsure = _split(members, evidence)
    people = split.group_by("group").agg(people=pl.col("part").n_unique())
    many = people.filter(pl.col("people") > spec.max_people).select("group", reason=pl.lit("too_many_people"))
    joined = rows.join(split.join(many, on="group", how="anti"), on=["group", "code"])
    left_out = rows.join(unsure, on=["group", "code"]).join(values.names, on="group")
    return Joins(
        rows=_hubs(joined, values),
        shared=_shared(values, pl.concat([crowds, many]), people),
        undecided=left_out.select("record", "kind", "value_key"),
    )


def _crowded_records(spec: "ExactIdentity", coded: pl.DataFrame, values: Values) -> pl.DataFrame:
    """Find what records without a name join by a kind of which they carry too many values: a shared device."""
    silent = coded.filter(pl.col("code") == SILENT).select("record", "group")
    many = values.strong.group_by("record", "kind").len().filter(pl.col("len") > spec.max_ids)
    kinds = values.names.select("group", "kind")
    return (
        silent.join(many.select("record").unique(), on="record", how="semi")
        .join(kinds, on="group")
        .join(many, on=["record", "kind"], how="semi")
    )


def _crowds(spec: "ExactIdentity", rows: pl.DataFrame, values: Values) -> pl.DataFrame:
    """Find the values that may join nobody, because they would join too much; one reason each."""
    named = rows.filter(pl.col("code") != SILENT).group_by("group").agg(size=pl.col("code").n_unique())
    silent = rows.filter(pl.col("code") == SILENT).select("group", "record")
    counted = silent.group_by("group").agg(size=pl.len()).join(values.names.filter(pl.col("tier") > 0), on="group")
    found = [
        ("too_many_people", named.filter(pl.col("size") > spec.max_names)),
        ("too_many_records", counted.filter(pl.col("size") > spec.max_records)),
        ("too_many_ids", _ids_joined(silent, values).filter(pl.col("size") > spec.max_ids)),
    ]
    reasons = [crowd.select("group", reason=pl.lit(reason)) for reason, crowd in found]
    return pl.concat(reasons).unique("group", keep="first", maintain_order=True)


def _ids_joined(silent: pl.DataFrame, values: Values) -> pl.DataFrame:
    several = silent.filter(pl.len().over("group") > 1).join(values.names.select("group", "kind"), on="group")
    strong = values.strong.rename({"kind": "strong", "group": "id"})
    ids = several.join(strong, on="record").filter(pl.col("kind") != pl.col("strong"))
    return ids.group_by("group", "strong").agg(size=pl.col("id").n_unique())


def _split(members: pl.DataFrame, evidence: Evidence) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Split the codes of each value into parts that agree; return them, and the codes that belong to no part."""
    pairs = pairs_within(members)
    people, told = evidence.clashing_people(pairs), evidence.told_apart(pairs)
    natural = clashes(members, both_ways(people))
    clash = clashes(members, both_ways(pl.concat([people, told]).unique()))
    # Who is unsure by what the records say stays so: "not Bob" must not make a nameless record Ann's.
    unsure = pl.concat([ambiguous(members, natural), ambiguous(members, clash)]).unique()
    clear = members.join(unsure, on=["group", "code"], how="anti")
    return parts(clear, clash), unsure


def pairs_within(members: pl.DataFrame) -> pl.DataFrame:
    """Return the distinct pairs `a < b` of codes that say something and stand in one group."""
    several = members.filter((pl.col("code") != SILENT) & (pl.len().over("group") > 1))
    pairs = several.rename({"code": "a"}).join(several.rename({"code": "b"}), on="group")
    return pairs.filter(pl.col("a") < pl.col("b")).select("a", "b").unique()


def _hubs(joined: pl.DataFrame, values: Values) -> pl.DataFrame:
    hubs = joined.select("record", "group", hub=pl.col("group").cast(pl.UInt64) * 2**32 + pl.col("part"))
    several = hubs.filter(pl.len().over("hub") > 1)
    return several.join(values.names.select("group", "kind", "tier"), on="group").drop("group")


def _shared(values: Values, reasons: pl.DataFrame, people: pl.DataFrame) -> pl.DataFrame:
    households = people.filter(pl.col("people") > 1).join(reasons, on="group", how="anti")
    all_reasons = pl.concat([reasons, households.select("group", reason=pl.lit("several_people"))])
    named = all_reasons.join(values.names, on="group").join(people, on="group", how="left")
    columns = ["kind", "value_key", "reason", "records", "people"]
    return pl.concat([named.select(columns), values.shared.select(columns[:4])], how="diagonal")
