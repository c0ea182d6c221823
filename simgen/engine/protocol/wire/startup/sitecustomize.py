"""Lets a plain `ai2thor.controller.Controller()` start simgen's engine. Python runs this file when it starts
with its folder in $PYTHONPATH (see docs/thor.md).

$SIMGEN_THOR         the engine's command; without it nothing here has an effect
$SIMGEN_THOR_SERVER  fifo or wsgi, for a Controller that is given no `server_class`

Only the defaults of the constructor change. Nothing of simgen is imported: it may be in another environment,
and this Python older than simgen's.
"""

from __future__ import annotations

import functools
import importlib.machinery
import importlib.util
import inspect
import os
import sys
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any


def run_next_sitecustomize() -> None:
    """Runs the sitecustomize that this one hides, if there is one."""
    here = os.path.realpath(os.path.dirname(__file__))  # noqa: PTH120 - pathlib would slow every start
    elsewhere = [path for path in sys.path if os.path.realpath(path) != here]
    spec = importlib.machinery.PathFinder.find_spec("sitecustomize", elsewhere)
    if spec is None or spec.loader is None:
        return
    module = importlib.util.module_from_spec(spec)
    sys.modules["sitecustomize"] = module
    spec.loader.exec_module(module)


class ControllerFinder:
    """Redirects `ai2thor.controller` as soon as it has been imported, and steps aside."""

    def find_spec(self, name: str, *_: Any) -> ModuleSpec | None:
        """The module's own spec, with a loader that redirects its Controller; None for other modules."""
        if name != "ai2thor.controller":
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        if spec is None or spec.loader is None:
            return None
        load = spec.loader.exec_module

        def load_and_redirect(module: ModuleType) -> None:
            load(module)
            redirect(module)

        spec.loader.exec_module = load_and_redirect
        return spec


def redirect(module: Any) -> None:
    """Gives `ai2thor.controller.Controller` other defaults."""
    controller = module.Controller
    start, command = controller.__init__, controller.unity_command
    signature = inspect.signature(start)

    @functools.wraps(start)
    def start_engine(*args: Any, **kwargs: Any) -> None:
        bound = signature.bind(*args, **kwargs)
        given = bound.arguments
        if given.get("start_unity", True) and not given.get("local_executable_path"):
            given["local_executable_path"] = os.environ["SIMGEN_THOR"]
            if not given.get("x_display") and "DISPLAY" not in os.environ:
                given["x_display"] = ":0"  # the client wants a name; the engine opens no display
            if given.get("server_class") is None and os.environ.get("SIMGEN_THOR_SERVER") == "wsgi":
                given["server_class"] = module.ai2thor.wsgi_server.WsgiServer
        start(*bound.args, **bound.kwargs)

    @functools.wraps(command)
    def command_without_gpu(self: Any, *args: Any, **kwargs: Any) -> list[str]:
        if self._build.executable_path == os.environ["SIMGEN_THOR"]:
            self.gpu_device = None  # for a GPU, the client would ask vulkaninfo
        return command(self, *args, **kwargs)

    controller.__init__ = start_engine
    controller.unity_command = command_without_gpu


run_next_sitecustomize()
if os.environ.get("SIMGEN_THOR"):
    sys.meta_path.insert(0, ControllerFinder())
