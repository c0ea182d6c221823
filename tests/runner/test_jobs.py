"""Jobs run apart: one that fails or dies is reported, and the others go on."""

import os
import time
from collections.abc import Callable

import pytest

from simgen.errors import HouseError
from simgen.runner.jobs import run_jobs


def _work(number: int, report: Callable[[], None]) -> int:
    report()
    if number == 1:
        raise HouseError("no such house")
    if number == 2:
        os._exit(7)  # as a driver's crash would
    if number == 3:
        raise ZeroDivisionError("oops")
    return number * 10


def _seed(report: Callable[[], None]) -> str:
    return os.environ["PYTHONHASHSEED"]


def _sleep(report: Callable[[], None]) -> None:
    report()
    time.sleep(60)


def test_a_crash_stops_no_other_job() -> None:
    steps: list[None] = []
    outcomes = {o.index: o for o in run_jobs(_work, [(n,) for n in range(5)], 2, lambda: steps.append(None))}
    assert len(steps) == 5
    assert (outcomes[0].result, outcomes[4].result) == (0, 40)
    assert outcomes[1].error == "no such house"
    assert outcomes[2].error == "the process died (exit code 7)"
    assert outcomes[3].error == "ZeroDivisionError: oops"


def test_jobs_have_fixed_string_hashes() -> None:
    assert [outcome.result for outcome in run_jobs(_seed, [()], 1, lambda: None)] == ["0"]


def test_leaving_early_ends_the_running_jobs() -> None:
    class Stop(Exception):
        pass

    def stop() -> None:
        raise Stop

    started = time.monotonic()
    with pytest.raises(Stop):
        list(run_jobs(_sleep, [(), ()], 2, stop))
    assert time.monotonic() - started < 30
