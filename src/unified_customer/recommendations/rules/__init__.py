"""Rules of a request: what may be recommended, and what besides the score counts.

Rules                                                     what holds for a request, a value that saves as JSON
Again, Boost, Cap, Condition, Frequency, InStock, Price   its parts
prepare, Prepared, Picked                                 rules made ready, and what they come to
Shelf                                                     a catalogue for which many rules are made ready
"""

from unified_customer.recommendations.rules.conditions import Condition
from unified_customer.recommendations.rules.parts import Again, Boost, Cap, Frequency, InStock, Price
from unified_customer.recommendations.rules.picked import Picked
from unified_customer.recommendations.rules.prepared import Prepared
from unified_customer.recommendations.rules.preparing import prepare
from unified_customer.recommendations.rules.shelf import Shelf
from unified_customer.recommendations.rules.spec import Rules

__all__ = [
    "Again",
    "Boost",
    "Cap",
    "Condition",
    "Frequency",
    "InStock",
    "Picked",
    "Prepared",
    "Price",
    "Rules",
    "Shelf",
    "prepare",
]
