"""`simgen train`: a whole run, from rows to a trained model and a report. Imports torch only when it runs.

<out>/config.json      the resolved config, written first
<out>/before/          the answers of the untrained model to held-out rows; after/ those of the trained one
<out>/sft/, grpo/      checkpoints while the phase runs; afterwards its log.jsonl, order.jsonl and model/
<out>/log.jsonl        one line for each step of all phases
<out>/curves.png       the learning curves
<out>/model/           the trained model (LoRA: its adapter) and its processor
<out>/report.json      written last: a run that has it is complete
"""

import json
import time
from collections.abc import Sequence
from pathlib import Path

from simgen.errors import InputError, MissingDataError
from simgen.store.files import write_text
from simgen.store.folder import DataFolder, ensure_writable
from simgen.store.rows import Row
from simgen.trainers.config import TrainConfig, list_changes, resolve_paths
from simgen.trainers.eval.run import nothing_held_out
from simgen.trainers.extra import require_train_extra
from simgen.trainers.processes import end_with_the_others, run_on_main, run_together
from simgen.trainers.report import TrainReport


def train(
    config: TrainConfig, folder: DataFolder, rows: Sequence[Row], out: Path, resume: bool = False
) -> TrainReport:
    """Trains on the rows of split train, scores held-out rows before and after, and writes all to `out`.

    With `resume` an interrupted run continues where it stopped and ends with the same result; a complete
    one returns its report. Raises InputError (MissingDataError, MissingSystemError) when something is
    missing or does not fit. Under torchrun or accelerate launch every process calls it; the main one writes.
    """
    started = time.monotonic()
    require_train_extra()
    config = resolve_paths(config)
    run_together(lambda: _check_splits(rows, folder))
    from simgen.trainers.quiet import silence_transformers
    from simgen.trainers.train.pipeline import Run, check_options, run_pipeline

    run = Run(config, folder, tuple(rows), out)
    with end_with_the_others(), silence_transformers():
        run_together(lambda: check_options(run))
        run_on_main(lambda: _open_folder(out, config, resume))
        report_path = out / "report.json"
        if run_on_main(report_path.exists):
            return TrainReport.from_dict(json.loads(report_path.read_text(encoding="utf-8")))
        return run_pipeline(run, started)


def _check_splits(rows: Sequence[Row], folder: DataFolder) -> None:
    train_count = sum(row.split == "train" for row in rows)
    if not train_count:
        raise MissingDataError(
            f"{folder.path}: no questions on houses of split train; render more houses, then: simgen qa"
        )
    if train_count == len(rows):
        raise nothing_held_out(folder)


def _open_folder(out: Path, config: TrainConfig, resume: bool) -> None:
    ensure_writable(out)
    path = out / "config.json"
    if not path.exists():
        write_text(path, config.model_dump_json(indent=2) + "\n")
        return
    if not resume:
        raise InputError(
            f"{out}: a run is already here; continue it with --resume, or name another run with --run"
        )
    changes = list_changes(json.loads(path.read_text(encoding="utf-8")), config)
    if changes:
        raise InputError(
            f"{path}: the run was started with other values of {', '.join(changes)}; "
            "resume it with the same ones, or name another run with --run"
        )
