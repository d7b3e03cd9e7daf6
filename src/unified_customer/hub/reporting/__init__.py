"""One page about the customer base; `hub.report`."""

from unified_customer.hub.reporting.reporting import Report, Reporting

__all__ = ["Report", "Reporting"]
