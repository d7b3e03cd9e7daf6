"""The report at the end of the demo."""

import tempfile
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Final

from unified_customer.core.errors import MissingDependencyError
from unified_customer.engines.portable import Calendar
from unified_customer.hub import CustomerHub
from unified_customer.hub.reporting import Report
from unified_customer.methods.money import Money

MONEY: Final = Money(currency="EUR", rates={"GBP": Decimal("1.15")})
"""The shop sells in both; the rate is invented, as all else is."""
CALENDAR: Final = Calendar(zone="Europe/London")


def report_path(keep: Path | None) -> Path:
    """Return where the report is written: beside what is kept, or else into a new folder for temporary files."""
    return (keep or Path(tempfile.mkdtemp(prefix="unified-customer-report-"))).absolute() / "report.html"


def demo_report(hub: CustomerHub, path: Path, *, as_of: datetime) -> Report | str:
    """Write the report, or return what has to be installed to draw it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        return hub.report(
            purpose="analytics", path=path, as_of=as_of, title="The customers of an invented shop", money=MONEY,
            calendar=CALENDAR,
        )  # fmt: skip
    except MissingDependencyError as error:
        return str(error)
