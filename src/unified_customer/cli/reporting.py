"""`report`: one page about the customer base."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING

from unified_customer.cli.opening import opened
from unified_customer.cli.output import Output
from unified_customer.cli.progress import working
from unified_customer.cli.retaining import instant
from unified_customer.core.errors import ConfigurationError
from unified_customer.engines.portable import Calendar
from unified_customer.methods.money import CODE, Money

if TYPE_CHECKING:
    from unified_customer.hub.reporting import Report


@dataclass(frozen=True)
class Asked:
    """What the report is to be.

    Attributes:
        purpose: What it is for.
        to: Where to write it.
        as_of: The instant before which things count, as it was written.
        title: Its heading.
        money: In which currency amounts are added.
        calendar: Of the shop.
        actor: Who asks.
    """

    purpose: str
    to: Path
    as_of: str | None
    title: str
    money: Money
    calendar: Calendar
    actor: str


def money_of(currency: str | None, rates: Sequence[tuple[str, str]]) -> Money:
    """Return in which currency amounts are added.

    Raises:
        ConfigurationError: A rate is no number, or there are rates and no currency.

    Examples:
        >>> money_of("EUR", [("GBP", "1.15")]).rates
        {'GBP': Decimal('1.15')}
    """
    try:
        worth = {code: Decimal(rate) for code, rate in rates}
    except InvalidOperation as error:
        raise ConfigurationError("A rate is a number: write --rate GBP=1.15.") from error
    if worth and currency is None:
        raise ConfigurationError("Rates are into a currency: name it with --currency.")
    wrong = [code for code in (currency, *worth) if code is not None and not re.fullmatch(CODE, code)]
    if wrong or any(rate <= 0 for rate in worth.values()):
        raise ConfigurationError(
            "A currency is an ISO 4217 code and a rate above zero: write --currency EUR --rate GBP=1.15."
        )
    return Money(currency=currency, rates=worth)


def write_report(out: Output, asked: Asked, *, store: str, policy: Path | None) -> None:
    """Write the page, and tell where it is."""
    as_of = instant(asked.as_of)
    with opened(out, store, policy, actor=asked.actor) as hub, working(out, "Writing the report"):
        report = hub.report(
            purpose=asked.purpose,
            path=asked.to,
            as_of=as_of,
            title=asked.title,
            money=asked.money,
            calendar=asked.calendar,
        )
    out.result(
        "report", told(report), f"Wrote {report.path}: {report.customers:,} customers, {len(report.sections)} sections."
    )


def told(report: "Report") -> dict[str, object]:
    """Return a report as JSON values."""
    return {
        "path": str(report.path),
        "purpose": report.purpose,
        "as_of": report.as_of,
        "customers": report.customers,
        "sections": report.sections,
    }
