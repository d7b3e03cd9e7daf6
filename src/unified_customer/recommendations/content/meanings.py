"""What is meant by a preference: an item, a category, a brand, or words."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

import numpy as np
import polars as pl

from unified_customer.methods.learning import Sparse, plain
from unified_customer.recommendations.content.alike import Alike, lengths
from unified_customer.recommendations.content.telling import PATH, Kind, told_of
from unified_customer.recommendations.histories import Floats32, Names

READ_AS: Final = ("item", "category", "brand", "text")
"""What a preference is taken for: the first that it can be."""


@dataclass(frozen=True, eq=False)
class Reader:
    """Finds in a catalogue what is meant by a preference.

    Attributes:
        content: The fitted model.
        catalogue: What is told of items, a row each in the order of the model.
    """

    content: Alike = field(repr=False)
    catalogue: pl.DataFrame = field(repr=False)

    def read(self, preference: str, meant: str | None = None) -> "tuple[str | None, Sparse | Floats32]":
        """Return what a preference is taken for, and its vector, of one row and length 1.

        Args:
            preference: In words.
            meant: What it is; None: the first of `READ_AS` that it can be.

        Returns:
            None and a vector of 0 where nothing in the catalogue is like it.
        """
        for kind in READ_AS if meant is None else (meant,):
            found = self._items(preference) if kind == "item" else self._terms(self._documents(kind, preference))
            if found is not None and lengths(found)[0] > 0:
                return kind, found
        return None, self._terms({})

    def _items(self, preference: str) -> "Sparse | Floats32 | None":
        place = int(self._ids.places([preference])[0])
        named = self._named.get(plain(preference)) if place < 0 else place
        return None if named is None else self.content.items[np.array([named])]

    def _documents(self, kind: str, preference: str) -> dict[Kind, list[list[str]]]:
        if kind == "category":
            path = PATH.join(step for step in map(plain, preference.split(PATH)) if step)
            return {"category": [self._paths.get(path, [])]}
        if kind == "brand":
            return {"brand": [[plain(preference)]]}
        page, bands = pl.DataFrame({"name": [preference]}), self.content.reading.bands
        words = told_of(page, "words", bands)
        # Some run of characters is in nearly every text: without a word it means nothing.
        return (
            {}
            if self._known.isdisjoint(words[0])
            else {"words": words, "characters": told_of(page, "characters", bands)}
        )

    def _terms(self, documents: dict[Kind, list[list[str]]]) -> "Sparse | Floats32":
        return self.content.placed(self.content.reading.from_terms(documents or {"words": [[]]}))

    @cached_property
    def _ids(self) -> Names:
        return Names(self.catalogue["item_id"])

    @cached_property
    def _named(self) -> dict[str, int]:
        """The first item of each name."""
        if "name" not in self.catalogue.columns:
            return {}
        names = self.catalogue["name"].cast(pl.String).fill_null("").to_list()
        places = {plain(name): place for place, name in reversed(list(enumerate(names)))}
        return {name: place for name, place in places.items() if name}

    @cached_property
    def _known(self) -> frozenset[str]:
        terms = self.content.reading.terms
        return frozenset(terms["words"].listed) if "words" in terms else frozenset()

    @cached_property
    def _paths(self) -> dict[str, list[str]]:
        """The categories that are meant by a path, or by the last step of one: then all that end so."""
        terms = self.content.reading.terms
        listed = terms["category"].listed if "category" in terms else ()
        found: dict[str, list[str]] = {}
        for path in listed:
            found.setdefault(path.rpartition(PATH)[2], []).append(path)
        return found | {path: [path] for path in listed if PATH in path}
