"""Starting the engine, and what goes wrong in it, in words that reach the user."""

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from simgen.cli import main
from simgen.engine.protocol.wire.launch import client_environment, executable
from tests.engine.protocol.wire.processes import BOTH, HOUSE, STARTED, in_front

DOCUMENTATION = Path(__file__).parents[4] / "docs" / "thor.md"


@pytest.mark.slow
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


@pytest.mark.slow
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


@pytest.mark.slow
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

    @pytest.mark.slow
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

    @pytest.mark.slow
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

    @pytest.mark.slow
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


@pytest.mark.slow
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
    done = subprocess.run(
        [sys.executable, "-c", f"from ai2thor.controller import Controller\n{blocks[3][1]}"],
        env={**environment, "PATH": path},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, "")
