"""Worker processes of the data loader change nothing of a phase but its speed."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from torch.utils.data import DataLoader

from simgen.store.folder import DataFolder
from simgen.trainers.config import load_config
from simgen.trainers.models.loading import VisionModel, load_model
from simgen.trainers.models.small import build_small
from simgen.trainers.train.packing import PackingCollator, build_packed_dataset, group_rows
from tests.trainers.phases import ROWS, make_config, read_order, run_phase, save_tiny
from tests.trainers.questions import make_folder

pytestmark = [
    pytest.mark.slow,
    # Python warns of any fork beside another thread, which an earlier test may have left.
    pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning"),
]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with clips and a model."""
    root = tmp_path_factory.mktemp("workers")
    make_folder(root / "data", clips=2, frames=1)
    save_tiny(root / "model")
    return root


@pytest.mark.parametrize("phase", ["sft", "grpo"])
def test_a_worker_process_changes_no_result(phase: str, root: Path, tmp_path: Path) -> None:
    logs, outs = [], [tmp_path / "0", tmp_path / "1"]
    for workers, out in enumerate(outs):
        settings = {"curriculum.kind": "shuffled", f"{phase}.trl": {"dataloader_num_workers": workers}}
        loaded = load_model(str(root / "model"))
        log = run_phase(phase, loaded, ROWS, DataFolder(root / "data"), make_config(settings), out)
        logs.append([(entry["loss"], entry["grad_norm"]) for entry in log])
    assert logs[0] == logs[1]
    assert read_order(outs[0]) == read_order(outs[1])
    start, *ends = (load_file(path / "model.safetensors") for path in (root / "model", *_models(outs)))
    assert any(not torch.equal(value, ends[0][name]) for name, value in start.items())
    assert all(torch.equal(value, ends[1][name]) for name, value in ends[0].items())


def test_a_worker_process_packs_the_same_samples(root: Path) -> None:
    config = load_config("small", {"data.map": "all"})
    small = VisionModel(*build_small([row.prompt + row.target for row in ROWS], 1024, seed=0))
    groups = group_rows(ROWS, 2)
    data: Any = build_packed_dataset(groups, np.arange(len(groups)), DataFolder(root / "data"), config)
    straight, worker = (
        list(DataLoader(data, batch_size=2, collate_fn=PackingCollator(small), num_workers=count))
        for count in (0, 1)
    )
    assert len(straight) == len(worker) > 1
    for one, other in zip(straight, worker, strict=True):
        assert all(torch.equal(tensor, other[name]) for name, tensor in one.items())


def _models(outs: list[Path]) -> list[Path]:
    return [out / "model" for out in outs]
