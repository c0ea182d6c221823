"""What the tests of the wire share: the house, and processes that come and go."""

import contextlib
import json
import os
import time
from collections.abc import Callable
from pathlib import Path

import ai2thor.fifo_server
import pytest

from tests.engine.house_fixture import house_object, two_room_house

HOUSE = two_room_house(
    [
        house_object("Chair|2|0", "Chair_007_1", 3.3, 0.5, 1.2, yaw=30.0),
        house_object("Plant|3|0", "Houseplant_1", 6.5, 0.4, 1.0),
    ]
)


BOTH = pytest.mark.parametrize("server", ["fifo", "wsgi"])


STARTED = f"""
import json, os, signal, sys, threading, time
from ai2thor.controller import Controller
house = json.loads({json.dumps(HOUSE)!r})
def start(**options):
    controller = Controller(width=64, height=48, **options)
    controller.step("CreateHouse", house=house)
    return controller
"""
"""How the programs below begin."""


def alive(pid: int) -> bool:
    """Whether a process runs; one that has ended and is not yet reaped does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def engines_of(home: Path) -> list[str]:
    """Process ids of all engines whose home folder is this test's own, sentinels among them."""
    found: list[str] = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # ended meanwhile
            command = (folder / "cmdline").read_bytes()
            own = f"HOME={home}\0".encode() in (folder / "environ").read_bytes()
            if own and (b"simgen-thor" in command or b"simgen.engine.protocol.wire.thor" in command):
                found.append(folder.name)
    return found


def in_front(folder: Path) -> str:
    """`PYTHONPATH` with a folder before what it has."""
    return os.pathsep.join([str(folder), *filter(None, [os.environ.get("PYTHONPATH")])])


def wait_until(condition: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it has not come true"
        time.sleep(0.02)


def fifo_server() -> ai2thor.fifo_server.FifoServer:
    """The client's own end of the pipes, that has left no folder behind."""
    server = ai2thor.fifo_server.FifoServer(width=8, height=8)
    server.tmp_dir.cleanup()
    return server
