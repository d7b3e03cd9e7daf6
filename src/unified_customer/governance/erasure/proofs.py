"""Statements of people who were erased, kept as the least that proves them (GDPR Art. 5(2), 7(1) and 17(3)(b), (e))."""

import re
from typing import Final

import polars as pl

from unified_customer.core.keys import Keyring
from unified_customer.core.tables import CONSENTS
from unified_customer.governance.erasure.plan import Plan
from unified_customer.governance.graves import ERASED
from unified_customer.store import Keys, Reader, Where, Writer

PROVEN: Final = (
    "purpose", "channel", "recipient", "status", "legal_basis", "special_basis", "jurisdiction", "stated_at",
    "expires_at", "verified", "spoken_by", "notice_version",
)  # fmt: skip
"""What of a statement is kept; not where the evidence is, nor how it was collected."""

WORD: Final = re.compile(r"[a-z][a-z_.-]{0,31}")
WITHHELD: Final = "withheld"
"""In the place of a channel or recipient that could be more than a word; null would widen what was said."""


def concerned(reader: Reader, plan: Plan) -> pl.DataFrame:
    """Return the statements that go: columns of `consents`, and `owner`."""
    columns = list(CONSENTS.columns)
    own = reader.read("consents", columns=columns, keys=Keys(plan.subjects, ("subject_kind", "subject_key")))
    aside = reader.read("consents", columns=columns, keys=Keys(plan.set_aside, ("statement_id",)))
    return pl.concat([own, aside]).unique("statement_id", keep="first", maintain_order=True)


def keep_as_proofs(writer: Writer, statements: pl.DataFrame, keyring: Keyring) -> None:
    """Put a proof in the place of each statement, under the same id, so that the statement is known if it comes again."""
    writer.delete("consents", statements.select("statement_id"))
    kept = [name for name in CONSENTS.columns if name in PROVEN]
    proofs = statements.select(
        "statement_id",
        pl.lit(ERASED).alias("subject_kind"),
        pl.Series("subject_key", _proof_keys(statements, keyring), dtype=pl.String),
        *(_word(name) if name in {"channel", "recipient"} else pl.col(name) for name in kept),
        pl.lit(ERASED).alias("source"),
    )
    writer.append("consents", CONSENTS.conform(proofs))


def proven(reader: Reader, keyring: Keyring, *, kind: str, key: str) -> pl.DataFrame:
    """Return what an erased identifier or record said, oldest first."""
    where = [
        Where("subject_kind", "==", ERASED),
        Where("subject_key", "in", keyring.proof_keys(kind, [key])),
    ]
    return reader.read("consents", columns=["statement_id", *PROVEN], where=where, order_by=["stated_at", "seq"])


def _proof_keys(statements: pl.DataFrame, keyring: Keyring) -> list[str]:
    subjects = statements.select("subject_kind", "subject_key").iter_rows()
    return [keyring.proof_keys(kind, [key])[0] for kind, key in subjects]


def _word(name: str) -> pl.Expr:
    plain = pl.col(name).is_null() | pl.col(name).str.contains(f"^{WORD.pattern}$")
    return pl.when(plain).then(pl.col(name)).otherwise(pl.lit(WITHHELD)).alias(name)
