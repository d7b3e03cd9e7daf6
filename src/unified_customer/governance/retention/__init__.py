"""Retention: data are kept no longer than the policy says.

    Retention               `hub.governance.retention`: preview, apply
    Preview, RetentionReport  what would go and what went, as counts
    Remaining               what has to be done about customers who lose a part

Rules are values of `unified_customer.policy`; when exactly something is over is worked out there.
"""

from unified_customer.governance.retention.leftovers import Remaining
from unified_customer.governance.retention.retention import Preview, Retention, RetentionReport

__all__ = ["Preview", "Remaining", "Retention", "RetentionReport"]
