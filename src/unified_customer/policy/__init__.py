"""The pure consent decision: may these people's data be used for this purpose, at this time, and why.

    Policy, Role            which purposes rest on which legal basis, and who may see what
    Request                 a purpose, with a channel and a recipient where it has them
    decide                  one customer, in plain Python: the reference
    permit, permit_each     a million customers, one purpose or many
    fold_statements         a ledger folded once, to be asked again and again
    permit_elsewhere        the same decision where the frames live: DuckDB, Spark, a warehouse
    Decision, REASONS       the answer, and every reason it can have
    SegmentCompat           how Segment routes events by consent: it fails open, and is there to compare with

Nothing here reads a store, a clock or a file.
"""

from unified_customer.core.models.rights import Right
from unified_customer.policy.decision import ALLOWING, REASONS, Decision, decide
from unified_customer.policy.elsewhere import permit_elsewhere
from unified_customer.policy.organisation import Controller, Notice, Recipient
from unified_customer.policy.periods import Period
from unified_customer.policy.permit import fold_statements, permit, permit_each
from unified_customer.policy.policy import Policy
from unified_customer.policy.regimes import BreachClock, Deadlines, Minor, Regime
from unified_customer.policy.retention import RetentionRule
from unified_customer.policy.rules import Collect, Role
from unified_customer.policy.scopes import Request, contains, overlaps
from unified_customer.policy.segment_compat import SegmentCompat
from unified_customer.policy.visibility import Columns

__all__ = [
    "ALLOWING",
    "REASONS",
    "BreachClock",
    "Collect",
    "Columns",
    "Controller",
    "Deadlines",
    "Decision",
    "Minor",
    "Notice",
    "Period",
    "Policy",
    "Recipient",
    "Regime",
    "Request",
    "RetentionRule",
    "Right",
    "Role",
    "SegmentCompat",
    "contains",
    "decide",
    "fold_statements",
    "overlaps",
    "permit",
    "permit_each",
    "permit_elsewhere",
]
