"""Learning over time: exploring with known propensities, and learning from what came of it.

    Rewards, Feedback                      what was shown, how likely it was, and what it was worth
    BetaThompson, LinearThompson           policies that explore what may be best, by draws from what is known of it
    LinUCB                                 the highest upper confidence bound
    EpsilonGreedy                          the ranker, but now and then anything
    Exploring, FittedPolicy, Choices       what they have in common, what they are when they have learnt, what they chose
    OffPolicy, Estimates                   what another policy would have been worth, by such a log
    ItemMeans, RidgeRewards                models of the reward for it
    InteractionDrift, DriftReport          how far what people do has moved from what a model was fitted on
    RefitSchedule, Due                     when it is fitted anew, and why
    Finding                                what to know before numbers are used, as data

A ranker is a frame of candidates with scores (`customer_id`, `item_id`, `score`, and features where a policy needs
them); any will do. Policies order what it offers, and never show anything else.
"""

from unified_customer.recommendations.exploring.beta import BetaThompson
from unified_customer.recommendations.exploring.choices import Choices
from unified_customer.recommendations.exploring.drift import InteractionDrift
from unified_customer.recommendations.exploring.drift_report import DriftReport
from unified_customer.recommendations.exploring.estimates import Estimates
from unified_customer.recommendations.exploring.feedback import Feedback
from unified_customer.recommendations.exploring.findings import Finding
from unified_customer.recommendations.exploring.greedy import EpsilonGreedy
from unified_customer.recommendations.exploring.linear import LinearThompson, LinUCB
from unified_customer.recommendations.exploring.off_policy import OffPolicy
from unified_customer.recommendations.exploring.policy import Exploring, FittedPolicy
from unified_customer.recommendations.exploring.reward_models import ItemMeans, RidgeRewards
from unified_customer.recommendations.exploring.rewards import Rewards
from unified_customer.recommendations.exploring.schedule import Due, RefitSchedule

__all__ = [
    "BetaThompson",
    "Choices",
    "DriftReport",
    "Due",
    "EpsilonGreedy",
    "Estimates",
    "Exploring",
    "Feedback",
    "Finding",
    "FittedPolicy",
    "InteractionDrift",
    "ItemMeans",
    "LinUCB",
    "LinearThompson",
    "OffPolicy",
    "RefitSchedule",
    "Rewards",
    "RidgeRewards",
]
