"""A folder of Parquet files, with the documents beside them."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from unified_customer.core.errors import ConfigurationError
from unified_customer.reports.publishing.documents import Kind
from unified_customer.reports.publishing.targets.target import (
    MANIFEST,
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

OURS = (MANIFEST, "dictionary.json", "README.md", "lookml", "powerbi")
"""What lies in the folder beside the tables."""


@dataclass(frozen=True)
class FolderTarget:
    """A folder of Parquet files.

    Attributes:
        url: How it is called.
        path: The folder.
        kind: What is written there.
        takes_over: Whether tables that did not change are taken over.
    """

    url: str
    path: Path
    kind: Kind = "parquet"
    takes_over: bool = True

    def heal(self) -> None:
        """Finish or undo a swap that was interrupted."""
        heal_folder(self.path)

    def check(self) -> None:
        """Do nothing if the folder is new or empty, or holds a publication and nothing else."""
        if not self.path.exists():
            return
        if not self.path.is_dir():
            raise not_ours(self.path)
        if any(self.path.iterdir()) and not self._is_publication:
            raise not_ours(self.path)
        foreign = sorted(each.name for each in self.path.iterdir() if not self._wrote(each))
        if foreign:
            message = f"{self.path.name!r} holds something beside the publication, which would be lost: {', '.join(foreign)}. Move it elsewhere."
            raise ConfigurationError(message)

    def digests(self) -> dict[str, str]:
        """Return the hash of each Parquet file by table."""
        if not self._is_publication:
            return {}
        return {each.stem: digest(each) for each in self.path.glob("*.parquet")}

    def write(self, writing: Writing) -> None:
        """Write all files into a new folder, and put it in the place of the old one."""
        draft = draft_of(self.path)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        draft.mkdir()
        try:
            for name, frame in writing.tables.items():
                frame.write_parquet(draft / f"{name}.parquet")
            for name in writing.kept:
                _take_over(self.path / f"{name}.parquet", draft / f"{name}.parquet")
            write_texts(draft, {**writing.documents, MANIFEST: writing.manifest})
            for each in draft.iterdir():
                sync(each)
            swap_folder(draft, self.path)
        except BaseException:
            heal_folder(self.path)
            raise

    def remove(self) -> None:
        """Delete the folder."""
        self.check()
        shutil.rmtree(self.path, ignore_errors=True)

    @property
    def _is_publication(self) -> bool:
        manifest = self.path / MANIFEST
        return manifest.is_file() and is_manifest(manifest.read_text(encoding="utf-8", errors="replace"))

    def _wrote(self, found: Path) -> bool:
        return found.name in OURS or found.suffix == ".parquet"


def _take_over(old: Path, new: Path) -> None:
    try:
        os.link(old, new)
    except OSError:  # a file system without links
        shutil.copyfile(old, new)
