"""What the hub remembers of each publication: what it is for, and from which state each of its tables is.

It lies in the store, since who gets a publication could change what lies beside it, and by that what comes next.
"""

from datetime import datetime
from typing import Any, Final

import polars as pl
from pydantic import Field

from unified_customer.core.errors import ConfigurationError
from unified_customer.core.models import Actor
from unified_customer.core.models.base import Model
from unified_customer.core.spec import canonical_json, content_hash
from unified_customer.core.tables import CHECKPOINTS
from unified_customer.engines.portable import Calendar
from unified_customer.hub.keyfile import HUB
from unified_customer.reports.publishing import Head
from unified_customer.store import Reader, Where, Writer

PREFIX: Final = "publication:"


class Part(Model):
    """One table of a publication, as it was written."""

    rows: int
    """Its rows."""
    position: int
    """The position of the store up to which nothing that it is made of has changed since."""
    counts: dict[str, int]
    """How many rows each table had that it is made of."""
    basis: str
    """A hash of whom and what it may hold, and how it is made."""
    digest: str
    """A hash of what was written."""


class Publication(Model):
    """A publication."""

    url: str
    """Where it is."""
    purpose: str
    """What it is for."""
    recipient: str | None = None
    """Who gets it."""
    channel: str | None = None
    """For which channel it is."""
    as_of: datetime | None = None
    """Only what happened strictly before; None: everything."""
    tables: tuple[str, ...] | None = None
    """The tables that were asked for; None: all."""
    calendar: Calendar = Calendar()
    """Zone, weeks and fiscal year."""
    actor: Actor
    """Who published it, and so what is seen."""
    artifact_id: str | None = None
    """By what erasures know of it; None: it was never finished."""
    people: int = 0
    """Customers in it."""
    parts: dict[str, Part] = Field(default_factory=dict)
    """What was written, by table."""

    @property
    def head(self) -> Head:
        """What it is for, as it is told to who gets it."""
        return Head(self.purpose, self.recipient, self.channel, self.as_of, self.calendar)

    @property
    def rows(self) -> dict[str, int]:
        """Rows by table."""
        return {name: part.rows for name, part in self.parts.items()}


def remember(writer: Writer, publication: Publication, *, at: datetime) -> None:
    """Have a store remember a publication, in the place of what it remembered of the same place."""
    state = canonical_json(publication.model_dump(mode="json"))
    row: dict[str, Any] = {"source": HUB, "stream": _stream(publication.url), "state": state, "updated_at": at}
    writer.upsert("checkpoints", pl.DataFrame([row], schema=CHECKPOINTS.columns))


def forget(writer: Writer, url: str) -> None:
    """Have a store forget a publication."""
    writer.delete("checkpoints", pl.DataFrame({"source": [HUB], "stream": [_stream(url)]}))


def remembered(reader: Reader) -> list[Publication]:
    """Return every publication that a store remembers, by where it is."""
    kept = reader.read("checkpoints", columns=["stream", "state"], where=[Where("source", "==", HUB)])
    states = kept.filter(pl.col("stream").str.starts_with(PREFIX))["state"]
    return sorted((Publication.model_validate_json(state) for state in states), key=lambda each: each.url)


def known(reader: Reader, url: str) -> Publication:
    """Return the publication at a place.

    Raises:
        ConfigurationError: This hub published nothing there.
    """
    where = [Where("source", "==", HUB), Where("stream", "==", _stream(url))]
    found = reader.read("checkpoints", columns=["state"], where=where)["state"]
    if found.is_empty():
        message = f"This hub published nothing to {url!r}. hub.publish.listing() tells what it did."
        raise ConfigurationError(message)
    return Publication.model_validate_json(found.item())


def _stream(url: str) -> str:
    return PREFIX + content_hash(url)
