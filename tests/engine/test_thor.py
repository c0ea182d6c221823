"""simgen-thor: real client processes on the engine's process, over both protocols."""

import contextlib
import json
import os
import pickle
import re
import shlex
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import ai2thor.fifo_server
import msgpack
import numpy as np
import pytest
from click.testing import CliRunner

from simgen.cli import main
from simgen.engine.client import EmbeddedController
from simgen.engine.wire import fifo
from simgen.engine.wire.encoding import as_plain, pack
from simgen.engine.wire.launch import client_environment, executable
from simgen.engine.wire.watch import LAST_WORDS
from tests.engine import thor_program
from tests.engine.house_fixture import house_object, two_room_house

HOUSE = two_room_house(
    [
        house_object("Chair|2|0", "Chair_007_1", 3.3, 0.5, 1.2, yaw=30.0),
        house_object("Plant|3|0", "Houseplant_1", 6.5, 0.4, 1.0),
    ]
)
DOCUMENTATION = Path(__file__).parents[2] / "docs" / "thor.md"
BOTH = pytest.mark.parametrize("server", ["fifo", "wsgi"])
STARTED = f"""
import json, os, signal, sys, threading, time
from ai2thor.controller import Controller
house = json.loads({json.dumps(HOUSE)!r})
def start(**options):
    controller = Controller(width=64, height=48, **options)
    controller.step("CreateHouse", house=house)
    return controller
"""
"""How the programs below begin."""


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """A user's environment without a display, and with a home of its own for the client's log."""
    (tmp_path / "pipes").mkdir()
    own = {"HOME": str(tmp_path), "TMPDIR": str(tmp_path / "pipes"), "OMP_NUM_THREADS": "1"}
    return {**{k: v for k, v in os.environ.items() if k != "DISPLAY"}, **own}


@pytest.fixture
def start_program(environment: dict[str, str]) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts `python -c text` by `simgen thor run`."""
    started: list[subprocess.Popen[str]] = []

    def start(text: str, *options: str, **variables: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "simgen.cli", "thor", "run", *options, "--", sys.executable, "-c"]
        process = subprocess.Popen(
            [*command, STARTED + textwrap.dedent(text)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**environment, **variables},
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture(scope="module")
def seen_in_process() -> list[dict[str, Any]]:
    """The walk of thor_program.py without any wire."""
    return thor_program.walk(EmbeddedController(**thor_program.OPTIONS), HOUSE)


@BOTH
def test_an_unmodified_program_sees_what_the_engine_draws(
    server: str, environment: dict[str, str], tmp_path: Path, seen_in_process: list[dict[str, Any]]
) -> None:
    house, result = tmp_path / "house.json", tmp_path / "seen.pickle"
    house.write_text(json.dumps(HOUSE))
    command = [sys.executable, "-m", "simgen.cli", "thor", "run", "--server", server, "--"]
    program = [sys.executable, str(Path(thor_program.__file__)), str(house), str(result)]
    done = subprocess.run([*command, *program], env=environment, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    name, seen = pickle.loads(result.read_bytes())
    assert name == {"fifo": "FifoServer", "wsgi": "WsgiServer"}[server]
    assert len(seen) == len(seen_in_process)
    for ours, theirs in zip(seen_in_process, seen, strict=True):
        assert_same(ours, theirs)


def assert_same(ours: Any, theirs: Any) -> None:
    if isinstance(ours, dict):
        assert list(ours) == list(theirs)
        for key in ours:
            assert_same(ours[key], theirs[key])
    elif isinstance(ours, np.ndarray):
        assert ours.dtype == theirs.dtype
        assert ours.shape == theirs.shape
        assert ours.tobytes() == theirs.tobytes()
    elif isinstance(ours, list):
        assert len(ours) == len(theirs)
        for our, their in zip(ours, theirs, strict=True):
            assert_same(our, their)
    else:
        assert ours == theirs


def test_the_walk_shows_something(seen_in_process: list[dict[str, Any]]) -> None:
    assert {"Chair|2|0", "door|2|3"} <= {name for seen in seen_in_process for name in seen["masks"]}
    sizes = [seen["frame"].shape[:2] for seen in seen_in_process[-7:-2]]
    assert sizes == [(1080, 1920), (240, 320), (240, 320), (75, 161), (75, 161)]
    assert "blocking" in seen_in_process[-8]["metadata"]["errorMessage"]


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


@BOTH
def test_errors_reach_the_program(server: str, start_program: Callable[..., subprocess.Popen[str]]) -> None:
    text = """
    controller = start()
    def error_of(*action, **arguments):
        try:
            return controller.step(*action, **arguments).metadata["errorMessage"]
        except Exception as error:
            return type(error).__name__, str(error)
    print(json.dumps([
        error_of("Fly"),
        error_of("MoveAhead", height=3),
        error_of("TeleportFull"),
        error_of("MoveAhead", moveMagnitude=9, raise_for_failure=True),
        error_of("CreateHouse", house={"rooms": 3}),
        error_of("Pass"),
        controller.reset(house, width=161, height=75).frame.shape,
    ]))
    """
    out, err = start_program(text, "--server", server).communicate(timeout=60)
    assert err == ""
    unknown, argument, missing, blocked, broken, fine, other_size = json.loads(out)
    assert unknown[0] == argument[0] == missing[0] == "ValueError"
    assert "Fly is not an action" in unknown[1]
    assert "MoveAhead has no argument height" in argument[1]
    assert "TeleportFull needs" in missing[1]
    assert blocked[0] == "RuntimeError"
    assert "is blocking Agent 0" in blocked[1]
    assert broken  # in errorMessage, as Unity's unhandled exceptions
    assert fine == ""
    assert other_size == [75, 161, 3]


@BOTH
@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"__EGL_VENDOR_LIBRARY_FILENAMES": "/nonexistent.json"}, "apt-get install -y libegl1"),
        ({"SIMGEN_THOR_ASSETS": "/nonexistent"}, "/nonexistent"),
        ({"SIMGEN_THOR_QUALITY": "best"}, "quality 'best': choose fast, standard, high"),
    ],
)
def test_an_engine_that_cannot_start_says_why(
    server: str, variables: dict[str, str], message: str, environment: dict[str, str]
) -> None:
    started = client_environment("standard", server, None, environment)
    done = subprocess.run(
        [sys.executable, "-c", STARTED + "start()"],
        env={**environment, **started, **variables},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("ValueError: ")
    assert message in last


def test_a_unity_scene_is_refused(start_program: Callable[..., subprocess.Popen[str]]) -> None:
    _, err = start_program("Controller(scene='FloorPlan1')").communicate(timeout=60)
    assert "Scene 'FloorPlan1_physics' not contained in build" in err
    assert err.strip().endswith("Procedural")


@pytest.mark.parametrize("quality", ["fast", "high"])
def test_a_local_executable_path_needs_nothing_else(quality: str, environment: dict[str, str]) -> None:
    """As typed in docs/thor.md: no variables, the client's own arguments."""
    path = CliRunner().invoke(main, ["thor", "path"]).stdout.strip()
    assert path == executable()
    command = f"{path} --quality {quality}"
    text = f"print(start(local_executable_path={command!r}, x_display=':0').last_event.frame.shape)"
    done = subprocess.run(
        [sys.executable, "-c", STARTED + text], env=environment, capture_output=True, text=True, timeout=60
    )
    assert (done.stdout, done.stderr) == ("(48, 64, 3)\n", "")


