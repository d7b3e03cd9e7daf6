"""What people do with an item, and how much each act says of what they want."""

from typing import Final, Literal, TypeAlias

Act: TypeAlias = Literal[
    "view", "click", "share", "wishlist", "wishlist_removal", "cart", "cart_removal", "review",
    "purchase", "return", "cancellation",
]  # fmt: skip

WEIGHTS: Final[dict[Act, float]] = {
    "view": 0.1,
    "click": 0.1,
    "share": 0.3,
    "wishlist": 0.3,
    "wishlist_removal": -0.2,
    "cart": 0.3,
    "cart_removal": -0.2,
    "review": 0.5,
    "purchase": 1.0,
    # What came back says more than that it is no purchase any more.
    "return": -1.5,
    "cancellation": -1.0,
}

BY_NAME: Final[dict[str, Act]] = {
    "Product Viewed": "view",
    "Product Clicked": "click",
    "Product Shared": "share",
    "Product Added to Wishlist": "wishlist",
    "Product Removed from Wishlist": "wishlist_removal",
    "Product Added": "cart",
    "Wishlist Product Added to Cart": "cart",
    "Product Removed": "cart_removal",
    "Product Reviewed": "review",
}
"""The act behind each event of the e-commerce vocabulary that names one item; what is bought is in `order_lines`."""

OF_LINES: Final[dict[str, Act]] = {"sale": "purchase", "return": "return", "cancellation": "cancellation"}
