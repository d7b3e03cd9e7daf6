"""Fail unless the modules whose mistakes are costliest are covered completely, branches included.

Reads the data of the last `coverage run`.
"""

import sys
from pathlib import Path

from coverage import Coverage
from coverage.exceptions import NoDataError

FLOOR = 100.0
PACKAGE = Path("src/unified_customer")
GUARDED = ("policy", "core/tables")


def reached(coverage: Coverage, part: str) -> float:
    """Report on one package or module and return its coverage in per cent (0 where nothing of it was measured)."""
    try:
        return coverage.report(
            include=[f"{PACKAGE}/{part}.py", f"{PACKAGE}/{part}/*"],
            show_missing=True,
            skip_covered=True,
            skip_empty=False,
        )
    except NoDataError:
        return 0.0


def main() -> int:
    """Check every guarded part and return the exit code."""
    coverage = Coverage()
    coverage.load()
    short = {part: share for part in GUARDED if (share := reached(coverage, part)) < FLOOR}
    for part, share in short.items():
        print(f"coverage of {PACKAGE}/{part} is {share:.1f} %, below the floor of {FLOOR:.0f} %", file=sys.stderr)
    return 1 if short else 0


if __name__ == "__main__":
    sys.exit(main())
