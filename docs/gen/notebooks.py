"""Write a page of each notebook, with what its cells show."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import mkdocs_gen_files
import nbformat

FOLDER: Final = Path("docs/notebooks")
FROM_DEVICE: Final = re.compile(r"@media screen and \(prefers-color-scheme:dark\)\{(?:[^{}]|\{[^{}]*\})*\}")
PLAIN_TABLE: Final = re.compile(r"<table(?![^>]*class=)")
HEAD: Final = "---\nhide:\n  - toc\n---\n\n"
"""Tables and pictures are wide."""
LINKS: Final = re.compile(r"\]\(([\w./-]+)\.ipynb\)")


def page(notebook: Any, name: str) -> str:
    """Return a notebook as Markdown, with a link to the notebook itself below its heading."""
    head, *rest = [part for cell in notebook.cells for part in parts(cell)]
    download = f"[Download this notebook]({name}){{ download }}"
    return HEAD + "\n\n".join([*_below_heading(head, download), *rest]) + "\n"


def _below_heading(text: str, line: str) -> list[str]:
    heading, _, rest = text.partition("\n")
    return [heading, line, rest.strip()]


def parts(cell: Any) -> Iterator[str]:
    """Yield the text or the code of a cell, and what it shows."""
    if cell.cell_type == "markdown":
        yield LINKS.sub(r"](\1.md)", cell.source)
        return
    yield f"```python\n{cell.source}\n```"
    for output in cell.outputs:
        yield shown(output)


def shown(output: Any) -> str:
    """Return what a cell shows: HTML and pictures as they are, and text as text."""
    data = output.get("data", {})
    if "image/svg+xml" in data:
        return _framed(data["image/svg+xml"])
    if "text/html" in data:
        return _framed(data["text/html"])
    return f"```text\n{(data.get('text/plain') or output.text).rstrip()}\n```"


def themed(html: str) -> str:
    """Return what is dark where the device is so that it is dark where the page is."""
    return FROM_DEVICE.sub("", html).replace(":root[data-theme=dark]", "[data-md-color-scheme=slate]")


def _framed(html: str) -> str:
    # Without line breaks, since a blank line would end the HTML; and the theme leaves tables alone that have a class.
    line = PLAIN_TABLE.sub('<table class="shown"', " ".join(themed(html).split()))
    return f'<div class="shown">{line}</div>'


def write_pages() -> None:
    """Write all pages."""
    for path in sorted(FOLDER.glob("*.ipynb")):
        notebook = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
        with mkdocs_gen_files.open(f"notebooks/{path.stem}.md", "w") as file:
            file.write(page(notebook, path.name))


write_pages()
