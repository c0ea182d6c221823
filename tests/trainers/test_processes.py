"""Two real processes (torchrun, gloo) against one: order, losses and weights; and who reports an error."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from simgen.errors import OtherProcessError
from simgen.store.folder import DataFolder
from simgen.trainers import processes
from simgen.trainers.models.loading import load_model
from simgen.trainers.train.phase import read_log
from tests.trainers.launched import SGD
from tests.trainers.phases import ROWS, make_config, read_order, run_phase, save_tiny
from tests.trainers.questions import make_folder

REPOSITORY = Path(__file__).parents[2]


def torchrun(*command: object) -> subprocess.CompletedProcess[str]:
    """Runs a module on two processes."""
    launcher = [sys.executable, "-m", "torch.distributed.run", "--nproc_per_node", "2", "-m"]
    return subprocess.run(
        [*launcher, *map(str, command)],
        cwd=REPOSITORY,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def launched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of phases that two processes ran."""
    root = tmp_path_factory.mktemp("launched")
    make_folder(root / "data", clips=2, frames=1)
    save_tiny(root / "model")
    done = torchrun("tests.trainers.launched", root)
    assert done.returncode == 0, done.stderr
    return root


@pytest.mark.slow
@pytest.mark.parametrize("accumulation", [1, 2])
def test_sft_on_two_processes_equals_one_with_the_whole_batch(
    launched: Path, tmp_path: Path, accumulation: int
) -> None:
    # Two processes of 2 samples; one process of 4 samples, or of 2 samples with two accumulated steps.
    trl = {"optim": "sgd", "gradient_accumulation_steps": accumulation}
    config = make_config(SGD | {"sft.batch_size": 4 // accumulation, "sft.trl": trl})
    loaded = load_model(str(launched / "model"))
    run_phase("sft", loaded, ROWS, DataFolder(launched / "data"), config, tmp_path)

    assert read_order(tmp_path) == read_order(launched / "sft-straight")
    one, two = read_log(tmp_path), read_log(launched / "sft-straight")
    assert [entry["loss"] for entry in two] == pytest.approx([entry["loss"] for entry in one], rel=1e-5)
    start, expected = load_file(launched / "model" / "model.safetensors"), read_weights(tmp_path)
    for name, value in read_weights(launched / "sft-straight").items():
        torch.testing.assert_close(value, expected[name], atol=1e-6, rtol=1e-4, msg=name)
    assert any((value - start[name]).abs().max() > 1e-2 for name, value in expected.items())


def read_weights(out: Path) -> dict[str, torch.Tensor]:
    return load_file(out / "model" / "model.safetensors")


@pytest.mark.slow
@pytest.mark.parametrize("phase", ["sft", "grpo"])
def test_two_processes_see_the_plan_and_resume_it(launched: Path, phase: str) -> None:
    straight, cut = launched / f"{phase}-straight", launched / f"{phase}-cut"
    order = read_order(straight)
    assert [line.seen for line in order] == [line.planned for line in order]
    assert [len(line.seen) for line in order] == [4 if phase == "sft" else 2] * 4
    assert read_order(cut) == order
    scored = [entry["step"] for entry in read_log(straight) if "eval_score" in entry]
    assert scored == [2, 4]
    losses = [entry["loss"] for entry in read_log(straight)]
    assert [entry["loss"] for entry in read_log(cut)] == pytest.approx(losses)
    for name, value in read_weights(straight).items():
        torch.testing.assert_close(read_weights(cut)[name], value, msg=name)


@pytest.mark.slow
def test_work_is_split_in_order_and_an_error_is_raised_once(launched: Path) -> None:
    first, second = (json.loads((launched / f"shared-{rank}.json").read_text()) for rank in (0, 1))
    assert first == [["0:a", "0:b", "1:c", "1:d", "1:e"], 0, 0, "OtherProcessError"]
    assert second == [["0:a", "0:b", "1:c", "1:d", "1:e"], 0, 1, "ClipError"]


def test_one_process_runs_all_itself_and_raises_its_own_errors() -> None:
    assert processes.map_evenly(list, "abc") == ["a", "b", "c"]
    with pytest.raises(RuntimeError, match="Connection closed by peer"), processes.end_with_the_others():
        raise RuntimeError("Connection closed by peer")


def test_a_process_that_loses_another_prints_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(OtherProcessError), processes.end_with_the_others():
        raise RuntimeError("[gloo/transport/tcp/pair.cc:534] Connection closed by peer [127.0.0.1]:17")
    with pytest.raises(RuntimeError, match="out of memory"), processes.end_with_the_others():
        raise RuntimeError("CUDA out of memory")
