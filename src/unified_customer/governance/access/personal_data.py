"""Everything that is held about a person, as one value that can be handed out."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal, Self

import polars as pl

from unified_customer.governance.access.information import Information
from unified_customer.governance.access.others import Withheld

Kind = Literal["access", "portability"]


@dataclass(frozen=True, eq=False)
class PersonalData:
    """An answer to a person: the rows about them by table, and what the law asks to be told beside.

    Attributes:
        customer_id: The id that the person has.
        kind: `access` (GDPR Art. 15): everything; `portability` (Art. 20): what the person gave, to take elsewhere.
        made_at: The instant at which it was put together.
        tables: Rows by table, in the order in which they came: the columns of the table that may be shown, and
            `recorded_at`. A table without a row is absent.
        information: Purposes, categories, recipients, sources, rights: Art. 15(1) and (2).
        withheld: What was left out because it is about somebody else, with the reason.
        erased_at: When the person was erased; None: never. What is there then is only the proof of it.
        request_id: The request that asked for it.

    References:
        Regulation (EU) 2016/679 (GDPR), Art. 15 and 20.
    """

    customer_id: str
    kind: Kind
    made_at: datetime
    tables: Mapping[str, pl.DataFrame]
    information: Information
    withheld: tuple[Withheld, ...] = ()
    erased_at: datetime | None = None
    request_id: str | None = None

    @property
    def held(self) -> bool:
        """Whether data of the person are held; false after an erasure."""
        return self.erased_at is None

    @property
    def rows(self) -> dict[str, int]:
        """The number of rows by table."""
        return {name: frame.height for name, frame in self.tables.items()}

    def to_json(self) -> str:
        """Return all of it as one JSON document: times in ISO 8601, amounts as text, equal data as equal text."""
        from unified_customer.governance.access.as_json import to_json

        return to_json(self)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Return what `to_json` wrote.

        Raises:
            ConfigurationError: The text is no such document.
        """
        from unified_customer.governance.access.as_json import parts_of

        return cls(**parts_of(text))

    def to_html(self) -> str:
        """Return all of it as one HTML page to read or print; it has no scripts, and nothing is fetched from elsewhere."""
        from unified_customer.governance.access.as_html import to_html

        return to_html(self)

    def to_folder(self, path: str | Path) -> Path:
        """Write all of it into a new or empty folder, and return the folder.

        It holds `index.html` to read, `data.json` and a CSV file for each table to load elsewhere, `contact.vcf` (vCard
        4.0) where the person is known by a name or an address, and `manifest.json` with the SHA-256 hash of each file.
        The CSV files hold values as they are: a spreadsheet program has to import their columns as text.

        Raises:
            ConfigurationError: There is something in the folder already.
        """
        from unified_customer.governance.access.as_folder import to_folder

        return to_folder(self, Path(path))
