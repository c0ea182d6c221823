"""Runs `simgen render`, as a user would, with the stand-in for Unity."""

import contextlib
import json
import os
import shlex
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from simgen.store.clips import read_info
from tests.engine.house_fixture import house_object, two_room_house

ROOT = Path(__file__).parents[4]
FRAMES = 5
SIZE = {"width": 80, "height": 60}
GONE_WITHIN_S = 10.0
"""From the end of a render until its last helper process has ended."""


def house(number: int) -> dict[str, Any]:
    """A two-room house, a different one for each number."""
    chair = house_object("Chair|2|0", "Chair_007_1", 0.6 + 0.1 * number, 0.5, 0.7, yaw=15.0 * number)
    plant = house_object("Plant|3|0", "Houseplant_1", 7.3, 0.4, 0.6 + 0.25 * number)
    found = two_room_house([chair, plant])
    for door in found["doors"]:
        box = door.pop("boundingBox")  # in AI2-THOR's newer schema, which files of houses are in
        door |= {"holePolygon": [box["min"], box["max"]], "assetPosition": {"x": 2.0, "y": 1.0, "z": 0.0}}
    del found["metadata"]["simgen"]
    return found


class Bench:
    """A folder with a home, houses, a recipe and a stand-in of its own."""

    def __init__(self, folder: Path, houses: int = 1, **plan: Any) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.home = folder / "home"
        self.state = folder / "state"
        self.temporary = folder / "tmp"
        for path in (self.home, self.state, self.temporary):
            path.mkdir(parents=True)
        (folder / "houses.json").write_text(json.dumps([house(number) for number in range(houses)]))
        self.plan(**plan)
        self.unity = folder / "unity with a space"
        command = shlex.join(
            [sys.executable, "-m", "tests.scenes.engines.unity.start", str(folder / "plan.json")]
        )
        self.unity.write_text(f'#!/bin/sh\nexec env PYTHONPATH={shlex.quote(str(ROOT))} {command} "$@"\n')
        self.unity.chmod(0o755)
        self.write_recipe({"source": "file", "path": str(folder / "houses.json"), "train": houses, "val": 0})

    def plan(self, **plan: Any) -> None:
        """Sets the faults from now on."""
        (self.folder / "plan.json").write_text(json.dumps({"state": str(self.state), **plan}))

    def write_recipe(self, houses: Mapping[str, Any], **more: Any) -> None:
        """The recipe `faults` with these houses."""
        recipe = {
            "name": "faults",
            "seed": 3,
            "engine": "ai2thor",
            "houses": houses,
            "trajectory": {"frames": FRAMES},
            "camera": SIZE,
            **more,
        }
        (self.folder / "faults.yaml").write_text(json.dumps(recipe))

    def command(self, *options: str) -> list[str]:
        """The command that a user types."""
        render = ["render", "-r", str(self.folder / "faults.yaml"), "--unity", str(self.unity), *options]
        return [sys.executable, "-m", "simgen.cli", "--data", str(self.data), *render]

    def environment(self, **variables: str) -> dict[str, str]:
        """A user's environment, with a home that marks all processes of this bench."""
        own = {"HOME": str(self.home), "TMPDIR": str(self.temporary), "OMP_NUM_THREADS": "1", **variables}
        drop = ("DISPLAY", "CUDA_VISIBLE_DEVICES")
        return {**{name: value for name, value in os.environ.items() if name not in drop}, **own}

    def render(self, *options: str, **variables: str) -> tuple[dict[str, Any], str]:
        """Runs the command. Returns its summary and its stderr."""
        done = subprocess.run(
            self.command("--json", *options),
            capture_output=True,
            text=True,
            timeout=240,
            env=self.environment(**variables),
        )
        return (json.loads(done.stdout) if done.stdout else {}), done.stderr

    def hashes(self) -> dict[str, str]:
        """Content hash of every clip."""
        clips = (self.data / "faults" / "clips").glob("*.h5")
        return {path.stem: read_info(path)[1] for path in clips}

    def arguments(self) -> list[list[str]]:
        """The arguments of each start of the stand-in."""
        return [json.loads(path.read_text()) for path in sorted(self.state.glob("arguments-*"))]

    def require_nothing_left(self) -> None:
        """Asserts that within some time no process of this bench and no temporary file is left."""
        deadline = time.monotonic() + GONE_WITHIN_S
        while (
            left := [*self.processes(), *self.temporary.glob("simgen-job-*")]
        ) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not left

    def processes(self) -> list[str]:
        """The command line of every process with this bench's home."""
        mark = f"HOME={self.home}\0".encode()
        found: list[str] = []
        for folder in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):  # ended meanwhile, or not ours
                if mark in (folder / "environ").read_bytes():
                    found.append(f"{folder.name} {(folder / 'cmdline').read_bytes()!r}")
        return found
