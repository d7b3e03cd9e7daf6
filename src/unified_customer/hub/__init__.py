"""The hub: the only thing with state. Everything it does is done by the parts below it."""

from unified_customer.hub.archive import import_hub
from unified_customer.hub.hub import CustomerHub
from unified_customer.hub.identifying import Identification
from unified_customer.hub.report import LoadReport, ResolveReport

__all__ = ["CustomerHub", "Identification", "LoadReport", "ResolveReport", "import_hub"]
