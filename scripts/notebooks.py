"""Run the notebooks of the documentation, and keep what they show without what changes from run to run.

Usage: `python scripts/notebooks.py`
"""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import nbformat
from nbclient import NotebookClient
from traitlets.config import Config

FOLDER: Final = Path(__file__).parents[1] / "docs" / "notebooks"
SECONDS: Final = 120
METADATA: Final = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
RICHEST: Final = ("image/svg+xml", "text/html", "text/plain")


def fresh(path: Path) -> Any:
    """Return a notebook as a new kernel runs it, in an empty folder.

    Raises:
        nbclient.exceptions.CellExecutionError: A cell failed.
    """
    notebook = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    with TemporaryDirectory() as empty:
        # No port is opened: the kernel is spoken to by files of this folder.
        config = Config({"KernelManager": {"transport": "ipc", "ip": str(Path(empty) / "kernel")}})
        resources = {"metadata": {"path": empty}}
        client = NotebookClient(notebook, timeout=SECONDS, coalesce_streams=True, resources=resources, config=config)
        client.execute()
    return tidied(notebook)


def tidied(notebook: Any) -> Any:
    """Return it with the richest kind of each output alone, and no counts, times and programs."""
    _replace(notebook.metadata, METADATA)
    for cell in notebook.cells:
        cell.metadata.clear()
        if cell.cell_type == "code":
            cell.execution_count = None
            for output in cell.outputs:
                _tidy(output)
    return notebook


def _tidy(output: Any) -> None:
    if "execution_count" in output:
        output.execution_count = None
    if "data" in output:
        kind = next(kind for kind in RICHEST if kind in output.data)
        _replace(output.data, {kind: output.data[kind]})
        output.metadata.clear()


def _replace(found: Any, values: Any) -> None:
    found.clear()
    found.update(values)


def texts(notebook: Any) -> list[str]:
    """Return what the cells show, in order, without pictures, whose letters are measured by the fonts at hand."""
    shown = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    return [_text(output) for output in shown]


def _text(output: Any) -> str:
    if output.output_type == "stream":
        return str(output.text)
    return "\n".join(text for kind, text in output.data.items() if not kind.startswith("image/"))


def main() -> None:
    """Run all of them, and write them."""
    for path in sorted(FOLDER.glob("*.ipynb")):
        sys.stderr.write(f"{path.name}\n")
        nbformat.write(fresh(path), path)  # type: ignore[no-untyped-call]


if __name__ == "__main__":
    main()
