"""What comes next in a session, from its last few events alone.

NextItem, FittedNextItem    transitions between items within sessions
"""

from unified_customer.recommendations.sessions.fitted import FittedNextItem
from unified_customer.recommendations.sessions.spec import NextItem

__all__ = ["FittedNextItem", "NextItem"]
