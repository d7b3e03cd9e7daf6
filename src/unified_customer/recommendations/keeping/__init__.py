"""Keeping recommenders: folders of arrays and JSON, which no code is in.

save_recommender, load_recommender    to a folder and back, with equal answers
load_manifest, Manifest               what a saved recommender is, without reading it
load_customers                        whom it holds
erase_saved                           takes customers out of it at once
"""

from unified_customer.recommendations.keeping.manifest import Manifest
from unified_customer.recommendations.keeping.saving import (
    erase_saved,
    load_customers,
    load_manifest,
    load_recommender,
    save_recommender,
)

__all__ = ["Manifest", "erase_saved", "load_customers", "load_manifest", "load_recommender", "save_recommender"]
