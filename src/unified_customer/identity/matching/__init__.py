"""Who is who, where no identifier says so: matching that learns everything from the records.

    Matcher, FittedMatcher, Matches     from tables of people or companies to clusters
    Labelling, ProposedPair             pairs for a person to judge, which refine the matcher
    known_from                          what judged pairs say for certain
    Roles, infer_roles                  what the columns say
    NormalForms, normal_forms           values in the forms in which they are compared
    Households, find_households         who lives with whom

See `docs/explanation/matching.md` for the model. The steps are modules of their own: `keys`, `blocking` and `selection`
find candidate pairs, `comparison` gives levels of agreement, `mixture` and `evidence` what they weigh, `linkage` the
clusters.
"""

from unified_customer.identity.matching.households import Households, find_households
from unified_customer.identity.matching.judgements import known_from
from unified_customer.identity.matching.labelling import Labelling
from unified_customer.identity.matching.matcher import FittedMatcher, Matcher
from unified_customer.identity.matching.matches import Matches
from unified_customer.identity.matching.normal_forms import NormalForms, normal_forms
from unified_customer.identity.matching.proposed_pair import ProposedPair
from unified_customer.identity.matching.roles import Roles, infer_roles

__all__ = [
    "FittedMatcher",
    "Households",
    "Labelling",
    "Matcher",
    "Matches",
    "NormalForms",
    "ProposedPair",
    "Roles",
    "find_households",
    "infer_roles",
    "known_from",
    "normal_forms",
]
