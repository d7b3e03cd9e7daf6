"""Reading a text of base64url characters bit by bit, as consent strings are written."""

import re
from typing import Final

from unified_customer.core.errors import SignalError

ALPHABET: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
MAX_IDS: Final = 500_000
"""More ids than all vendor sets of one string together can sensibly hold; a short text of ranges could name
billions."""

_BITS: Final = {letter: format(value, "06b") for value, letter in enumerate(ALPHABET)}
_TEXT: Final = re.compile(r"[A-Za-z0-9_-]+")


class BitReader:
    """Reads a text from its first bit to its last.

    No error message holds any part of the text.

    Examples:
        >>> reader = BitReader("DBABM", what="GPP header")
        >>> reader.number(6), reader.number(6), reader.number(12), reader.flag(), reader.fibonacci()
        (3, 1, 1, False, 2)
    """

    def __init__(self, text: str, *, what: str) -> None:
        """Read `text`, which is called `what` in messages.

        Raises:
            SignalError: The text holds another character than those of base64url, or none.
        """
        self._what = what
        if not _TEXT.fullmatch(text):
            raise self.wrong("it is empty or holds a character that is none of base64url")
        self._bits = "".join(_BITS[letter] for letter in text)
        self._at = 0
        self._ids = 0

    def wrong(self, found: str) -> SignalError:
        """Return the error that says what was found."""
        return SignalError(f"This is no {self._what}: {found}. Hand over the text as the consent tool wrote it.")

    def number(self, width: int) -> int:
        """Return the next `width` bits as a number, the highest bit first."""
        return int(self._take(width), 2)

    def flag(self) -> bool:
        """Return the next bit."""
        return self._take(1) == "1"

    def letters(self) -> str:
        """Return the next two letters, six bits each: `AA` is all zeros."""
        found = [self.number(6), self.number(6)]
        if max(found) > 25:
            raise self.wrong("it has a number where a letter stands")
        return "".join(ALPHABET[each] for each in found)

    def positions(self, width: int) -> frozenset[int]:
        """Return the places, from 1, of the bits that are set among the next `width`."""
        if not width:
            return frozenset()
        return frozenset(place for place, bit in enumerate(self._take(width), 1) if bit == "1")

    def fibonacci(self) -> int:
        """Return the next number in Fibonacci coding: 1 is `11`, 2 is `011`."""
        end = self._bits.find("11", self._at)
        if end < 0:
            raise self._ended()
        code = self._take(end + 2 - self._at)[:-1]
        total, one, two = 0, 1, 2
        for bit in code:
            total += one if bit == "1" else 0
            one, two = two, one + two
        return total

    def ranges(self, *, highest: int) -> frozenset[int]:
        """Return the ids of a list of single ids and ranges: a count of 12 bits, ids of 16 bits, none above `highest`."""
        ids: set[int] = set()
        for _ in range(self.number(12)):
            is_range = self.flag()
            start = self.number(16)
            end = self.number(16) if is_range else start
            if not 1 <= start <= end <= highest:
                raise self.wrong("a range of ids in it ends before it begins, or beyond its highest id")
            self._spend(end - start + 1)
            ids.update(range(start, end + 1))
        return frozenset(ids)

    def finish(self) -> None:
        """Do nothing if all that is left is padding.

        Raises:
            SignalError: Something is left that was not read.
        """
        if "1" in self._bits[self._at :]:
            raise self.wrong("there is more in it than its fields")

    def _take(self, width: int) -> str:
        end = self._at + width
        if end > len(self._bits):
            raise self._ended()
        taken, self._at = self._bits[self._at : end], end
        return taken

    def _ended(self) -> SignalError:
        return self.wrong("it ends in the middle of a field")

    def _spend(self, ids: int) -> None:
        self._ids += ids
        if self._ids > MAX_IDS:
            raise self.wrong(f"it names more than {MAX_IDS:,} ids")
