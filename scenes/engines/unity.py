"""AI2-THOR's own Unity behind its official client, with what the client leaves open closed.

The client waits for ever for a process that died before it opened its pipe, spins at full load on one that
died later, and restarts after some crashes in the middle of a walk. Here every wait ends when the process
does, every action has an id that no other worker's has, and a watch is told what is being waited for, so
that somebody else can keep the time.
"""

import contextlib
import fcntl
import itertools
import math
import os
import secrets
import select
import shlex
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Protocol

import ai2thor.build
import ai2thor.controller
import ai2thor.fifo_server

from simgen.engine.protocol.wire.fifo import PIPE_BYTES
from simgen.engine.protocol.wire.watch import try_to_open
from simgen.errors import EngineFault, SimgenError
from simgen.recipe import UnitySpec
from simgen.scenes.engines.unity_build import PINNED_BUILD, PLATFORMS, UnityHost, build_version, unity_hints

LOOK_EVERY_S = 0.1
"""How often it is looked whether a process that says nothing is still there."""
MAX_FIELD_BYTES = 1 << 29
"""The largest image is 4096 by 4096 pixels of 4 bytes, an eighth of this; no metadata comes near it."""
UNWATCHED_START_S, UNWATCHED_STEP_S = 300.0, 100.0
"""The client's own limits, where nobody else keeps the time."""
FIRST_ID_BELOW = 1 << 30
"""Ids count up from a random number below this: Unity's are 32 bits, and a clip has some thousand actions."""
STARTING = "its start"


class Watch(Protocol):
    """Who keeps the time."""

    def asked(self, what: str) -> object:
        """Unity was asked for this."""
        ...

    def answered(self) -> object:
        """Unity has answered, or nobody waits for it any more."""
        ...


class Unwatched:
    """A watch that keeps no time."""

    def asked(self, what: str) -> None:
        """Nothing."""

    def answered(self) -> None:
        """Nothing."""


