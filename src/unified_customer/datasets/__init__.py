"""Data to try things on: an invented shop whose answer is known, and loaders of public data sets.

* `make_shop` writes a shop of any size in five native formats, messy at the rates of `ShopMess`, and returns a `Shop`.
* `shop_items` is the catalogue of every invented shop.
* `open_people`, `open_online_retail`, `open_cdnow` and `open_telco` read public data that the user has.
"""

from unified_customer.datasets.catalogue import ShopItem, shop_items
from unified_customer.datasets.public import PeopleSet, open_cdnow, open_online_retail, open_people, open_telco
from unified_customer.datasets.rates import ShopMess
from unified_customer.datasets.shop import Shop, make_shop

__all__ = [
    "PeopleSet",
    "Shop",
    "ShopItem",
    "ShopMess",
    "make_shop",
    "open_cdnow",
    "open_online_retail",
    "open_people",
    "open_telco",
    "shop_items",
]
