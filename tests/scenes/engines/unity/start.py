"""A stand-in for Unity: a program that speaks AI2-THOR's real protocol, and fails on request.

AI2-THOR's client starts it like Unity: `python -m tests.scenes.engines.unity.start PLAN.json [Unity's
options]`. The plan has the faults: `always` or `starts` (by the number of the process) during the start,
`houses` (by house and try) at frame FAULTY_FRAME. Unlike `simgen-thor` it does not notice when its client
dies, and nothing ends it when it stops answering. Nothing large is imported here, so that a start that fails
does so at once.
"""

import json
import os
import resource
import signal
import sys
import time
from pathlib import Path
from typing import NoReturn

FOR_EVER_S = 600.0


def main() -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a crash leaves no core file
    plan = json.loads(Path(sys.argv[1]).read_text())
    start = count(Path(plan["state"]), "start")
    (Path(plan["state"]) / f"arguments-{start}").write_text(json.dumps(sys.argv[2:]))
    starts = plan.get("starts", [])
    if start < len(starts) or plan.get("always"):
        misstart(plan.get("always") or starts[start])
    from tests.scenes.engines.unity.stand_in import StandIn

    size = [int(sys.argv[sys.argv.index(option) + 1]) for option in ("-screen-width", "-screen-height")]
    StandIn(plan, (size[0], size[1])).serve()


def misstart(fault: str) -> None:
    """Plays a fault before the first message."""
    say(f"{fault} at start")
    if fault == "dies at start":
        die(1)
    if fault == "opens and dies":
        os.open(os.environ["AI2THOR_FIFO_SERVER_PIPE_PATH"], os.O_WRONLY)
        time.sleep(0.3)
        crash()
    if fault == "opens and hangs":
        os.open(os.environ["AI2THOR_FIFO_SERVER_PIPE_PATH"], os.O_WRONLY)
    hang()


def count(state: Path, name: str) -> int:
    """How often this function was called before with this name, by all processes."""
    for number in range(1000):
        try:
            (state / f"{name}-{number}").touch(exist_ok=False)
        except FileExistsError:
            continue
        return number
    raise AssertionError("a thousand tries")


def say(text: str) -> None:
    """Writes to Unity's log, whose path the client gave."""
    with Path(sys.argv[sys.argv.index("-logFile") + 1]).open("a") as log:
        log.write(f"stand-in: {text}\n")


def die(code: int) -> NoReturn:
    os._exit(code)


def crash(*_: object) -> NoReturn:
    os.kill(os.getpid(), signal.SIGSEGV)
    raise AssertionError("survived")


def hang(*_: object) -> NoReturn:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    time.sleep(FOR_EVER_S)
    die(9)


if __name__ == "__main__":
    main()
