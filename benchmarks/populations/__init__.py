"""Invented people and organisations with duplicates, to judge a matcher of identities on.

    python -m benchmarks.populations KIND --rows N --seed S --to FOLDER

They are made without regard to how any matcher works: what goes wrong in them is what goes wrong when people write
about people. The same kind, number of rows and seed give the same records.
"""

from benchmarks.populations.kinds import KINDS, population

__all__ = ["KINDS", "population"]
