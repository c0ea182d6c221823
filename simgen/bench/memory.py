"""The memory that a process uses while something runs."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from simgen.bench.processes import peak_memory_mb

INTERVAL_S = 0.02
"""Time between two looks at the memory."""
STATUS = Path("/proc/self/status")


class MemoryWatch:
    """The highest memory that has been seen."""

    def __init__(self) -> None:
        self.peak_mb = 0.0

    def look(self) -> None:
        """Takes the present memory into account."""
        self.peak_mb = max(self.peak_mb, own_memory_mb())


def own_memory_mb() -> float:
    """The memory of this process, megabytes, without the pages of mapped files, which the system can drop.

    Where the system does not tell it apart (macOS), it is the process's peak with them.
    """
    if not STATUS.exists():
        return peak_memory_mb()
    line = next(line for line in STATUS.read_text().splitlines() if line.startswith("RssAnon"))
    return int(line.split()[1]) * 1024 / 1e6


@contextmanager
def watch_memory() -> Iterator[MemoryWatch]:
    """Watches this process's memory from a thread. The peak is complete when the context ends."""
    watch, stop = MemoryWatch(), threading.Event()

    def look_often() -> None:
        while not stop.wait(INTERVAL_S):
            watch.look()

    thread = threading.Thread(target=look_often, daemon=True)
    thread.start()
    try:
        yield watch
    finally:
        stop.set()
        thread.join()
        watch.look()
