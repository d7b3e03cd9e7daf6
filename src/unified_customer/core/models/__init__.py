"""Models of one thing at a boundary: an HTTP payload, a plugin's config, a profile that is handed out.

The same things as columns are in `unified_customer.core.tables`; a test holds the two together.
"""

from unified_customer.core.models.actors import LOCAL, Actor
from unified_customer.core.models.behaviour import Answer, Event, Item, OrderLine
from unified_customer.core.models.consents import Consent, LegalBasis, Status
from unified_customer.core.models.people import ConsentState, Customer, GoldenValue, Identifier, SourceRecord

__all__ = [
    "LOCAL",
    "Actor",
    "Answer",
    "Consent",
    "ConsentState",
    "Customer",
    "Event",
    "GoldenValue",
    "Identifier",
    "Item",
    "LegalBasis",
    "OrderLine",
    "SourceRecord",
    "Status",
]
