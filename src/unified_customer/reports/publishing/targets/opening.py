"""Which target a URL means."""

from pathlib import Path
from typing import Final, get_args

from unified_customer.core.errors import ConfigurationError
from unified_customer.reports.publishing.documents import Kind
from unified_customer.reports.publishing.targets.file import FileTarget
from unified_customer.reports.publishing.targets.folder import FolderTarget
from unified_customer.reports.publishing.targets.target import Target

SERVERS: Final = ("postgresql", "postgres")


def target_of(to: str | Path) -> Target:
    """Return the target that a path or URL means.

    Args:
        to: A path, or `parquet:///bi`: a folder of Parquet files; `duckdb:///bi.duckdb`: a DuckDB file;
            `hyper:///bi.hyper`: a Hyper file. Three slashes are relative to the working directory, four absolute.

    Raises:
        ConfigurationError: It cannot be meant, or is a server.

    Examples:
        >>> target_of("bi").kind, target_of("duckdb:///bi.duckdb").kind
        ('parquet', 'duckdb')
    """
    scheme, there, rest = str(to).partition("://")
    if not there:
        scheme, rest = "parquet", f"/{to}"
    if scheme in SERVERS:
        message = "Publishing into PostgreSQL needs the PostgreSQL store, which this release has not. Publish to duckdb:///bi.duckdb or a folder."
        raise ConfigurationError(message)
    if scheme not in get_args(Kind):
        message = f"{scheme!r} is no kind of publication. Write a path, parquet:///..., duckdb:///... or hyper:///...."
        raise ConfigurationError(message)
    if not rest.startswith("/") or rest == "/":
        message = f"The URL of a publication names its place after three slashes, such as {scheme}:///bi."
        raise ConfigurationError(message)
    path = Path(rest[1:]).resolve()
    url = f"{scheme}:///{path.as_posix()}"
    return (
        FolderTarget(url, path)
        if scheme == "parquet"
        else FileTarget(url, path, "duckdb" if scheme == "duckdb" else "hyper")
    )
