"""Runs one phase on hand-written questions, as `simgen train` does: for tests of resume and of processes."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from transformers import TrainerCallback

from simgen.store.folder import DataFolder
from simgen.store.rows import Row
from simgen.trainers.config import TrainConfig, load_config
from simgen.trainers.models.loading import VisionModel, save_model
from simgen.trainers.models.tiny import build_tiny
from simgen.trainers.quiet import silence_transformers
from simgen.trainers.rewards import Reward
from simgen.trainers.rewards.completions import Completion
from simgen.trainers.samples import build_dataset
from simgen.trainers.train.curriculum import make_plan
from simgen.trainers.train.grpo import run_grpo
from simgen.trainers.train.options import (
    build_grpo_options,
    build_sft_options,
    count_steps_per_batch,
    measure_grpo,
    measure_sft,
)
from simgen.trainers.train.order import ORDER_FILE, OrderLine, OrderLog
from simgen.trainers.train.phase import LogEntries
from simgen.trainers.train.plan import Plan, PlanSize
from simgen.trainers.train.sft import run_sft
from tests.trainers.questions import make_rows

SETTINGS = {
    # Blocks of one step: the third and the fourth step of GRPO are planned from the rewards of earlier ones.
    "curriculum.kind": "adaptive", "curriculum.block_steps": 1, "curriculum.stages": 2, "save_steps": 2,
    "sft.steps": 4, "sft.batch_size": 2,
    "grpo.steps": 4, "grpo.prompts_per_step": 1, "grpo.num_generations": 2, "grpo.learning_rate": 1e-3,
    "data.image_px": 56, "data.max_completion_tokens": 12,
}  # fmt: skip
ROWS = make_rows(8, clips=2, frames=1)


def accuracy_reward(completions: list[Completion], **_: object) -> list[float]:
    """The vowels of each completion."""
    return [float(sum(c in "aeiou" for c in completion[0]["content"])) for completion in completions]


VOWELS = Reward("accuracy", "vowels", accuracy_reward)
"""Untrained answers all score 0 otherwise, and without differences GRPO would change no weight."""


class StopAfter(TrainerCallback):
    """Interrupts like Ctrl-C once a step is over."""

    def __init__(self, step: int) -> None:
        self.step = step

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        if state.global_step == self.step:
            raise KeyboardInterrupt


def make_config(changes: Mapping[str, object] | None = None) -> TrainConfig:
    """The config of these phases with some settings changed."""
    return load_config("tiny", SETTINGS | dict(changes or {}))


def save_tiny(path: Path) -> None:
    """A tiny model with random weights for the rows."""
    save_model(VisionModel(*build_tiny([row.prompt + row.target for row in ROWS], 512, seed=0)), path)


def run_phase(
    phase: str,
    loaded: VisionModel,
    rows: Sequence[Row],
    folder: DataFolder,
    config: TrainConfig,
    out: Path,
    callbacks: Sequence[TrainerCallback] = (),
) -> LogEntries:
    """The log of `sft`, or of `grpo` with a reward for vowels. Its files go to `out`."""
    names = [row.id for row in rows]
    with silence_transformers():
        if phase == "sft":
            sft = build_sft_options(config, out)
            order = OrderLog(_plan(rows, config, measure_sft(sft), rewards=False), names)
            data = build_dataset(rows, order.list_rows(), folder, config)
            return run_sft(loaded, data, order, sft, config.sft, callbacks)
        options = build_grpo_options(config, out, [(VOWELS, 1.0)])
        plan = _plan(rows, config, measure_grpo(options), rewards=True)
        order = OrderLog(plan, names, count_steps_per_batch(options))
        data = build_dataset(rows, np.arange(len(rows)), folder, config)
        return run_grpo(loaded, data, order, options, [(VOWELS, 1.0)], callbacks)


def read_order(out: Path) -> list[OrderLine]:
    """The lines of a phase's order.jsonl."""
    return parse_order(out / ORDER_FILE)


def parse_order(path: Path) -> list[OrderLine]:
    """The lines of an order.jsonl."""
    return [OrderLine(**json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]


def _plan(rows: Sequence[Row], config: TrainConfig, size: PlanSize, rewards: bool) -> Plan:
    difficulty, seed = np.array([row.difficulty for row in rows]), np.random.SeedSequence(config.seed)
    return make_plan(config.curriculum.kind, difficulty, size, config.curriculum, seed, rewards)
