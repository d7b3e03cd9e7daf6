"""Recommendations from what is told of items: their names and descriptions, categories, brands, prices, attributes.

Content, Alike               a model that needs nobody to have touched an item; its scores are cosines
WithContent, Bridged         a collaborative model that is told by their content what new items are like
learned_bridge, Bridge       how vectors of a collaborative model follow from content, and how well
BridgeEvidence               the same in numbers, on items that were held out
ContentVectors, fit_content  content as vectors
with_catalogue               training with the items that nobody has touched
preferences_of, stated       what people say they like, and what of it is understood
for_preferences, for_page    lists for people who have said what they like, and for a page with nobody known
"""

from unified_customer.recommendations.content.alike import Alike
from unified_customer.recommendations.content.bridge import Bridge, BridgeEvidence, learned_bridge
from unified_customer.recommendations.content.bridged import Bridged, WithContent
from unified_customer.recommendations.content.lists import for_page, for_preferences
from unified_customer.recommendations.content.preferences import Stated, preferences_of, stated
from unified_customer.recommendations.content.spec import Content
from unified_customer.recommendations.content.telling import WEIGHTS, Kind
from unified_customer.recommendations.content.vectors import ContentVectors, fit_content
from unified_customer.recommendations.content.widening import with_catalogue

__all__ = [
    "WEIGHTS",
    "Alike",
    "Bridge",
    "BridgeEvidence",
    "Bridged",
    "Content",
    "ContentVectors",
    "Kind",
    "Stated",
    "WithContent",
    "fit_content",
    "for_page",
    "for_preferences",
    "learned_bridge",
    "preferences_of",
    "stated",
    "with_catalogue",
]
