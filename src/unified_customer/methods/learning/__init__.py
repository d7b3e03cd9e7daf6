"""Learners on matrices of numbers, with scikit-learn behind them: the same rows give the same result in any order.

    GroupSearch, Grouping, Evidence     groups of similar rows, and whether there are any
    agreement                           how far two groupings agree
    nearest                             which group a row is in
    normal_chance                       what a matrix without groups would look like
    leading_directions, leading_parts   a sparse matrix in few columns (truncated SVD, NMF)
    canonical_order                     the order in which rows are learned from
    sparse_of                           a large matrix that is mostly zero
    on_one_thread                       keeps linear algebra to one thread
    Classes, fit_classes                probabilities of classes (multinomial logistic regression)
    chosen_columns                      the few columns that tell classes apart best

Seeds are arguments. Sums are made on one thread, since those of several differ in their last digits.
"""

from unified_customer.methods.learning.chance import normal_chance
from unified_customer.methods.learning.choosing import Chosen, chosen_columns, folds_of
from unified_customer.methods.learning.classes import Classes, fit_classes
from unified_customer.methods.learning.groups import agreement, nearest
from unified_customer.methods.learning.matrices import Floats, Ints, Sparse, canonical_order, on_one_thread, sparse_of
from unified_customer.methods.learning.reduction import leading_directions, leading_parts, parts_of
from unified_customer.methods.learning.search import Evidence, Grouping, GroupSearch, evidence_frame

__all__ = [
    "Chosen",
    "Classes",
    "Evidence",
    "Floats",
    "GroupSearch",
    "Grouping",
    "Ints",
    "Sparse",
    "agreement",
    "canonical_order",
    "chosen_columns",
    "evidence_frame",
    "fit_classes",
    "folds_of",
    "leading_directions",
    "leading_parts",
    "nearest",
    "normal_chance",
    "on_one_thread",
    "parts_of",
    "sparse_of",
]
