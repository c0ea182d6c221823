"""AI2-THOR's official client with this engine behind it, in the same process."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

import ai2thor.controller
import ai2thor.server

from simgen.engine.photo.system import require_photo_extra
from simgen.engine.protocol.simulator import Simulator
from simgen.errors import InputError
from simgen.types import Quality


class EmbeddedServer(ai2thor.server.Server):
    """The server object of AI2-THOR's client, with a simulator instead of a Unity process."""

    server_type = "EMBEDDED"

    def __init__(
        self,
        width: int,
        height: int,
        depth_format: ai2thor.server.DepthFormat,
        picture_quality: Quality = "standard",
        assets: Path | str | None = None,
    ) -> None:
        super().__init__(width, height, timeout=None, depth_format=depth_format)
        self.simulator = Simulator(width, height, picture_quality, assets)
        # AI2-THOR's client changes the resolution only of a server that has a process.
        self.unity_proc: Any = self
        self._action: Mapping[str, Any] = {}

    def start(self) -> None:
        """Marks the server as started: there is no process to start."""
        self.started = True

    def stop(self) -> None:
        """Releases the renderer's memory. The scene stays."""
        self.started = False
        self.simulator.close()

    def send(self, action: Mapping[str, Any]) -> None:
        """Stores an action, which `receive` performs."""
        # Copied through JSON, as over the wire, so that the scene shares no objects with the caller.
        self._action = json.loads(json.dumps(action, cls=ai2thor.server.NumpyAwareEncoder))

    def receive(self, timeout: float | None = None) -> Any:
        """Performs the stored action and returns AI2-THOR's event."""
        self.sequence_id = int(self._action.get("sequenceId", self.sequence_id))
        reply = self.simulator.step(self._action)
        reply.metadata["sequenceId"] = self.sequence_id
        files = {key: [image.tobytes() for image in images] for key, images in reply.images.items()}
        return self.create_event(reply.metadata, files)


class EmbeddedController(ai2thor.controller.Controller):
    """`ai2thor.controller.Controller` that starts no Unity and needs no download.

    Takes the same arguments; those that concern the Unity process have no effect. `picture_quality` is
    simgen's own (AI2-THOR's `quality` names Unity's presets), and so is `assets`, an asset pack's folder.
    """

    def __init__(
        self, picture_quality: Quality = "standard", assets: Path | str | None = None, **arguments: Any
    ) -> None:
        if picture_quality not in get_args(Quality):
            known = ", ".join(get_args(Quality))
            raise InputError(f"picture_quality is {picture_quality!r}; it is one of {known}")
        if picture_quality == "photo":
            require_photo_extra()
        self._picture_quality: Quality = picture_quality
        self._assets = assets
        options: dict[str, Any] = {"scene": "Procedural", **arguments, "start_unity": False}
        super().__init__(**options)

    def _build_server(self, host: str, port: int, width: int, height: int) -> None:
        # AI2-THOR calls this before every start; an existing server is kept.
        self.server = self.server or EmbeddedServer(
            width, height, self.depth_format, self._picture_quality, self._assets
        )

    @property
    def simulator(self) -> Simulator:
        """The simulator itself, for what AI2-THOR's protocol cannot express."""
        assert isinstance(self.server, EmbeddedServer)
        return self.server.simulator
