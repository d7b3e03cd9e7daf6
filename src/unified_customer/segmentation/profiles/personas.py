"""What people give to a segment: a name, a story, a quote, what to do."""

from pydantic import Field

from unified_customer.core.models.base import Model


class Persona(Model):
    """What people call a segment and say of it; what is left empty is told by the numbers.

    It stands in the spec, so it stays when the numbers are worked out anew.

    Examples:
        >>> Persona(segment="Champions", name="The regulars", quote="I look in every week.").action
        ''
    """

    segment: str = Field(min_length=1)
    """The segment, as the assignment names it."""
    name: str = ""
    """What it is called on its card."""
    story: str = ""
    """Its story in place of the one that is written from the findings."""
    quote: str = ""
    """What one of them could say. Write it yourself, or take it from somebody who agreed."""
    action: str = ""
    """What to do for them."""
