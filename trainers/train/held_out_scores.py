"""Scores on held-out houses while a phase runs. They show when a model begins to use its frames.

A falling loss does not show it: a model can learn the words of the targets, and what houses have in common,
without its frames.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from transformers import TrainerCallback

from simgen.store.folder import DataFolder
from simgen.store.rows import Row
from simgen.trainers.config import TrainConfig
from simgen.trainers.eval.answers import ask_on_all_processes
from simgen.trainers.eval.evaluate import evaluate_answers
from simgen.trainers.eval.held_out import choose_held_out
from simgen.trainers.eval.scores import EvalReport
from simgen.trainers.models.loading import VisionModel

PREFIX = "eval_"
"""transformers' prefix for what an evaluation measures. Reporters such as wandb group values by it."""
LOGGED = ("score", "blind", "center_error_m", "blind_center_error_m")
"""The means over all rows that are logged, by their names in `MEASURED`."""


def score_meanwhile(
    loaded: VisionModel, rows: Sequence[Row], folder: DataFolder, config: TrainConfig
) -> list[TrainerCallback]:
    """The callback that scores held-out rows of `rows` as `config.eval` says; none without `every_steps`."""
    spec = config.eval
    if not spec.every_steps:
        return []
    chosen = choose_held_out(rows, min(spec.rows, spec.every_rows))
    ask = ask_on_all_processes(loaded, folder, config)
    return [
        HeldOutScores(
            loaded.model,
            lambda: evaluate_answers(chosen, ask, folder, data=config.data),
            spec.every_steps,
        )
    ]


class HeldOutScores(TrainerCallback):
    """Adds the scores of held-out rows to the log entry of every n-th step and of the last one.

    They are `eval_score` and so on, by the names in `LOGGED`; a mean that is not known is left out. They do
    not change the training: greedy answers draw no random numbers.
    """

    def __init__(self, model: Any, evaluate: Callable[[], EvalReport], every_steps: int) -> None:
        """`model` is the one that is trained and that `evaluate` asks. Every process calls `evaluate`."""
        self.model, self.evaluate, self.every_steps = model, evaluate, every_steps

    def on_log(self, *event: Any, logs: dict[str, float], **_: Any) -> None:
        state = event[1]
        # The last entry of a phase is about the phase as a whole. It has no loss.
        if "loss" not in logs or not self._is_due(state.global_step, state.max_steps):
            return
        with _remove_autocast(self.model):
            means = self.evaluate().overall
        found = {PREFIX + name: value for name in LOGGED if (value := means.value(name)) is not None}
        # The history is a part of the next checkpoint, so that a resumed phase keeps the scores.
        state.log_history[-1].update(found)
        logs.update(found)

    def _is_due(self, step: int, last: int) -> bool:
        return step % self.every_steps == 0 or step == last


@contextmanager
def _remove_autocast(model: Any) -> Iterator[None]:
    """Inside this context the model computes with the type of its weights, as in `simgen eval`.

    accelerate replaces `forward` by one that computes in bfloat16, where training does.
    """
    original, replaced = (model.__dict__.get(name) for name in ("_original_forward", "forward"))
    if original is None:
        yield
        return
    model.forward = original
    try:
        yield
    finally:
        model.forward = replaced
