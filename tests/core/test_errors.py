"""One tree of errors; each is also the builtin that it resembles."""

import pytest

from unified_customer.core import errors

ERRORS = [each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, Exception)]
BUILTINS = {
    errors.ConfigurationError: ValueError,
    errors.MappingError: ValueError,
    errors.MissingDependencyError: ImportError,
    errors.PluginError: LookupError,
    errors.SourceError: OSError,
    errors.DatasetNotFoundError: FileNotFoundError,
    errors.SchemaError: TypeError,
    errors.UnknownTableError: KeyError,
    errors.UnknownCustomerError: KeyError,
    errors.ConsentError: PermissionError,
    errors.FieldWithheldError: PermissionError,
    errors.CollectionRefusedError: PermissionError,
    errors.IdentityConflictError: ValueError,
    errors.UnknownRequestError: KeyError,
    errors.RequestStateError: RuntimeError,
    errors.SignatureError: PermissionError,
    errors.StoreError: RuntimeError,
    errors.NotFittedArtifactError: LookupError,
}


@pytest.mark.parametrize("error", ERRORS)
def test_every_error_is_in_the_tree_and_in_its_picture(error: type[Exception]) -> None:
    assert issubclass(error, (errors.UnifiedCustomerError, errors.UnifiedCustomerWarning))
    assert error.__doc__
    assert error.__name__ in str(errors.__doc__)


@pytest.mark.parametrize(("error", "builtin"), BUILTINS.items())
def test_the_builtin_catches_it(error: type[Exception], builtin: type[Exception]) -> None:
    with pytest.raises(builtin, match="what, where, found, what to do"):
        raise error("what, where, found, what to do")


@pytest.mark.parametrize("error", [each for each in ERRORS if issubclass(each, errors.UnifiedCustomerError)])
def test_the_message_reads_as_it_was_written(error: type[Exception]) -> None:
    assert str(error("a 'message'")) == "a 'message'"
    assert str(error()) == ""


def test_only_a_lock_is_worth_another_try() -> None:
    retryable = [each for each in ERRORS if getattr(each, "retryable", False)]
    assert retryable == [errors.StoreLockedError]


def test_a_missing_package_is_named_with_the_line_that_installs_it() -> None:
    with pytest.raises(errors.MissingDependencyError, match=r'pip install "unified-customer\[excel\]"') as caught:
        errors.require("no_such_package_at_all", extra="excel", why="read workbooks")
    assert caught.value.name == "no_such_package_at_all"
    assert "is needed to read workbooks" in str(caught.value)
