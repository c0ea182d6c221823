"""The stand-in after its start: it renders with simgen's engine, and fails as the plan says."""

import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from simgen.engine.protocol.simulator import Reply, Simulator
from simgen.engine.protocol.wire.encoding import pack
from simgen.engine.protocol.wire.fifo import END_OF_MESSAGE, HEADER, IMAGE_FIELDS, METADATA, FifoLink
from simgen.engine.protocol.wire.thor import _answer
from tests.scenes.engines.unity.start import FOR_EVER_S, count, crash, die, hang, say

FAULTY_FRAME = 3
"""Counted from 1; the walks of the tests are longer."""
LATE_S = 1.0


class StandIn:
    """The stand-in of one client."""

    def __init__(self, plan: Mapping[str, Any], size: tuple[int, int]) -> None:
        self.plan = plan
        self.size = size
        self.link: Any = None
        self.simulator = Simulator(*size, "fast")
        self.fault = ""
        self.frames = 0
        self.before: Reply | None = None

    def serve(self) -> None:
        """Answers until the client ends."""
        environment = os.environ
        self.link = FifoLink(
            Path(environment["AI2THOR_FIFO_SERVER_PIPE_PATH"]),
            Path(environment["AI2THOR_FIFO_CLIENT_PIPE_PATH"]),
        )
        action = self.link.exchange(self.simulator.step({"action": "Pass", "renderImage": False}))
        while action is not None:
            action = self.link.exchange(self.answer(action))

    def answer(self, action: dict[str, Any]) -> Reply:
        """The engine's answer, right or wrong."""
        asked = dict(action)
        if action["action"] == "Reset" and action["sceneName"] in self.plan.get("scenes", {}):
            return self.scene(action)
        reply = _answer(self.simulator, action, None)
        if action["action"] == "GetScenesInBuild":
            _agent(reply)["actionReturn"] = [*_agent(reply)["actionReturn"], *self.plan.get("scenes", {})]
        if action["action"] == "CreateHouse":
            self.fault = self.find_fault(action["house"])
        if action["action"] == "TeleportFull" and action.get("renderImage", True):
            self.frames += 1
            if self.frames == FAULTY_FRAME and self.fault:
                say(f"{self.fault} at frame {self.frames}")
                reply = FAULTS[self.fault](self, asked, reply)
            self.before = reply
        return reply

    def find_fault(self, house: Mapping[str, Any]) -> str:
        """The fault of this try of this house; "" for none."""
        number = str(house["metadata"]["simgen"]["house"])
        faults = self.plan.get("houses", {}).get(number, [])
        this_try = count(Path(self.plan["state"]), f"house-{number}")
        return faults[this_try] if this_try < len(faults) else ""

    def scene(self, action: Mapping[str, Any]) -> Reply:
        """Loads one of Unity's own scenes, here a house."""
        house = self.plan["scenes"][action["sceneName"]]
        self.simulator.step({"action": "CreateHouse", "house": house, "renderImage": False})
        return _answer(self.simulator, {"action": "Pass", "sequenceId": 0, "renderImage": False}, None)


def leave_grandchild() -> None:
    """Leaves a process that is in another process group and holds our ends of the pipes."""
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            time.sleep(FOR_EVER_S)
        die(0)


def message(reply: Reply) -> bytes:
    parts = [(METADATA, pack(reply.metadata))]
    parts += [
        (IMAGE_FIELDS[name], image.tobytes()) for name, images in reply.images.items() for image in images
    ]
    return b"".join(HEADER.pack(field, len(body)) + body for field, body in [*parts, (END_OF_MESSAGE, b"")])


def send_raw(stand_in: StandIn, data: bytes) -> None:
    stand_in.link._to_client.write(data)
    stand_in.link._to_client.flush()


def truncate_and_die(stand_in: StandIn, _: Mapping[str, Any], reply: Reply) -> NoReturn:
    send_raw(stand_in, message(reply)[:-1000])
    die(1)


