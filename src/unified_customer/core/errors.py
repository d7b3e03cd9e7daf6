"""Every error and warning of the library, in one tree.

Each error is also the builtin exception it resembles, so `except KeyError` catches an unknown customer and
`except PermissionError` a refused read. A message says what happened, where, what was found and what to do.
It never holds a personal value.

    UnifiedCustomerError
        ConfigurationError (ValueError)          an argument, URL, spec or policy that cannot be meant
            MappingError                         a mapping that does not fit its source
            SignalError                          a consent signal that cannot be read
        MissingDependencyError (ImportError)     an optional package is not installed
        PluginError (LookupError)                a plugin is unknown, doubled or does not load
        SourceError (OSError)                    a source cannot be read
            DatasetNotFoundError                 a public data set is not where it was looked for
        SchemaError (TypeError)                  a frame is not of the table's shape
        UnknownTableError (KeyError)             no table of that name
        UnknownCustomerError (KeyError)          an id that was never issued
        ConsentError (PermissionError)           the purpose, the actor or the policy says no
            FieldWithheldError                   a named column the purpose may not see
        CollectionRefusedError (PermissionError) the collection policy refuses what a source brings
        IdentityConflictError (ValueError)       must-link and cannot-link contradict each other
        UnknownRequestError (KeyError)           a request of a person that nobody received
        RequestStateError (RuntimeError)         something that cannot happen to a request in its state
        SignatureError (PermissionError)         a signed message or file that cannot be trusted
        StoreError (RuntimeError)                the store cannot do what was asked
            StoreClosedError                     used after `close()`
            StoreLockedError                     another process holds the store; retryable
            SchemaVersionError                   the store was written by a newer release
            ChangesExpiredError                  the changes asked for are no longer kept
        NotFittedArtifactError (LookupError)     an artifact that is not in the store

    UnifiedCustomerWarning (UserWarning)
        EverythingWithheldWarning                a read that returned nobody although there are people
        NotResolvedWarning                       a read that returned nobody since nothing is resolved yet
        UnheardYesWarning                        a yes that was recorded and that no read hears
        DataQualityWarning                       numbers of data quality that fail
        WeakMatchingWarning                      a matcher was fitted on records that say too little of people
"""

import importlib
from types import ModuleType


class UnifiedCustomerError(Exception):
    """Base of every error that the library raises on purpose.

    Attributes:
        retryable: Whether the same call may succeed later without any change.
    """

    retryable: bool = False

    def __str__(self) -> str:
        """Return the message itself (`KeyError` would put quotes around it)."""
        return str(self.args[0]) if self.args else ""


class ConfigurationError(UnifiedCustomerError, ValueError):
    """An argument, URL, spec or policy cannot be meant."""


class MappingError(ConfigurationError):
    """A mapping names a column that the source has not, or leaves out one that the table needs."""


class SignalError(ConfigurationError):
    """A consent signal, such as a TCF string, is not of its form."""


class MissingDependencyError(UnifiedCustomerError, ImportError):
    """An optional package is not installed; the message holds the exact `pip install` line."""


class PluginError(UnifiedCustomerError, LookupError):
    """A plugin is unknown, exists twice under one name, or does not load."""


class SourceError(UnifiedCustomerError, OSError):
    """A source cannot be read."""


class DatasetNotFoundError(SourceError, FileNotFoundError):
    """A public data set is not where it was looked for."""


class SchemaError(UnifiedCustomerError, TypeError):
    """A frame does not have the columns or types of its table."""


class UnknownTableError(UnifiedCustomerError, KeyError):
    """There is no table of that name."""


class UnknownCustomerError(UnifiedCustomerError, KeyError):
    """The id was never issued by this hub."""


class ConsentError(UnifiedCustomerError, PermissionError):
    """The purpose, the actor or the policy does not allow the read."""


class FieldWithheldError(ConsentError):
    """A column was asked for by name that the purpose may not see."""


class CollectionRefusedError(UnifiedCustomerError, PermissionError):
    """The collection policy refuses what a source brings."""


class IdentityConflictError(UnifiedCustomerError, ValueError):
    """A must-link and a cannot-link contradict each other."""


class UnknownRequestError(UnifiedCustomerError, KeyError):
    """There is no such request of a person."""


class RequestStateError(UnifiedCustomerError, RuntimeError):
    """A request of a person is in a state in which that cannot happen."""


class SignatureError(UnifiedCustomerError, PermissionError):
    """A signed message or file was not signed by whom it should be, is meant for somebody else, or is out of date."""


class StoreError(UnifiedCustomerError, RuntimeError):
    """The store cannot do what was asked."""


class StoreClosedError(StoreError):
    """The store, or a reader of it, was used after it was closed."""


class StoreLockedError(StoreError):
    """Another process holds the store open."""

    retryable = True


class SchemaVersionError(StoreError):
    """The store was written by a newer release, or its version cannot be read."""


class ChangesExpiredError(StoreError):
    """The changes asked for are older than those that are kept."""


class NotFittedArtifactError(UnifiedCustomerError, LookupError):
    """There is no such artifact in the store."""


class UnifiedCustomerWarning(UserWarning):
    """Base of every warning that the library gives."""


class EverythingWithheldWarning(UnifiedCustomerWarning):
    """A read returned nobody although the hub knows people."""


class NotResolvedWarning(UnifiedCustomerWarning):
    """A read returned nobody, since no record that was loaded is resolved yet."""


class UnheardYesWarning(UnifiedCustomerWarning):
    """A yes was recorded that allows nothing, such as one about a part while a no about the whole stands."""


class DataQualityWarning(UnifiedCustomerWarning):
    """Data are not as good as they should be: numbers of their quality fail."""


class WeakMatchingWarning(UnifiedCustomerWarning):
    """Records say too little of most people for anybody to be matched."""


def require(module: str, *, extra: str, why: str) -> ModuleType:
    """Import an optional package, or say how to install it.

    Args:
        module: Importable name, such as `"fastexcel"`.
        extra: The extra of this project that brings it.
        why: What it is needed for, as the end of "... is needed to".

    Returns:
        The imported module.

    Raises:
        MissingDependencyError: The package is not installed.

    Examples:
        >>> require("math", extra="none", why="count").floor(1.5)
        1
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        message = f'{module} is needed to {why}. Install it with: pip install "unified-customer[{extra}]"'
        raise MissingDependencyError(message, name=module) from error
