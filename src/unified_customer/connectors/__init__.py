"""Connectors: sources of raw rows, and mappings that turn them into typed columns of the tables.

* `source(kind, location, table=, mapping=)`: a source bound to a table, for `hub.load`
* `connectors()`: what is registered
* `Source`, `SourceSpec`, `Capabilities`: what an author of a connector implements
* `Batch`, `State`, `Column`: what goes through it
* `Mapping`, `FieldMap`, `Statement`, `Deletion`: how columns fill a table
* `Mapper`, `Mapped`: a mapping at work on the batches of a load
* `suggest_mapping(source)`: a mapping made from names and values, to print and edit
* `collect`, `Collected`: the collection policy at work on a batch
* `conflicting_versions`: rows of one key and time with different contents
* `replay_batch`: from quarantined payloads back to a batch
"""

from unified_customer.connectors.bound import BoundSource
from unified_customer.connectors.bound import bind as source
from unified_customer.connectors.collection import Action, Collected, collect
from unified_customer.connectors.consent_rules import Statement
from unified_customer.connectors.field_maps import FieldMap
from unified_customer.connectors.mapper import Mapped, Mapper
from unified_customer.connectors.mapping import Deletion, Mapping
from unified_customer.connectors.protocol import (
    BATCH_ROWS,
    Batch,
    Capabilities,
    Column,
    Source,
    SourceSpec,
    State,
)
from unified_customer.connectors.registry import connectors
from unified_customer.connectors.rejects import replay_batch
from unified_customer.connectors.suggest import suggest_mapping
from unified_customer.connectors.versions import conflicting_versions

__all__ = [
    "BATCH_ROWS",
    "Action",
    "Batch",
    "BoundSource",
    "Capabilities",
    "Collected",
    "Column",
    "Deletion",
    "FieldMap",
    "Mapped",
    "Mapper",
    "Mapping",
    "Source",
    "SourceSpec",
    "State",
    "Statement",
    "collect",
    "conflicting_versions",
    "connectors",
    "replay_batch",
    "source",
    "suggest_mapping",
]
