"""`export` and `import`: a whole hub in open formats, and back."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from unified_customer.cli.output import Output
from unified_customer.cli.progress import working
from unified_customer.cli.storefile import check_exists, file_of, key_file_of
from unified_customer.cli.tables import plain_table
from unified_customer.core.clock import system_clock
from unified_customer.core.errors import ConfigurationError
from unified_customer.core.keys import FileKeyProvider, Keyring, write_key
from unified_customer.governance.rights import Rights
from unified_customer.hub.archive import archived_key, export_hub, import_hub
from unified_customer.store import open_store


def export_store(out: Output, url: str, folder: Path) -> None:
    """Write the whole store and its key into `folder`.

    Raises:
        ConfigurationError: The store is no file, is not there, or has no key beside it.
    """
    path = check_exists(url)
    if path is None:
        message = f"{url!r} names no file, so no key lies beside it. Use unified_customer.hub.archive in Python."
        raise ConfigurationError(message)
    key = _existing_key(path)
    with working(out, "Exporting"), closing(open_store(url)) as store:
        rights = Rights(store, clock=system_clock, keyring=Keyring(key))
        with rights.copying("export", folder):
            rows = export_hub(store, key=key, folder=folder)
    _report(out, "export", rows, folder)
    out.note(f"{folder} holds personal data, and the key that names it. Protect it as you protect the store.")


def import_store(out: Output, folder: Path, url: str) -> None:
    """Make a new store from an export, with its key beside it.

    Raises:
        ConfigurationError: The store is no file, or is there already, or the folder is no export.
    """
    path = file_of(url)
    if path is None:
        message = f"{url!r} names no file. Import into a new store such as duckdb:///shop.duckdb."
        raise ConfigurationError(message)
    with _new_files(path, archived_key(folder)), working(out, "Importing"), closing(open_store(url)) as store:
        rows = import_hub(folder, store)
    _report(out, "import", rows, path)


def _existing_key(store_file: Path) -> bytes:
    path = key_file_of(store_file)
    if not path.is_file():
        message = f"The key file {path} is not there. Put it back: without it no new record finds its old id."
        raise ConfigurationError(message)
    return FileKeyProvider(path).key()


@contextmanager
def _new_files(store_file: Path, key: bytes) -> Iterator[None]:
    """Write the key beside a store that is to be made, and remove both if it is not."""
    key_file = key_file_of(store_file)
    for path in (store_file, key_file):
        if path.exists():
            message = f"{path} is there already. Import into a new store."
            raise ConfigurationError(message)
    if not store_file.parent.is_dir():
        message = f"There is no folder {store_file.parent} to keep the store in. Make it first."
        raise ConfigurationError(message)
    write_key(key_file, key)
    try:
        yield
    except BaseException:
        for path in (key_file, store_file, store_file.with_name(f"{store_file.name}.wal")):
            path.unlink(missing_ok=True)
        raise


def _report(out: Output, kind: str, rows: dict[str, int], target: Path) -> None:
    table = plain_table("table", "#rows")
    for name, count in rows.items():
        if count:
            table.add_row(name, f"{count:,}")
    table.add_row("all", f"{sum(rows.values()):,}", style="bold")
    out.result(kind, {"to": target, "rows": sum(rows.values()), "tables": rows}, table)
