"""What is bought together: in one order, and after one another.

BoughtTogether, FittedTogether    pairs and small sets of items that orders hold together more often than by chance
NextBasket                        what the next order of a customer will hold, as a recommender
"""

from unified_customer.recommendations.baskets.fitted import FittedTogether
from unified_customer.recommendations.baskets.next_basket import NextBasket
from unified_customer.recommendations.baskets.together import BoughtTogether

__all__ = ["BoughtTogether", "FittedTogether", "NextBasket"]