def test_started_by_hand_it_says_what_starts_it(environment: dict[str, str]) -> None:
    done = subprocess.run(shlex.split(executable()), env=environment, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr.startswith("simgen-thor: no client")
    assert done.stderr.count("\n") == 1


def test_a_port_without_a_client_is_one_line(environment: dict[str, str]) -> None:
    client = {"AI2THOR_HOST": "127.0.0.1", "AI2THOR_PORT": "1", "AI2THOR_CLIENT_TOKEN": "x"}
    done = subprocess.run(
        shlex.split(executable()),
        env={**environment, **client, "AI2THOR_SERVER_TYPE": "WSGI"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert done.stderr == (
        "simgen-thor: 127.0.0.1:1: cannot reach AI2-THOR's client there (Connection refused)\n"
    )


class TestRun:
    def test_the_exit_code_is_the_program_s_own(
        self, start_program: Callable[..., subprocess.Popen[str]]
    ) -> None:
        program = start_program("sys.exit(7)")
        program.communicate(timeout=30)
        assert program.returncode == 7

    def test_an_unknown_program_is_one_line(self) -> None:
        result = CliRunner().invoke(main, ["thor", "run", "--", "pythn", "x.py"])
        assert result.exit_code == 2
        assert result.stderr.startswith("simgen: pythn: no such program")

    def test_env_prints_what_a_shell_takes(self, environment: dict[str, str]) -> None:
        printed = CliRunner().invoke(main, ["thor", "env", "--quality", "fast", "--server", "wsgi"]).stdout
        script = printed + f'{sys.executable} -c "$0"'
        text = (
            "controller = start(); print(type(controller.server).__name__, controller.last_event.frame.shape)"
        )
        done = subprocess.run(
            ["sh", "-c", script, STARTED + text], env=environment, capture_output=True, text=True, timeout=60
        )
        assert (done.stdout, done.stderr) == ("WsgiServer (48, 64, 3)\n", "")

    def test_a_sitecustomize_of_the_user_s_own_runs_too(
        self, start_program: Callable[..., subprocess.Popen[str]], tmp_path: Path
    ) -> None:
        (tmp_path / "sitecustomize.py").write_text("import builtins\nbuiltins.own_name = 'own'\n")
        text = "import sitecustomize; print(own_name, sitecustomize.__file__); start()"
        out, err = start_program(text, PYTHONPATH=in_front(tmp_path)).communicate(timeout=60)
        assert (out, err) == (f"own {tmp_path / 'sitecustomize.py'}\n", "")

    def test_what_the_program_gives_itself_stays(
        self, start_program: Callable[..., subprocess.Popen[str]]
    ) -> None:
        text = "Controller(local_executable_path='/no/such/unity', x_display=':1')"
        _, err = start_program(text).communicate(timeout=60)
        assert err.strip().endswith("No such file or directory: '/no/such/unity'")

    def test_a_gpu_that_the_environment_names_is_not_asked_for(
        self, start_program: Callable[..., subprocess.Popen[str]]
    ) -> None:
        # The client would run vulkaninfo, which is not there.
        program = start_program("print(start().last_event.frame.shape)", CUDA_VISIBLE_DEVICES="0")
        assert program.communicate(timeout=60) == ("(48, 64, 3)\n", "")

    def test_without_the_variable_nothing_changes(self, environment: dict[str, str]) -> None:
        variables = client_environment("standard", None, None, environment)
        del variables["SIMGEN_THOR"]
        text = (
            "import sys, ai2thor.controller as c; print(c.Controller.__init__.__module__, sys.meta_path[0])"
        )
        done = subprocess.run(
            [sys.executable, "-c", text], env={**environment, **variables}, capture_output=True, text=True
        )
        assert done.stdout.startswith("ai2thor.controller ")
        assert "ControllerFinder" not in done.stdout


def test_the_commands_of_the_documentation_work_as_typed(environment: dict[str, str], tmp_path: Path) -> None:
    blocks = re.findall(r"```(python|sh)\n(.*?)```", DOCUMENTATION.read_text(), re.DOTALL)
    assert [language for language, _ in blocks] == ["python", "sh", "sh", "python"]
    (tmp_path / "program.py").write_text(blocks[0][1])
    (tmp_path / "house.json").write_text(json.dumps(HOUSE))
    path = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"
    for _, commands in blocks[1:3]:
        done = subprocess.run(
            ["sh", "-ec", commands],
            env={**environment, "PATH": path},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert (done.returncode, done.stderr) == (0, "")
        assert re.fullmatch(r"(\(480, 640, 3\) float32 \d+ masks\n)+", done.stdout)
    exec_path = blocks[3][1].replace("/path/to/bin/simgen-thor", executable())
    done = subprocess.run(
        [sys.executable, "-c", f"from ai2thor.controller import Controller\n{exec_path}"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_the_client_s_own_names_of_images_are_all_known() -> None:
    theirs = {name: int(field) for field, name in _fifo_server().form_field_map.items()}
    # The client's events look for one name, its FIFO table has another.
    assert {**theirs, "image_thirdParty_flows": theirs["image_thirdParty_flow"]} == fifo.IMAGE_FIELDS


def test_numpy_s_types_go_over_the_wire() -> None:
    metadata = {
        "a": np.float32(0.5),
        "b": np.array([[1, 2]]),
        "c": np.bool_(True),
        "d": (np.int64(3), np.str_("x")),
        "e": {"f": np.float64(1.25)},
    }
    plain = {"a": 0.5, "b": [[1, 2]], "c": True, "d": [3, "x"], "e": {"f": 1.25}}
    assert msgpack.unpackb(pack(metadata)) == plain
    assert json.loads(json.dumps(metadata, default=as_plain)) == plain


def _fifo_server() -> ai2thor.fifo_server.FifoServer:
    server = ai2thor.fifo_server.FifoServer(width=8, height=8)
    server.tmp_dir.cleanup()
    return server


def alive(pid: int) -> bool:
    """Whether a process runs; one that has ended and is not yet reaped does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def engines_of(home: Path) -> list[str]:
    """Process ids of all engines whose home folder is this test's own, sentinels among them."""
    found: list[str] = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # ended meanwhile
            command = (folder / "cmdline").read_bytes()
            own = f"HOME={home}\0".encode() in (folder / "environ").read_bytes()
            if own and (b"simgen-thor" in command or b"simgen.engine.wire.thor" in command):
                found.append(folder.name)
    return found


def in_front(folder: Path) -> str:
    """`PYTHONPATH` with a folder before what it has."""
    return os.pathsep.join([str(folder), *filter(None, [os.environ.get("PYTHONPATH")])])


def wait_until(condition: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it has not come true"
        time.sleep(0.02)
