"""Running a command: errors become messages and exit codes, warnings become notes."""

import errno
import traceback
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import typer

from unified_customer.cli.exits import ExitCode, exit_code_of
from unified_customer.cli.output import Output
from unified_customer.cli.wording import in_commands
from unified_customer.core.errors import UnifiedCustomerError, UnifiedCustomerWarning


@contextmanager
def session(*, as_json: bool = False, debug: bool = False) -> Iterator[Output]:
    """Give a command its output, and end it with the exit code of what went wrong.

    Raises:
        typer.Exit: Something went wrong; it was told on stderr.
    """
    out = Output(as_json=as_json, debug=debug)
    try:
        with _notes(out):
            yield out
    except UnifiedCustomerError as error:
        raise _ended(out, error, exit_code_of(error), in_commands(str(error))) from None
    except KeyboardInterrupt:
        out.note("Interrupted; what was not finished is not stored.")
        raise typer.Exit(ExitCode.INTERRUPTED) from None
    except typer.Exit:
        raise
    except Exception as error:
        if isinstance(error, OSError) and error.errno == errno.EPIPE:
            raise
        raise _ended(out, error, ExitCode.DEFECT, _defect(error)) from None


def _ended(out: Output, error: Exception, code: ExitCode, message: str) -> typer.Exit:
    if out.debug:
        traceback.print_exception(error)
    out.error(type(error).__name__, message, exit_code=code)
    return typer.Exit(code)


def _defect(error: Exception) -> str:
    # The message of a foreign error may quote a person's value.
    return (
        f"unified-customer stopped at an unexpected {type(error).__name__}. This is a defect. Run the command again "
        "with --debug and report what it prints, after removing what is personal."
    )


@contextmanager
def _notes(out: Output) -> Iterator[None]:
    def show(message: Warning | str, category: type[Warning], *where: Any, **more: Any) -> None:
        if issubclass(category, UnifiedCustomerWarning):
            out.note(in_commands(str(message)))
        else:
            usual(message, category, *where, **more)

    usual: Any = warnings.showwarning
    with warnings.catch_warnings():
        warnings.simplefilter("always", UnifiedCustomerWarning)
        warnings.showwarning = show
        yield
