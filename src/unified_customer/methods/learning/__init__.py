"""Learners on matrices of numbers, with scikit-learn behind them: the same rows give the same result in any order.

    GroupSearch, Grouping, Evidence     groups of similar rows, and whether there are any
    agreement                           how far two groupings agree
    nearest                             which group a row is in
    normal_chance                       what a matrix without groups would look like
    leading_directions, leading_parts   a sparse matrix in few columns (truncated SVD, NMF)
    canonical_order                     the order in which rows are learned from
    sparse_of, rows_of, beside, below   a large matrix that is mostly zero
    on_one_thread                       keeps linear algebra to one thread
    Classes, fit_classes                probabilities of classes (multinomial logistic regression)
    Terms, fit_terms, words, characters texts and lists of terms as sparse vectors (TF-IDF)
    Ridge, fit_ridge                    several numbers from others (ridge regression), judged on rows held out
    in_the_plane                        distances as a picture (t-SNE)
    chosen_columns                      the few columns that tell classes apart best

Seeds are arguments. Sums are made on one thread, since those of several differ in their last digits.
"""

from unified_customer.methods.learning.chance import normal_chance
from unified_customer.methods.learning.choosing import Chosen, chosen_columns, folds_of
from unified_customer.methods.learning.classes import Classes, fit_classes
from unified_customer.methods.learning.groups import agreement, nearest
from unified_customer.methods.learning.matrices import (
    Floats,
    Ints,
    Sparse,
    below,
    beside,
    canonical_order,
    on_one_thread,
    rows_of,
    sparse_of,
)
from unified_customer.methods.learning.plane import in_the_plane
from unified_customer.methods.learning.reduction import leading_directions, leading_parts, parts_of
from unified_customer.methods.learning.ridge import Ridge, fit_ridge
from unified_customer.methods.learning.search import Evidence, Grouping, GroupSearch, evidence_frame
from unified_customer.methods.learning.texts import Terms, characters, fit_terms, of_length_one, plain, words

__all__ = [
    "Chosen",
    "Classes",
    "Evidence",
    "Floats",
    "GroupSearch",
    "Grouping",
    "Ints",
    "Ridge",
    "Sparse",
    "Terms",
    "agreement",
    "below",
    "beside",
    "canonical_order",
    "characters",
    "chosen_columns",
    "evidence_frame",
    "fit_classes",
    "fit_ridge",
    "fit_terms",
    "folds_of",
    "in_the_plane",
    "leading_directions",
    "leading_parts",
    "nearest",
    "normal_chance",
    "of_length_one",
    "on_one_thread",
    "parts_of",
    "plain",
    "rows_of",
    "sparse_of",
    "words",
]
