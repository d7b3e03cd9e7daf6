"""Explain a fitted matcher and what it found, as tables; `charts` draws them.

explain_pair       the evidence for two records, step by step; it adds up to their score
explain_cluster    what holds a cluster together, and its weakest link
model_table        what each level of each field weighs, and how often it is seen
bond_table         the same for pairs of two people with a bond
unlinkables        records that say too little of themselves to be matched with anything
"""

from unified_customer.identity.matching.cluster_explanation import ClusterExplanation, WeakestLink, explain_cluster
from unified_customer.identity.matching.model_tables import Unlinkables, bond_table, model_table, unlinkables
from unified_customer.identity.matching.pair_explanation import PairExplanation, explain_pair

__all__ = [
    "ClusterExplanation",
    "PairExplanation",
    "Unlinkables",
    "WeakestLink",
    "bond_table",
    "explain_cluster",
    "explain_pair",
    "model_table",
    "unlinkables",
]
