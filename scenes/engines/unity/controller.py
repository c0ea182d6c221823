"""AI2-THOR's own Unity behind its official client, made safe against a Unity that dies, hangs or answers
wrongly.

The client itself waits forever for a process that died before it opened its pipe, uses a whole CPU core to
wait for one that died later, and restarts Unity after some crashes in the middle of a walk. Here every wait
ends when the process ends. Every action has an id that no action of another worker has. A watch is told what
is waited for, so that it can measure the time.
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
from typing import Any

import ai2thor.build
import ai2thor.controller
import ai2thor.fifo_server

from simgen.engine.protocol.wire.fifo import PIPE_BYTES
from simgen.engine.protocol.wire.watch import try_to_open
from simgen.errors import EngineFault, SimgenError
from simgen.recipe import UnitySpec
from simgen.scenes.engines.base import Host, Limits, Watch
from simgen.scenes.engines.unity.build import PINNED_BUILD, PLATFORMS, build_version, describe_missing_parts

LOOK_EVERY_S = 0.1
"""How often a silent process is checked for being alive."""
MAX_FIELD_BYTES = 1 << 29
"""Of one field of an answer. The largest image, 4096 by 4096 pixels of 4 bytes, is an eighth of this.
Metadata is far smaller."""
LIMITS = Limits(start_s=300.0, step_s=100.0)
"""The client's own limits. A start from a cold network disk takes minutes. The slowest action is CreateHouse
of a large house."""
FIRST_ID_BELOW = 1 << 30
"""Ids count up from a random number below this. Unity's ids have 32 bits, and a clip has some thousand
actions."""


class Unwatched:
    """A watch that measures no time."""

    def wait_for_start(self) -> None:
        """Nothing."""

    def wait_for_answer(self, action: str) -> None:
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
        self._asked: str | None = None
        """The last action; None while Unity starts."""

    def start(self) -> None:
        """Makes the pipes. The wait for Unity's start begins."""
        super().start()
        self._watch.wait_for_start()

    def send(self, action: dict[str, Any]) -> None:
        """Sends an action, with an id of its own unless the client gives one."""
        self._asked = str(action["action"])
        self._watch.wait_for_answer(self._asked)
        action.setdefault("sequenceId", next(self._ids))
        try:
            super().send(action)
        except BrokenPipeError:
            raise self.gone() from None

    def receive(self, timeout: float | None = None) -> Any:
        """The answer to the last action. The client refuses an answer with the id of another action."""
        try:
            return super().receive(timeout)
        except SimgenError:
            raise
        except Exception as error:  # the client raises all kinds of errors for bytes that are no message
            reason = f"{type(error).__name__}: {error}".splitlines()[0][:200]
            raise EngineFault(f"Unity's answer {self._to()} cannot be used ({reason})") from error
        finally:
            self._watch.answered()

    def stop(self) -> None:
        """Ends Unity and removes the pipes."""
        if self.unity_proc is not None and self.unity_proc.poll() is None:
            self.unity_proc.kill()  # before its pipes are closed, which may wait for their reader
            with contextlib.suppress(subprocess.TimeoutExpired):  # a driver holds it; the watch reports that
                self.unity_proc.wait(timeout=1.0)
        with contextlib.suppress(OSError):  # bytes that Unity did not read
            super().stop()
        self.tmp_dir.cleanup()

    def gone(self) -> EngineFault:
        """The error that says how Unity ended, and at which action."""
        during = "while it started" if self._asked is None else f"at {self._asked}"
        return EngineFault(f"Unity {describe_end(self.unity_proc)} {during}")

    def _to(self) -> str:
        return "after its start" if self._asked is None else f"to {self._asked}"

    def _recv_message(self, timeout: float | None) -> Any:
        if self.server_pipe is None:
            # The client's own open() would wait for Unity to open its end, even after Unity has died.
            descriptor = os.open(self.server_pipe_path, os.O_RDONLY | os.O_NONBLOCK)
            with contextlib.suppress(
                OSError
            ):  # the user's quota for pipes is used up; only speed depends on it
                fcntl.fcntl(descriptor, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
            self.server_pipe = os.fdopen(descriptor, "rb", buffering=0)  # type: ignore[assignment]
        return super()._recv_message(math.inf if timeout is None else timeout)

    def _read_with_timeout(self, server_pipe: Any, message_size: int, timeout: float | None) -> bytes:
        if message_size > MAX_FIELD_BYTES:
            raise EngineFault(f"Unity's answer {self._to()} has a field of {message_size} bytes")
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
        if not found[0][1] & what:  # the only news is that the other end was closed
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
            raise EngineFault(f"Unity's answer {self._to()} did not come in time")


def describe_end(process: Any) -> str:
    """How a process ended, in words."""
    if process is not None:
        with contextlib.suppress(Exception):  # a pipe may close a moment before its process ends
            process.wait(timeout=1.0)
    code = None if process is None else process.returncode
    if code is None:
        return "closed its pipe, but runs on,"
    return f"died of {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"


class UnityController(ai2thor.controller.Controller):
    """`ai2thor.controller.Controller` of one Unity process, which ends with this process at the latest.

    Unity writes its logs into the folder for temporary files. Each job has such a folder of its own.
    """

    def __init__(self, spec: UnitySpec, host: Host, watch: Watch | None, **arguments: Any) -> None:
        self._spec, self._host, self._watch = spec, host, watch
        self._own_server: UnityServer | None = None
        # The client splits its command like a shell.
        local = None if host.program is None else shlex.quote(str(host.program))
        try:
            super().__init__(
                local_executable_path=local,
                commit_id=spec.build or PINNED_BUILD,
                platform=PLATFORMS[spec.platform],
                gpu_device=host.gpu,
                server_start_timeout=LIMITS.start_s if watch is None else math.inf,
                server_timeout=LIMITS.step_s if watch is None else None,
                **arguments,
            )
        except BaseException:
            self.stop()
            raise

    def start(self, *arguments: Any, **options: Any) -> Any:
        """Starts Unity. Raises EngineFault, with what this machine lacks, when Unity ends at once."""
        if isinstance(self._build, ai2thor.build.ExternalBuild):
            # The client assumes that a local build has a display.
            self._build.platform = PLATFORMS[self._spec.platform]
        if self._spec.platform == "Linux64":
            self.gpu_device = None  # CUDA_VISIBLE_DEVICES may have set it, but the display decides
        # The client makes this folder only when it downloads a build, but always writes into it.
        Path(self.base_dir).mkdir(parents=True, exist_ok=True)
        try:
            return super().start(*arguments, **options)
        except Exception as error:
            server = self._own_server
            if server is None or server.unity_proc is None or server.unity_proc.poll() is None:
                raise
            raise EngineFault(f"{server.gone()}{describe_missing_parts(self._spec)}") from error

    def step(self, action: Any = None, **arguments: Any) -> Any:
        """Does an action, as the client does. Raises EngineFault when Unity gives no valid answer."""
        try:
            return super().step(action, **arguments)
        except RuntimeError as error:
            # The client's message has the whole action, perhaps with a house in it, but not the reason.
            if isinstance(error.__context__, EngineFault):
                raise error.__context__ from None
            raise

    def stop(self) -> None:
        """Ends Unity, also in the middle of its start."""
        if self._own_server is not None:
            self._own_server.stop()
        with contextlib.suppress(AttributeError):  # there is no build yet, or it is not locked
            self._build.unlock()  # type: ignore[union-attr]

    def prune_releases(self) -> None:
        """Removes nothing. The client itself would delete all but the three newest of the user's builds."""

    @property
    def log_dir(self) -> str:
        """The folder for Unity's output: that of this process, so that the output of workers does not mix."""
        return tempfile.gettempdir()

    def unity_command(self, width: int, height: int, headless: bool) -> list[str]:
        """The command that starts Unity, bound to this process and with a log of its own."""
        command = super().unity_command(width, height, headless)
        become = Path(__file__).with_name("exec.py")
        bound = [sys.executable, "-I", "-S", str(become), str(os.getpid())]
        return [*bound, *command, "-logFile", str(Path(self.log_dir) / "Player.log")]

    @property
    def version(self) -> str:
        """The build's commit, or the local executable's name."""
        return build_version(self._spec, self._host.program)

    def _build_server(self, host: str, port: int, width: int, height: int) -> None:
        if self._own_server is None:
            watch = self._watch or Unwatched()
            self._own_server = UnityServer(width, height, self.server_timeout, self.depth_format, watch)
        self.server = self._own_server


def start_unity(spec: UnitySpec, host: Host, watch: Watch | None, **arguments: Any) -> UnityController:
    """A started controller. Raises EngineFault when Unity does not start."""
    try:
        return UnityController(spec, host, watch, **arguments)
    except SimgenError:
        raise
    except Exception as error:  # the client raises errors of all kinds, even a bare Exception
        reason = f"{type(error).__name__}: {error}".strip().splitlines()[0][:300]
        raise EngineFault(f"AI2-THOR did not start ({reason})") from error
