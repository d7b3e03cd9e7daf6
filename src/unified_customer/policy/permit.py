"""The consent decision for many customers, and many purposes, at once.

The same rules as `decision.decide`, which explains them, over whole columns.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np
import polars as pl

from unified_customer.core.errors import SchemaError
from unified_customer.core.tables import CONSENTS
from unified_customer.policy.answering import AT_ONCE, Bits, Codes, reasons, spoken
from unified_customer.policy.decision import ALLOWING, MEANING, REASONS, check_instant
from unified_customer.policy.people import Situated, situate
from unified_customer.policy.policy import Policy
from unified_customer.policy.scopes import Request
from unified_customer.policy.sharing import CUSTOMER, SCOPE, SUBJECT
from unified_customer.policy.standing import Standing, told

READ: Final = (*SUBJECT, *SCOPE, "status", "stated_at", "expires_at", "spoken_by")
"""Columns of `consents` that a decision reads."""
REASON: Final = pl.Enum(list(REASONS))
_REQUIRED: Final = (*SUBJECT, "purpose", "status", "stated_at")


def permit(
    subjects: pl.DataFrame,
    statements: pl.DataFrame,
    *,
    request: Request,
    policy: Policy,
    as_of: datetime,
    people: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """Decide on `request` for every customer in `subjects`.

    Args:
        subjects: Whose identifiers are whose: `customer_id`, `subject_kind`, `subject_key`; a record of a customer is
            of kind `"record"`. A customer with a null kind and key is one without any identifier.
        statements: The ledger, with at least the columns of `consents` that say who, what and when; in any order.
        request: What the data are wanted for.
        policy: Names what the purpose rests on.
        as_of: Only what was stated strictly before counts; with a time zone.
        people: `customer_id`, `country`, `region`, `birth_date` of as many customers as are known: which law they are
            under, where the policy has several; the strictest for everybody else.

    Returns:
        `customer_id`, `allowed` and `reason` (one of `decision.REASONS`), one row per customer, sorted by id.

    Raises:
        ConfigurationError: The purpose is unknown, or `as_of` has no time zone.
        SchemaError: A column is missing, has another type, or has a null or a status that no statement can have.

    Examples:
        >>> from datetime import UTC
        >>> subjects = pl.DataFrame({"customer_id": ["a"], "subject_kind": ["email"], "subject_key": ["0" * 24]})
        >>> permit(
        ...     subjects,
        ...     CONSENTS.empty(),
        ...     request=Request("analytics"),
        ...     policy=Policy.quickstart(),
        ...     as_of=datetime(2026, 1, 1, tzinfo=UTC),
        ... ).rows()
        [('a', True, 'basis:legitimate_interests')]
    """
    return _sorted(fold_statements(subjects, statements, policy=policy, as_of=as_of, people=people).decide(request))


def permit_each(
    subjects: pl.DataFrame,
    statements: pl.DataFrame,
    *,
    requests: Sequence[Request],
    policy: Policy,
    as_of: datetime,
    people: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """Decide on several requests for every customer in `subjects`; see `permit`.

    Returns:
        `customer_id`, and for each request a column named by it, with the reason; sorted by id. The reasons of a yes
        are `ALLOWING`.

    Examples:
        >>> from datetime import UTC
        >>> subjects = pl.DataFrame({"customer_id": ["a"], "subject_kind": ["email"], "subject_key": ["0" * 24]})
        >>> asked = [Request("analytics"), Request("marketing", channel="email")]
        >>> at = datetime(2026, 1, 1, tzinfo=UTC)
        >>> permit_each(subjects, CONSENTS.empty(), requests=asked, policy=Policy.quickstart(), as_of=at).rows(
        ...     named=True
        ... )
        [{'customer_id': 'a', 'analytics': 'basis:legitimate_interests', 'marketing by email': 'no_statement'}]
    """
    return fold_statements(subjects, statements, policy=policy, as_of=as_of, people=people).permit(requests)


@dataclass(frozen=True)
class Folded:
    """What a ledger comes to as of an instant, ready to be asked about any purpose.

    Attributes:
        policy: What it is judged by.
        as_of: The instant.
        situated: Which law each customer is under.
        standing: What was said.
        guarded: What was said of those for whom a guardian has to say yes to something; None where there are none.
    """

    policy: Policy
    as_of: datetime
    situated: Situated
    standing: Standing
    guarded: Standing | None

    def permit(self, requests: Sequence[Request]) -> pl.DataFrame:
        """Return what `permit_each` returns."""
        return _sorted(self._decided(requests))

    def decide(self, request: Request) -> pl.DataFrame:
        """Return what `permit` returns, in no particular order: sorting by id is dear for a million customers."""
        reason = pl.col(str(request))
        decided = self._decided([request])
        return decided.select(CUSTOMER, allowed=reason.is_in(list(ALLOWING)), reason=reason.cast(pl.String))

    def _decided(self, requests: Sequence[Request]) -> pl.DataFrame:
        answers: dict[str, Codes] = {}
        for first in range(0, len(requests), AT_ONCE):
            answers |= self._answers(requests[first : first + AT_ONCE])
        columns = {name: pl.Series(codes).cat.to(REASON) for name, codes in answers.items()}
        return self.standing.customers.with_columns(**columns)

    def _answers(self, requests: Sequence[Request]) -> dict[str, Codes]:
        words, guarded = (self._spoken(each, requests) for each in (self.standing, self.guarded))
        answers: dict[str, Codes] = {}
        for place, request in enumerate(requests):
            whom = self.situated.grounds(request.purpose)
            answers[str(request)] = reasons(words or {}, guarded, place, whom)
        return answers

    def _spoken(self, standing: Standing | None, requests: Sequence[Request]) -> Mapping[str, Bits] | None:
        lifts = self.policy.narrower_yes == "later"
        return None if standing is None else spoken(standing, requests, narrower_lifts=lifts)


def fold_statements(
    subjects: pl.DataFrame,
    statements: pl.DataFrame,
    *,
    policy: Policy,
    as_of: datetime,
    people: pl.DataFrame | None = None,
) -> Folded:
    """Return what statements come to; for the arguments see `permit`.

    Asking one `Folded` about many purposes costs a fraction of asking the ledger each time.

    Raises:
        ConfigurationError: `as_of` has no time zone.
        SchemaError: A column is missing, has another type, or has a null or a status that no statement can have.
    """
    owned, said, at = _checked_subjects(subjects), _checked_statements(statements), check_instant(as_of)
    heard = told(owned, said, as_of=at)
    situated = situate(heard.customers, people, policy=policy, as_of=at)
    wards = situated.wards()
    guarded = heard.standing_of_wards(wards) if wards.any() else None
    return Folded(policy, at, situated, heard.standing(), guarded)


def _sorted(decided: pl.DataFrame) -> pl.DataFrame:
    """Return decisions sorted by id: sorting ids alone, and finding each by its hash, costs a third of sorting rows."""
    ids = decided[CUSTOMER]
    ordered = ids.sort()
    order = np.empty(len(ids), dtype=np.uint32)
    order[ordered.hash(0).arg_sort().to_numpy()] = ids.hash(0).arg_sort().to_numpy()
    found = decided[order]
    return found if found[CUSTOMER].equals(ordered) else decided.sort(CUSTOMER)  # where two ids have one hash


def _checked_subjects(subjects: pl.DataFrame) -> pl.DataFrame:
    _refuse_columns(subjects, dict.fromkeys((CUSTOMER, *SUBJECT), pl.String()), "The frame of subjects")
    _refuse_nulls(subjects, [CUSTOMER], "The frame of subjects")
    return subjects


def _checked_statements(statements: pl.DataFrame) -> pl.DataFrame:
    read = [name for name in READ if name != "spoken_by" or name in statements.columns]
    _refuse_columns(statements, {name: CONSENTS.columns[name] for name in read}, "The frame of statements")
    _refuse_nulls(statements, _REQUIRED, "The frame of statements")
    unknown = set(statements["status"].unique()) - set(MEANING)
    if unknown:
        message = f"The frame of statements has {len(unknown)} unknown status; the known ones: {', '.join(MEANING)}."
        raise SchemaError(message)
    return statements


def _refuse_columns(frame: pl.DataFrame, wanted: Mapping[str, pl.DataType], what: str) -> None:
    for name, dtype in wanted.items():
        if frame.schema.get(name) != dtype:
            found = frame.schema.get(name, "no such column")
            message = f"{what} needs a column {name!r} of {dtype}; found {found}."
            raise SchemaError(message)


def _refuse_nulls(frame: pl.DataFrame, columns: Iterable[str], what: str) -> None:
    for name in columns:
        if nulls := frame[name].null_count():
            message = f"{what} has {nulls} nulls in column {name!r}, which must have none."
            raise SchemaError(message)
