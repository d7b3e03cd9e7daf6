"""Write a reference page for each public module of the package."""

from collections.abc import Iterator
from pathlib import Path

import mkdocs_gen_files
from mkdocs_gen_files.nav import Nav

SOURCE = Path(__file__).parents[2] / "src"
PACKAGE = SOURCE / "unified_customer"
PAGES = "reference/modules"


def public_modules() -> Iterator[tuple[str, ...]]:
    """Name every module without a leading underscore in its path, in order."""
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(SOURCE).with_suffix("").parts
        module = parts[:-1] if parts[-1] == "__init__" else parts
        if not any(part.startswith("_") for part in module):
            yield module


def write_page(module: str) -> str:
    """Write the page of one module, which mkdocstrings fills from the docstrings, and return its file name."""
    name = f"{module}.md"
    with mkdocs_gen_files.open(f"{PAGES}/{name}", "w") as page:
        page.write(f"# `{module}`\n\n::: {module}\n    options:\n      show_root_heading: false\n")
    return name


def write_pages() -> None:
    """Write all pages, and the tree of them for the navigation."""
    tree = Nav()  # type: ignore[no-untyped-call]
    for module in sorted(public_modules()):
        tree[module] = write_page(".".join(module))
    with mkdocs_gen_files.open(f"{PAGES}/SUMMARY.md", "w") as summary:
        summary.writelines(tree.build_literate_nav())


write_pages()
