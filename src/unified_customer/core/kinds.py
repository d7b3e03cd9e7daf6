"""Kinds of identifiers: how they are spelt, so that two sources mean one kind by one word.

A value is named by its kind and content together. A kind spelt in another way is another kind: its identifiers join
nobody, and what is stated about them is never heard. So spellings that can only be a slip are refused.
"""

import re
from typing import Final

from unified_customer.core.errors import ConfigurationError

RECORD: Final = "record"
"""In statements: not an identifier, but the record of a source."""

STATED: Final = "rights"
"""The source of what people, verified, state about themselves: it survives whatever other sources say."""

EMAIL_NAMES: Final = ("mail", "emailaddress", "mailaddress", "emails", "emailid")
PHONE_NAMES: Final = ("telephone", "phonenumber", "telephonenumber", "tel", "mobile", "mobilephone", "msisdn", "phones")
ONE_SPELLING: Final = {
    **dict.fromkeys(("email", *EMAIL_NAMES), "email"),
    **dict.fromkeys(("phone", *PHONE_NAMES), "phone"),
    **dict.fromkeys(("userid", "useridentifier"), "user_id"),
    **dict.fromkeys(("anonymousid", "anonid"), "anonymous_id"),
    **dict.fromkeys(("deviceid",), "device_id"),
    **dict.fromkeys(("loyaltyid", "loyaltycard", "loyaltynumber"), "loyalty_id"),
    **dict.fromkeys(("record", "records"), RECORD),
}
"""What is meant by a name in lower case without punctuation."""

PATTERN: Final = re.compile(r"[a-z][a-z0-9_.]*")


def check_kind(kind: str) -> str:
    """Return `kind` if it can be the kind of an identifier.

    Args:
        kind: Lower-case words, joined by underscores or dots: `email`, `phone`, `user_id`, `loyalty_id`, `ios.idfa`,
            or one of your own such as `member_number`.

    Raises:
        ConfigurationError: It is written otherwise, or is another name of a kind that has one already.

    Examples:
        >>> check_kind("member_number")
        'member_number'
        >>> check_kind("e-mail")
        Traceback (most recent call last):
        ...
        unified_customer.core.errors.ConfigurationError: 'e-mail' is no kind of identifier. Write 'email'.
    """
    meant = ONE_SPELLING.get(re.sub(r"[^a-z0-9]", "", kind.lower()), kind)
    if meant != kind:
        message = f"{kind!r} is no kind of identifier. Write {meant!r}."
        raise ConfigurationError(message)
    if PATTERN.fullmatch(kind) is None:
        message = f"{kind!r} is no kind of identifier. Write lower-case words joined by underscores, such as 'user_id'."
        raise ConfigurationError(message)
    return kind


def is_kind(kind: str) -> bool:
    """Return whether `check_kind` lets `kind` pass.

    Examples:
        >>> is_kind("email"), is_kind("E-Mail")
        (True, False)
    """
    try:
        check_kind(kind)
    except ConfigurationError:
        return False
    return True
