"""How large the arrays of a value are: the same letter stands for the same number."""

from collections.abc import Mapping
from typing import Any, Final

ITEM: Final = "i"
"""Stands for the number of items, everywhere."""

SHAPES: Final[Mapping[str, Mapping[str, str]]] = {
    "Again": {"rates": "i"},
    "Baskets": {"people": "pi"},
    "Bridged": {"places": "m", "vectors": "md", "share": "m"},
    "DenseLinear": {"weights": "ii"},
    "LeastSquares": {"extra": "i", "people": "pf", "items": "if"},
    "LowRank": {"into": "id", "out": "id"},
    "Pairwise": {"items": "if", "spread": "ff"},
    "Popular": {"weights": "i"},
    "Ridge": {"weights": "cd", "offset": "d", "held_out": "nd"},
    "SparseLinear": {"weights": "ii"},
    "Terms": {"listed": "t", "weights": "t"},
    "Trials": {"models": "m", "windows": "w", "customers": "w", "ndcg": "wm", "recall": "wm"},
}
"""By the name in `VALUES` and the field. What is not told here is found where a recommender is asked."""


def unlike(name: str, value: Any, items: int) -> str | None:
    """Return the first field of a value that is not as large as it should be; None: all are.

    Examples:
        >>> import numpy as np
        >>> from unified_customer.recommendations.models.popularity import Popular
        >>> unlike("Popular", Popular(np.ones(2, np.float32)), 2), unlike("Popular", Popular(np.ones(3, np.float32)), 2)
        (None, 'weights')
    """
    sizes = {ITEM: items}
    for field, letters in SHAPES.get(name, {}).items():
        shape = _shape(getattr(value, field))
        told = [sizes.setdefault(letter, size) for letter, size in zip(letters, shape, strict=False)]
        if len(shape) != len(letters) or told != list(shape):
            return field
    return None


def _shape(value: Any) -> tuple[int, ...]:
    return (len(value),) if isinstance(value, tuple) else tuple(value.shape)
