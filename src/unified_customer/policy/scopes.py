"""What a statement or a request is about: a purpose, a channel and a recipient, and how two of them relate."""

from dataclasses import dataclass
from typing import Protocol

from unified_customer.core.errors import ConfigurationError
from unified_customer.core.fields import covers
from unified_customer.core.models.purposes import EVERY_PURPOSE, check_path


class Scope(Protocol):
    """Anything with the three parts; a channel or recipient of None means all of them."""

    @property
    def purpose(self) -> str:
        """Dotted path; in a statement also `"*"`."""
        ...

    @property
    def channel(self) -> str | None:
        """Such as `"email"`."""
        ...

    @property
    def recipient(self) -> str | None:
        """Who gets the data, where it is not the hub's own house."""
        ...


@dataclass(frozen=True)
class Request:
    """What somebody wants to use personal data for.

    Attributes:
        purpose: Dotted path in the data uses.
        channel: Only for this channel; None: for all, so that a no about any of them counts.
        recipient: Only for this recipient; None: for all.

    Raises:
        ConfigurationError: The purpose is no dotted path, or a channel or recipient is an empty text.

    Examples:
        >>> Request("marketing.communications", channel="email").channel
        'email'
    """

    purpose: str
    channel: str | None = None
    recipient: str | None = None

    def __post_init__(self) -> None:
        """Refuse what cannot be meant."""
        check_path(self.purpose)
        if "" in {self.channel, self.recipient}:
            message = "A request has an empty text as channel or recipient; leave it out to mean all of them."
            raise ConfigurationError(message)

    def __str__(self) -> str:
        """Return the request in words.

        Examples:
            >>> str(Request("marketing", channel="email", recipient="acme"))
            'marketing by email for acme'
        """
        channel = "" if self.channel is None else f" by {self.channel}"
        return f"{self.purpose}{channel}{'' if self.recipient is None else f' for {self.recipient}'}"


def contains(broad: Scope, narrow: Scope) -> bool:
    """Return whether each part of `broad` is equal to that of `narrow` or broader.

    Examples:
        >>> contains(Request("marketing"), Request("marketing.advertising", channel="web"))
        True
        >>> contains(Request("marketing.advertising"), Request("marketing"))
        False
    """
    return (
        purpose_covers(broad.purpose, narrow.purpose)
        and broad.channel in {None, narrow.channel}
        and broad.recipient in {None, narrow.recipient}
    )


def overlaps(one: Scope, other: Scope) -> bool:
    """Return whether something lies in both: each part of one is equal to, broader or narrower than the other's.

    Examples:
        >>> overlaps(Request("marketing"), Request("marketing.advertising", channel="web"))
        True
        >>> overlaps(Request("marketing", channel="email"), Request("marketing", channel="sms"))
        False
    """
    return (
        (purpose_covers(one.purpose, other.purpose) or purpose_covers(other.purpose, one.purpose))
        and (None in {one.channel, other.channel} or one.channel == other.channel)
        and (None in {one.recipient, other.recipient} or one.recipient == other.recipient)
    )


def purpose_covers(broad: str, narrow: str) -> bool:
    """Return whether the purpose `broad` is `narrow`, one of its ancestors, or every purpose."""
    return broad == EVERY_PURPOSE or covers(broad, narrow)
