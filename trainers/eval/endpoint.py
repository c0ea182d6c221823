"""Answers of a model behind an OpenAI-compatible chat endpoint.

The protocol is `POST <url>/chat/completions` of the OpenAI API, which vLLM, SGLang, llama.cpp, Ollama and
most providers speak. Frames go along as JPEGs in data URLs.
"""

import base64
import hashlib
import io
import json
import os
import threading
from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests
from PIL import Image
from requests.adapters import HTTPAdapter
from tqdm import tqdm
from urllib3.exceptions import InvalidHeader
from urllib3.util import Retry

from simgen.errors import IncompleteError, InputError
from simgen.trainers.eval.answer_cache import AnswerCache
from simgen.trainers.eval.prompts import Prompt

JPEG_QUALITY = 95
"""High, so that the model sees nearly the frames that a local model sees."""
ATTEMPTS = 5
LONGEST_WAIT_S = 60.0
"""A server that asks for a longer pause is asked again after this one."""
CONNECT_TIMEOUT_S = 10.0
LONGEST_MESSAGE = 200
"""Characters of a server's message that are shown."""
RETRIED = frozenset({408, 409, 425, 429})
"""Status codes below 500 after which the same request may succeed. All from 500 on are retried too."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A model behind a URL, and how it is asked. Answers are greedy: the temperature is 0."""

    url: str
    """The base URL, such as `http://localhost:8000/v1`."""
    model: str
    key: str = field(default="", repr=False)
    """Sent as a bearer token, unless empty."""
    jobs: int = 4
    """Requests at the same time."""
    timeout_s: float = 120.0
    """Seconds that the server may be silent."""
    max_tokens: int = 2048
    """Most tokens of an answer."""
    pause_s: float = 1.0
    """Seconds before the second attempt. Each further pause is twice as long."""

    @property
    def chat_url(self) -> str:
        """The URL that is posted to. Raises InputError if it is not of HTTP."""
        if not self.url.startswith(("http://", "https://")):
            raise InputError(f"{self.url}: not an endpoint; give one such as http://localhost:8000/v1")
        return f"{self.url.rstrip('/').removesuffix('/chat/completions')}/chat/completions"


class _Failure(Exception):
    """An attempt that failed; `wait_s` is the pause that the server asks for, if it does."""

    def __init__(self, reason: str, wait_s: float | None = None) -> None:
        super().__init__(reason)
        self.wait_s = wait_s


DEFAULT_KEY = "OPENAI_API_KEY"
"""The environment variable that OpenAI's own clients read."""


def read_key(variable: str) -> str:
    """The key in an environment variable; "" where the default variable is not set.

    Raises InputError when another variable was named and is not set.
    """
    key = os.environ.get(variable, "")
    if not key and variable != DEFAULT_KEY:
        raise InputError(f"--key-env: {variable} is not set; set it with: export {variable}=KEY")
    return key


def answer_prompts(endpoint: Endpoint, prompts: Sequence[Prompt], cache_path: Path | None) -> list[str]:
    """The endpoint's text for each prompt.

    Answers are stored in the file `cache_path` as they come in; None stores nothing. A prompt with a stored
    answer is not sent: the key is a hash of URL, model, text, images and parameters. A refusal is the model's
    answer, after as many attempts as for an error. Raises InputError when the server does not accept a
    request, and IncompleteError when it fails `ATTEMPTS` times; what was answered by then stays stored.
    """
    with AnswerCache(cache_path) as cache, _Asking(endpoint, cache, len(prompts)) as asking:
        for index, prompt in enumerate(prompts):
            asking.submit(index, prompt)
        return asking.finish()


def build_request(endpoint: Endpoint, prompt: Prompt) -> dict[str, Any]:
    """The body of the request: the frames in order, then the text, as one turn of the user."""
    urls = [_data_url(image) for image in prompt.load_frames()]
    content: list[dict[str, Any]] = [{"type": "image_url", "image_url": {"url": url}} for url in urls]
    return {
        "model": endpoint.model,
        "messages": [{"role": "user", "content": [*content, {"type": "text", "text": prompt.text}]}],
        "max_tokens": endpoint.max_tokens,
        "temperature": 0,
    }


class _Asking:
    """The requests of one evaluation. Threads send them; one thread loads frames and stores answers."""

    def __init__(self, endpoint: Endpoint, cache: AnswerCache, total: int) -> None:
        self._endpoint, self._sender, self._cache = endpoint, _Sender(endpoint), cache
        self._texts: list[str | None] = [None] * total
        self._indices: dict[str, list[int]] = {}
        self._running: dict[Future[str], str] = {}
        self._pool = ThreadPoolExecutor(endpoint.jobs)
        self._bar = tqdm(total=total, desc="ask", unit="prompt", leave=False)

    def __enter__(self) -> "_Asking":
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._sender.close()
        self._bar.close()

    def submit(self, index: int, prompt: Prompt) -> None:
        """Sends a prompt, unless its answer is stored; waits while enough requests are on their way."""
        body = build_request(self._endpoint, prompt)
        key = hashlib.sha256(json.dumps([self._sender.url, body]).encode()).hexdigest()
        stored = self._cache.get(key)
        if stored is not None:
            self._fill([index], stored)
        elif key in self._indices:
            self._indices[key].append(index)
        else:
            self._indices[key] = [index]
            self._running[self._pool.submit(self._sender.send, body, prompt.id)] = key
            # A few wait ready, so that no thread idles; more would only fill the memory with frames.
            while len(self._running) > 2 * self._endpoint.jobs:
                self._collect()

    def finish(self) -> list[str]:
        """Waits for all answers."""
        while self._running:
            self._collect()
        return [text for text in self._texts if text is not None]

    def _collect(self) -> None:
        """Stores the answers that have come in. After a failure it waits for the requests on their way."""
        done = wait(self._running, return_when=FIRST_COMPLETED).done
        failures = [error for future in done if (error := self._store(future)) is not None]
        if not failures:
            return
        self._sender.stop.set()
        for future in list(self._running):
            if not future.cancel():
                self._store(future)
        answered = sum(text is not None for text in self._texts)
        error = failures[0]
        if not isinstance(error, IncompleteError | InputError):
            raise error
        raise type(error)(
            f"{error}; {answered} of {len(self._texts)} answers are stored, the same command asks the rest"
        )

    def _store(self, future: Future[str]) -> BaseException | None:
        key = self._running.pop(future)
        error = future.exception()
        if error is None:
            self._cache.put(key, future.result())
            self._fill(self._indices.pop(key), future.result())
        return error

    def _fill(self, indices: Sequence[int], text: str) -> None:
        for index in indices:
            self._texts[index] = text
        self._bar.update(len(indices))


