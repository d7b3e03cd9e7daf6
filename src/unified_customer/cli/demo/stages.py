"""Time and peak memory of each stage of a run."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

Seconds = Callable[[], float]
STATUS: Final = Path("/proc/self/status")
RESET: Final = Path("/proc/self/clear_refs")
PEAK: Final = "5"
"""What resets the peak when written to `clear_refs`; see proc(5)."""


@dataclass(frozen=True)
class Stage:
    """One stage.

    Attributes:
        name: What was done.
        seconds: How long it took.
        peak_mb: Most memory that the process held during it, in megabytes; where the system cannot tell that of one
            stage, since the process began; None where it tells nothing.
    """

    name: str
    seconds: float
    peak_mb: float | None


class Stages:
    """Measures stages, one after the other."""

    def __init__(self, clock: Seconds = time.perf_counter) -> None:
        """Measure by `clock`, which counts seconds."""
        self._clock = clock
        self.done: list[Stage] = []

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Measure what happens in the block."""
        reset_peak()
        begun = self._clock()
        yield
        self.done.append(Stage(name, self._clock() - begun, peak_mb()))


def reset_peak() -> None:
    """Begin a new peak, where the system lets a process do so."""
    try:
        RESET.write_text(PEAK, encoding="ascii")
    except OSError:
        return


def peak_mb() -> float | None:
    """Return the most memory that this process held since the last reset, in megabytes."""
    try:
        lines = STATUS.read_text(encoding="ascii").splitlines()
    except OSError:
        return _peak_of_usage()
    kilobytes = next((line.split()[1] for line in lines if line.startswith("VmHWM:")), None)
    return None if kilobytes is None else int(kilobytes) / 1024


def _peak_of_usage() -> float | None:
    try:
        import resource
    except ImportError:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024 * 1024 if sys.platform == "darwin" else 1024)
