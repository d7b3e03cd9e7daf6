"""What was worked out once and may be asked for again."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

T = TypeVar("T")
_MOST: Final = 256


@dataclass(frozen=True, eq=False)
class Memory:
    """What was worked out for some values; when it is much, it starts anew.

    Examples:
        >>> memory = Memory()
        >>> memory.of("tea", lambda: 1), memory.of("tea", lambda: 2)
        (1, 1)
    """

    held: dict[Hashable, Any] = field(default_factory=dict, repr=False)

    def of(self, key: Hashable, make: Callable[[], T]) -> T:
        """Return what was made for a key, or make it."""
        # Several threads may ask at once: each goes on with what it found or made.
        found: T | None = self.held.get(key)
        if found is not None:
            return found
        made = make()
        if len(self.held) >= _MOST:
            self.held.clear()
        self.held[key] = made
        return made
