"""The manifest of a saved recommender: what it is, what it was learned from, and what its files must be."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from hashlib import blake2b, sha256
from hmac import compare_digest
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Final, Literal

import numpy as np
import polars as pl
from pydantic import Field, ValidationError

from unified_customer.core.clock import as_utc
from unified_customer.core.errors import ConfigurationError, SchemaVersionError, SignatureError
from unified_customer.core.keys import KeyProvider, derived_key
from unified_customer.core.models.base import Model
from unified_customer.core.spec import canonical_json
from unified_customer.recommendations.histories import AGE, SPAN, Histories
from unified_customer.recommendations.keeping.taking_apart import texts_apart

FORMAT: Final = "unified_customer recommender"
FORMAT_VERSION: Final = 1
_WRITERS: Final = ("unified-customer", "polars", "numpy", "scipy", "scikit-learn", "implicit")
_KEY: Final = b"uc:recommender"
_LARGEST: Final = 1 << 26


class KeptFile(Model):
    """What a file must be."""

    bytes: int = Field(ge=0)
    sha256: str


class Window(Model):
    """When the first and the last of the interactions were that histories hold, to the minute."""

    first: datetime
    last: datetime


class Manifest(Model):
    """What a saved recommender is. It names no customer."""

    format: Literal["unified_customer recommender"]
    format_version: int
    written_by: Mapping[str, str]
    """Versions of the packages that had a part in it."""
    spec: Any
    as_of: datetime
    window: Window | None
    """None where interactions have no times."""
    purposes: tuple[str, ...]
    """What the people in it allowed it for."""
    customers: int = Field(ge=0)
    """How many people it holds."""
    customers_digest: str
    """A digest of who they are: of no use to anybody who has not their ids, or, with a key, the key."""
    items: int = Field(ge=0)
    content: Any
    """How arrays make up what was learned."""
    files: Mapping[str, KeptFile]
    digest: str
    """Of all of the above."""
    signature: str | None
    """The same with a key; None: it was saved without one."""

    def sealed(self, key: KeyProvider | None) -> "Manifest":
        """Return it with its digest, and with a key its signature."""
        signature = None if key is None else _signature(self._body, key)
        return self.model_copy(update={"digest": _digest(self._body), "signature": signature})

    def refuse_untrusted(self, key: KeyProvider | None) -> None:
        """Raise an error unless it is what was saved, and with the same key.

        Raises:
            ConfigurationError: It was changed.
            SignatureError: It is signed and there is no key, or the other way round, or the key is another one.
        """
        if not compare_digest(self.digest.encode(), _digest(self._body).encode()):
            raise ConfigurationError("The manifest was changed since it was saved.")
        if (key is None) != (self.signature is None):
            told = "without a key, and one is asked for" if key else "with a key; give it"
            raise SignatureError(f"The recommender was saved {told}.")
        if key and self.signature and not compare_digest(self.signature.encode(), _signature(self._body, key).encode()):
            raise SignatureError("The recommender was not saved with this key, or was changed since.")

    def text(self) -> str:
        """Return it as it stands in its file: the same text for equal manifests."""
        return json.dumps(self.model_dump(mode="json"), sort_keys=True, indent=1) + "\n"

    @property
    def _body(self) -> str:
        return canonical_json(self.model_dump(mode="json", exclude={"digest", "signature"}))


def read_manifest(raw: bytes) -> Manifest:
    """Return the manifest in the bytes of a file.

    Raises:
        ConfigurationError: It is none, or not as it was written.
        SchemaVersionError: A newer release wrote it.
    """
    told = _parsed(raw)
    if not isinstance(told, dict) or told.get("format") != FORMAT:
        raise ConfigurationError("There is no recommender that was saved: the manifest is of something else.")
    if told.get("format_version") != FORMAT_VERSION:
        raise SchemaVersionError(
            f"The recommender was saved in another version of the format than {FORMAT_VERSION}, which this release knows."
        )
    try:
        manifest = Manifest.model_validate(told)
        if manifest.text().encode() == raw:
            return manifest
    except (ValidationError, RecursionError):
        raise ConfigurationError("The manifest has not the form of one that was saved.") from None
    raise ConfigurationError("The manifest was changed since it was saved.")


def _parsed(raw: bytes) -> Any:
    try:
        return json.loads(raw) if len(raw) <= _LARGEST else None
    except (ValueError, RecursionError):
        return None


def writers() -> dict[str, str]:
    """Return the versions of the packages that have a part in what is learned."""
    found = {name: _version(name) for name in _WRITERS}
    return {name: told for name, told in found.items() if told is not None}


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def window_of(histories: Histories, as_of: datetime) -> Window | None:
    """Return when the first and the last interactions were; None where they have no times."""
    if not histories.timed or not len(histories.places):
        return None
    ages = histories.values(AGE).astype(np.float64)
    first = _minute(as_of, float((ages + histories.values(SPAN)).max()))
    return Window(first=first, last=_minute(as_of, float(ages.min())))


def _minute(as_of: datetime, days: float) -> datetime:
    # Ages are numbers of 32 bits, which tell years to some seconds.
    rounded = as_utc(as_of) - timedelta(days=days) + timedelta(seconds=30)
    return rounded.replace(second=0, microsecond=0)


def digest_of(customers: pl.Series, key: KeyProvider | None) -> str:
    """Return a digest of who some customers are, in any order."""
    told, lengths = texts_apart(customers.sort().to_list())
    secret = b"" if key is None else derived_key(key.key(), _KEY)
    state = blake2b(lengths.tobytes(), key=secret, digest_size=32, person=b"uc:customers")
    state.update(told.tobytes())
    return state.hexdigest()


def _digest(body: str) -> str:
    return sha256(body.encode()).hexdigest()


def _signature(body: str, key: KeyProvider) -> str:
    secret = derived_key(key.key(), _KEY)
    return blake2b(body.encode(), key=secret, digest_size=32, person=b"uc:manifest").hexdigest()
