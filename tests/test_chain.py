"""The commands in the order of a project, on the demo data set: qa, verify, view, train, publish."""

import json
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from simgen.store.folder import DataFolder
from simgen.store.rows import read_rows, write_rows
from tests.conftest import run_simgen


@pytest.fixture(scope="module")
def asked(demo: DataFolder) -> DataFolder:
    done = run_simgen("qa", "--templates", "distance", "--json", data=demo.path)
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    rows = read_rows(demo.dataset("demo").questions_path)
    assert summary["rows"] == len(rows) > 20
    assert sum(summary["questions_by_template"].values()) == len({row.question_id for row in rows})
    assert summary["rejected"]
    return demo


@pytest.mark.slow
def test_every_row_is_verified(asked: DataFolder) -> None:
    done = run_simgen("verify", "--json", data=asked.path)
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    assert summary["checked"] == len(read_rows(asked.dataset("demo").questions_path))
    assert summary["failed"] == 0


def test_both_splits_and_all_templates_are_asked(asked: DataFolder) -> None:
    rows = read_rows(asked.dataset("demo").questions_path)
    assert {row.split for row in rows} == {"train", "val"}
    templates = {"absolute_distance", "center_distance", "relative_distance", "camera_distance"}
    assert templates <= {row.template for row in rows}


@pytest.mark.slow
def test_asking_again_changes_nothing(asked: DataFolder) -> None:
    before = read_rows(asked.dataset("demo").questions_path)
    assert run_simgen("qa", "--templates", "distance", data=asked.path).returncode == 0
    assert read_rows(asked.dataset("demo").questions_path) == before


@pytest.mark.slow
def test_a_wrong_answer_is_found_and_not_published(asked: DataFolder, tmp_path: Path) -> None:
    path = asked.dataset("demo").questions_path
    whole = path.read_bytes()
    rows = read_rows(path)
    index = next(i for i, row in enumerate(rows) if row.template == "absolute_distance")
    rows[index] = replace(rows[index], answer="9.9")
    try:
        write_rows(path, rows)
        done = run_simgen("verify", "--json", data=asked.path)
        assert done.returncode == 1
        assert json.loads(done.stdout)["failed"] == 1
        assert json.loads(done.stdout)["failures"][0].startswith(f"{rows[index].id}: ")
        refused = run_simgen("publish", "--to", str(tmp_path / "release"), data=asked.path)
        assert refused.returncode == 1
        assert f"1 of {len(rows)} rows are wrong" in refused.stderr
        assert not (tmp_path / "release").exists()
    finally:
        path.write_bytes(whole)


@pytest.mark.slow
def test_view_draws_a_picture(asked: DataFolder, tmp_path: Path) -> None:
    done = run_simgen("view", "--out", str(tmp_path / "sheet.png"), data=asked.path)
    assert done.returncode == 0, done.stderr
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.width > 800
        assert len(sheet.convert("RGB").getcolors(1 << 24) or []) > 1000


@pytest.mark.slow
def test_training_lowers_the_loss_and_reports_both_evaluations(asked: DataFolder) -> None:
    done = run_simgen(
        "train", "--curriculum", "--set", "sft.steps=12", "--set", "grpo.steps=2", "--json", data=asked.path
    )
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["sft_loss_last"] < report["sft_loss_first"]
    assert report["before"]["rows"] == report["after"]["rows"] > 0


@pytest.mark.slow
def test_a_release_loads_and_its_checksums_hold(asked: DataFolder, tmp_path: Path) -> None:
    release = tmp_path / "release"
    done = run_simgen("publish", "--to", str(release), "--json", data=asked.path)
    assert done.returncode == 0, done.stderr
    rows = read_rows(asked.dataset("demo").questions_path)
    datasets = pytest.importorskip("datasets", reason="the [release] extra")
    loaded = datasets.load_dataset(str(release), cache_dir=str(tmp_path / "cache"))
    assert sum(len(split) for split in loaded.values()) == len(rows)
    first = loaded["train"][0]
    assert isinstance(first["images"][0], Image.Image)
    assert len(first["images"]) == len(first["frames"])
    checked = subprocess.run(["sha256sum", "-c", "--quiet", "checksums.sha256"], cwd=release, check=False)
    assert checked.returncode == 0


@pytest.mark.slow
def test_the_number_of_workers_does_not_change_a_release(asked: DataFolder, tmp_path: Path) -> None:
    sums = []
    for workers in ("1", "2"):
        folder = tmp_path / workers
        done = run_simgen("publish", "--to", str(folder), "-j", workers, data=asked.path)
        assert done.returncode == 0, done.stderr
        sums.append((folder / "checksums.sha256").read_text())
    assert sums[0] == sums[1]
