"""Either side may die at any time: the other ends, and nothing stays behind."""

import json
import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import ai2thor.fifo_server
import pytest

from simgen.engine.protocol.wire import fifo
from simgen.engine.protocol.wire.encoding import pack
from simgen.engine.protocol.wire.watch import LAST_WORDS
from tests.engine.protocol.wire.processes import BOTH, alive, engines_of, in_front, wait_until

pytestmark = pytest.mark.slow


@BOTH
def test_killing_the_engine_makes_the_client_raise(
    server: str, start_program: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    text = """
    controller = start()
    # Stopped first, so that the client waits for an answer when the engine dies.
    os.kill(controller.unity_pid, signal.SIGSTOP)
    threading.Timer(0.5, os.kill, (controller.unity_pid, signal.SIGKILL)).start()
    began = time.monotonic()
    try:
        controller.step("MoveAhead")
    except RuntimeError as error:
        print(time.monotonic() - began, type(error).__name__)
    """
    began = time.monotonic()
    out, err = start_program(text, "--server", server).communicate(timeout=60)
    assert time.monotonic() - began < 20.0
    seconds, kind = out.split()[:2]
    # Over WSGI the client starts another engine first, and says so by this error.
    assert kind == {"fifo": "RuntimeError", "wsgi": "RestartError"}[server], err
    assert float(seconds) < 0.5 + 5.0
    wait_until(lambda: not engines_of(tmp_path), seconds=5.0)


def test_a_dead_engine_is_noticed_with_the_next_action(
    start_program: Callable[..., subprocess.Popen[str]],
) -> None:
    text = """
    controller = start()
    os.kill(controller.unity_pid, signal.SIGKILL)
    time.sleep(4.0)  # until the sentinel has gone, too
    controller.step("MoveAhead")
    """
    _, err = start_program(text, "--server", "fifo").communicate(timeout=60)
    assert "BrokenPipeError" in err


@BOTH
@pytest.mark.parametrize("doing", ["time.sleep(60)", "[controller.step('RotateRight') for _ in range(9999)]"])
def test_killing_the_client_ends_the_engine(
    server: str, doing: str, start_program: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    text = f"""
    controller = start()
    print(controller.unity_pid, flush=True)
    {doing}
    """
    program = start_program(text, "--server", server)
    assert program.stdout is not None
    engine = int(program.stdout.readline())
    assert alive(engine)
    time.sleep(0.2)
    program.kill()
    wait_until(lambda: not alive(engine) and not list((tmp_path / "pipes").iterdir()), seconds=5.0)
    wait_until(lambda: not engines_of(tmp_path), seconds=5.0)


def test_children_that_the_client_forked_do_not_keep_the_engine(
    start_program: Callable[..., subprocess.Popen[str]],
) -> None:
    text = """
    import multiprocessing
    controller = start()
    child = multiprocessing.get_context("fork").Process(target=time.sleep, args=(4,))
    child.start()  # holds copies of the pipes' ends
    print(controller.unity_pid, flush=True)
    time.sleep(60)
    """
    program = start_program(text, "--server", "fifo")
    assert program.stdout is not None
    engine = int(program.stdout.readline())
    program.kill()
    wait_until(lambda: not alive(engine), seconds=5.0)


def test_an_engine_that_dies_while_it_starts_makes_the_client_raise(
    start_program: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    (tmp_path / "moderngl.py").write_text("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n")
    began = time.monotonic()
    _, err = start_program("start()", "--server", "fifo", PYTHONPATH=in_front(tmp_path)).communicate(
        timeout=60
    )
    assert "KeyError: 193" in err
    assert time.monotonic() - began < 20.0


@pytest.mark.parametrize("sent_bytes", [0, 3, 5, 300, 70_000])
def test_the_client_never_takes_a_torn_answer_for_a_whole_one(sent_bytes: int) -> None:
    """The client's own reader on a message that ends anywhere and goes on with the sentinel's last words."""
    server = ai2thor.fifo_server.FifoServer(width=160, height=120)
    metadata = pack({"sequenceId": 0, "agents": [{"screenWidth": 160, "objects": ["a name"] * 20}]})
    image = bytes(160 * 120 * 3)
    parts = [(fifo.METADATA, metadata), (fifo.IMAGE_FIELDS["image"], image), (fifo.END_OF_MESSAGE, b"")]
    message = b"".join(fifo.HEADER.pack(field, len(body)) + body for field, body in parts)
    reading, writing = os.pipe()
    fifo.fcntl.fcntl(writing, fifo.fcntl.F_SETPIPE_SZ, 1 << 18)
    os.write(writing, message[: min(sent_bytes, len(message) - 5)] + LAST_WORDS)
    os.close(writing)
    server.server_pipe = os.fdopen(reading, "rb")  # type: ignore[assignment]
    with pytest.raises((KeyError, ValueError)):
        server._recv_message(timeout=5.0)
    server.server_pipe.close()  # type: ignore[union-attr]
    server.tmp_dir.cleanup()


def test_a_long_run_of_two_controllers_leaks_nothing(
    start_program: Callable[..., subprocess.Popen[str]],
) -> None:
    text = """
    from ai2thor.fifo_server import FifoServer
    from ai2thor.wsgi_server import WsgiServer
    both = [start(server_class=server) for server in (FifoServer, WsgiServer)]
    def use():
        found = []
        for process in ["self", *(str(controller.unity_pid) for controller in both)]:
            status = open(f"/proc/{process}/status").read()
            memory_kb = int(status.split("VmRSS:")[1].split()[0])
            found.append((len(os.listdir(f"/proc/{process}/fd")), memory_kb))
        return found
    def run(steps):
        for step in range(steps):
            for controller, action in zip(both, ("RotateRight", "RotateLeft")):
                event = controller.step(action)
                assert event.frame.shape == (48, 64, 3), step
        return [controller.last_event.metadata["agent"]["rotation"]["y"] for controller in both]
    run(50)
    before = use()
    last = run(301)
    print(json.dumps([before, use(), last]))
    for controller in both:
        controller.stop()
    """
    out, err = start_program(text).communicate(timeout=90)
    assert err == ""
    before, after, (right, left) = json.loads(out)
    # 90 degrees at start, and 50 + 301 quarter turns: three more than whole turns.
    assert (right, left) == (0.0, 180.0)
    for (descriptors, memory_kb), (descriptors_then, memory_kb_then) in zip(before, after, strict=True):
        # A socket that the client is about to close may be counted.
        assert descriptors_then - descriptors <= 1
        assert memory_kb_then - memory_kb < 8_000
