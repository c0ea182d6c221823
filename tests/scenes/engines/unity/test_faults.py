"""All faults of Unity, played by a stand-in: the clip is tried again and comes out right.

The tests run `simgen render` with AI2-THOR's client and real processes.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.scenes.engines.unity.running import Bench, house

pytestmark = pytest.mark.slow

STEP_LIMIT_S = 8.0
"""A busy machine takes a second or two for a house's first picture."""
HANGS = "the engine's answer to TeleportFull took longer than 8 s (--step-limit)"
FAULTS: Mapping[int, Mapping[str, str]] = {
    0: {
        "crash": "Unity died of SIGSEGV at TeleportFull; its log ends: stand-in: crash at frame 3",
        "truncate and die": "Unity ended with exit code 1",
        "hang": HANGS,
        "wrong id": "Sequence id mismatch",
    },
    1: {
        "exit 0": "Unity ended with exit code 0",
        "garbage": "cannot be used (KeyError",
        "no depth": "have sizes 80x60, none, 80x60",
        "stale images": "it belongs to another pose, house or worker",
    },
    2: {
        "exit 1": "Unity ended with exit code 1",
        "truncate and hang": HANGS,
        "bad metadata": "cannot be used",
        "other worker's images": "it belongs to another pose, house or worker",
    },
    3: {
        "other pose": "the answer belongs to another pose",
        "other size": "have sizes 40x30, 40x30, 40x30",
        "endless field": "a field of 4294967280 bytes",
        "orphan and crash": "Unity died of SIGSEGV",
    },
}
"""By house: what goes wrong at the third frame of each try, and what is said about it."""
LAST: Mapping[int, str] = {0: "late", 1: "orphan and go on"}
"""What goes wrong with the last try of some, and is no fault."""
TRIES = 5
INITIALIZE = {"action": "Initialize", "renderDepthImage": True, "renderInstanceSegmentation": True}

Rendered = tuple[Bench, dict[str, Any], str]


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return Bench(tmp_path_factory.mktemp("unity"), houses=len(FAULTS))


@pytest.fixture(scope="module")
def undisturbed(bench: Bench) -> dict[str, str]:
    summary, stderr = bench.render("--workers", "2")
    assert summary["retried"] == summary["failed"] == [], stderr
    bench.require_nothing_left()
    return bench.hashes()


@pytest.fixture(scope="module")
def disturbed(bench: Bench, undisturbed: dict[str, str]) -> Rendered:
    assert undisturbed
    faults = {
        str(number): [*these, *([LAST[number]] if number in LAST else [])] for number, these in FAULTS.items()
    }
    for path in bench.state.iterdir():
        path.unlink()
    for clip in bench.data.glob("faults/clips/*.h5"):
        clip.unlink()
    bench.plan(houses=faults, other=house(9), initialize=INITIALIZE)
    limits = ("--step-limit", f"{STEP_LIMIT_S:g}", "--start-limit", "60", "--tries", f"{TRIES}")
    summary, stderr = bench.render("--workers", "2", *limits)
    bench.require_nothing_left()
    return bench, summary, stderr


def test_every_clip_is_the_same_as_without_faults(disturbed: Rendered, undisturbed: dict[str, str]) -> None:
    bench, summary, stderr = disturbed
    assert summary["failed"] == [], stderr
    assert len(undisturbed) == len(FAULTS)
    assert bench.hashes() == undisturbed


@pytest.mark.parametrize(
    ("number", "fault"), [(number, fault) for number, faults in FAULTS.items() for fault in faults]
)
def test_a_fault_is_told_and_the_clip_done_again(number: int, fault: str, disturbed: Rendered) -> None:
    _, summary, stderr = disturbed
    a_try = list(FAULTS[number]).index(fault)
    told = [line for line in stderr.splitlines() if f"{number:05d}-00: try {a_try + 1} of {TRIES}: " in line]
    assert len(told) == 1
    assert FAULTS[number][fault] in told[0]
    assert f"stand-in: {fault} at frame 3" in told[0]
    assert sum(line.startswith(f"faults-{number:05d}-00: ") for line in summary["retried"]) == len(
        FAULTS[number]
    )


def test_the_whole_log_is_kept(disturbed: Rendered) -> None:
    _, summary, _ = disturbed
    log = Path(summary["retried"][0].partition("the whole log: ")[2].rstrip(")"))
    assert "==> Player.log <==" in log.read_text()
