"""AI2-THOR's FIFO protocol: two named pipes that the client makes, and messages of fields.

A field is a header (type: u8, length: u32, big-endian) and so many bytes; a message ends with a field of type
END_OF_MESSAGE. Read from `ai2thor.fifo_server`.
"""

import contextlib
import fcntl
import json
import os
import struct
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

from simgen.engine.protocol.simulator import Reply
from simgen.engine.protocol.wire.encoding import image_bytes, pack
from simgen.engine.protocol.wire.watch import try_to_open
from simgen.errors import EngineError

HEADER = struct.Struct("!BI")
METADATA, ACTION, END_OF_MESSAGE = 1, 2, 255
IMAGE_FIELDS: Mapping[str, int] = {
    "image": 4,
    "image_depth": 5,
    "image_normals": 6,
    "image_flow": 7,
    "image_classes": 8,
    "image_ids": 9,
    "image-thirdParty-camera": 10,
    "image_thirdParty_depth": 12,
    "image_thirdParty_normals": 13,
    "image_thirdParty_image_ids": 14,
    "image_thirdParty_classes": 15,
    # The client's two tables disagree on this name: its events look for the second.
    "image_thirdParty_flow": 16,
    "image_thirdParty_flows": 16,
}
"""Field types by the names that `Reply.images` and the client's events use."""
PIPE_BYTES = 1 << 20
"""Linux's usual limit. The client joins what it reads by `bytes + bytes`, so few large reads are fast."""
CLIENT_OPENS_WITHIN_S = 60.0
"""Time limit. The client opens its end right after it has started this process, unless it died."""


class FifoLink:
    """This process's ends of the two pipes."""

    def __init__(self, to_client: Path, from_client: Path) -> None:
        self._to_client = _open_for_writing(to_client)
        self._from_client_path = from_client
        self._from_client: BinaryIO | None = None

    def exchange(self, reply: Reply) -> dict[str, Any] | None:
        """Sends an answer and returns the next action, None when the client has ended."""
        try:
            self._send(reply)
        except BrokenPipeError:
            return None
        return self._receive()

    def close(self) -> None:
        """Closes both pipes."""
        with contextlib.suppress(BrokenPipeError):  # the client has ended without reading everything
            self._to_client.close()
        if self._from_client is not None:
            self._from_client.close()

    def _send(self, reply: Reply) -> None:
        self._write(METADATA, pack(reply.metadata))
        for name, images in reply.images.items():
            for image in images:
                self._write(IMAGE_FIELDS[name], image_bytes(image))
        self._write(END_OF_MESSAGE, b"")
        self._to_client.flush()

    def _write(self, field: int, body: bytes | memoryview) -> None:
        self._to_client.write(HEADER.pack(field, len(body)))
        self._to_client.write(body)

    def _receive(self) -> dict[str, Any] | None:
        if self._from_client is None:
            # Opened only now: the client opens its end with its first action, and this call waits for it.
            self._from_client = self._from_client_path.open("rb")
        action = None
        while len(header := self._from_client.read(HEADER.size)) == HEADER.size:
            field, length = HEADER.unpack(header)
            body = self._from_client.read(length)
            if field == END_OF_MESSAGE:
                return action
            if field == ACTION and len(body) == length:
                action = json.loads(body)
        return None


def _open_for_writing(path: Path) -> BinaryIO:
    deadline = time.monotonic() + CLIENT_OPENS_WITHIN_S
    while (descriptor := try_to_open(path)) is None:
        if time.monotonic() > deadline:
            raise EngineError(f"{path}: AI2-THOR's client has not opened this pipe; has it died?")
        time.sleep(0.01)
    os.set_blocking(descriptor, True)
    # It fails when Linux's quota for pipes is used up, and on other systems. Only speed depends on it.
    with contextlib.suppress(OSError, AttributeError):
        fcntl.fcntl(descriptor, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
    return os.fdopen(descriptor, "wb", buffering=PIPE_BYTES)
