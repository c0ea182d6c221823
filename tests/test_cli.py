"""The command line: help is fast, and a mistake of the user gives one line and exit code 2."""

import os
import subprocess
import sys
from pathlib import Path
from typing import get_args

import click
import pytest
from click.testing import CliRunner

from simgen.cli import main
from simgen.cli.shared import QUALITIES
from simgen.types import Quality

HEAVY = ("torch", "trl", "transformers", "moderngl", "h5py", "pydantic", "ai2thor", "numpy")


def run(*arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(main, arguments)
    return result.exit_code, result.stdout, result.stderr


def test_help_imports_nothing_heavy() -> None:
    script = f"import sys, simgen.cli; print([name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_front_door_imports_nothing_heavy() -> None:
    script = f"import sys, simgen; dir(simgen); print([name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_qualities_are_those_of_the_type() -> None:
    assert set(get_args(Quality)) == set(QUALITIES)


def test_every_command_has_help() -> None:
    for name, command in main.commands.items():
        code, out, _ = run(name, "--help")
        assert code == 0
        assert command.help
        assert out.startswith("Usage:")


def test_no_listing_of_commands_cuts_a_sentence() -> None:
    groups = [(), *((name,) for name, command in main.commands.items() if isinstance(command, click.Group))]
    for group in groups:
        _, out, _ = run(*group, "--help")
        assert "..." not in out.partition("Commands:")[2], group


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("render", "--recipe", "kitchen_walk"), "did you mean 'kitchen_walkthrough'"),
        (("qa", "--templates", "distance"), "simgen render --recipe kitchen_walkthrough"),
        (("verify",), "simgen render --recipe kitchen_walkthrough"),
        (("train",), "simgen render --recipe kitchen_walkthrough"),
        (("view",), "simgen render --recipe kitchen_walkthrough"),
        (("publish", "--to", "out"), "simgen render --recipe kitchen_walkthrough"),
        (("recipe", "show", "demoo"), "did you mean 'demo'"),
        (("qa", "--templates", "distence"), "did you mean 'distance'"),
        (("render", "--recipe", "demo", "--workers", "0"), "--workers"),
        (("rendr",), "No such command 'rendr'"),
        (("--nope",), "--nope"),
        (("verify", "--data", "elsewhere"), "elsewhere: no clips here yet"),
        (("view", "clip.h5", "--out", "x.txt"), "clip"),
    ],
)
def test_a_mistake_gets_one_line_and_exit_code_2(arguments: tuple[str, ...], message: str) -> None:
    code, out, err = run(*arguments)
    assert code == 2
    assert out == ""
    assert err.startswith("simgen: ")
    assert err.count("\n") == 1
    assert message in err


def test_all_mistakes_of_a_recipe_in_one_line(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("name: mine\nframes: 3\ntrajectory: {frames: -1}\n")
    code, _, err = run("render", "--recipe", str(file))
    assert code == 2
    assert err.count("\n") == 1
    assert f"{file}:2: unknown key frames" in err
    assert f"{file}:3: trajectory.frames" in err


def test_an_unwritable_folder_is_named_before_any_work() -> None:
    # Nobody can make a folder in /proc, not even root.
    code, _, err = run("--data", "/proc/simgen-data", "render", "--recipe", "demo")
    assert code == 2
    assert err.startswith("simgen: /proc/simgen-data/demo: ")
    assert "--data" in err


def test_missing_egl_names_the_packages_before_any_sampling(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "simgen.cli", "--data", str(tmp_path), "render", "--recipe", "demo"],
        capture_output=True,
        text=True,
        env={**os.environ, "__EGL_VENDOR_LIBRARY_FILENAMES": "/nonexistent.json"},
    )
    assert done.returncode == 2
    assert "apt-get install -y libegl1 libgl1-mesa-dri" in done.stderr
    assert done.stderr.count("\n") == 1


def test_recipe_commands() -> None:
    assert "kitchen_walkthrough" in run("recipe", "ls")[1]
    assert run("recipe", "show", "demo")[1].startswith("# simgen render --recipe demo")
    assert "no mistakes" in run("recipe", "check", "demo")[1]
