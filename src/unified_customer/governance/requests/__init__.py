"""What people ask for: requests with deadlines, verification and denials, from receipt to answer.

`lifecycle` is the pure state machine, `naming` finds whom a request means, `law` which law it is judged by, `reasons`
why it may be denied, `desk` enters what happens, `handling` and `carrying`
do what was asked, `opendsr` and `drp` speak to others.
"""

from unified_customer.governance.requests.carrying import CarriedOut
from unified_customer.governance.requests.desk import RequestDesk
from unified_customer.governance.requests.handling import Fulfilment, Handling
from unified_customer.governance.requests.lifecycle import fold, step
from unified_customer.governance.requests.naming import Identifiers, Names
from unified_customer.governance.requests.reasons import DENIALS, DenialReason
from unified_customer.governance.requests.state import Happened, RequestState

__all__ = [
    "DENIALS",
    "CarriedOut",
    "DenialReason",
    "Fulfilment",
    "Handling",
    "Happened",
    "Identifiers",
    "Names",
    "RequestDesk",
    "RequestState",
    "fold",
    "step",
]
