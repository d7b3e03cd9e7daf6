"""Recommendations: what each customer is likely to want next, why, and whether it worked.

Interactions                what people did with items, as rows with weights
Popularity, BuyAgain        the rows that every other model has to beat
Neighbours, ALS, BPR, EASE, GraphFilter    from who did what alone
Content, WithContent        by what the catalogue tells of items, so that new ones are known too
NextBasket                  what the next order will hold
Hybrid                      a blend that learns on windows of the past what works here: the one to begin with
Recommender, Recommendations    what `fit` gives, and what it recommends
Rules, Price, Cap, ...      what may be recommended on request, and what besides the score counts
item_map                    a picture of a catalogue: what is wanted together lies near each other
BoughtTogether, NextItem, LookAlike, Bestsellers    also recommended: pairs, sessions, audiences, segments

save_recommender, load_recommender    a folder of arrays and JSON, and back; `load_manifest` and `load_customers` say what is in it
erase_saved                 takes customers out of such a folder at once

recommendations.content     recommending by content alone: stated preferences, pages
recommendations.evaluation  how good lists are, held against what customers did later
recommendations.exploring   learning over time: exploring policies, and what another policy would have been worth
recommendations.rules       rules made ready for many requests
"""

from unified_customer.recommendations.baskets import BoughtTogether, NextBasket
from unified_customer.recommendations.bestsellers import Bestsellers
from unified_customer.recommendations.blending.hybrid import Hybrid
from unified_customer.recommendations.catalogue import catalogue_at
from unified_customer.recommendations.content import Content, WithContent, for_page, for_preferences
from unified_customer.recommendations.interactions import Interactions
from unified_customer.recommendations.keeping import (
    erase_saved,
    load_customers,
    load_manifest,
    load_recommender,
    save_recommender,
)
from unified_customer.recommendations.lookalikes import LookAlike
from unified_customer.recommendations.models.collaborative import (
    ALS,
    BPR,
    EASE,
    BuyAgain,
    GraphFilter,
    Neighbours,
    Popularity,
)
from unified_customer.recommendations.rules import Again, Boost, Cap, Condition, Frequency, InStock, Price, Rules
from unified_customer.recommendations.serving.mapping import item_map
from unified_customer.recommendations.serving.recommended import Recommendations
from unified_customer.recommendations.serving.recommender import Recommender
from unified_customer.recommendations.sessions import NextItem

__all__ = [
    "ALS",
    "BPR",
    "EASE",
    "Again",
    "Bestsellers",
    "Boost",
    "BoughtTogether",
    "BuyAgain",
    "Cap",
    "Condition",
    "Content",
    "Frequency",
    "GraphFilter",
    "Hybrid",
    "InStock",
    "Interactions",
    "LookAlike",
    "Neighbours",
    "NextBasket",
    "NextItem",
    "Popularity",
    "Price",
    "Recommendations",
    "Recommender",
    "Rules",
    "WithContent",
    "catalogue_at",
    "erase_saved",
    "for_page",
    "for_preferences",
    "item_map",
    "load_customers",
    "load_manifest",
    "load_recommender",
    "save_recommender",
]
