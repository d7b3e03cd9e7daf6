"""A customer data platform as a library: raw records in, one customer out, under consent.

    import unified_customer as uc

| start here | what it is |
|---|---|
| `CustomerHub` | the store, the identities, the consents and the audit of one organisation |
| `source` | a file or frame to load, by the name of its connector |
| `Mapping`, `suggest_mapping` | which column of a source is which field |
| `Policy`, `Actor` | which purpose may read what, and who asks |
| `Customer`, `Identifier`, `Event`, `Consent` | one thing at a boundary |
| `Spec` | base of everything that computes |
| `ExactIdentity`, `MatchedIdentity`, `Survivorship` | how records become one customer, and which value survives |
| `TABLES` | every table, with the meaning of each column |
| `open_store` | the administrator's door to the tables: not gated |
| `connectors`, `errors`, `datasets`, `testing` | modules: what is installed, the error tree, example data, the kit |

Submodules are imported when they are first used, so that `import unified_customer` is light.
"""

import importlib
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from unified_customer import connectors, datasets, testing
    from unified_customer.connectors import Mapping, source, suggest_mapping
    from unified_customer.core import errors
    from unified_customer.core.keys import FileKeyProvider, MemoryKeyProvider
    from unified_customer.core.models import Actor, Consent, Customer, Event, Identifier
    from unified_customer.core.spec import Spec
    from unified_customer.core.tables import TABLES
    from unified_customer.hub import CustomerHub
    from unified_customer.identity import ExactIdentity, MatchedIdentity, Survivorship
    from unified_customer.policy import Policy
    from unified_customer.store import Where, open_store

__all__ = [
    "TABLES",
    "Actor",
    "Consent",
    "Customer",
    "CustomerHub",
    "Event",
    "ExactIdentity",
    "FileKeyProvider",
    "Identifier",
    "Mapping",
    "MatchedIdentity",
    "MemoryKeyProvider",
    "Policy",
    "Spec",
    "Survivorship",
    "Where",
    "connectors",
    "datasets",
    "errors",
    "open_store",
    "source",
    "suggest_mapping",
    "testing",
]

_HOMES: Final = {
    "TABLES": "core.tables",
    "Actor": "core.models",
    "Consent": "core.models",
    "Customer": "core.models",
    "CustomerHub": "hub",
    "Event": "core.models",
    "ExactIdentity": "identity",
    "MatchedIdentity": "identity",
    "FileKeyProvider": "core.keys",
    "Identifier": "core.models",
    "Mapping": "connectors",
    "MemoryKeyProvider": "core.keys",
    "Policy": "policy",
    "Spec": "core.spec",
    "Survivorship": "identity",
    "Where": "store",
    "open_store": "store",
    "source": "connectors",
    "suggest_mapping": "connectors",
}
_MODULES: Final = {"connectors": "connectors", "datasets": "datasets", "errors": "core.errors", "testing": "testing"}


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return importlib.import_module(f"{__name__}.{_MODULES[name]}")
    if name not in _HOMES:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    found = getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted(__all__)
