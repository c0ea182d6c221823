"""A chat endpoint on a loopback port, which does what a test tells it, and notes what it was asked."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Reply = tuple[int, dict[str, str], bytes]
"""Status, headers and body."""


@dataclass
class ChatServer:
    """The running server. `replies` gives the reply to a request's body; it may block."""

    replies: Callable[[dict[str, Any]], Reply]
    url: str = ""
    asked: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)

    def texts(self) -> list[str]:
        """The texts of all requests, sorted."""
        return sorted(text_of(body) for body in self.asked)


def text_of(body: dict[str, Any]) -> str:
    """The text of a request."""
    return body["messages"][0]["content"][-1]["text"]


def say(text: str) -> Reply:
    """A reply with a text."""
    return answer({"choices": [{"message": {"role": "assistant", "content": text}, "finish_reason": "stop"}]})


def answer(body: Any, status: int = 200, **headers: str) -> Reply:
    """A reply with a JSON body."""
    return status, headers, json.dumps(body).encode()


@contextmanager
def serve_chat(replies: Callable[[dict[str, Any]], Reply]) -> Iterator[ChatServer]:
    """Yields a server on a free port of the loopback interface."""
    chat = ChatServer(replies)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            chat.asked.append(body)
            chat.headers.append(dict(self.headers))
            chat.paths.append(self.path)
            status, headers, content = chat.replies(body)
            try:
                self.send_response(status)
                for name, value in {**headers, "Content-Length": str(len(content))}.items():
                    self.send_header(name.replace("_", "-"), value)
                self.end_headers()
                self.wfile.write(content)
            except OSError:
                pass  # the client has given up, as the test wants

        def log_message(self, format: str, *args: object) -> None:
            """Nothing: the test's output stays readable."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    chat.url = f"http://127.0.0.1:{server.server_port}/v1"
    try:
        yield chat
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
