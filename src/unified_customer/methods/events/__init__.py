"""Events: messages of the Segment shape to tables, vocabularies, channels, and things with a state.

`unpack` takes JSON messages, `flat_events` takes columns; both return an `EventBatch` of frames for the tables. What
event names mean is data: a `Vocabulary`.
"""

from unified_customer.methods.events.batch import EventBatch
from unified_customer.methods.events.bodies import unbatch
from unified_customer.methods.events.channels import ChannelRules, channels, parse_rules
from unified_customer.methods.events.derive import Derived, derive, item_history
from unified_customer.methods.events.flat import flat_events
from unified_customer.methods.events.machines import Machines
from unified_customer.methods.events.plan import check
from unified_customer.methods.events.states import snapshot_events, states
from unified_customer.methods.events.unpacking import unpack
from unified_customer.methods.events.vocabulary import Meaning, Vocabulary, built_in, merged, pack, parse, registered

__all__ = [
    "ChannelRules",
    "Derived",
    "EventBatch",
    "Machines",
    "Meaning",
    "Vocabulary",
    "built_in",
    "channels",
    "check",
    "derive",
    "flat_events",
    "item_history",
    "merged",
    "pack",
    "parse",
    "parse_rules",
    "registered",
    "snapshot_events",
    "states",
    "unbatch",
    "unpack",
]
