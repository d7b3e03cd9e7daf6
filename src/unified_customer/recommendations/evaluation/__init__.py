"""How good recommendations are, held against what customers did later.

    Metrics, METRICS, Metric        which numbers, and what each says
    Yardstick                       the truth that lists are held against: `Metrics(k=10).fit(truth, train=...)`
    evaluate, Evaluation            one model: a table with intervals, by segment, a number for every customer
    compare, Comparison             several models on the same customers, with paired differences and charts
    TemporalSplit                   what came before an instant, and what came after it; the default
    LeaveLastOut, ByCustomer, RandomHoldout, Split    other ways to split, and what each of them gives

Recommendations and interactions come as frames, so that any model can be judged.
"""

from unified_customer.recommendations.evaluation.catalogue import METRICS, Metric
from unified_customer.recommendations.evaluation.comparison import Comparison
from unified_customer.recommendations.evaluation.evaluated import Evaluation
from unified_customer.recommendations.evaluation.spec import Metrics
from unified_customer.recommendations.evaluation.splits import (
    ByCustomer,
    LeaveLastOut,
    RandomHoldout,
    Split,
    TemporalSplit,
)
from unified_customer.recommendations.evaluation.yardstick import Yardstick, compare, evaluate

__all__ = [
    "METRICS",
    "ByCustomer",
    "Comparison",
    "Evaluation",
    "LeaveLastOut",
    "Metric",
    "Metrics",
    "RandomHoldout",
    "Split",
    "TemporalSplit",
    "Yardstick",
    "compare",
    "evaluate",
]
