"""AI2-THOR's WSGI protocol: the client is the HTTP server. Every answer is posted, and the next action comes
back as the response. Read from `ai2thor.wsgi_server`, whose parser is stricter than HTTP.
"""

import http.client
import json
import uuid
from collections.abc import Iterator
from typing import Any

from simgen.engine.protocol.simulator import Reply
from simgen.engine.protocol.wire.encoding import as_plain, image_bytes
from simgen.errors import EngineError


class WsgiLink:
    """The HTTP connection to a client."""

    def __init__(self, host: str, port: int, token: str) -> None:
        self._address = f"{host}:{port}"
        # No timeout: a client may think for hours before its next action.
        self._connection = http.client.HTTPConnection(host, port)
        self._token = token
        self._boundary = uuid.uuid4().hex.encode()
        try:
            self._connection.connect()
        except OSError as error:
            raise EngineError(
                f"{self._address}: cannot reach AI2-THOR's client there ({error.strerror})"
            ) from error

    def exchange(self, reply: Reply) -> dict[str, Any] | None:
        """Posts an answer and returns the next action, None when the client has ended."""
        content_type = f"multipart/form-data; boundary={self._boundary.decode()}"
        try:
            body = b"".join(self._parts(reply))
            self._connection.request("POST", "/train", body, {"Content-Type": content_type})
            response = self._connection.getresponse()
            text = response.read()
        except (ConnectionError, http.client.HTTPException):
            return None
        if response.status != 200:
            raise EngineError(f"{self._address}: AI2-THOR's client refused an answer ({response.status})")
        action = json.loads(text)
        return action if "action" in action else None  # the client's stop() sends an action without a name

    def close(self) -> None:
        """Closes the connection."""
        self._connection.close()

    def _parts(self, reply: Reply) -> Iterator[bytes | memoryview]:
        yield from self._text("metadata", json.dumps(reply.metadata, default=as_plain))
        yield from self._text("token", self._token)
        for name, images in reply.images.items():
            for image in images:
                yield self._head(f'{name}"; filename="{name}', "application/octet-stream")
                yield image_bytes(image)
                yield b"\r\n"
        yield b"--" + self._boundary + b"--\r\n"

    def _text(self, name: str, value: str) -> Iterator[bytes]:
        yield self._head(name, "text/plain; charset=utf-8")
        yield value.encode() + b"\r\n"

    def _head(self, name: str, content_type: str) -> bytes:
        # The lower-case d is the client's: it looks headers up by their exact names.
        lines = f'Content-disposition: form-data; name="{name}"\r\nContent-Type: {content_type}\r\n\r\n'
        return b"--" + self._boundary + b"\r\n" + lines.encode()
