"""Events: messages of the Segment shape to tables, vocabularies, channels, and things with a state."""

from unified_customer.methods.events.batch import EventBatch
from unified_customer.methods.events.bodies import unbatch
from unified_customer.methods.events.flat import flat_events
from unified_customer.methods.events.unpacking import unpack

__all__ = ["EventBatch", "flat_events", "unbatch", "unpack"]