class _Sender:
    """Sends requests, from several threads at once."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.url, self._endpoint = endpoint.chat_url, endpoint
        self.stop = threading.Event()
        """No further attempts are made once it is set."""
        self._session = requests.Session()
        self._session.mount("https://", HTTPAdapter(pool_maxsize=endpoint.jobs))
        self._session.mount("http://", HTTPAdapter(pool_maxsize=endpoint.jobs))
        if endpoint.key:
            self._session.headers["Authorization"] = f"Bearer {endpoint.key}"

    def close(self) -> None:
        """Ends all connections, and makes no further attempts."""
        self.stop.set()
        self._session.close()

    def send(self, body: dict[str, Any], name: str) -> str:
        """The text for one request, after at most `ATTEMPTS` attempts."""
        for attempt in range(ATTEMPTS - 1):
            try:
                return _read_text(self._post(body, name))
            except _Failure as failure:
                pause_s = failure.wait_s or self._endpoint.pause_s * 2**attempt
            if self.stop.wait(min(pause_s, LONGEST_WAIT_S)):
                break
        try:
            return _read_text(self._post(body, name), accept_refusal=True)
        except _Failure as failure:
            raise IncompleteError(f"{self.url}: {failure}, {ATTEMPTS} times, for question {name}") from None

    def _post(self, body: dict[str, Any], name: str) -> Any:
        """The JSON of the server's response."""
        timeout = (CONNECT_TIMEOUT_S, self._endpoint.timeout_s)
        try:
            response = self._session.post(self.url, json=body, timeout=timeout)
        except requests.exceptions.InvalidURL as error:
            raise InputError(f"{self.url}: no valid URL ({error})") from None
        except requests.Timeout:
            raise _Failure(f"no response within {timeout[1]:g} s") from None
        except requests.RequestException as error:
            raise _Failure(f"no response ({_first_line(error)})") from None
        if response.status_code in RETRIED or response.status_code >= 500:
            raise _Failure(_describe(response), _read_retry_after(response))
        if not response.ok:
            cure = CURES.get(response.status_code, "show fewer or smaller frames, or give fewer --max-tokens")
            raise InputError(f"{self.url}: {_describe(response)} (question {name}); {cure}")
        try:
            return response.json()
        except requests.exceptions.JSONDecodeError:
            raise _Failure("malformed JSON in the response") from None


CURES = {
    401: "set the key: export OPENAI_API_KEY=KEY, or name another variable with --key-env",
    403: "set a key that may use this model: export OPENAI_API_KEY=KEY, or --key-env VARIABLE",
    404: "check the URL, which often ends in /v1, and the name of the model",
    405: "check the URL, which often ends in /v1",
}
"""What to do about a status code that is not worth another attempt."""


def _read_text(response: Any, accept_refusal: bool = False) -> str:
    """The text of the first choice. Raises _Failure when there is none, or the model refuses to answer."""
    try:
        choice = response["choices"][0]
        content, refusal = choice["message"].get("content"), choice["message"].get("refusal")
        finish = choice.get("finish_reason")
    except (LookupError, TypeError, AttributeError):
        raise _Failure("a response without choices[0].message") from None
    if isinstance(content, list):
        content = "".join(str(part.get("text", "")) for part in content if isinstance(part, dict))
    if refusal or finish == "content_filter":
        if not accept_refusal:
            raise _Failure("the model refuses to answer")
        return str(content or refusal or "")
    # A model that thinks apart may use up its tokens before the first word of its answer.
    if isinstance(content, str) or finish == "length":
        return content or ""
    raise _Failure("a response without text")


def _describe(response: requests.Response) -> str:
    """Status and the server's own message, on one line."""
    try:
        found = response.json()["error"]
        message = str(found["message"] if isinstance(found, dict) else found)
    except (LookupError, TypeError, ValueError):
        message = response.text
    return f"{response.status_code} {response.reason}: {' '.join(message.split())[:LONGEST_MESSAGE]}"


def _read_retry_after(response: requests.Response) -> float | None:
    try:
        return Retry().parse_retry_after(response.headers["Retry-After"])
    except (KeyError, InvalidHeader):
        return None


def _first_line(error: Exception) -> str:
    return " ".join(str(error).split())[:LONGEST_MESSAGE]


def _data_url(image: Image.Image) -> str:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=JPEG_QUALITY)
    return f"data:image/jpeg;base64,{base64.b64encode(buffer.getvalue()).decode()}"
