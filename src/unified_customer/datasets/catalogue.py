"""The catalogue of the invented shop: about 200 items in twelve categories, the same in every shop."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Final


@dataclass(frozen=True, slots=True)
class Category:
    """A category: its share of demand, the range of its prices in pounds, and the words its items are made of."""

    code: str
    name: str
    share: float
    prices: tuple[float, float]
    adjectives: tuple[str, ...]
    nouns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ShopItem:
    """One item; `price` is in pence, in the first year."""

    sku: str
    product_id: str
    name: str
    brand: str
    category: str
    price: int


def _category(
    code: str, name: str, share: float, prices: tuple[float, float], *, adjectives: str, nouns: str
) -> Category:
    return Category(code, name, share, prices, tuple(adjectives.split()), tuple(nouns.split(",")))


CATEGORIES: Final = (
    _category("CO", "Coffee & Tea", 0.17, (4, 19), adjectives="House Dark Organic", nouns="Espresso Beans,Filter Coffee,Earl Grey,Green Tea,Herbal Tea,Cocoa"),
    _category("KI", "Kitchen", 0.13, (6, 90), adjectives="Steel Copper Oak", nouns="Saucepan,Chef's Knife,Cutting Board,Kettle,Mixing Bowl,Grater"),
    _category("BE", "Bed & Bath", 0.10, (9, 120), adjectives="Linen Cotton Waffle", nouns="Towel,Duvet Cover,Pillowcase,Bath Mat,Throw,Dressing Gown"),
    _category("GA", "Garden", 0.09, (3, 75), adjectives="Cedar Galvanised Rustic", nouns="Planter,Watering Can,Trowel,Bird Feeder,Lantern,Seed Set"),
    _category("ST", "Stationery", 0.10, (2, 28), adjectives="Recycled Leather Dotted", nouns="Notebook,Fountain Pen,Desk Planner,Gift Wrap,Card Set"),
    _category("TO", "Toys", 0.08, (5, 60), adjectives="Wooden Soft Little", nouns="Train,Building Blocks,Bear,Puzzle,Tea Set,Kite"),
    _category("CA", "Candles & Scent", 0.08, (6, 45), adjectives="Fig Cedarwood Lavender", nouns="Candle,Room Spray,Reed Diffuser,Soap,Incense"),
    _category("FO", "Pantry", 0.10, (2, 24), adjectives="Sicilian Small-Batch Stoneground", nouns="Olive Oil,Honey,Chutney,Pasta,Shortbread,Chocolate"),
    _category("LI", "Lighting", 0.03, (19, 240), adjectives="Brass Glass Paper", nouns="Table Lamp,Floor Lamp,Pendant,Fairy Lights"),
    _category("FU", "Furniture", 0.02, (59, 690), adjectives="Walnut Pine Rattan", nouns="Side Table,Bookshelf,Armchair,Stool,Bench"),
    _category("CL", "Clothing", 0.07, (12, 140), adjectives="Merino Striped Waxed", nouns="Jumper,Scarf,Jacket,Socks,Beanie,Gloves"),
    _category("PE", "Pets", 0.03, (3, 55), adjectives="Tweed Chewy Cosy", nouns="Dog Bed,Collar,Cat Tree,Treats,Bowl"),
)  # fmt: skip
_BRANDS: Final = ("Harrow & Finch", "Nordlys", "Maison Clair", "Wren", "Olmo", "Tidewater", "Bramble", "Kestrel Works")
_GOLDEN: Final = 0.6180339887498949


def shop_items() -> tuple[ShopItem, ...]:
    """Return the catalogue of every invented shop.

    Within a category the items are in the order of their popularity.

    Returns:
        The items; prices are whole pence of the first year, and rise by 4 % a year.

    Examples:
        >>> items = shop_items()
        >>> len(items), items[0].sku, items[0].name
        (198, 'CO-001', 'House Espresso Beans')
    """
    return tuple(item for category in CATEGORIES for item in _items(category))


def _items(category: Category) -> list[ShopItem]:
    names = [f"{adjective} {noun}" for noun, adjective in product(category.nouns, category.adjectives)]
    return [_item(category, number, name) for number, name in enumerate(names, start=1)]


def _item(category: Category, number: int, name: str) -> ShopItem:
    # The multiples of the golden ratio are spread evenly: a fixed stand-in for chance.
    low, high = category.prices
    price = low * (high / low) ** (number * _GOLDEN % 1.0)
    brand = _BRANDS[(number * 5 + ord(category.code[0])) % len(_BRANDS)]
    sku = f"{category.code}-{number:03d}"
    return ShopItem(sku, f"p_{category.code.lower()}{number:03d}", name, brand, category.name, round(price) * 100 - 1)
