"""The programs of examples/, run as their first lines say."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from simgen.store.folder import DataFolder
from tests.conftest import run_simgen

EXAMPLES = Path(__file__).parents[1] / "examples"
THOR = (sys.executable, "-m", "simgen.cli", "thor", "run", "--")


def run_example(name: str, data: Path, *arguments: str, before: tuple[str, ...] = ()) -> str:
    """What an example prints, run in the present folder."""
    done = subprocess.run(
        [*before, sys.executable, str(EXAMPLES / name), *arguments],
        capture_output=True,
        text=True,
        timeout=300,
        env={**os.environ, "SIMGEN_DATA": str(data), "OMP_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_example_is_run_here() -> None:
    own = Path(__file__).read_text(encoding="utf-8")
    assert all(f'"{path.name}"' in own for path in EXAMPLES.glob("*.py"))


def test_a_clip_is_looked_at(demo: DataFolder) -> None:
    out = run_example("look_at_a_clip.py", demo.path)
    assert out.startswith("demo-00000-00: 24 frames of ")
    assert "m away" in out


@pytest.mark.slow
def test_a_question_of_ones_own_verifies(own_demo: DataFolder) -> None:
    out = run_example("ask_your_own_question.py", own_demo.path)
    assert "<answer>" in out
    checked = int(out.rpartition("\n")[0].rpartition("\n")[2].partition(" ")[0])
    assert checked > 0
    assert out.endswith(f"{checked} rows verified, 0 failed\n")


@pytest.mark.slow
def test_a_thor_program_walks_through_a_house(demo: DataFolder) -> None:
    houses = str(demo.dataset("demo").houses_path)
    out = run_example("thor_program.py", demo.path, houses, before=THOR)
    assert int(out.partition(" positions are free")[0]) > 50
    assert Path("view.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.slow
def test_a_target_scores_full_marks_and_a_guess_does_not(own_demo: DataFolder) -> None:
    assert run_simgen("qa", "--templates", "distance", data=own_demo.path).returncode == 0
    out = run_example("training_row.py", own_demo.path)
    assert "the target itself: {'accuracy': 1.0, 'format': 1.0, 'map IoU': 1.0}" in out
    assert "'format': 0.0, 'map IoU': 0.0}" in out.rpartition("a guess:")[2]


@pytest.mark.parametrize("name", ["load_clip", "load_rows", "load_recipe", "render", "ask", "Controller"])
def test_the_front_door_gives_its_names(name: str) -> None:
    import simgen

    assert name in dir(simgen)
    assert callable(getattr(simgen, name))
