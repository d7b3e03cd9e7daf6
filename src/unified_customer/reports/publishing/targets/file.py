"""One file with all tables, and a folder of documents beside it."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from unified_customer.core.spec import content_hash
from unified_customer.reports.publishing.documents import Kind
from unified_customer.reports.publishing.targets import hyper
from unified_customer.reports.publishing.targets.target import (
    ABOUT,
    Writing,
    digest,
    draft_of,
    heal_folder,
    is_manifest,
    not_ours,
    swap_folder,
    sync,
    write_texts,
)


@dataclass(frozen=True)
class FileTarget:
    """One file with all tables.

    Attributes:
        url: How it is called.
        path: The file.
        kind: What kind of file.
    """

    url: str
    path: Path
    kind: Kind

    @property
    def takes_over(self) -> bool:
        """Whether tables that did not change are taken over."""
        return self.kind == "duckdb"

    def heal(self) -> None:
        """Remove drafts: one file takes the place of another at once."""
        draft_of(self.path).unlink(missing_ok=True)
        heal_folder(self._beside)

    def check(self) -> None:
        """Do nothing if there is no file, or one that says that it is a publication."""
        if self.kind == "hyper":
            hyper.require_hyper()
        if self.path.exists() and self._manifest is None:
            raise not_ours(self.path)
        if self._beside.exists() and not (self._beside / "dictionary.json").is_file():
            raise not_ours(self._beside)

    def digests(self) -> dict[str, str]:
        """Return a hash for each table: of a DuckDB file that of the file, of a Hyper file that of its manifest.

        Hyper writes into a file when it only reads, so the bytes of one tell nothing.
        """
        manifest = self._manifest
        if manifest is None:
            return {}
        told = digest(self.path) if self.kind == "duckdb" else content_hash(manifest)
        return dict.fromkeys(json.loads(manifest)["tables"], told)

    def write(self, writing: Writing) -> None:
        """Write all tables into a new file, so that no byte of the old one is left, and put it in its place."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        draft = draft_of(self.path)
        try:
            self._write(draft, writing)
            sync(draft)
            draft.replace(self.path)
            sync(self.path.parent)
            write_texts(draft_of(self._beside), writing.documents)
            swap_folder(draft_of(self._beside), self._beside)
        except BaseException:
            self.heal()
            raise

    def remove(self) -> None:
        """Delete the file and the documents beside it."""
        self.check()
        self.path.unlink(missing_ok=True)
        shutil.rmtree(self._beside, ignore_errors=True)

    def _write(self, draft: Path, writing: Writing) -> None:
        tables = {ABOUT: pl.DataFrame({"manifest": [writing.manifest]}), **writing.tables}
        if self.kind == "duckdb":
            from unified_customer.store.duckdb import plain

            remarks = {table.name: f"One row is {table.row}." for table in writing.schema}
            columns = {(table.name, each.name): each.meaning for table in writing.schema for each in table.columns}
            said = plain.Comments(remarks, columns)
            plain.write_database(draft, tables, comments=said, kept=sorted(writing.kept), source=self.path)
        else:
            hyper.write_hyper(draft, tables)

    @property
    def _beside(self) -> Path:
        return self.path.with_name(f"{self.path.name}.docs")

    @property
    def _manifest(self) -> str | None:
        """What the file says of itself; None where it is no publication."""
        if not self.path.is_file():
            return None
        manifest = _read_text(self.path, self.kind)
        return manifest if manifest is not None and is_manifest(manifest) else None


def _read_text(path: Path, kind: Kind) -> str | None:
    if kind == "hyper":
        return hyper.read_text(path, ABOUT, "manifest")
    from unified_customer.store.duckdb import plain

    return plain.read_text(path, ABOUT, "manifest")
