"""Who is one person: normalise, resolve, link, survive.

    Identity, Resolution                       which records are one person: the protocol, and the answer
    ExactIdentity                              by exact identifiers
    MatchedIdentity                            by exact identifiers, and by matching what they leave apart
    matching                                   matching without configuration (a package)
    distributed                                the same on Spark, for more records than one machine holds (a package)
    decide, retract                            write a decision of a person down, take it back
    standing, check_decisions                  the decisions that hold, and whether they contradict each other
    merge_decisions, split_decisions           the decisions that merge two customers, or split one
    anchor_decisions                           those that hold customers together when records lose their values
    relink, Relinked, held                     what a new partition changes in the links, and which links hold
    history, resolve_ids                       where records were; who holds an id now
    Survivorship                               the golden record, with where each value came from
    crosswalk                                  every system's id of each customer
    AccountMatching, Accounts                  which organisations are one, from what sources and records name
    account_rows                               ... as rows of the tables, with ids that stay
    normalise                                  personal values in one form each (a package)

All are pure functions of frames: the hub reads the tables, calls them and writes what they return.
"""

from unified_customer.identity.account_rows import account_rows
from unified_customer.identity.accounts import AccountMatching, Accounts
from unified_customer.identity.crosswalk import crosswalk
from unified_customer.identity.decisions import (
    anchor_decisions,
    check_decisions,
    decide,
    merge_decisions,
    retract,
    split_decisions,
    standing,
)
from unified_customer.identity.exact import ExactIdentity, Identity, Resolution
from unified_customer.identity.golden import Rule, Survivorship
from unified_customer.identity.links import Relinked, held, history, relink, resolve_ids
from unified_customer.identity.matched import MatchedIdentity

__all__ = [
    "AccountMatching",
    "Accounts",
    "ExactIdentity",
    "Identity",
    "MatchedIdentity",
    "Relinked",
    "Resolution",
    "Rule",
    "Survivorship",
    "account_rows",
    "anchor_decisions",
    "check_decisions",
    "crosswalk",
    "decide",
    "held",
    "history",
    "merge_decisions",
    "relink",
    "resolve_ids",
    "retract",
    "split_decisions",
    "standing",
]
