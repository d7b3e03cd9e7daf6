"""What the exit code of a command says."""

from enum import IntEnum

from unified_customer.core.errors import ConsentError, UnifiedCustomerError


class ExitCode(IntEnum):
    """The exit codes; scripts may rely on them."""

    OK = 0
    """Done."""
    FAILED = 1
    """It could not be done; the message says why."""
    USAGE = 2
    """The command line cannot be meant."""
    REFUSED = 3
    """Consent or policy does not allow it."""
    QUARANTINED = 4
    """Done, but rows are in quarantine, and `--strict` was given."""
    DEFECT = 70
    """A defect of unified-customer."""
    RETRY = 75
    """It may succeed later without any change, such as when another process holds the store."""
    INTERRUPTED = 130
    """Stopped by Ctrl-C."""


def exit_code_of(error: UnifiedCustomerError) -> ExitCode:
    """Return the exit code for an error of ours.

    Examples:
        >>> exit_code_of(ConsentError("no"))
        <ExitCode.REFUSED: 3>
    """
    if isinstance(error, ConsentError):
        return ExitCode.REFUSED
    return ExitCode.RETRY if error.retryable else ExitCode.FAILED
