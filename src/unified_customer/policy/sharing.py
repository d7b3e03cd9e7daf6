"""Identifiers that several customers hold: a family mailbox, a switchboard, a device at the counter.

Who spoke there is unknown. So a no counts for everyone who holds the identifier, and a yes for those alone who say the
same at the same time about something that is theirs; for the others it is set aside, which neither allows anything nor
lifts an earlier no. `told_apart` says it for frames, `counting` for one customer.
"""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import narwhals as nw

from unified_customer.core.kinds import RECORD
from unified_customer.core.models import Consent

CUSTOMER: Final = "customer_id"
SUBJECT: Final = ("subject_kind", "subject_key")
SCOPE: Final = ("purpose", "channel", "recipient")
UTTERED: Final = ("status", *SCOPE, "stated_at", "expires_at")
"""What makes two statements one utterance about two things."""

MAY_BE_NULL: Final = (*SCOPE, "expires_at")
COMPARED: Final = [CUSTOMER, *(f"same_{name}" if name in MAY_BE_NULL else name for name in UTTERED)]
NEVER: Final = datetime(9999, 12, 31, tzinfo=UTC)
YES_STATUS: Final = ("granted", "unrestricted")

Lazy = nw.LazyFrame[Any]


def counting(statements: Sequence[Consent], shared: Collection[tuple[str, str]]) -> tuple[list[Consent], list[Consent]]:
    """Split the statements about one customer's identifiers into those that count and those that are set aside.

    Args:
        statements: All statements about the identifiers and records of the customer.
        shared: `(kind, key)` of the identifiers that another customer holds too.
    """
    own = {_utterance(each) for each in statements if (each.subject_kind, each.subject_key) not in shared}
    counted: list[Consent] = []
    aside: list[Consent] = []
    for each in statements:
        heard = each.status not in YES_STATUS or _utterance(each) in own
        (counted if heard else aside).append(each)
    return counted, aside


def told_apart(subjects: Lazy, statements: Lazy, shared: Lazy) -> tuple[Lazy, Lazy, Lazy]:
    """Give every holder of a shared identifier a subject and statements of their own.

    Args:
        subjects: `customer_id`, `subject_kind`, `subject_key`.
        statements: Rows of `consents`.
        shared: What `shared_subjects` returned of the subjects.

    Returns:
        The subjects, of which none is shared any more; the statements that count about them; and the yeses that are
        set aside.
    """
    own = subjects.join(shared, on=list(SUBJECT), how="anti")
    holders = subjects.join(shared, on=list(SUBJECT), how="semi")
    about_shared = _comparable(holders.join(statements, on=list(SUBJECT), how="inner"))
    yes, no = about_shared.filter(_is_yes()), about_shared.filter(~_is_yes())
    said = _said_of_their_own(own.join(yes, on=CUSTOMER, how="semi"), statements)
    columns = statements.collect_schema().names()
    heard = [_renamed(each).select(columns) for each in (no, yes.join(said, on=COMPARED, how="semi"))]
    about_own = statements.join(shared, on=list(SUBJECT), how="anti")
    return (
        nw.concat([own, _renamed(holders).select(own.collect_schema().names())]),
        nw.concat([about_own, *heard]),
        _renamed(yes.join(said, on=COMPARED, how="anti")).select(columns),
    )


def _said_of_their_own(own: Lazy, statements: Lazy) -> Lazy:
    yes = own.join(statements.filter(_is_yes()), on=list(SUBJECT), how="inner")
    return _comparable(yes).select(COMPARED)


def shared_subjects(subjects: Lazy) -> Lazy:
    """Return `subject_kind` and `subject_key` of the identifiers that more than one customer holds; records never are."""
    identifiers = subjects.filter(nw.col("subject_kind") != RECORD)
    holders = identifiers.group_by(*SUBJECT).agg(first=nw.col(CUSTOMER).min(), last=nw.col(CUSTOMER).max())
    return holders.filter(nw.col("first") != nw.col("last")).select(*SUBJECT)


def _utterance(statement: Consent) -> tuple[object, ...]:
    return tuple(getattr(statement, name) for name in UTTERED)


def _is_yes() -> nw.Expr:
    return nw.col("status").is_in(YES_STATUS)


def _comparable(statements: Lazy) -> Lazy:
    """Add scope and expiry without nulls, which equal nothing in a join."""
    scope = {f"same_{name}": nw.concat_str(nw.lit("="), nw.col(name)).fill_null("-") for name in SCOPE}
    return statements.with_columns(**scope, same_expires_at=nw.col("expires_at").fill_null(nw.lit(NEVER)))


def _renamed(rows: Lazy) -> Lazy:
    """Name the subject of each row by its customer too, so that two holders of an identifier are two subjects."""
    return rows.with_columns(subject_key=nw.concat_str(CUSTOMER, nw.lit("/"), "subject_key"))
