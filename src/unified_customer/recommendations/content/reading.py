"""What specs have in common that read what is told of items."""

from collections.abc import Mapping
from datetime import datetime

from unified_customer.engines.portable import Native
from unified_customer.recommendations.catalogue import whole_catalogue
from unified_customer.recommendations.content.widening import with_catalogue
from unified_customer.recommendations.models.spec import RecommenderSpec
from unified_customer.recommendations.models.training import Training


class ReadsContent(RecommenderSpec):
    """Base of specs that know items of the catalogue too which nobody has touched."""

    def training(self, tables: Mapping[str, Native], *, as_of: datetime) -> Training:
        """Return what there is to learn from, with all items that the catalogue names."""
        known = super().training(tables, as_of=as_of)
        return (
            with_catalogue(known, whole_catalogue(tables["items"], as_of=known.as_of)) if "items" in tables else known
        )
