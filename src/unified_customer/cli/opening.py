"""Opening a hub by its URL, with the key that lies beside a store file."""

from unified_customer.cli.storefile import file_of, key_file_of
from unified_customer.core.keys import FileKeyProvider
from unified_customer.hub import CustomerHub
from unified_customer.policy import Policy


def open_hub(url: str, *, policy: Policy | None) -> CustomerHub:
    """Return a hub; the caller closes it."""
    path = file_of(url)
    keys = None if path is None else FileKeyProvider(key_file_of(path))
    return CustomerHub(url, policy=policy, keys=keys)
