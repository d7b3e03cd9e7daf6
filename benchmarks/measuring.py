"""Parts of a benchmark as processes of their own, so that CPU seconds and memory are theirs alone."""

import argparse
import contextlib
import json
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Self

Part = Callable[[argparse.Namespace], Mapping[str, Any]]
Figures = dict[str, Any]
Done = Iterator[tuple[str, Figures]]
"""The parts that are done, one after the other, each with what it measured."""


def arguments(description: str | None) -> argparse.ArgumentParser:
    """Return a parser with the options that every benchmark has."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--scale", type=float, default=1.0, help="size, 1 being the full one")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--folder", help="where data are made and kept; a temporary folder by default")
    parser.add_argument("--memory-limit", help="most memory that DuckDB takes, such as 1GB; most of the machine's")
    parser.add_argument("--part", help=argparse.SUPPRESS)
    return parser


def report_each(name: str, done: Done) -> None:
    """Print a line for each part."""
    for part, figures in done:
        report(benchmark=name, part=part, **figures)


def run_parts(
    name: str,
    description: str | None,
    parts: Mapping[str, Part],
    *,
    told: Callable[[str, Done], None] = report_each,
    makes: str | None = None,
) -> None:
    """Be the main of `benchmarks.<name>`: run all parts, or in a process of its own the one that is asked for.

    Args:
        name: Name of the module.
        description: What it measures.
        parts: The parts, in order.
        told: Prints what was measured.
        makes: Name of a file; where the folder that is named has it, the part `make` is left out.
    """
    options = arguments(description).parse_args()
    if options.part:
        report(**parts[options.part](options))
        return
    with tempfile.TemporaryDirectory() as temporary:
        options.folder = options.folder or temporary
        folder = Path(options.folder)
        folder.mkdir(parents=True, exist_ok=True)
        left_out = {"make"} if makes is not None and (folder / makes).exists() else set()
        told(name, ((part, run_part(f"benchmarks.{name}", part, options)) for part in parts if part not in left_out))


def run_part(module: str, part: str, options: argparse.Namespace) -> Figures:
    """Run one part of `module` in a process of its own; return what it printed with its CPU, wall time and memory.

    `peak_mb` is that of the largest process; no part starts others.
    """
    read, write = os.pipe()
    command = [sys.executable, "-m", module, "--part", part, "--scale", str(options.scale), "--seed", str(options.seed)]
    command += ["--folder", options.folder]
    command += ["--memory-limit", options.memory_limit] if options.memory_limit else []
    start = time.perf_counter()
    child = os.posix_spawn(sys.executable, command, os.environ, file_actions=[(os.POSIX_SPAWN_DUP2, write, 1)])
    os.close(write)
    with os.fdopen(read, encoding="utf-8") as pipe:
        printed = pipe.read()
    _, status, usage = os.wait4(child, 0)
    if status:
        raise SystemExit(f"{module} --part {part} failed")
    return {
        **json.loads(printed.splitlines()[-1]),
        "cpu_s": round(usage.ru_utime + usage.ru_stime, 2),
        "wall_s": round(time.perf_counter() - start, 2),
        "peak_mb": round(usage.ru_maxrss / 1024),
    }


def report(**line: Any) -> None:
    """Print one JSON object as a line."""
    print(json.dumps(line), flush=True)


def peak_mb() -> int:
    """Return the largest memory of this process so far, its own alone where the system tells."""
    # The kernel hands the peak of whoever started a process on to `ru_maxrss`; VmHWM is the process's own.
    status = Path("/proc/self/status")
    lines = status.read_text(encoding="ascii").splitlines() if status.exists() else []
    own = next((int(line.split()[1]) for line in lines if line.startswith("VmHWM:")), None)
    return round((own or resource.getrusage(resource.RUSAGE_SELF).ru_maxrss) / 1024)


class Stopwatch:
    """CPU and wall seconds of a stretch of this process."""

    def __enter__(self) -> Self:
        """Start."""
        self._cpu, self._wall = time.process_time(), time.perf_counter()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self.cpu_s = round(time.process_time() - self._cpu, 3)
        self.wall_s = round(time.perf_counter() - self._wall, 3)


class FamilyWatch:
    """CPU and wall seconds of this process and all that it started and that still run, and the memory of all of them."""

    def __enter__(self) -> Self:
        """Start."""
        self._cpu, self._wall = sum(_family_seconds().values()), time.perf_counter()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self.cpu_s = round(sum(_family_seconds().values()) - self._cpu, 3)
        self.wall_s = round(time.perf_counter() - self._wall, 3)
        self.peak_mb = sum(_peak_of(process) for process in _family_seconds())


def _family_seconds() -> dict[int, float]:
    """Return the CPU seconds of this process and all below it, with those of the ended ones that they have waited for."""
    parents, seconds = dict[int, int](), dict[int, float]()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # it has ended
            fields = stat.read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
            parents[int(stat.parent.name)] = int(fields[1])
            seconds[int(stat.parent.name)] = sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")
    family, found = set[int](), {os.getpid()}
    while found:
        family |= found
        found = {process for process, parent in parents.items() if parent in family} - family
    return {process: seconds.get(process, 0.0) for process in family}


def _peak_of(process: int) -> int:
    with contextlib.suppress(OSError):
        lines = Path(f"/proc/{process}/status").read_text(encoding="ascii", errors="replace").splitlines()
        return next((round(int(line.split()[1]) / 1024) for line in lines if line.startswith("VmHWM:")), 0)
    return 0
