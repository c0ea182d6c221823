"""`simgen-thor`: the process that AI2-THOR's client starts in Unity's place."""

import argparse
import os
import signal
import sys
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, get_args

from simgen.engine.protocol.wire.watch import PARENT_POLL_S, end_with_parent, start_sentinel
from simgen.errors import InputError, SimgenError

if TYPE_CHECKING:  # large: imported when the sentinel is there
    from simgen.engine.protocol.simulator import Reply, Simulator

BEFORE_INITIALIZE = ("GetScenesInBuild", "Reset", "ChangeResolution")
"""Actions that the client may send before `Initialize`, the first action whose failure it reports."""


PLACEHOLDER_SIZE = 300, 300
"""Size of a simulator that only reports wrong options and whose pictures nobody sees."""


class Link(Protocol):
    """One of AI2-THOR's two protocols."""

    def exchange(self, reply: "Reply") -> dict[str, Any] | None:
        """Sends an answer and returns the next action, None when the client has ended."""
        ...

    def close(self) -> None:
        """Closes the connection."""
        ...


def main(arguments: Sequence[str] | None = None) -> int:
    """Serves one client until it ends. Returns the exit code."""
    # Ctrl-C reaches the client too, and the client decides whether to stop this process.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    options = _options(sys.argv[1:] if arguments is None else arguments)
    try:
        _serve(options, os.environ)
    except SimgenError as error:
        print(f"simgen-thor: {error}", file=sys.stderr)
        return error.exit_code
    return 0


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="simgen-thor",
        description="The simulator that ai2thor.controller.Controller(local_executable_path=...) starts.",
        epilog="Unity's other options are accepted and change nothing.",
        add_help=False,
        allow_abbrev=False,
    )
    parser.add_argument("--help", action="help", help="show this message and exit")
    parser.add_argument("--quality", default=os.environ.get("SIMGEN_THOR_QUALITY") or "standard")
    parser.add_argument("--assets", metavar="FOLDER", default=os.environ.get("SIMGEN_THOR_ASSETS") or None)
    parser.add_argument("-screen-width", type=int, default=300, metavar="PIXELS")
    parser.add_argument("-screen-height", type=int, default=300, metavar="PIXELS")
    return parser.parse_known_args(arguments)[0]


def _serve(options: argparse.Namespace, environment: Mapping[str, str]) -> None:
    pipes = _pipes(environment)
    if pipes:
        start_sentinel(pipes[0])
    watch = end_with_parent(pipes)
    link = _connect(pipes, environment)
    simulator, problem = _start(options)
    action = link.exchange(simulator.step({"action": "Pass", "renderImage": False}))
    while action is not None:
        action = link.exchange(_answer(simulator, action, problem))
    link.close()
    watch.join(2 * PARENT_POLL_S)  # if the client has died, that thread tidies up after it


def _pipes(environment: Mapping[str, str]) -> list[Path]:
    """The named pipes to the client and from it; none when it speaks WSGI."""
    match environment.get("AI2THOR_SERVER_TYPE"):
        case "FIFO":
            names = ("AI2THOR_FIFO_SERVER_PIPE_PATH", "AI2THOR_FIFO_CLIENT_PIPE_PATH")
            return [Path(environment[name]) for name in names]
        case "WSGI":
            return []
        case _:
            raise InputError(
                "no client: ai2thor.controller.Controller(local_executable_path=...) starts this program; "
                "or type: simgen thor run -- python your_program.py"
            )


def _connect(pipes: Sequence[Path], environment: Mapping[str, str]) -> Link:
    from simgen.engine.protocol.wire.fifo import FifoLink
    from simgen.engine.protocol.wire.wsgi import WsgiLink

    if pipes:
        return FifoLink(*pipes)
    host, port = environment["AI2THOR_HOST"], int(environment["AI2THOR_PORT"])
    return WsgiLink(host, port, environment["AI2THOR_CLIENT_TOKEN"])


def _start(options: argparse.Namespace) -> tuple["Simulator", str | None]:
    """The simulator, and a message when the user's options are wrong."""
    from simgen.engine.protocol.simulator import Simulator
    from simgen.types import Quality

    size = options.screen_width, options.screen_height
    try:
        if options.quality not in get_args(Quality):
            raise InputError(f"quality {options.quality!r}: choose {', '.join(get_args(Quality))}")
        return Simulator(*size, options.quality, options.assets), None
    except SimgenError as error:
        return Simulator(*PLACEHOLDER_SIZE), str(error)


def _answer(simulator: "Simulator", action: Mapping[str, Any], problem: str | None) -> "Reply":
    """The simulator's reply. Any exception becomes an error that the client reports."""
    if problem and action["action"] not in BEFORE_INITIALIZE:
        reply = _failure(simulator, action, "InvalidArgument", problem)
    else:
        try:
            reply = simulator.step(action)
        except Exception as error:  # AI2-THOR's own way with what an action did not foresee
            known = isinstance(error, SimgenError)
            if not known:
                traceback.print_exc()
            message = str(error) if known else f"{type(error).__name__}: {error}"
            reply = _failure(simulator, action, "UnhandledException", message)
    reply.metadata["sequenceId"] = action.get("sequenceId", 0)
    return reply


def _failure(simulator: "Simulator", action: Mapping[str, Any], code: str, message: str) -> "Reply":
    print(f"simgen-thor: {action['action']}: {message}", file=sys.stderr, flush=True)
    nothing = {"action": "Pass", "agentId": action.get("agentId", 0)}
    wants_images = action.get("renderImage", True)
    try:
        reply = simulator.step({**nothing, "renderImage": wants_images})
    except Exception as error:  # whatever kept it from drawing: an action was refused, not the program's end
        print(f"simgen-thor: no picture: {type(error).__name__}: {error}", file=sys.stderr, flush=True)
        # This is a code that the client raises for: nobody should go on without pictures.
        code = "InvalidAction"
        reply = simulator.step({**nothing, "renderImage": False})
    failed = {"lastAction": action["action"], "lastActionSuccess": False}
    for agent in reply.metadata["agents"]:
        agent.update(failed, errorCode=code, errorMessage=message)
    return reply


if __name__ == "__main__":
    sys.exit(main())