class UnityServer(ai2thor.fifo_server.FifoServer):
    """The client's end of the pipes to Unity. Raises EngineFault as soon as no answer can come."""

    def __init__(
        self, width: int, height: int, timeout: float | None, depth_format: Any, watch: Watch
    ) -> None:
        super().__init__(width, height, timeout, depth_format)
        self._watch = watch
        self._ids = itertools.count(secrets.randbelow(FIRST_ID_BELOW))
        self._asked = STARTING

    def start(self) -> None:
        """Makes the pipes; from here on Unity is waited for."""
        super().start()
        self._watch.asked(STARTING)

    def send(self, action: dict[str, Any]) -> None:
        """Sends an action, with an id of its own unless the client insists on one."""
        self._asked = str(action["action"])
        self._watch.asked(self._asked)
        action.setdefault("sequenceId", next(self._ids))
        try:
            super().send(action)
        except BrokenPipeError:
            raise self.gone() from None

    def receive(self, timeout: float | None = None) -> Any:
        """The answer to the last action. The client refuses one with another action's id."""
        try:
            return super().receive(timeout)
        except SimgenError:
            raise
        except Exception as error:  # what a reader does with bytes that are no message of AI2-THOR's
            reason = f"{type(error).__name__}: {error}".splitlines()[0][:200]
            raise EngineFault(f"Unity's answer to {self._asked} cannot be used ({reason})") from error
        finally:
            self._watch.answered()

    def stop(self) -> None:
        """Ends Unity and removes the pipes."""
        if self.unity_proc is not None and self.unity_proc.poll() is None:
            self.unity_proc.kill()  # before its pipes are closed: closing one may wait for its reader
            with contextlib.suppress(subprocess.TimeoutExpired):  # a driver holds it; the watch will say so
                self.unity_proc.wait(timeout=1.0)
        with contextlib.suppress(OSError):  # what it did not read any more
            super().stop()
        self.tmp_dir.cleanup()

    def gone(self) -> EngineFault:
        """How Unity ended, and at what."""
        during = "while it started" if self._asked == STARTING else f"at {self._asked}"
        return EngineFault(f"Unity {ending(self.unity_proc)} {during}")

    def _recv_message(self, timeout: float | None) -> Any:
        if self.server_pipe is None:
            # The client's own open() waits until Unity opens its end, dead or alive.
            descriptor = os.open(self.server_pipe_path, os.O_RDONLY | os.O_NONBLOCK)
            with contextlib.suppress(OSError):  # the quota for pipes is used up; only speed depends on it
                fcntl.fcntl(descriptor, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
            self.server_pipe = os.fdopen(descriptor, "rb", buffering=0)  # type: ignore[assignment]
        return super()._recv_message(math.inf if timeout is None else timeout)

    def _read_with_timeout(self, server_pipe: Any, message_size: int, timeout: float | None) -> bytes:
        if message_size > MAX_FIELD_BYTES:
            raise EngineFault(f"Unity's answer to {self._asked} has a field of {message_size} bytes")
        deadline = time.monotonic() + (math.inf if timeout is None else timeout)
        message = bytearray()
        while len(message) < message_size:
            self._wait_for(server_pipe.fileno(), select.POLLIN, deadline)
            part = os.read(server_pipe.fileno(), message_size - len(message))
            if not part:
                raise self.gone()
            message += part
        return bytes(message)

    def _wait_for(self, descriptor: int, what: int, deadline: float) -> None:
        poll = select.poll()
        poll.register(descriptor, what)
        while not (found := poll.poll(LOOK_EVERY_S * 1000.0)):
            self._require_life(deadline)
        if not found[0][1] & what:  # only that the other end was closed
            raise self.gone()

    def _send_message(self, message_type: Any, body: bytes) -> None:
        if self.client_pipe is None:
            deadline = time.monotonic() + (self.timeout or math.inf)
            while (descriptor := try_to_open(Path(self.client_pipe_path))) is None:
                self._require_life(deadline)
                time.sleep(LOOK_EVERY_S / 10.0)
            os.set_blocking(descriptor, True)
            self.client_pipe = os.fdopen(descriptor, "wb")  # type: ignore[assignment]
        super()._send_message(message_type, body)

    def _require_life(self, deadline: float) -> None:
        if self.unity_proc is not None and self.unity_proc.poll() is not None:
            raise self.gone()
        if time.monotonic() > deadline:
            raise EngineFault(f"Unity has not answered {self._asked} in time")


def ending(process: Any) -> str:
    """How a process ended, in words."""
    if process is not None:
        with contextlib.suppress(Exception):  # a pipe may close a moment before its process ends
            process.wait(timeout=1.0)
    code = None if process is None else process.returncode
    if code is None:
        return "closed its pipe, but runs on,"
    return f"died of {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"


class UnityController(ai2thor.controller.Controller):
    """`ai2thor.controller.Controller` of one Unity process, which never outlives the process that made this.

    Unity's logs are written into the folder for temporary files, which a job has to itself.
    """

    def __init__(self, spec: UnitySpec, host: UnityHost, watch: Watch | None, **arguments: Any) -> None:
        self._spec, self._host, self._watch = spec, host, watch
        self._own_server: UnityServer | None = None
        # The client splits its command like a shell.
        local = None if host.executable is None else shlex.quote(str(host.executable))
        try:
            super().__init__(
                local_executable_path=local,
                commit_id=spec.build or PINNED_BUILD,
                platform=PLATFORMS[spec.platform],
                gpu_device=host.gpu,
                server_start_timeout=UNWATCHED_START_S if watch is None else math.inf,
                server_timeout=UNWATCHED_STEP_S if watch is None else None,
                **arguments,
            )
        except BaseException:
            self.stop()
            raise

    def start(self, *arguments: Any, **options: Any) -> Any:
        """Starts Unity. Raises EngineFault, with what this machine lacks, when it ends instead."""
        if isinstance(self._build, ai2thor.build.ExternalBuild):
            # The client takes a local one for one with a display.
            self._build.platform = PLATFORMS[self._spec.platform]
        if self._spec.platform == "Linux64":
            self.gpu_device = None  # which CUDA_VISIBLE_DEVICES would set; it is the display's here
        # The client makes this folder for a build that it downloads, and writes into it for any.
        Path(self.base_dir).mkdir(parents=True, exist_ok=True)
        try:
            return super().start(*arguments, **options)
        except Exception as error:
            server = self._own_server
            if server is None or server.unity_proc is None or server.unity_proc.poll() is None:
                raise
            raise EngineFault(f"{server.gone()}{unity_hints(self._spec)}") from error

    def step(self, action: Any = None, **arguments: Any) -> Any:
        """Does an action, as the client does. Raises EngineFault where Unity does not answer as it should."""
        try:
            return super().step(action, **arguments)
        except RuntimeError as error:
            # The client's message holds the whole action, which may be a house, and not the reason.
            if isinstance(error.__context__, EngineFault):
                raise error.__context__ from None
            raise

    def stop(self) -> None:
        """Ends Unity, however far its start had come."""
        if self._own_server is not None:
            self._own_server.stop()
        with contextlib.suppress(AttributeError):  # there is no build yet, or none that is locked
            self._build.unlock()  # type: ignore[union-attr]

    def prune_releases(self) -> None:
        """Removes nothing: the client would delete the user's other builds but for the three newest."""

    @property
    def log_dir(self) -> str:
        """Where what Unity prints goes: this process's own folder, since workers' words would mix."""
        return tempfile.gettempdir()

    def unity_command(self, width: int, height: int, headless: bool) -> list[str]:
        """How Unity is started: bound to this process, with a log of its own."""
        command = super().unity_command(width, height, headless)
        become = Path(__file__).with_name("unity_exec.py")
        bound = [sys.executable, "-I", "-S", str(become), str(os.getpid())]
        return [*bound, *command, "-logFile", str(Path(self.log_dir) / "Player.log")]

    @property
    def version(self) -> str:
        """The build's commit, or the local executable's name."""
        return build_version(self._spec, self._host.executable)

    def _build_server(self, host: str, port: int, width: int, height: int) -> None:
        if self._own_server is None:
            watch = self._watch or Unwatched()
            self._own_server = UnityServer(width, height, self.server_timeout, self.depth_format, watch)
        self.server = self._own_server


def unity_controller(
    spec: UnitySpec, host: UnityHost, watch: Watch | None, **arguments: Any
) -> UnityController:
    """A started controller. Raises EngineFault when Unity does not start."""
    try:
        return UnityController(spec, host, watch, **arguments)
    except SimgenError:
        raise
    except Exception as error:  # the client raises what it likes, Exception itself included
        reason = f"{type(error).__name__}: {error}".strip().splitlines()[0][:300]
        raise EngineFault(f"AI2-THOR did not start ({reason})") from error
