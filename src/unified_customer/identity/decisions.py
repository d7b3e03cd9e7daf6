"""What people decided about who is who: it overrules every rule, and it can be taken back."""

from collections.abc import Callable, Collection, Iterable
from datetime import datetime
from typing import Literal

import polars as pl

from unified_customer.core.errors import ConfigurationError, IdentityConflictError, UnknownCustomerError
from unified_customer.core.spec import content_hash
from unified_customer.core.tables import LINK_DECISIONS

Kind = Literal["must_link", "cannot_link"]


def decide(
    kind: Kind, pairs: Iterable[tuple[str, str]], *, actor: str, at: datetime, reason: str | None = None
) -> pl.DataFrame:
    """Write down that records are one person, or that they are not.

    Args:
        kind: `must_link` (one person) or `cannot_link` (different people).
        pairs: Ids of two records each.
        actor: Who decided.
        at: When.
        reason: Why.

    Returns:
        Rows of the table `link_decisions`. The same decision has the same id, so writing it twice changes nothing.

    Examples:
        >>> from datetime import UTC
        >>> rows = decide("cannot_link", [("r1", "r2")], actor="eve", at=datetime(2026, 1, 1, tzinfo=UTC))
        >>> rows["kind"].to_list()
        ['cannot_link']
    """
    return _rows([(kind, left, right, None) for left, right in pairs], actor=actor, at=at, reason=reason)


def retract(decisions: pl.DataFrame, *, actor: str, at: datetime, reason: str | None = None) -> pl.DataFrame:
    """Take back each of `decisions`; returns rows of the table `link_decisions`."""
    named = decisions.select("record_a", "record_b", "decision_id").iter_rows()
    return _rows([("retract", *row) for row in named], actor=actor, at=at, reason=reason)


def _rows(
    said: list[tuple[str, str, str, str | None]], *, actor: str, at: datetime, reason: str | None
) -> pl.DataFrame:
    frame = pl.DataFrame(said, schema=["kind", "record_a", "record_b", "retracts"], orient="row")
    frame = frame.cast(pl.String)
    names = [content_hash(kind, left, right, old or "", actor, at.isoformat()) for kind, left, right, old in said]
    instant = pl.lit(at).cast(pl.Datetime("us", "UTC"))
    told = frame.with_columns(
        decision_id=pl.Series(names, dtype=pl.String),
        actor=pl.lit(actor),
        reason=pl.lit(reason, dtype=pl.String),
        decided_at=instant,
    )
    return LINK_DECISIONS.conform(told)


def named_anew(rows: pl.DataFrame, decisions: pl.DataFrame) -> pl.DataFrame:
    """Give decisions that were taken before, and taken back since, another id: at one instant they look the same.

    Args:
        rows: Rows of `link_decisions` to be written.
        decisions: Those that are written.
    """
    retracted = set(decisions["retracts"].drop_nulls())
    names = []
    for name in rows["decision_id"]:
        new = name
        while new in retracted:
            new = content_hash(new, "again")
        names.append(new)
    return rows.with_columns(decision_id=pl.Series(names, dtype=pl.String))


def merge_decisions(
    partition: pl.DataFrame,
    customer_a: str,
    customer_b: str,
    decisions: pl.DataFrame,
    *,
    actor: str,
    at: datetime,
    reason: str | None = None,
    override: bool = False,
) -> pl.DataFrame:
    """Decide that two customers are one person.

    Every record of one is linked to the other, and all links cross from one to the other: a later split between the
    two takes all of them back.

    Args:
        partition: `record_id`, `customer_id` as they are now.
        customer_a: One customer.
        customer_b: The other.
        decisions: All rows of the table `link_decisions`.
        actor: Who decided.
        at: When.
        reason: Why.
        override: Take back cannot-links between the two instead of refusing.

    Returns:
        Rows to add to `link_decisions`; none where the two are one already.

    Raises:
        UnknownCustomerError: There is no such customer now.
        IdentityConflictError: A cannot-link keeps the two apart.
    """
    left, right = _records_of(partition, customer_a), _records_of(partition, customer_b)
    if customer_a == customer_b:
        return LINK_DECISIONS.empty()
    pairs = [(customer_a, record) for record in right]
    pairs += [(record, customer_b) for record in left if record != customer_a]
    links = decide("must_link", pairs, actor=actor, at=at, reason=reason)
    back = LINK_DECISIONS.empty()
    if override:
        apart = standing(decisions).filter((pl.col("kind") == "cannot_link") & _crosses(left) & _crosses(right))
        back = retract(apart, actor=actor, at=at, reason=reason)
    rows = pl.concat([back, links])
    check_decisions(_with(decisions, rows))
    return rows


