"""What left the hub: artifacts of the kind `export`, and who got them."""

import json
from typing import Any, Final

EXPORT: Final = "export"
"""Kind of the artifacts that left the hub."""


def recipient_of(spec: str | None) -> Any:
    """Return who got an export, where its spec says so under `recipient`.

    Examples:
        >>> recipient_of('{"recipient":"mailer"}'), recipient_of(None)
        ('mailer', None)
    """
    settings = json.loads(spec) if spec else {}
    return settings.get("recipient") if isinstance(settings, dict) else None
