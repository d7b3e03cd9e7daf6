"""Matched records, kept at hand: more are added, or one is asked about, without matching all of them anew."""

from unified_customer.identity.index.identified import Because, Identified
from unified_customer.identity.index.identifiers import KnownIdentifiers
from unified_customer.identity.index.match_index import MatchIndex

__all__ = ["Because", "Identified", "KnownIdentifiers", "MatchIndex"]
