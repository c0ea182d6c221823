"""What all phases share: the resume, the files of a phase, and the progress bar."""

import json
from pathlib import Path
from typing import Any

from tqdm import tqdm
from transformers import PrinterCallback, ProgressCallback, TrainerCallback

from simgen.store.files import write_text
from simgen.trainers.models.loading import VisionModel, save_model
from simgen.trainers.processes import end_with_the_others, is_main_process, run_on_main
from simgen.trainers.train.checkpoints import find_last_checkpoint
from simgen.trainers.train.held_out_scores import HeldOutScores
from simgen.trainers.train.order import ORDER_FILE, OrderLog

LogEntries = list[dict[str, Any]]
"""One entry for each step, with TRL's names."""
LOG_FILE = "log.jsonl"


def run_trainer(trainer: Any, loaded: VisionModel, order: OrderLog | None = None) -> LogEntries:
    """Trains from the last complete checkpoint, or from the start; returns one log entry for each step.

    Writes the log, the order and the model to the trainer's output_dir. A phase whose folder has model/ is
    complete.
    """
    out = Path(trainer.args.output_dir)
    for callback in (PrinterCallback, ProgressCallback):
        trainer.remove_callback(callback)
    # The scores become a part of the step's log entry, which the callbacks after it report.
    trainer.callback_handler.callbacks.sort(key=lambda callback: not isinstance(callback, HeldOutScores))
    checkpoint = run_on_main(lambda: find_last_checkpoint(out))
    if checkpoint is not None and order is not None:
        order.load(checkpoint / ORDER_FILE)
    with end_with_the_others():
        trainer.train(resume_from_checkpoint=None if checkpoint is None else str(checkpoint))
        weights = _gather_weights(trainer)
    log = [entry for entry in trainer.state.log_history if "train_runtime" not in entry]
    run_on_main(lambda: _write(out, loaded, order, log, weights))
    return log


def read_log(out: Path) -> LogEntries:
    """The log of a complete phase."""
    return [json.loads(line) for line in (out / LOG_FILE).read_text(encoding="utf-8").splitlines()]


def _gather_weights(trainer: Any) -> dict[str, Any] | None:
    """The whole weights of a model that FSDP or DeepSpeed spread over the processes; else None."""
    if not (trainer.is_fsdp_enabled or trainer.is_deepspeed_enabled):
        return None
    return trainer.accelerator.get_state_dict(trainer.model_wrapped)


def _write(
    out: Path, loaded: VisionModel, order: OrderLog | None, log: LogEntries, weights: dict[str, Any] | None
) -> None:
    if order is not None:
        order.save(out / ORDER_FILE)
    write_text(out / LOG_FILE, "".join(json.dumps(entry) + "\n" for entry in log))
    save_model(loaded, out / "model", weights)


class ProgressBar(TrainerCallback):
    """One tqdm bar on stderr, of the main process. transformers' own would print each log entry to stdout."""

    def __init__(self, name: str, shown: str) -> None:
        """`shown` is the log's key whose value stands beside the bar."""
        self.name, self.shown = name, shown
        self.bar: tqdm[Any] | None = None

    def on_train_begin(self, *event: Any, **_: Any) -> None:
        state, hidden = event[1], not is_main_process()
        self.bar = tqdm(
            total=state.max_steps, initial=state.global_step, desc=self.name, unit="step", disable=hidden
        )

    def on_log(self, *_: Any, logs: dict[str, float], **__: Any) -> None:
        if self.bar is not None and self.shown in logs:
            self.bar.set_postfix({self.shown: f"{logs[self.shown]:.3f}"}, refresh=False)

    def on_step_end(self, *event: Any, **_: Any) -> None:
        if self.bar is not None:
            self.bar.update(event[1].global_step - self.bar.n)

    def on_train_end(self, *_: Any, **__: Any) -> None:
        if self.bar is not None:
            self.bar.close()
