"""Audiences that many shops have, to use as they are or to start from.

    cart_abandoners       left something in the cart
    browsers              looked at products and bought nothing
    one_time_buyers       bought once, and not again since
    lapsed_high_value     spent much once, and is gone
    birthdays             has a birthday soon
    detractors            would not recommend the shop
    lost_subscribers      cancelled, and did not come back

Names of events are those of the built-in vocabularies. Each returns a rule: name it, and put more to it with `&`.
"""

from unified_customer.segmentation.audiences.rules.conditions import Condition
from unified_customer.segmentation.audiences.rules.days import Last, Span
from unified_customer.segmentation.audiences.rules.events import Did, Sequence, Step
from unified_customer.segmentation.audiences.rules.people import Birthday
from unified_customer.segmentation.audiences.rules.purchases import Bought
from unified_customer.segmentation.audiences.rules.results import Answered
from unified_customer.segmentation.audiences.rules.tree import And

IN_CART = ("Product Added", "Cart Viewed", "Checkout Started")
BOUGHT = "Order Completed"


def cart_abandoners(*, hours: int = 24, days: int = 7) -> Sequence:
    """Return who put something into the cart in the last days, and did not order within so many hours.

    Examples:
        >>> cart_abandoners(hours=4).in_words()
        "did 'Product Added' or 'Cart Viewed' or 'Checkout Started' then not 'Order Completed' within 4 hours,
        all in the last 7 days"
    """
    return Sequence(Step(IN_CART), Step(BOUGHT, negated=True, within=Span(hours=hours)), within=Last(days=days))


def browsers(*, times: int = 3, days: int = 14) -> And:
    """Return who looked at products so often in the last days, and ordered nothing in them."""
    window = Last(days=days)
    return Did("Product Viewed", at_least=times, within=window) & ~Did(BOUGHT, within=window)


def one_time_buyers(*, days: int = 60) -> And:
    """Return who bought in one order only, and not in the last days."""
    return Bought(exactly=1) & ~Bought(within=Last(days=days))


def lapsed_high_value(*, spent: float = 500, days: int = 180) -> And:
    """Return who spent so much in all, and bought nothing in the last days.

    Examples:
        >>> lapsed_high_value().in_words()
        'bought anything for at least 500 in all and not (bought anything in at least 1 order in the last 180 days)'
    """
    return Bought(measure="total", at_least=spent) & ~Bought(within=Last(days=days))


def birthdays(*, days: int = 7) -> Birthday:
    """Return whose birthday comes within so many days."""
    return Birthday(within_days=days)


def detractors(question: str, *, instrument: str | None = None, at_most: int = 6) -> Answered:
    """Return whose latest answer to a question of 0 to 10 is so low."""
    return Answered(question, instrument=instrument, where=(Condition("value", "le", at_most),))


def lost_subscribers(*, cancelled: str = "Subscription Cancelled", began: str = "Subscription Started") -> Sequence:
    """Return who cancelled a subscription, and began none since."""
    return Sequence(cancelled).then_not(began)
