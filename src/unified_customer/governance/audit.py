"""The audit: one row for every read and write of personal data, by whom and under which purpose; `hub.audit`."""

from unified_customer.governance.auditing.entries import Entry, write_entry
from unified_customer.governance.auditing.heads import TreeHead
from unified_customer.governance.auditing.log import AuditLog
from unified_customer.governance.auditing.proofs import (
    ConsistencyProof,
    InclusionProof,
    verify_consistency,
    verify_inclusion,
)
from unified_customer.governance.auditing.verification import Finding, Verification, verify_log

__all__ = [
    "AuditLog",
    "ConsistencyProof",
    "Entry",
    "Finding",
    "InclusionProof",
    "TreeHead",
    "Verification",
    "verify_consistency",
    "verify_inclusion",
    "verify_log",
    "write_entry",
]
