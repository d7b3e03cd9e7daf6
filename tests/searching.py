"""How many examples slow laws are tried with."""

from hypothesis import settings

USUAL = 25
"""Of a law in the profile `dev`."""


def at_least(few: int) -> int:
    """Return so many examples, and as many more as the profile searches harder than usual.

    A law on a slow engine is tried with a few in each run; `make test-deep` does not stop at them.
    """
    most = settings().max_examples
    return max(few, min(few * most // USUAL, most))
