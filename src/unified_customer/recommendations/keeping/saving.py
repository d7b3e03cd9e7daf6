"""Saving recommenders to folders, reading them back, and taking people out of them."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias
from zipfile import BadZipFile

import polars as pl
from pydantic import ValidationError

from unified_customer.core.clock import as_utc
from unified_customer.core.errors import ConfigurationError, UnifiedCustomerError
from unified_customer.core.keys import KeyProvider
from unified_customer.recommendations.keeping.arrays import StoredArrays, write_arrays
from unified_customer.recommendations.keeping.checks import refuse_unfit
from unified_customer.recommendations.keeping.folders import (
    ARRAYS,
    CATALOGUE,
    MANIFEST,
    files_in,
    kept_file,
    manifest_in,
    replace_folder,
    settled,
)
from unified_customer.recommendations.keeping.manifest import (
    FORMAT,
    FORMAT_VERSION,
    Manifest,
    digest_of,
    window_of,
    writers,
)
from unified_customer.recommendations.keeping.putting_together import Together
from unified_customer.recommendations.keeping.taking_apart import Apart
from unified_customer.recommendations.serving.recommender import Recommender

if TYPE_CHECKING:
    from os import PathLike

Folder: TypeAlias = "str | PathLike[str]"
_HISTORIES, _SCORER = "histories", "scorer"
_BROKEN = (
    ArithmeticError, AttributeError, BadZipFile, EOFError, LookupError, MemoryError, NotImplementedError, RecursionError,
    RuntimeError, TypeError, ValueError, ValidationError, pl.exceptions.PolarsError, pl.exceptions.PanicException,
)  # fmt: skip


def save_recommender(
    recommender: Recommender, folder: Folder, *, purposes: Sequence[str] = (), key: KeyProvider | None = None
) -> Manifest:
    """Save a recommender to a folder: a manifest, arrays and the catalogue, none of which is code.

    The folder holds personal data: the ids of customers and what they did. Equal recommenders give equal files. It is
    written beside its place and then put there, so that nobody reads half of it; two writers at a time are not meant.

    Args:
        recommender: What `fit`, `updated` or `without` gave.
        folder: New, empty, or one that holds a recommender, which is replaced.
        purposes: What the people in it allowed it for.
        key: Signs the manifest, so that nobody without the key can change the files unseen.

    Returns:
        What the manifest says.

    Raises:
        ConfigurationError: There is something else in the folder, or the recommender holds what cannot be saved.

    Examples:
        >>> from datetime import UTC, datetime
        >>> from tempfile import TemporaryDirectory
        >>> from unified_customer.recommendations import Neighbours, load_recommender
        >>> rows = pl.DataFrame(
        ...     [("ann", "tea"), ("ann", "cup"), ("bob", "tea")], ["customer_id", "item_id"], orient="row"
        ... )
        >>> fitted = Neighbours(repeats=False).fit({"interactions": rows}, as_of=datetime(2026, 2, 1, tzinfo=UTC))
        >>> with TemporaryDirectory() as folder:
        ...     saved = save_recommender(fitted, folder, purposes=["personalize.content"])
        ...     back = load_recommender(folder)
        >>> saved.customers, back.recommend(["bob"], n=1).table["item_id"].to_list()
        (2, ['cup'])
    """
    apart = Apart()
    content = {_HISTORIES: apart.taken(recommender.histories), _SCORER: apart.taken(recommender.scorer)}
    told = _told(recommender, content, purposes, key)
    saved: list[Manifest] = []

    def fill(draft: Path) -> None:
        write_arrays(draft / ARRAYS, apart.arrays)
        recommender.catalogue.write_parquet(draft / CATALOGUE, compression="uncompressed", statistics=False)
        manifest = told.model_copy(update={"files": files_in(draft)}).sealed(key)
        (draft / MANIFEST).write_bytes(manifest.text().encode())
        saved.append(manifest)

    replace_folder(Path(folder), fill)
    return saved[0]


def _told(recommender: Recommender, content: Any, purposes: Sequence[str], key: KeyProvider | None) -> Manifest:
    if isinstance(purposes, str) or not all(purposes):
        raise ConfigurationError("Purposes are a list of names, none of them empty.")
    return Manifest(
        format=FORMAT,
        format_version=FORMAT_VERSION,
        written_by=writers(),
        spec=Apart().taken(recommender.model),
        as_of=as_utc(recommender.as_of),
        window=window_of(recommender.histories, recommender.as_of),
        purposes=tuple(sorted(set(purposes))),
        customers=len(recommender.customers),
        customers_digest=digest_of(recommender.customers, key),
        items=len(recommender.items),
        content=content,
        files={},
        digest="",
        signature=None,
    )


def load_manifest(folder: Folder, *, key: KeyProvider | None = None) -> Manifest:
    """Return what a saved recommender is, without reading it.

    Args:
        folder: Where it was saved.
        key: The key that it was saved with; None: it was saved without.

    Raises:
        ConfigurationError: The folder holds something else, or its manifest was changed.
        SchemaVersionError: Another release of the format wrote it.
        SignatureError: It was saved with a key and there is none, or without and there is one, or with another.
    """
    place = settled(Path(folder))
    with _readable(place):
        manifest = manifest_in(place)
        manifest.refuse_untrusted(key)
        return manifest


def load_recommender(folder: Folder, *, key: KeyProvider | None = None) -> Recommender:
    """Return the recommender that was saved to a folder. Nothing in it is run, unpickled or imported by name.

    Without a key files that were damaged or exchanged are found, but not those of somebody who wrote all of them anew.

    Args:
        folder: Where it was saved.
        key: The key that it was saved with; None: it was saved without.

    Raises:
        ConfigurationError: The folder holds something else, or a file was changed.
        SchemaVersionError: Another release of the format wrote it.
        SignatureError: It was saved with a key and there is none, or without and there is one, or with another.
    """
    manifest = load_manifest(folder, key=key)
    place = settled(Path(folder))
    with _readable(place):
        with kept_file(place, ARRAYS, manifest.files[ARRAYS]) as file:
            together = Together(StoredArrays(file, size=manifest.files[ARRAYS].bytes), items=manifest.items)
            histories, scorer = (together.put(manifest.content[part]) for part in (_HISTORIES, _SCORER))
        with kept_file(place, CATALOGUE, manifest.files[CATALOGUE]) as file:
            catalogue = pl.read_parquet(file)
        model = Together([], items=0).put(manifest.spec)
        found = Recommender(model, manifest.as_of, histories, scorer, catalogue)
        refuse_unfit(found)
        _refuse_others(found.customers, manifest, key)
        return found


def load_customers(folder: Folder, *, key: KeyProvider | None = None) -> pl.Series:
    """Return whom a saved recommender holds, without reading what was learned.

    Args:
        folder: Where it was saved.
        key: The key that it was saved with; None: it was saved without.

    Raises:
        ConfigurationError: As `load_recommender`; so do SchemaVersionError and SignatureError.
    """
    manifest = load_manifest(folder, key=key)
    place = settled(Path(folder))
    with _readable(place), kept_file(place, ARRAYS, manifest.files[ARRAYS]) as file:
        together = Together(StoredArrays(file, size=manifest.files[ARRAYS].bytes), items=manifest.items)
        customers: pl.Series = together.put(manifest.content[_HISTORIES]["fields"]["customers"]).listed
        _refuse_others(customers, manifest, key)
        return customers


def erase_saved(folder: Folder, customers: "Iterable[str] | pl.Series", *, key: KeyProvider | None = None) -> int:
    """Take customers out of a saved recommender: their ids, what they did, and every number of theirs.

    What was learned of items stays, and so does the catalogue. Where none of them is in it no file changes.

    Args:
        folder: Where it was saved.
        customers: Their ids.
        key: The key that it was saved with; None: it was saved without.

    Returns:
        How many of them were in it.

    Raises:
        ConfigurationError: As `load_recommender`, or a single text is given; so do SchemaVersionError and SignatureError.
    """
    if isinstance(customers, str):
        raise ConfigurationError("Customers are a list of ids, even if it is one.")
    manifest, held = load_manifest(folder, key=key), load_recommender(folder, key=key)
    left = held.without(customers)
    gone = len(held.customers) - len(left.customers)
    if gone:
        save_recommender(left, folder, purposes=manifest.purposes, key=key)
    return gone


def _refuse_others(customers: pl.Series, manifest: Manifest, key: KeyProvider | None) -> None:
    if (manifest.customers, manifest.customers_digest) != (len(customers), digest_of(customers, key)):
        raise ConfigurationError("The recommender holds other customers than its manifest says.")


@contextmanager
def _readable(folder: Path) -> Iterator[None]:
    """Say of whatever goes wrong inside that the folder is not as it was saved; nothing of the file is in the message."""
    try:
        yield
    except UnifiedCustomerError:
        raise
    except OSError as error:
        raise ConfigurationError(f"{folder.name} cannot be read: {error.strerror or 'the system says no'}.") from None
    except _BROKEN:
        raise ConfigurationError(f"{folder.name} is not as a recommender is saved.") from None
