"""The notebooks of the documentation: they run, and what they show is what they say today."""

import re
from pathlib import Path

import nbformat
import pytest

from scripts.notebooks import FOLDER, fresh, texts, tidied

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # of the packages that run them
]
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))


def test_there_are_notebooks() -> None:
    assert [path.stem for path in NOTEBOOKS] == ["recommendations", "segments-and-value", "single-customer-view"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_shows_what_it_says_today(path: Path) -> None:
    kept = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    assert texts(fresh(path)) == texts(kept), "run: python scripts/notebooks.py"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_kept_without_what_changes_from_run_to_run(path: Path) -> None:
    kept, tidy = (nbformat.read(path, as_version=4) for _ in range(2))  # type: ignore[no-untyped-call]
    assert tidied(tidy) == kept


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_fetches_nothing(path: Path) -> None:
    text = path.read_text("utf-8")
    assert "<script" not in text
    assert not re.search(r"<(img|iframe|link)", text)
