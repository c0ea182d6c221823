"""Ends this process when the client dies, and makes the client raise when this process dies.

This module imports nothing large, because the sentinel is forked before large imports.
"""

import contextlib
import errno
import os
import select
import stat
import threading
import time
from collections.abc import Sequence
from pathlib import Path

PARENT_POLL_S = 0.5
LAST_WORDS = b"\xc1" * 65536
"""0xc1 is no field type, begins no msgpack value and no UTF-8 character: wherever in a message it comes, the
client raises, and never takes a torn picture for a whole one."""
LAST_WORDS_WITHIN_S = 3.0


def end_with_parent(leftovers: Sequence[Path]) -> threading.Thread:
    """Starts a thread that ends this process soon after its parent, and removes the parent's pipes.

    The end of a pipe or socket is no sign, because children that the client forked may hold copies. Nor is
    Linux's PR_SET_PDEATHSIG: it fires when the client's *thread* ends.
    """
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(PARENT_POLL_S)
        _remove_pipes(leftovers)
        os._exit(0)

    thread = threading.Thread(target=watch, name="end_with_parent", daemon=True)
    thread.start()
    return thread


def _remove_pipes(paths: Sequence[Path]) -> None:
    """Removes named pipes, and their folder if nothing else is in it."""
    with contextlib.suppress(OSError):
        for path in paths:
            if stat.S_ISFIFO(path.stat().st_mode):
                path.unlink()
                if not any(path.parent.iterdir()):
                    path.parent.rmdir()


def try_to_open(path: Path) -> int | None:
    """A descriptor of a named pipe for writing that never blocks, or None while nobody reads."""
    try:
        return os.open(path, os.O_WRONLY | os.O_NONBLOCK)
    except OSError as error:
        if error.errno != errno.ENXIO:
            raise
        return None


def start_sentinel(to_client: Path) -> None:
    """Forks a small process that makes the client raise if this process dies before it has answered.

    The client watches its pipe but not this process. Without the sentinel it would wait for its whole
    timeout, and for ever if this process dies before it has opened the pipe. Call this before threads are
    started and large libraries are imported.
    """
    ours_to_hold, its_to_watch = os.pipe()
    if os.fork():
        os.close(its_to_watch)
        os.set_inheritable(ours_to_hold, False)
        return
    os.close(ours_to_hold)
    try:
        _speak_for_the_dead(its_to_watch, to_client)
    finally:
        os._exit(0)


def _speak_for_the_dead(engine: int, to_client: Path) -> None:
    pipe = None
    while not select.select([engine], [], [], 0.05 if pipe is None else None)[0]:
        pipe = pipe or _open_quietly(to_client)
    deadline = time.monotonic() + LAST_WORDS_WITHIN_S
    with contextlib.suppress(BrokenPipeError):  # the client has raised, or has gone
        while time.monotonic() < deadline:
            pipe = pipe or _open_quietly(to_client)
            try:
                written = os.write(pipe, LAST_WORDS) if pipe else 0
            except BlockingIOError:
                written = 0
            if not written:
                time.sleep(0.02)


def _open_quietly(path: Path) -> int | None:
    try:
        return try_to_open(path)
    except OSError:  # the client has removed it
        return None
