"""`key rotate`: a new key beside the store, and spare ones elsewhere."""

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from unified_customer.cli.output import Output
from unified_customer.cli.progress import working
from unified_customer.cli.storefile import check_exists, key_file_of
from unified_customer.core.errors import ConfigurationError
from unified_customer.core.keys import FileKeyProvider
from unified_customer.core.models import Actor
from unified_customer.hub import rotate_key
from unified_customer.store import open_store


def rotate_store_key(out: Output, url: str, spare: Sequence[Path], *, actor: str) -> None:
    """Replace the key of a store, and print where the keys are.

    Raises:
        ConfigurationError: The store is no file, or its key is missing.
    """
    path = check_exists(url)
    if path is None:
        message = f"{url!r} names no file, so no key lies beside it. Use unified_customer.hub.rotate_key in Python."
        raise ConfigurationError(message)
    with working(out, "Replacing the key"), closing(open_store(url)) as store:
        done = rotate_key(store, spare=[FileKeyProvider(each) for each in spare], actor=Actor(id=actor))
    key = key_file_of(path)
    values = {"key": key, "spare": list(spare), "past": done.past, "keys": done.keys, "from_entry": done.from_entry}
    out.result("rotation", values)
    out.text(f"{key}: the key from now on")
    for each in spare:
        out.text(f"{each}: opens the hub too; keep it apart from the store")
    out.note(f"{done.past} opens backups and exports from before and nothing else. Keep it apart from them.")