def split_decisions(
    partition: pl.DataFrame,
    customer_id: str,
    records: Collection[str],
    decisions: pl.DataFrame,
    *,
    resolve: Callable[[pl.DataFrame], pl.DataFrame],
    actor: str,
    at: datetime,
    reason: str | None = None,
) -> pl.DataFrame:
    """Decide that some records of a customer are somebody else.

    Must-links across the cut are taken back. Where that is enough, a split after a merge leaves everybody as before.
    Where identifiers still hold records of both sides together, these are kept apart by cannot-links; then nobody is
    joined anew either: what the parts now agree with among other customers is kept apart from them as well.

    Args:
        partition: `record_id`, `customer_id` as they are now.
        customer_id: The customer.
        records: Those of its records that are somebody else.
        decisions: All rows of the table `link_decisions`.
        resolve: Gives the partition that follows from decisions; only the customer's own records matter.
        actor: Who decided.
        at: When.
        reason: Why.

    Returns:
        Rows to add to `link_decisions`.

    Raises:
        UnknownCustomerError: There is no such customer now.
        ConfigurationError: `records` are not a part of the customer: none, all, or some that it does not have.
    """
    own, cut = _records_of(partition, customer_id), set(records)
    if not cut or not cut < set(own):
        raise ConfigurationError(
            f"A split takes at least one and not all of the {len(own)} records of a customer; "
            f"of the {len(cut)} given, {len(cut & set(own))} are its own."
        )
    links = standing(decisions).filter((pl.col("kind") == "must_link") & _crosses(cut))
    rows = retract(links, actor=actor, at=at, reason=reason)
    sides = [(cut, set(own) - cut), (set(own), set(partition["record_id"]) - set(own))]
    after = resolve(_with(decisions, rows))
    if not _together(after, *sides[0]):
        return rows
    while pairs := [pair for left, right in sides for pair in _together(after, left, right)]:
        rows = pl.concat([rows, decide("cannot_link", pairs, actor=actor, at=at, reason=reason)])
        after = resolve(_with(decisions, rows))
    return rows


def _records_of(partition: pl.DataFrame, customer_id: str) -> list[str]:
    records = partition.filter(pl.col("customer_id") == customer_id)["record_id"].to_list()
    if not records:
        raise UnknownCustomerError(f"No record is linked to the customer id {customer_id!r} now.")
    return records


def _crosses(side: Collection[str]) -> pl.Expr:
    inside = pl.lit(pl.Series(list(side), dtype=pl.String)).implode()
    return pl.col("record_a").is_in(inside) != pl.col("record_b").is_in(inside)


def _together(partition: pl.DataFrame, some: set[str], others: set[str]) -> list[tuple[str, str]]:
    """Return each pair of one of `some` and one of `others` that are one customer."""
    left = partition.filter(pl.col("record_id").is_in(list(some))).select("customer_id", a="record_id")
    right = partition.join(left.select("customer_id").unique(), on="customer_id", how="semi")
    right = right.filter(pl.col("record_id").is_in(list(others))).select("customer_id", b="record_id")
    return left.join(right, on="customer_id").select("a", "b").sort("a", "b").rows()


def _with(decisions: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    ordered = decisions.sort("seq") if "seq" in decisions.columns else decisions
    return pl.concat([ordered.select(list(LINK_DECISIONS.columns)), rows])


def standing(decisions: pl.DataFrame) -> pl.DataFrame:
    """Return the must-links and cannot-links that nobody took back.

    A retraction cancels the decision that it names, another retraction too.

    Args:
        decisions: Rows of the table `link_decisions`; ordered by `seq` where that column is there, else as they stand.

    Returns:
        Those rows that hold.
    """
    ordered = decisions.sort("seq") if "seq" in decisions.columns else decisions
    cancelled: set[str] = set()
    for kind, name, target in ordered.select("kind", "decision_id", "retracts").reverse().iter_rows():
        if kind == "retract" and name not in cancelled:
            cancelled.add(target)
    return ordered.filter((pl.col("kind") != "retract") & ~pl.col("decision_id").is_in(list(cancelled)))


def check_decisions(decisions: pl.DataFrame) -> None:
    """Refuse decisions that contradict each other.

    Args:
        decisions: Rows of the table `link_decisions`.

    Raises:
        IdentityConflictError: Must-links join two records that a cannot-link keeps apart. The message names the
            decisions.
    """
    words = standing(decisions)
    links = words.filter(pl.col("kind") == "must_link")
    groups = _groups(links)
    apart = words.filter(pl.col("kind") == "cannot_link")
    for name, left, right in apart.select("decision_id", "record_a", "record_b").iter_rows():
        if groups.get(left, left) == groups.get(right, right):
            group = groups.get(left, left)
            chain = [
                row for row, record in links.select("decision_id", "record_a").iter_rows() if groups[record] == group
            ]
            raise IdentityConflictError(
                f"The cannot-link {name} contradicts the must-links {', '.join(chain)}: these join the two records "
                "that it keeps apart. Take back one side first."
            )


def _groups(links: pl.DataFrame) -> dict[str, str]:
    """Return the name of the group of each record that `links` names."""
    parent: dict[str, str] = {}

    def root(record: str) -> str:
        while parent.setdefault(record, record) != record:
            parent[record] = parent[parent[record]]
            record = parent[record]
        return record

    for left, right in links.select("record_a", "record_b").iter_rows():
        parent[root(left)] = root(right)
    return {record: root(record) for record in list(parent)}


def anchor_decisions(
    partition: pl.DataFrame, records: Collection[str], *, actor: str, at: datetime, reason: str | None = None
) -> pl.DataFrame:
    """Hold customers together whose records are about to lose their values.

    A record whose values are deleted (retention, a correction) stays as an identity, but nothing would join it any
    more, and the records that it brought together would fall apart. So what was found while the values were there is
    written down as must-links from each of `records` to the others of its customer.

    Args:
        partition: `record_id`, `customer_id` as they are now.
        records: The records that lose their values.
        actor: Who decided.
        at: When.
        reason: Why.

    Returns:
        Rows to add to `link_decisions`.
    """
    losing = partition.filter(pl.col("record_id").is_in(list(records))).select("customer_id", a="record_id")
    pairs = losing.join(partition.select("customer_id", b="record_id"), on="customer_id")
    rows = pairs.filter(pl.col("a") != pl.col("b")).select("a", "b").sort("a", "b").rows()
    return decide("must_link", rows, actor=actor, at=at, reason=reason)
