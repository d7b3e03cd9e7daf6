"""Tables of the loading itself: what could not be accepted, and how far a source was read."""

from typing import Final

import dataframely as dy

from unified_customer.core.tables import columns as c
from unified_customer.core.tables.table import Table

QUARANTINE_RETENTION_DAYS: Final = 90


class Quarantine(dy.Schema):
    """A row that could not be accepted."""

    quarantine_id = c.text("Hash of source, position and payload.", required=True)
    source = c.text("Name of the source.", required=True)
    target = c.text("The table it was meant for.", required=True)
    position = c.text("Where it stands in the source, such as 'row 17'.", required=True)
    reason = c.text("Why it was not accepted; never a value.", required=True)
    payload = c.json_text("The row as it came.", category="user.unclassified", retention_days=QUARANTINE_RETENTION_DAYS)
    record_id = c.record_reference("The identity that it names, where that could be read.")
    status = c.choice("What became of it.", ("held", "replayed"))
    held_at = c.instant("When it came.", required=True)


class Checkpoints(dy.Schema):
    """How far a source was read."""

    source = c.text("Name of the source.", required=True)
    stream = c.text("The part of it, usually the target table.", required=True)
    state = c.json_text("What the source needs to go on.")
    updated_at = c.instant("When.", required=True)


QUARANTINE: Final = Table(
    "quarantine", Quarantine, ("quarantine_id",), "record", append_only=False, time="held_at",
    doc="A row that could not be accepted, with its reason and position: replayable.",
)  # fmt: skip
CHECKPOINTS: Final = Table(
    "checkpoints", Checkpoints, ("source", "stream"), "none", append_only=False, time=None,
    doc="How far a source was read.",
)  # fmt: skip
