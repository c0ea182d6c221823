"""A Unity that does not start ends in an error in time, and no process of an ended render is left."""

import itertools
import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.scenes.engines.unity.running import Bench

pytestmark = pytest.mark.slow

HANGING_WITHIN_S = 90.0
GPUS = {
    "vulkaninfo": ("GPU0:\n  deviceUUID = bb-1", "GPU1:\n  deviceUUID = aa-0"),
    "nvidia-smi": ("aa-0", "bb-1"),
}
"""Vulkan's order of two GPUs and CUDA's, which differ."""


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return Bench(tmp_path_factory.mktemp("unity"), houses=2)


@pytest.fixture
def bench(shared: Bench) -> Iterator[Bench]:
    """Two houses that nothing has been rendered of."""
    for path in [*shared.state.iterdir(), *shared.data.glob("faults/clips/*.h5")]:
        path.unlink()
    shared.plan()
    yield shared
    shared.require_nothing_left()


def test_one_that_never_starts_ends_in_an_error(bench: Bench) -> None:
    bench.plan(starts=["never opens", "opens and hangs", "dies at start"] * 2)
    began = time.monotonic()
    summary, stderr = bench.render("--start-limit", "3", "--tries", "3", "--workers", "1")
    assert time.monotonic() - began < 90.0
    assert len(summary["failed"]) == 2, stderr
    for line in summary["failed"]:
        too_late = "the engine's start took longer than 3 s (--start-limit); its log ends: stand-in: "
        assert f": 3 tries failed: 1) {too_late}never opens at start" in line
        assert f"; 2) {too_late}opens and hangs at start" in line
        assert "; 3) Unity ended with exit code 1 while it started" in line
    assert summary["clips"] == 0


@pytest.fixture
def interruptible() -> Iterator[None]:
    """What a shell starts in the background ignores Ctrl-C, and so would all that such a test run starts."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


# SIGTERM ends Python as SIGKILL does: it is not told.
@pytest.mark.usefixtures("interruptible")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_an_ended_render_takes_unity_and_its_children_with_it(number: signal.Signals, bench: Bench) -> None:
    bench.plan(houses={"0": ["orphan and hang"], "1": ["orphan and hang"]})
    process = subprocess.Popen(
        bench.command("--workers", "2"), stderr=subprocess.PIPE, env=bench.environment()
    )
    deadline = time.monotonic() + HANGING_WITHIN_S
    while len(list(bench.state.glob("hanging-*"))) < 2:
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.05)
    process.send_signal(number)
    _, stderr = process.communicate(timeout=30)
    assert process.returncode == {signal.SIGINT: 130}.get(number, -number)
    assert (b"interrupted; finished work is kept" in stderr) == (number == signal.SIGINT)


def test_each_worker_has_its_gpu_and_a_bad_start_is_done_again(bench: Bench, tmp_path: Path) -> None:
    for name, listed in GPUS.items():
        cuda = [f"GPU {number}: A GPU (UUID: GPU-{uuid})" for number, uuid in enumerate(listed)]
        lines = listed if name == "vulkaninfo" else cuda
        (tmp_path / name).write_text("#!/bin/sh\ncat <<'END'\n" + "\n".join(lines) + "\nEND\n")
        (tmp_path / name).chmod(0o755)
    bench.plan(starts=["opens and dies", "dies at start"])
    path = os.pathsep.join([str(tmp_path), os.environ["PATH"]])
    summary, stderr = bench.render("--workers", "2", "--gpus", "0,1", PATH=path)
    assert (summary["rendered"], summary["failed"]) == (2, []), stderr
    assert sum("Unity died of SIGSEGV while it started" in line for line in summary["retried"]) == 1
    assert sum("Unity ended with exit code 1 while it started" in line for line in summary["retried"]) == 1
    assert json.loads((bench.home / ".ai2thor" / "cuda-vulkan-mapping.json").read_text()) == {"0": 1, "1": 0}
    given = [dict(itertools.pairwise(arguments)) for arguments in bench.arguments()]
    assert {arguments["-force-device-index"] for arguments in given} == {"0", "1"}
    assert len({arguments["-logFile"] for arguments in given}) == 4
    (bench.home / ".ai2thor" / "cuda-vulkan-mapping.json").unlink()


def test_a_gpu_that_cannot_be_found_is_said_before_anything_starts(bench: Bench) -> None:
    summary, stderr = bench.render("--gpus", "0", PATH="/usr/bin:/bin")
    assert summary == {}
    assert "vulkaninfo" in stderr.splitlines()[-1]
    assert "apt-get install -y vulkan-tools" in stderr.splitlines()[-1]
    assert bench.arguments() == []
