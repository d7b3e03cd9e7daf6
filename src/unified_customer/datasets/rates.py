"""How messy an invented shop is: every rate in one place."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Self

from unified_customer.core.errors import ConfigurationError


@dataclass(frozen=True, slots=True, kw_only=True)
class ShopMess:
    """The rates of an invented shop; shares are between 0 and 1 and are of what the comment names.

    Attributes:
        typo: Written names with one slip of the finger (also e-mail addresses, at half the rate).
        nickname: Written given names that are a short form, where the name has one.
        initial: Written given names that are only the first letter.
        shouting: Records written in capitals (and as many in small letters).
        swapped: Records with given and family name exchanged.
        honorific: Records with a title before the given name.
        birth_missing: CRM rows without a birth date.
        birth_wrong: CRM rows whose birth date is off: day and month exchanged, or a wrong year.
        phone_missing: CRM rows without a telephone number.
        email_missing: CRM rows without an e-mail address.
        address_missing: CRM rows without an address.
        junk_email: CRM rows and tickets with a mailbox of nobody, such as test@test.com.
        junk_phone: CRM rows and tickets with a number of nobody, such as 0000000000.
        moved: Households, and again single people, who move within the three years.
        married: Women with the family name of a household who took it within the three years.
        twins: Pairs of grown children who are twins: one birth date, family name and address.
        namesake: Grown children with the given name of the parent.
        duplicate_account: People in the CRM who are there twice (a tenth of them three times).
        shared_landline: Households with a landline number, which all members give.
        shared_mailbox: Households, and companies, with one mailbox for all, such as family@ and info@.
        shared_device: Households with one browser for all.
        excel_number: Telephone numbers that a spreadsheet turned into numbers, without the leading zero.
        late: Web messages that arrive one to six days after they happened.
        repeated: Web messages that are delivered twice.
        out_of_order: Web messages that stand up to an hour from their place in the file.
        wrong_clock: Devices whose clock is wrong by up to two days.
        unknown_device: Second and third devices on which their owner never says who they are.
        visitors: Web visitors who never become known, per customer.
        card_forgotten: Receipts of card holders without their card.
        anonymous_receipts: Receipts of people without a card, per customer.
        withdrawn: People with a newsletter who say no later (a quarter as many of the others say yes later).
        broken: Rows per customer that cannot be accepted, for each reason; at least one of each, in a source with rows.
    """

    typo: float = 0.03
    nickname: float = 0.08
    initial: float = 0.02
    shouting: float = 0.03
    swapped: float = 0.012
    honorific: float = 0.04
    birth_missing: float = 0.25
    birth_wrong: float = 0.012
    phone_missing: float = 0.22
    email_missing: float = 0.12
    address_missing: float = 0.06
    junk_email: float = 0.008
    junk_phone: float = 0.010
    moved: float = 0.06
    married: float = 0.10
    twins: float = 0.10
    namesake: float = 0.05
    duplicate_account: float = 0.08
    shared_landline: float = 0.35
    shared_mailbox: float = 0.08
    shared_device: float = 0.05
    excel_number: float = 0.03
    late: float = 0.02
    repeated: float = 0.01
    out_of_order: float = 0.05
    wrong_clock: float = 0.02
    unknown_device: float = 0.3
    visitors: float = 0.30
    card_forgotten: float = 0.25
    anonymous_receipts: float = 0.6
    withdrawn: float = 0.20
    broken: float = 0.0005

    def __post_init__(self) -> None:
        """Refuse what is no rate."""
        for field in fields(self):
            self._check(field.name, getattr(self, field.name))

    @staticmethod
    def _check(name: str, rate: float) -> None:
        most = 10.0 if name in {"visitors", "anonymous_receipts"} else 1.0
        if not 0.0 <= rate <= most:
            message = f"ShopMess({name}={rate!r}): a rate between 0 and {most:g} is needed."
            raise ConfigurationError(message)

    @classmethod
    def none(cls) -> Self:
        """Return a mess of nothing: every value written as it is, one record a person, nothing broken.

        >>> ShopMess.none().typo
        0.0
        """
        return cls(**{field.name: 0.0 for field in fields(cls)})
