"""Stores that are files: commands that read one must not make an empty one by a slip of the finger."""

from pathlib import Path
from typing import Final

from unified_customer.core.errors import ConfigurationError

FILE_SCHEMES: Final = ("duckdb",)


def file_of(url: str) -> Path | None:
    """Return the file that a store URL names, or None where it names none.

    Examples:
        >>> file_of("duckdb:////srv/shop.duckdb").as_posix()
        '/srv/shop.duckdb'
        >>> file_of("memory://") is None
        True
    """
    scheme, _, rest = url.partition("://")
    if scheme not in FILE_SCHEMES or not rest.startswith("/") or rest == "/":
        return None
    return Path(rest[1:])


def key_file_of(store_file: Path) -> Path:
    """Return where the key of a store file is kept: beside the file itself, not beside a link to it.

    Examples:
        >>> key_file_of(Path("shop.duckdb")).name
        'shop.duckdb.key'
    """
    path = store_file.resolve()
    return path.with_name(f"{path.name}.key")


def relative_to(url: str, folder: Path) -> str:
    """Return the URL with a relative file taken from `folder`.

    Examples:
        >>> relative_to("duckdb:///shop.duckdb", Path("/srv"))
        'duckdb:////srv/shop.duckdb'
        >>> relative_to("memory://", Path("/srv"))
        'memory://'
    """
    path = file_of(url)
    return url if path is None else f"{url.partition('://')[0]}:///{(folder / path).as_posix()}"


def check_exists(url: str) -> Path | None:
    """Return the file that a store URL names, where it names one.

    Raises:
        ConfigurationError: It names a file that is not there.
    """
    path = file_of(url)
    if path is not None and not path.is_file():
        message = f"There is no store {path}. `unified-customer run CONFIG.toml` makes one; or check --store."
        raise ConfigurationError(message)
    return path
