"""What a saved recommender may be made of, by the names that stand in its files. Nothing is imported by a name from a file."""

from collections.abc import Mapping
from typing import Any, Final

from unified_customer.core.spec import Spec
from unified_customer.methods.learning import Ridge, Terms
from unified_customer.recommendations.baskets.next_basket import Baskets, NextBasket
from unified_customer.recommendations.blending.blend import Blend
from unified_customer.recommendations.blending.hybrid import Hybrid
from unified_customer.recommendations.blending.trials import Trials
from unified_customer.recommendations.content.alike import Alike
from unified_customer.recommendations.content.bridge import Bridge, BridgeEvidence, Learning
from unified_customer.recommendations.content.bridged import Bridged, WithContent
from unified_customer.recommendations.content.prices import PriceBands
from unified_customer.recommendations.content.spec import Content
from unified_customer.recommendations.content.vectors import ContentVectors
from unified_customer.recommendations.histories import Histories, Names
from unified_customer.recommendations.interactions import Interactions
from unified_customer.recommendations.models.buy_again import Again
from unified_customer.recommendations.models.collaborative import (
    ALS,
    BPR,
    EASE,
    BuyAgain,
    GraphFilter,
    Neighbours,
    Popularity,
)
from unified_customer.recommendations.models.factors import LeastSquares
from unified_customer.recommendations.models.linear import DenseLinear, LowRank, SparseLinear
from unified_customer.recommendations.models.pairwise import Pairwise
from unified_customer.recommendations.models.popularity import Popular

SPECS: Final[Mapping[str, type[Spec]]] = {
    "ALS": ALS,
    "BPR": BPR,
    "BuyAgain": BuyAgain,
    "Content": Content,
    "EASE": EASE,
    "GraphFilter": GraphFilter,
    "Hybrid": Hybrid,
    "Interactions": Interactions,
    "Neighbours": Neighbours,
    "NextBasket": NextBasket,
    "Popularity": Popularity,
    "WithContent": WithContent,
}
"""Specs. A name stays when a class gets another one, so that old folders can be read."""

VALUES: Final[Mapping[str, type[Any]]] = {
    "Again": Again,
    "Alike": Alike,
    "Baskets": Baskets,
    "Blend": Blend,
    "Bridge": Bridge,
    "BridgeEvidence": BridgeEvidence,
    "Bridged": Bridged,
    "ContentVectors": ContentVectors,
    "DenseLinear": DenseLinear,
    "Histories": Histories,
    "Learning": Learning,
    "LeastSquares": LeastSquares,
    "LowRank": LowRank,
    "Names": Names,
    "Pairwise": Pairwise,
    "Popular": Popular,
    "PriceBands": PriceBands,
    "Ridge": Ridge,
    "SparseLinear": SparseLinear,
    "Terms": Terms,
    "Trials": Trials,
}
"""Frozen dataclasses: what models learn, and what it is made of."""

SPEC_NAMES: Final = {kind: name for name, kind in SPECS.items()}
VALUE_NAMES: Final = {kind: name for name, kind in VALUES.items()}
