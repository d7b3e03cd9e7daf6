"""Print the lower bound of each direct dependency as an exact pin, for `make test-lowest`.

Usage: `python scripts/lowest_requirements.py [EXTRA ...]`
"""

import argparse
import re
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

PYPROJECT = Path(__file__).parents[1] / "pyproject.toml"
REQUIREMENT = re.compile(r"(?P<name>[A-Za-z0-9._-]+)(?:\[[^]]*])?\s*>=\s*(?P<bound>[0-9][^,; ]*)")


def pinned(requirement: str) -> str:
    """Turn `name>=bound` into `name==bound`.

    Raises:
        ValueError: Where the requirement declares no lower bound.
    """
    found = REQUIREMENT.match(requirement)
    if found is None:
        message = f"{requirement!r} in pyproject.toml has no lower bound; write it as 'name>=version'"
        raise ValueError(message)
    return f"{found['name']}=={found['bound']}"


def lowest(project: dict[str, Any], extras: Iterable[str]) -> list[str]:
    """Pin the core dependencies and those of the named extras."""
    groups = [project["dependencies"], *(project["optional-dependencies"][extra] for extra in extras)]
    return [pinned(requirement) for group in groups for requirement in group]


def main() -> None:
    """Print one pin a line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("extras", nargs="*", metavar="EXTRA")
    project = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["project"]
    print("\n".join(lowest(project, parser.parse_args().extras)))


if __name__ == "__main__":
    main()
