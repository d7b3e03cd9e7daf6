"""The command line `unified-customer`.

Commands import what they need when they run, so that `--help` is quick. Results go to stdout, everything else to
stderr; the exit codes are those of `ExitCode`.
"""

from unified_customer.cli.app import main
from unified_customer.cli.exits import ExitCode

__all__ = ["ExitCode", "main"]