def truncate_and_hang(stand_in: StandIn, action: Mapping[str, Any], reply: Reply) -> NoReturn:
    send_raw(stand_in, message(reply)[:-1000])
    hang()


def garbage(stand_in: StandIn, _: Mapping[str, Any], __: Reply) -> NoReturn:
    send_raw(stand_in, np.random.default_rng(0).bytes(4096))
    hang()


def endless_field(stand_in: StandIn, _: Mapping[str, Any], __: Reply) -> NoReturn:
    send_raw(stand_in, HEADER.pack(METADATA, 0xFFFFFFF0))
    hang()


def bad_metadata(stand_in: StandIn, _: Mapping[str, Any], reply: Reply) -> Reply:
    send_raw(stand_in, HEADER.pack(METADATA, 3) + b"\xc1\xc1\xc1" + HEADER.pack(END_OF_MESSAGE, 0))
    return reply


def late(_: StandIn, __: Mapping[str, Any], reply: Reply) -> Reply:
    time.sleep(LATE_S)
    return reply


def wrong_id(_: StandIn, __: Mapping[str, Any], reply: Reply) -> Reply:
    reply.metadata["sequenceId"] += 1
    return reply


def other_pose(stand_in: StandIn, action: Mapping[str, Any], _: Reply) -> Reply:
    """The whole answer to the previous action, with the id of this one."""
    assert stand_in.before is not None
    stand_in.before.metadata["sequenceId"] = action["sequenceId"]
    return stand_in.before


def stale_images(stand_in: StandIn, _: Mapping[str, Any], reply: Reply) -> Reply:
    assert stand_in.before is not None
    return Reply(reply.metadata, stand_in.before.images)


def other_workers_images(stand_in: StandIn, action: Mapping[str, Any], reply: Reply) -> Reply:
    """Colour, depth and ids of the same action in another house."""
    other = Simulator(*stand_in.size, "fast")
    for before in (stand_in.plan["initialize"], {"action": "CreateHouse", "house": stand_in.plan["other"]}):
        other.step({**before, "renderImage": False})
    shown = other.step({key: value for key, value in action.items() if key != "sequenceId"})
    return Reply(reply.metadata, shown.images)


def no_depth(_: StandIn, __: Mapping[str, Any], reply: Reply) -> Reply:
    return Reply(reply.metadata, {name: i for name, i in reply.images.items() if name != "image_depth"})


def other_size(stand_in: StandIn, _: Mapping[str, Any], reply: Reply) -> Reply:
    """A whole and consistent answer at half the size."""
    half = {name: [image[::2, ::2] for image in images] for name, images in reply.images.items()}
    for agent in reply.metadata["agents"]:
        agent["screenWidth"], agent["screenHeight"] = (side // 2 for side in stand_in.size)
    return Reply(reply.metadata, half)


def orphan_and_crash(*_: object) -> NoReturn:
    leave_grandchild()
    crash()


def orphan_and_hang(stand_in: StandIn, *_: object) -> NoReturn:
    leave_grandchild()
    count(Path(stand_in.plan["state"]), "hanging")
    hang()


def orphan_and_go_on(_: StandIn, __: Mapping[str, Any], reply: Reply) -> Reply:
    leave_grandchild()
    return reply


FAULTS: Mapping[str, Callable[[StandIn, Mapping[str, Any], Reply], Reply]] = {
    "crash": crash,
    "exit 0": lambda *_: die(0),
    "exit 1": lambda *_: die(1),
    "hang": hang,
    "truncate and die": truncate_and_die,
    "truncate and hang": truncate_and_hang,
    "garbage": garbage,
    "endless field": endless_field,
    "bad metadata": bad_metadata,
    "late": late,
    "wrong id": wrong_id,
    "other pose": other_pose,
    "stale images": stale_images,
    "other worker's images": other_workers_images,
    "no depth": no_depth,
    "other size": other_size,
    "orphan and crash": orphan_and_crash,
    "orphan and hang": orphan_and_hang,
    "orphan and go on": orphan_and_go_on,
}


def _agent(reply: Reply) -> dict[str, Any]:
    return reply.metadata["agents"][0]
