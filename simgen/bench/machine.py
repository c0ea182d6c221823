"""The processor of the machine on which the measurements ran."""

import os
import platform
from pathlib import Path


def cpu_name() -> str:
    """The processor's name as reported by the system."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    named = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return named[0] if named else platform.processor()


def core_count() -> int | None:
    """Number of cores that this process may use; None if the system does not report it."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
