"""What customers are worth.

CLV                  shops, where customers leave without a word: buy-till-you-die and Gamma-Gamma
SubscriptionValue    contracts, where they cancel: shifted beta-geometric
"""

from unified_customer.analytics.value.evaluation import MEDIAN, NAIVE, Evaluation
from unified_customer.analytics.value.fitted import FittedCLV
from unified_customer.analytics.value.spec import CLV
from unified_customer.analytics.value.subscription import SubscriptionValue
from unified_customer.analytics.value.subscription_fitted import FittedSubscriptionValue

__all__ = ["CLV", "MEDIAN", "NAIVE", "Evaluation", "FittedCLV", "FittedSubscriptionValue", "SubscriptionValue"]
