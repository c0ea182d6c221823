"""What test_processes.py starts with torchrun: phases on two processes, straight and interrupted. Held-out
rows are scored meanwhile.

`torchrun --nproc_per_node 2 -m tests.trainers.launched FOLDER`; FOLDER holds the model and the clips.
"""

import json
import sys
from pathlib import Path

import torch
from transformers import TrainerCallback

from simgen.errors import ClipError, SimgenError
from simgen.store.folder import DataFolder
from simgen.trainers.models.loading import load_model
from simgen.trainers.processes import find_rank, map_evenly, run_on_main, run_together
from simgen.trainers.train.held_out_scores import score_meanwhile
from tests.trainers.phases import ROWS, StopAfter, make_config, run_phase

SGD: dict[str, object] = {"sft.learning_rate": 0.1, "sft.trl": {"optim": "sgd"}}
"""Adam divides by the size of the gradient: where that is near 0 it would turn rounding into whole steps."""


def run(phase: str, root: Path, name: str, *callbacks: TrainerCallback) -> None:
    """Runs a phase on the model in `root`; its files go to `root/name`."""
    loaded, folder = load_model(str(root / "model")), DataFolder(root / "data")
    config = make_config(SGD | {"eval.every_steps": 2})
    scores = score_meanwhile(loaded, ROWS, folder, config)
    run_phase(phase, loaded, ROWS, folder, config, root / name, [*callbacks, *scores])


def share(root: Path) -> None:
    """Writes what each process gets of work that is split, and of work that fails on the second process."""
    rank = find_rank()

    def fail() -> None:
        if rank == 1:
            raise ClipError("only the second process cannot read its clip")

    outcome: list[object] = [map_evenly(lambda part: [f"{rank}:{item}" for item in part], "abcde")]
    outcome += [run_on_main(lambda: rank), run_together(lambda: rank)]
    try:
        run_together(fail)
    except SimgenError as error:
        outcome.append(type(error).__name__)
    (root / f"shared-{rank}.json").write_text(json.dumps(outcome), encoding="utf-8")


def main(root: Path) -> None:
    """Work that is shared; then SFT and GRPO, straight and resumed after an interruption."""
    torch.set_num_threads(1)
    share(root)
    for phase in ("sft", "grpo"):
        run(phase, root, f"{phase}-straight")
        try:
            run(phase, root, f"{phase}-cut", StopAfter(3))
        except KeyboardInterrupt:
            run(phase, root, f"{phase}-cut")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
