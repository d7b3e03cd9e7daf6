"""Who agrees with whom in a group, without a guess and without an order.

Within a group some pairs clash. A member is *ambiguous* if two members that clash with each other both agree with it:
a nameless visitor on the mailbox of Ann and Bob. It belongs to neither. Those that are left fall into parts: members
that agree are in one part, and members of different parts clash. (In the graph of agreement a member that is not
ambiguous is simplicial; two adjacent simplicial vertices have the same closed neighbourhood.)
"""

import polars as pl


def clashes(members: pl.DataFrame, conflicts: pl.DataFrame) -> pl.DataFrame:
    """Find the pairs of each group that conflict.

    Args:
        members: Columns `group`, `code`; no row twice.
        conflicts: Columns `a`, `b`: pairs of codes that conflict, each in both directions.

    Returns:
        Columns `group`, `a`, `b`, each pair in both directions.
    """
    if conflicts.is_empty():
        return members.clear().select("group", a="code", b="code")
    rows, against = members.lazy(), conflicts.lazy()
    risky = rows.join(against.select(code="a").unique(), on="code", how="semi")
    pairs = risky.rename({"code": "a"}).join(risky.rename({"code": "b"}), on="group")
    return pairs.join(against, on=["a", "b"], how="semi").collect()


def ambiguous(members: pl.DataFrame, clash: pl.DataFrame) -> pl.DataFrame:
    """Find the members that agree with two that clash.

    Args:
        members: Columns `group`, `code`; no row twice.
        clash: What `clashes` found in these groups.

    Returns:
        Columns `group`, `code`.
    """
    if clash.is_empty():
        return members.clear()
    apart = clash.lazy()
    once = apart.filter(pl.col("a") < pl.col("b"))
    asked = members.lazy().join(once, on="group").filter(pl.col("code") != pl.col("a"), pl.col("code") != pl.col("b"))
    for side in ("a", "b"):
        asked = asked.join(apart, left_on=["group", "code", side], right_on=["group", "a", "b"], how="anti")
    return asked.select("group", "code").unique().collect()


def parts(members: pl.DataFrame, clash: pl.DataFrame) -> pl.DataFrame:
    """Split each group into parts that agree within and clash between.

    Args:
        members: Columns `group`, `code`, without the ambiguous ones; no row twice.
        clash: What `clashes` found in these groups.

    Returns:
        `members` with a column `part`: one of the codes in it, the same for all of the part.
    """
    rows, apart = members.lazy(), clash.lazy()
    first = pl.col("code").min().over("group").alias("part")
    if clash.is_empty():
        return members.with_columns(first)
    calm = rows.join(apart, on="group", how="anti").with_columns(first)
    rest = rows.join(apart, on="group", how="semi")
    agree = rest.join(rest.rename({"code": "part"}), on="group").join(
        apart, left_on=["group", "code", "part"], right_on=["group", "a", "b"], how="anti"
    )
    return pl.concat([calm, agree.group_by("group", "code").agg(pl.col("part").min())]).collect()
