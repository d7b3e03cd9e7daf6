"""How much of a catalogue is shown, and how evenly.

References:
    Fleder, D. and Hosanagar, K. (2009). Blockbuster culture's next rise or fall: the impact of recommender systems on
    sales diversity. Management Science, 55(5), 697-712.
    Ge, M., Delgado-Battenfeld, C. and Jannach, D. (2010). Beyond accuracy: evaluating recommender systems by coverage
    and serendipity. RecSys.
"""

import numpy as np

from unified_customer.recommendations.evaluation.lists import Lists
from unified_customer.recommendations.evaluation.places import Bools, Floats


def exposures(lists: Lists, catalogue: Bools) -> Floats:
    """Return in how many lists each item of the catalogue stands; items beyond it are not counted."""
    known = lists.item[lists.item < len(catalogue)]
    return np.bincount(known, minlength=len(catalogue))[catalogue].astype(np.float64)


def coverage(lists: Lists, catalogue: Bools) -> float:
    """Return the share of the catalogue that stands in a list; not a number where the catalogue is empty."""
    shown = exposures(lists, catalogue)
    return float((shown > 0).mean()) if len(shown) else np.nan


def gini(lists: Lists, catalogue: Bools) -> float:
    """Return how unevenly the items of the catalogue are shown: 0 all alike, towards 1 a single one.

    Not a number where none is shown.
    """
    shown = np.sort(exposures(lists, catalogue))
    if not shown.sum():
        return np.nan
    n = len(shown)
    return float(((2 * np.arange(1, n + 1) - n - 1) * shown).sum() / (n * shown.sum()))
