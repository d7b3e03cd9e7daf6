"""The hub: the only thing with state. Everything it does is done by the parts below it."""

from unified_customer.hub.archive import import_hub
from unified_customer.hub.hub import CustomerHub
from unified_customer.hub.identifying import Identification
from unified_customer.hub.logged import Logged
from unified_customer.hub.report import LoadReport, ResolveReport
from unified_customer.hub.rotation import Rotation, rotate_key

__all__ = [
    "CustomerHub",
    "Identification",
    "LoadReport",
    "Logged",
    "ResolveReport",
    "Rotation",
    "import_hub",
    "rotate_key",
]
