"""Incidents: who was affected, which categories, under which laws, and who has to be told by when.

IncidentScope, scope_of    what is known of an incident: rows, reads or exports
RiskCriteria               when the risk to people is taken for high
report_incident            the report, from one state of a store
IncidentReport             what it says; as JSON, Markdown, HTML, and the affected ids as CSV
write_report               into the audit, and into the store where it shall be kept
"""

from unified_customer.governance.incidents.incident import report_incident, write_report
from unified_customer.governance.incidents.report import IncidentReport
from unified_customer.governance.incidents.scope import IncidentScope, RiskCriteria, scope_of

__all__ = ["IncidentReport", "IncidentScope", "RiskCriteria", "report_incident", "scope_of", "write_report"]
