"""Jobs in processes of their own: one that fails or dies is reported, and the others go on."""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from simgen.errors import EngineFault, HouseError
from simgen.parallel.pool import JobChannel, RetryPolicy, TimeLimit, run_jobs
from tests.engine.protocol.wire.processes import alive

pytestmark = pytest.mark.slow


def _work(number: int, channel: JobChannel) -> int:
    channel.step()
    if number == 1:
        raise HouseError("no such house")
    if number == 2:
        os._exit(7)  # as a driver's crash would
    if number == 3:
        raise ZeroDivisionError("oops")
    return number * 10


def _seed(channel: JobChannel) -> str:
    return os.environ["PYTHONHASHSEED"]


def _sleep(channel: JobChannel) -> None:
    channel.step()
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


def _wait_for_engine(number: int, channel: JobChannel) -> int:
    if number == 0:
        channel.wait_for("the start", TimeLimit(0.5, "--start-limit"))
    else:
        channel.wait_for("the answer", TimeLimit(1.0))
    time.sleep(60)
    return number


def _fail_until(state: Path, good: int, channel: JobChannel) -> int:
    """Steps twice, and fails until its try with the number `good`."""
    channel.step()
    this_try = len(list(state.iterdir()))
    (state / str(this_try)).touch()
    if this_try < good:
        raise EngineFault(f"bad luck {this_try}")
    channel.step()
    return this_try


def _leave_things(folder: Path, channel: JobChannel) -> str:
    """Starts a process in a session of its own, which Linux would let live for ever; and a file."""
    child = subprocess.Popen(["sleep", "60"], start_new_session=True)
    (Path(tempfile.gettempdir()) / "left").write_text("")
    (folder / "pid").write_text(str(child.pid))
    return tempfile.gettempdir()


def _worker(channel: JobChannel) -> int:
    time.sleep(0.2)
    return channel.worker


def test_an_engine_that_does_not_answer_ends_its_job() -> None:
    policy = RetryPolicy(tries=2)
    began = time.monotonic()
    outcomes = {o.index: o for o in run_jobs(_wait_for_engine, [(0,), (1,)], 2, lambda: None, policy)}
    assert time.monotonic() - began < 30
    assert outcomes[0].error == "all 2 tries failed: the start took longer than 0.5 s (--start-limit)"
    assert outcomes[1].error == "all 2 tries failed: the answer took longer than 1 s"


def test_a_job_is_done_again_after_a_fault_and_its_steps_count_once(tmp_path: Path) -> None:
    steps: list[None] = []
    told: list[tuple[int, str]] = []
    policy = RetryPolicy(tries=3, on_fault=lambda index, reason: told.append((index, reason)))
    (outcome,) = run_jobs(_fail_until, [(tmp_path, 2)], 1, lambda: steps.append(None), policy)
    assert (outcome.result, outcome.error) == (2, "")
    assert outcome.faults == ("bad luck 0", "bad luck 1")
    assert told == [(0, "try 1 of 3: bad luck 0"), (0, "try 2 of 3: bad luck 1")]
    assert len(steps) == 2


def test_a_job_that_never_works_says_why_of_every_try(tmp_path: Path) -> None:
    (outcome,) = run_jobs(_fail_until, [(tmp_path, 9)], 1, lambda: None, RetryPolicy(tries=3))
    assert outcome.error == "3 tries failed: 1) bad luck 0; 2) bad luck 1; 3) bad luck 2"


def test_a_mistake_is_no_reason_to_try_again() -> None:
    errors = [o.error for o in run_jobs(_work, [(1,), (3,)], 1, lambda: None, RetryPolicy(tries=3))]
    assert sorted(errors) == ["ZeroDivisionError: oops", "no such house"]


def test_what_a_job_started_ends_with_it_and_its_folder_goes(tmp_path: Path) -> None:
    (outcome,) = run_jobs(_leave_things, [(tmp_path,)], 1, lambda: None)
    assert not Path(outcome.result).exists()
    assert not alive(int((tmp_path / "pid").read_text()))


def test_workers_have_numbers_of_their_own() -> None:
    assert {o.result for o in run_jobs(_worker, [()] * 5, 2, lambda: None)} == {0, 1}


def _answered(channel: JobChannel) -> str:
    channel.wait_for("the answer", TimeLimit(0.5))
    channel.answered()
    time.sleep(1.5)
    return "done"


def test_work_after_an_answer_has_no_time_limit() -> None:
    (outcome,) = run_jobs(_answered, [()], 1, lambda: None)
    assert (outcome.result, outcome.error) == ("done", "")


PRELOADED = """
import sys
from simgen.parallel.pool import run_jobs

def modules(channel):
    return sorted(name for name in ("simgen.recipe", "simgen.scenes", "procthor") if name in sys.modules)

if __name__ == "__main__":
    (outcome,) = run_jobs(modules, [()], 1, lambda: None, preload=sys.argv[1:])
    print(outcome.error or outcome.result)
"""


@pytest.mark.parametrize("preload", [[], ["simgen.recipe"]])
def test_jobs_have_the_modules_that_the_caller_names_and_no_others(
    preload: list[str], tmp_path: Path
) -> None:
    script = tmp_path / "script.py"
    script.write_text(PRELOADED)
    done = subprocess.run([sys.executable, str(script), *preload], capture_output=True, text=True)
    assert done.stdout.strip() == str(preload), done.stderr
