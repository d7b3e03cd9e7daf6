"""A store as it was known at an instant: for deciding again what was decided then."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast

import polars as pl

from unified_customer.core.clock import just_after
from unified_customer.core.tables import table
from unified_customer.governance.naming import CURRENT
from unified_customer.store import Reader, Where


def known_at(reader: Reader, at: datetime) -> Reader:
    """Return a reader of what `reader` knew at an instant: what was appended until then, and who was who then.

    What was erased since is not known any more. Tables that are neither appended to nor dated are read as they are.
    """
    return cast("Reader", _KnownAt(reader, at))


class _KnownAt:
    """What differs in such a reader; everything else is as it is."""

    def __init__(self, reader: Reader, at: datetime) -> None:
        """Read from `reader` as of `at`."""
        self._reader = reader
        self._at = at

    def __getattr__(self, name: str) -> Any:
        """Return the other ways of reading, as they are."""
        return getattr(self._reader, name)

    def read(self, name: str, *, where: Sequence[Where] = (), **options: Any) -> pl.DataFrame:
        """Return rows of the table `name`; see `Reader.read`."""
        if name == "links" and CURRENT in where:
            return self._links([each for each in where if each != CURRENT], **options)
        if table(name).append_only:
            options = {**options, "known_at": just_after(self._at)}
        return self._reader.read(name, where=where, **options)

    def _links(self, where: Sequence[Where], **options: Any) -> pl.DataFrame:
        begun = [*where, Where("valid_from", "<=", self._at)]
        held = ([*begun, CURRENT], [*begun, Where("valid_to", ">", self._at)])
        return pl.concat([self._reader.read("links", where=each, **options) for each in held])
