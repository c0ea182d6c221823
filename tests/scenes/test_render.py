"""`simgen render` makes the same clips with any number of workers and after any interruption."""

import json
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from simgen.recipe import load_recipe
from simgen.scenes.houses.obtain import obtain_dataset_houses
from simgen.store.clips import read_info
from simgen.store.folder import DataFolder
from tests.conftest import run_simgen

pytestmark = pytest.mark.slow


def hashes(folder: DataFolder) -> dict[str, str]:
    return {path.stem: read_info(path)[1] for path in folder.dataset("demo").clip_paths()}


def test_the_summary_counts_what_is_there(demo_render: tuple[DataFolder, dict[str, Any]]) -> None:
    folder, summary = demo_render
    recipe = load_recipe("demo")
    assert summary["clips"] == summary["rendered"] == recipe.houses.count == len(hashes(folder))
    assert summary["frames"] == recipe.houses.count * recipe.trajectory.frames
    assert summary["frames_per_second"] > 0
    assert summary["failed"] == []


def test_one_worker_makes_the_same_clips_as_two(demo: DataFolder, tmp_path: Path) -> None:
    done = run_simgen("render", "--recipe", "demo", "--workers", "1", "--json", data=tmp_path)
    assert done.returncode == 0, done.stderr
    assert hashes(DataFolder(tmp_path)) == hashes(demo)


@pytest.fixture
def copy_of_demo(demo: DataFolder, tmp_path: Path) -> DataFolder:
    shutil.copytree(demo.path, tmp_path / "copy")
    return DataFolder(tmp_path / "copy")


def test_a_rerun_makes_only_what_is_missing_or_broken(demo: DataFolder, copy_of_demo: DataFolder) -> None:
    lost, cut, kept = copy_of_demo.dataset("demo").clip_paths()
    lost.unlink()
    cut.write_bytes(cut.read_bytes()[:1000])
    before = kept.stat().st_mtime_ns
    done = run_simgen("render", "--recipe", "demo", "--json", data=copy_of_demo.path)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["rendered"] == 2
    assert json.loads(done.stdout)["reused"] == 1
    assert kept.stat().st_mtime_ns == before
    assert hashes(copy_of_demo) == hashes(demo)


def test_a_killed_render_goes_on_to_the_same_clips(demo: DataFolder, copy_of_demo: DataFolder) -> None:
    clips = copy_of_demo.dataset("demo").clip_paths()
    for path in clips:
        path.unlink()
    command = [sys.executable, "-m", "simgen.cli", "--data", str(copy_of_demo.path), "render", "-r", "demo"]
    killed = subprocess.Popen([*command, "-j", "1"], stderr=subprocess.DEVNULL)
    while not any(path.exists() for path in clips):
        assert killed.poll() is None
        time.sleep(0.02)
    killed.kill()
    killed.wait()
    assert len(hashes(copy_of_demo)) < len(clips)
    assert run_simgen("render", "--recipe", "demo", data=copy_of_demo.path).returncode == 0
    assert hashes(copy_of_demo) == hashes(demo)
    assert list(clips[0].parent.glob("*.part")) == []


def test_a_changed_recipe_is_refused_or_replaces_the_clips(copy_of_demo: DataFolder, tmp_path: Path) -> None:
    recipe = tmp_path / "fewer.yaml"
    recipe.write_text("extends: demo\nname: demo\ntrajectory: {frames: 3}\nhouses: {train: 1, val: 0}\n")
    refused = run_simgen("render", "--recipe", str(recipe), data=copy_of_demo.path)
    assert refused.returncode == 2
    assert "--replace" in refused.stderr
    assert len(copy_of_demo.dataset("demo").clip_paths()) == 3
    done = run_simgen("render", "--recipe", str(recipe), "--replace", "--json", data=copy_of_demo.path)
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    assert (summary["clips"], summary["rendered"], summary["frames"]) == (1, 1, 3)
    assert len(copy_of_demo.dataset("demo").clip_paths()) == 1


def test_houses_that_fail_are_reported_with_their_reason(copy_of_demo: DataFolder) -> None:
    recipe = load_recipe("demo")
    rooms = recipe.houses.rooms.replace(max_rooms=1, require=("Bedroom", "Kitchen"))
    impossible = recipe.replace(houses=recipe.houses.replace(rooms=rooms))
    houses, failed = obtain_dataset_houses(impossible, copy_of_demo.dataset("demo"), workers=2)
    assert houses == []
    assert len(failed) == 3
    assert all("raise max_rooms" in failure for failure in failed)


def test_files_in_the_working_folder_are_not_imported(tmp_path: Path) -> None:
    (tmp_path / "attr.py").write_text("raise SystemExit('the wrong attr')")
    (tmp_path / "simgen").mkdir()
    (tmp_path / "simgen" / "__init__.py").write_text("raise SystemExit('the wrong simgen')")
    script = Path(sys.executable).parent / "simgen"
    command = [str(script), "houses", "sample", "--recipe", "demo", "--data", str(tmp_path / "data")]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
