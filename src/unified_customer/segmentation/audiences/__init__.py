"""Audiences: who fulfils a rule, why, and since when.

Audience, FittedAudience           a rule over the tables, and who is in it
Trait, Age, Birthday               what is known of a customer
Did, Sequence, Step                what a customer did: how often, in which order
Bought                             what a customer bought
InSegment, Score, Answered         what was found out of a customer, and what was answered
Consents                           what a customer allows besides
And, Or, Not                       rules put together; `&`, `|` and `~` write them
Condition                          what must hold of an event, a line, an answer
Last, Earlier, Between, Span       stretches of time
FromToday                          a day counted from the day of `as_of`
templates                          audiences that many shops have
"""

from unified_customer.segmentation.audiences.explanation import Explanation
from unified_customer.segmentation.audiences.fitted import FittedAudience
from unified_customer.segmentation.audiences.preview import Preview
from unified_customer.segmentation.audiences.rules.conditions import Condition
from unified_customer.segmentation.audiences.rules.days import Between, Earlier, FromToday, Last, Span, Window
from unified_customer.segmentation.audiences.rules.events import Did, Sequence, Step
from unified_customer.segmentation.audiences.rules.people import Age, Birthday, Trait
from unified_customer.segmentation.audiences.rules.purchases import Bought
from unified_customer.segmentation.audiences.rules.results import Answered, Consents, InSegment, Score
from unified_customer.segmentation.audiences.rules.tree import And, Not, Or, Rule, rule_from_json
from unified_customer.segmentation.audiences.spec import Audience

__all__ = [
    "Age",
    "And",
    "Answered",
    "Audience",
    "Between",
    "Birthday",
    "Bought",
    "Condition",
    "Consents",
    "Did",
    "Earlier",
    "Explanation",
    "FittedAudience",
    "FromToday",
    "InSegment",
    "Last",
    "Not",
    "Or",
    "Preview",
    "Rule",
    "Score",
    "Sequence",
    "Span",
    "Step",
    "Trait",
    "Window",
    "rule_from_json",
]
