"""What a model may learn from, and what it is judged by.

    TemporalSplit     what came before an instant, and what came after it; the default, also for several past windows
    LeaveLastOut      all but the last of each customer, and the last
    ByCustomer        whole customers held out, of each of whom a part is given
    RandomHoldout     a share of the pairs of each customer, for data without time
    Split             what each of them gives: train and test, and what was left out and why

Only `TemporalSplit` is what a shop meets: in the others models learn from what came later than some of what they are
judged by, if from others than the customer.

References:
    Meng, Z. et al. (2020). Exploring data splitting strategies for the evaluation of recommendation models. RecSys.
    Ji, Y. et al. (2023). A critical study on data leakage in recommender system offline evaluation. ACM Transactions on
    Information Systems, 41(3).
"""

from unified_customer.recommendations.evaluation.splits.customers import ByCustomer
from unified_customer.recommendations.evaluation.splits.holdout import RandomHoldout
from unified_customer.recommendations.evaluation.splits.last import LeaveLastOut
from unified_customer.recommendations.evaluation.splits.split import Split
from unified_customer.recommendations.evaluation.splits.temporal import TemporalSplit

__all__ = ["ByCustomer", "LeaveLastOut", "RandomHoldout", "Split", "TemporalSplit"]
