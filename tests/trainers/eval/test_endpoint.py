"""Answers of a chat endpoint, on a real server of the loopback interface."""

import base64
import io
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from simgen.errors import IncompleteError, InputError
from simgen.trainers.eval.answer_cache import AnswerCache
from simgen.trainers.eval.endpoint import ATTEMPTS, Endpoint, answer_prompts
from simgen.trainers.eval.prompts import Prompt
from tests.trainers.eval.chat_server import ChatServer, Reply, answer, say, serve_chat, text_of

RED, BLUE = Image.new("RGB", (40, 30), (200, 0, 0)), Image.new("RGB", (40, 30), (0, 0, 200))


def prompt(text: str, *images: Image.Image) -> Prompt:
    return Prompt(text, text, lambda: images)


PROMPTS = [prompt(f"question {index}", RED) for index in range(6)]


def endpoint(server: ChatServer, **options: Any) -> Endpoint:
    return replace(Endpoint(server.url, "m", pause_s=0.01), **options)


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "answers" / "endpoint.sqlite"


@pytest.fixture
def echo() -> Iterator[ChatServer]:
    with serve_chat(lambda body: say(f"to {text_of(body)}")) as server:
        yield server


def test_answers_come_in_the_order_of_the_prompts(echo: ChatServer, cache: Path) -> None:
    texts = answer_prompts(endpoint(echo, jobs=3), PROMPTS, cache)
    assert texts == [f"to question {index}" for index in range(6)]


def test_a_request_has_frames_then_text_and_greedy_settings(echo: ChatServer, cache: Path) -> None:
    answer_prompts(endpoint(echo, max_tokens=77, key="secret"), [prompt("Where?", RED, BLUE)], cache)
    (body,) = echo.asked
    first, second, text = body["messages"][0]["content"]
    assert (body["model"], body["max_tokens"], body["temperature"]) == ("m", 77, 0)
    assert text == {"type": "text", "text": "Where?"}
    for part, color in ((first, (200, 0, 0)), (second, (0, 0, 200))):
        head, _, data = part["image_url"]["url"].partition(",")
        assert head == "data:image/jpeg;base64"
        image = Image.open(io.BytesIO(base64.b64decode(data)))
        assert image.size == (40, 30)
        assert np.abs(np.asarray(image)[15, 20] - np.array(color)).max() < 4
    assert echo.paths == ["/v1/chat/completions"]
    assert echo.headers[0]["Authorization"] == "Bearer secret"


def test_without_a_key_none_is_sent(echo: ChatServer, cache: Path) -> None:
    answer_prompts(endpoint(echo), PROMPTS[:1], cache)
    assert "Authorization" not in echo.headers[0]
    assert "secret" not in repr(endpoint(echo, key="secret"))


def test_a_second_evaluation_asks_nothing(echo: ChatServer, cache: Path) -> None:
    first = answer_prompts(endpoint(echo), PROMPTS, cache)
    assert answer_prompts(endpoint(echo), PROMPTS, cache) == first
    assert len(echo.asked) == 6


def test_another_model_text_image_or_parameter_is_asked(echo: ChatServer, cache: Path) -> None:
    answer_prompts(endpoint(echo), [prompt("q", RED)], cache)
    answer_prompts(endpoint(echo, model="other"), [prompt("q", RED)], cache)
    answer_prompts(endpoint(echo, max_tokens=9), [prompt("q", RED)], cache)
    answer_prompts(endpoint(echo), [prompt("q", BLUE)], cache)
    answer_prompts(endpoint(echo), [prompt("r", RED)], cache)
    assert len(echo.asked) == 5
    # How fast it is asked changes no answer.
    answer_prompts(endpoint(echo, jobs=1, timeout_s=5, key="k"), [prompt("q", RED)], cache)
    assert len(echo.asked) == 5


def test_the_same_prompt_twice_is_sent_once(echo: ChatServer, cache: Path) -> None:
    assert answer_prompts(endpoint(echo), [PROMPTS[0]] * 3, cache) == ["to question 0"] * 3
    assert len(echo.asked) == 1


def test_at_most_jobs_requests_run_at_once(cache: Path) -> None:
    running, most, lock = 0, 0, threading.Lock()

    def slow(body: dict[str, Any]) -> Reply:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.05)
        with lock:
            running -= 1
        return say(text_of(body))

    with serve_chat(slow) as server:
        answer_prompts(endpoint(server, jobs=3), [prompt(str(index)) for index in range(9)], cache)
    assert most == 3


@pytest.mark.parametrize(
    "fault",
    [
        answer({"error": {"message": "slow down"}}, 429),
        answer({"error": {"message": "slow down"}}, 429, Retry_After="0"),
        answer({"error": "overloaded"}, 500),
        (503, {}, b"<html>no</html>"),
        (200, {}, b'{"choices": [{"mess'),
        answer({"choices": []}),
        answer([1, 2]),
        answer({"choices": [{"message": {"content": None}, "finish_reason": "stop"}]}),
    ],
)
def test_a_fault_that_passes_is_asked_again(fault: Reply, cache: Path) -> None:
    calls = count()
    with serve_chat(lambda body: fault if next(calls) < 2 else say("at last")) as server:
        assert answer_prompts(endpoint(server), PROMPTS[:1], cache) == ["at last"]
    assert len(server.asked) == 3


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (answer({"error": {"message": "slow\n down"}}, 429), "429 Too Many Requests: slow down"),
        (answer({"error": {"message": "boom"}}, 500), "500 Internal Server Error: boom"),
        ((200, {}, b"nonsense"), "malformed JSON"),
        (answer({"choices": [{}]}), "without choices"),
    ],
)
def test_a_lasting_fault_is_one_line_and_keeps_what_was_answered(
    fault: Reply, message: str, cache: Path
) -> None:
    broken = {"question 3"}
    with serve_chat(lambda body: fault if text_of(body) in broken else say("fine")) as server:
        with pytest.raises(IncompleteError, match=message) as failed:
            answer_prompts(endpoint(server, jobs=1), PROMPTS, cache)
        assert "\n" not in str(failed.value)
        assert "question 3" in str(failed.value)
        answered = int(str(failed.value).split(" of 6 answers")[0].split()[-1])
        assert 3 <= answered < 6
        assert server.texts().count("question 3") == ATTEMPTS
        server.asked.clear()
        broken.clear()
        assert answer_prompts(endpoint(server, jobs=1), PROMPTS, cache) == ["fine"] * 6
        assert len(server.asked) == 6 - answered


