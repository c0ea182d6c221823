"""The parallel map."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from simgen.errors import ClipError, SimgenError
from simgen.parallel.ordered import parallel_map
from simgen.parallel.pool import run_jobs


@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 2, 5])
def test_results_come_in_the_order_of_the_jobs(workers: int) -> None:
    assert list(parallel_map(_late_first, range(23), workers, "test")) == [number**2 for number in range(23)]


@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 2])
def test_an_error_is_the_same_for_any_number_of_workers(workers: int) -> None:
    with pytest.raises(ClipError, match="clip 3 is damaged"):
        list(parallel_map(_damaged, range(6), workers, "test"))


@pytest.mark.slow
def test_a_process_that_dies_is_one_clear_error() -> None:
    with pytest.raises(SimgenError, match="the process died \\(SIGKILL\\)"):
        list(parallel_map(_dies, range(6), 2, "test"))


def test_jobs_after_it_have_fixed_string_hashes() -> None:
    # All processes are forked from one, whose environment is what its first user made it.
    assert list(parallel_map(_string_hashes, range(2), 2, "test")) == ["0", "0"]
    assert [outcome.result for outcome in run_jobs(_job, [()], 1, lambda: None)] == ["0"]


def _late_first(number: int) -> int:
    time.sleep(0.1 if number == 0 else 0.0)
    return number**2


def _damaged(number: int) -> int:
    if number == 3:
        raise ClipError("clip 3 is damaged")
    return number


def _dies(number: int) -> int:
    if number == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def test_a_temporary_folder_with_a_long_path_will_do(tmp_path: Path) -> None:
    """Linux allows 107 bytes for the path of a socket."""
    folder = tmp_path / ("long" * 30)
    folder.mkdir()
    program = tmp_path / "program.py"
    program.write_text(
        "from simgen.parallel.ordered import parallel_map\n"
        "if __name__ == '__main__':\n"
        "    print(list(parallel_map(len, ['a', 'bb'], 2, 'test')))\n"
    )
    done = subprocess.run(
        [sys.executable, str(program)],
        env={**os.environ, "TMPDIR": str(folder)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert (done.returncode, done.stdout) == (0, "[1, 2]\n"), done.stderr
    assert list(folder.iterdir()) == []


def _string_hashes(_: int) -> str:
    return os.environ["PYTHONHASHSEED"]


def _job(channel: object) -> str:
    return _string_hashes(0)
