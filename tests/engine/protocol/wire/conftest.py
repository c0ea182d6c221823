"""Programs that run on simgen-thor."""

import os
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.engine.protocol.wire.processes import STARTED


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """A user's environment without a display, and with a home of its own for the client's log."""
    (tmp_path / "pipes").mkdir()
    own = {"HOME": str(tmp_path), "TMPDIR": str(tmp_path / "pipes"), "OMP_NUM_THREADS": "1"}
    return {**{k: v for k, v in os.environ.items() if k != "DISPLAY"}, **own}


@pytest.fixture
def start_program(environment: dict[str, str]) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts `python -c text` by `simgen thor run`."""
    started: list[subprocess.Popen[str]] = []

    def start(text: str, *options: str, **variables: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "simgen.cli", "thor", "run", *options, "--", sys.executable, "-c"]
        process = subprocess.Popen(
            [*command, STARTED + textwrap.dedent(text)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**environment, **variables},
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()