def test_a_server_that_hangs_is_given_up_and_the_rest_is_kept(cache: Path) -> None:
    released = threading.Event()

    def hang(body: dict[str, Any]) -> Reply:
        if text_of(body) == "question 2":
            released.wait(20)
        return say("fine")

    with serve_chat(hang) as server:
        try:
            with pytest.raises(IncompleteError, match=r"no response within 0\.1 s"):
                answer_prompts(endpoint(server, jobs=1, timeout_s=0.1), PROMPTS[:3], cache)
        finally:
            released.set()
    with serve_chat(lambda body: say("new")) as other:
        assert answer_prompts(endpoint(server, jobs=1), PROMPTS[:2], cache) == ["fine"] * 2
        assert other.asked == []


def test_nobody_at_the_address(cache: Path) -> None:
    with serve_chat(lambda body: say("")) as server:
        pass  # the port is free again
    with pytest.raises(IncompleteError, match="no response"):
        answer_prompts(endpoint(server), PROMPTS[:1], cache)


@pytest.mark.parametrize(
    ("status", "cure"), [(401, "OPENAI_API_KEY"), (404, "/v1"), (400, "fewer or smaller frames")]
)
def test_a_request_that_is_not_accepted_is_not_repeated(status: int, cure: str, cache: Path) -> None:
    reply = answer({"error": {"message": "no"}}, status)
    with serve_chat(lambda body: reply) as server, pytest.raises(InputError, match=cure):
        answer_prompts(endpoint(server, jobs=1), PROMPTS[:1], cache)
    assert len(server.asked) == 1


def test_a_refusal_is_an_answer_after_all_attempts(cache: Path) -> None:
    refusal = answer({"choices": [{"message": {"content": None, "refusal": "I cannot."}}]})
    with serve_chat(lambda body: refusal) as server:
        assert answer_prompts(endpoint(server), PROMPTS[:1], cache) == ["I cannot."]
    assert len(server.asked) == ATTEMPTS


@pytest.mark.parametrize(
    ("message", "finish", "text"),
    [
        ({"content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]}, "stop", "ab"),
        ({"content": None, "reasoning_content": "hm"}, "length", ""),
    ],
)
def test_other_forms_of_content(message: dict[str, Any], finish: str, text: str, cache: Path) -> None:
    reply = answer({"choices": [{"message": message, "finish_reason": finish}]})
    with serve_chat(lambda body: reply) as server:
        assert answer_prompts(endpoint(server), PROMPTS[:1], cache) == [text]
    assert len(server.asked) == 1


@pytest.mark.parametrize("url", ["localhost:8000/v1", "ftp://x", "http://"])
def test_a_url_that_is_none_is_one_line(url: str, cache: Path) -> None:
    with pytest.raises(InputError, match=r"URL|endpoint"):
        answer_prompts(Endpoint(url, "m", pause_s=0.01), PROMPTS[:1], cache)


def test_a_file_of_another_kind_is_not_overwritten(cache: Path) -> None:
    cache.parent.mkdir()
    cache.write_text("notes of mine, which are longer than a header of SQLite " * 20)
    with pytest.raises(InputError, match="move it away"):
        AnswerCache(cache)
    assert cache.read_text().startswith("notes")


RUN = """
import sys
from pathlib import Path
from simgen.trainers.eval.endpoint import Endpoint, answer_prompts
from simgen.trainers.eval.prompts import Prompt
prompts = [Prompt(f"question {i}", f"question {i}", tuple) for i in range(6)]
print(answer_prompts(Endpoint(sys.argv[1], "m", jobs=1), prompts, Path(sys.argv[2])))
"""


def test_a_killed_evaluation_goes_on_where_it_stopped(cache: Path) -> None:
    reached, released = threading.Event(), threading.Event()

    def stop_at_the_fourth(body: dict[str, Any]) -> Reply:
        if text_of(body) == "question 3" and not released.is_set():
            reached.set()
            released.wait(20)
        return say(f"to {text_of(body)}")

    with serve_chat(stop_at_the_fourth) as server:
        command = [sys.executable, "-c", RUN, server.url, str(cache)]
        first = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        assert reached.wait(30)
        # The third answer may still be on its way to the disk when the fourth request arrives.
        wait_for(lambda: stored(cache) == 3)
        os.kill(first.pid, signal.SIGKILL)
        first.wait()
        released.set()
        server.asked.clear()
        second = subprocess.run(command, capture_output=True, text=True, timeout=60)
        assert second.stdout.strip() == str([f"to question {i}" for i in range(6)])
        assert server.texts() == ["question 3", "question 4", "question 5"]


def stored(path: Path) -> int:
    with AnswerCache(path) as cache:
        return cache.count()


def wait_for(condition: Any) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)
