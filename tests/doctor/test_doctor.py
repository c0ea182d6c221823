"""What `simgen doctor` says here, and what it says of a machine that lacks something."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from simgen.doctor.icd import describe_files, find_driver_files
from simgen.doctor.opengl import TEST_OBJECT, find_frame_problem, one_room_house
from simgen.doctor.software import check_data_folder
from simgen.doctor.unity import check_unity_build
from simgen.engine.protocol.client import EmbeddedController

SECRET = "hf_thisMustNotBeShown"


def doctor(**environment: str) -> tuple[int, str, dict[str, dict[str, Any]]]:
    done = subprocess.run(
        [sys.executable, "-m", "simgen.cli", "doctor", "--json"],
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
    )
    findings = json.loads(done.stdout)["findings"]
    return done.returncode, done.stdout + done.stderr, {finding["name"]: finding for finding in findings}


@pytest.mark.slow
def test_everything_that_rendering_needs_works_here_and_no_token_is_shown() -> None:
    code, text, findings = doctor(HF_TOKEN=SECRET)
    assert code == 0, text
    needed = ("packages", "OpenGL through EGL", "EGL drivers", "a test frame", "data folder")
    assert {findings[name]["state"] for name in needed} == {"ok"}
    assert "in the environment" in findings["Hugging Face Hub"]["detail"]
    assert SECRET not in text


@pytest.mark.slow
def test_without_a_driver_it_names_the_packages_to_install() -> None:
    code, _, findings = doctor(__EGL_VENDOR_LIBRARY_FILENAMES="/nonexistent.json", DISPLAY=":987")
    assert code == 1
    for name in ("OpenGL through EGL", "EGL drivers", "a test frame"):
        assert findings[name]["state"] == "fail"
    assert "libegl1" in findings["EGL drivers"]["cure"]
    assert findings["X display"]["state"] == "off"
    assert ":987" in findings["X display"]["detail"]


@pytest.fixture(scope="module")
def picture() -> Any:
    controller = EmbeddedController(
        width=160, height=120, renderDepthImage=True, renderInstanceSegmentation=True
    )
    controller.step(action="CreateHouse", house=one_room_house(), renderImage=False)
    event = controller.step(action="TeleportFull", **one_room_house()["metadata"]["agent"])
    controller.stop()
    return event


def test_a_wrong_picture_is_noticed(picture: Any) -> None:
    rgb, depth = picture.frame, picture.depth_frame
    mask = picture.instance_masks[TEST_OBJECT]
    assert find_frame_problem(rgb, depth, {TEST_OBJECT: mask}) == ""
    assert "2.020 m" in find_frame_problem(rgb, depth * 1.01, {TEST_OBJECT: mask})
    assert "no pixels" in find_frame_problem(rgb, depth, {})
    assert "wrong place" in find_frame_problem(rgb, depth, {TEST_OBJECT: mask[:, ::-1]})
    assert "one colour" in find_frame_problem(np.full_like(rgb, 90), depth, {TEST_OBJECT: mask})


def test_drivers_are_found_as_their_loaders_find_them(tmp_path: Path) -> None:
    for name, text in (("50_b.json", '{"ICD": {"library_path": "libb.so"}}'), ("10_a.json", "{")):
        (tmp_path / name).write_text(text)
    first, second = find_driver_files(None, [tmp_path / "none", tmp_path])
    assert (first.name, second.name) == ("10_a.json", "50_b.json")
    assert describe_files([second]) == "50_b.json (libb.so)"
    assert "cannot be read" in describe_files([first])
    assert find_driver_files(f"{second}:/nonexistent.json", [tmp_path]) == [second]


def test_a_full_or_locked_disk_is_a_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert check_data_folder(tmp_path / "new").state == "ok"
    monkeypatch.setattr("simgen.doctor.software.MIN_FREE_GB", 1e9)
    assert check_data_folder(tmp_path / "new").state == "fail"


def test_a_named_unity_that_cannot_run_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "thor"
    program.write_text("#!/bin/sh\n")
    monkeypatch.setenv("SIMGEN_UNITY", str(program))
    assert check_unity_build().state == "off"
    program.chmod(0o755)
    assert check_unity_build().state == "ok"
