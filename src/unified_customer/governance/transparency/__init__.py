"""Transparency: what is done with personal data, told from what is configured and what is in the store.

Transparency           all of it over a store
ProcessingRecord       the record of processing activities (GDPR Art. 30)
DataMap                which source feeds which table, and what becomes of every column
PrivacyNotice          the skeleton of a privacy notice (GDPR Art. 13 and 14)
notice_changes         what changes in it from policy to policy
"""

from unified_customer.governance.transparency.activities import ProcessingRecord, processing_activities
from unified_customer.governance.transparency.data_map import DataMap, data_map
from unified_customer.governance.transparency.notice import PrivacyNotice, notice_changes, privacy_notice
from unified_customer.governance.transparency.transparency import Transparency

__all__ = [
    "DataMap",
    "PrivacyNotice",
    "ProcessingRecord",
    "Transparency",
    "data_map",
    "notice_changes",
    "privacy_notice",
    "processing_activities",
]
