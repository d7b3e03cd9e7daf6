"""Write a reference page for each public module of the package."""

from collections.abc import Iterator
from pathlib import Path

import mkdocs_gen_files

SOURCE = Path(__file__).parents[2] / "src"
PACKAGE = SOURCE / "unified_customer"


def public_modules() -> Iterator[str]:
    """Name every module without a leading underscore in its path, in order."""
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(SOURCE).with_suffix("").parts
        if parts[-1] == "__init__":
            parts = parts[:-1]
        if not any(part.startswith("_") for part in parts):
            yield ".".join(parts)


def write_page(module: str) -> None:
    """Write the page of one module; mkdocstrings fills it from the docstrings."""
    with mkdocs_gen_files.open(f"reference/api/{module}.md", "w") as page:
        page.write(f"# `{module}`\n\n::: {module}\n    options:\n      show_root_heading: false\n")


for name in public_modules():
    write_page(name)
