"""The command and the environment variables with which other programs start this engine."""

import os
import shlex
import sys
from collections.abc import Mapping
from importlib import resources
from pathlib import Path


def executable() -> str:
    """What to give to `ai2thor.controller.Controller(local_executable_path=...)`.

    The client splits it like a shell, so a path with spaces is quoted. Where the script is not installed
    beside this interpreter, it is a `python -m` command.
    """
    script = Path(sys.executable).with_name("simgen-thor")
    command = (
        [str(script)]
        if os.access(script, os.X_OK)
        else [sys.executable, "-m", "simgen.engine.protocol.wire.thor"]
    )
    return shlex.join(command)


def client_environment(
    quality: str, server: str | None, assets: Path | None, environment: Mapping[str, str] = os.environ
) -> dict[str, str]:
    """Environment variables with which the `Controller()` of any Python program starts this engine.

    They are added to `environment`; `startup/sitecustomize.py` reads them in that program.
    """
    startup = str(resources.files("simgen.engine.protocol.wire") / "startup")
    before = environment.get("PYTHONPATH")
    others = [path for path in before.split(os.pathsep) if path != startup] if before else []
    variables = {
        "SIMGEN_THOR": executable(),
        "SIMGEN_THOR_QUALITY": quality,
        "PYTHONPATH": os.pathsep.join([startup, *others]),
    }
    if server is not None:
        variables["SIMGEN_THOR_SERVER"] = server
    if assets is not None:
        variables["SIMGEN_THOR_ASSETS"] = str(assets.absolute())
    return variables
