"""The order of a phase: the rows that were planned for each batch, and those that the batches held.

`order.jsonl` has one line for each batch:
{"batch": 0, "step": 1, "stage": 0, "planned": ["row id", ...], "seen": ["row id", ...]}, for GRPO with
"success" and "spread" of each prompt's rewards. `stage` changes where training switches to another stage.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from torch.utils.data import Sampler

from simgen.errors import InputError
from simgen.store.files import write_text
from simgen.trainers.train.checkpoints import CHECKPOINT_PREFIX
from simgen.trainers.train.plan import Indices, Plan

ORDER_FILE = "order.jsonl"


@dataclass(frozen=True, slots=True)
class OrderLine:
    """One batch: what was planned, and what all processes together got."""

    batch: int
    step: int
    """The first step of training that uses the batch, from 1."""
    stage: int
    planned: list[str]
    seen: list[str]
    success: list[float] | None = None
    """GRPO: the mean reward of each prompt's answers, 0 to 1."""
    spread: list[float] | None = None
    """GRPO: the highest minus the lowest reward of each prompt's answers."""

    def as_json(self) -> str:
        """The line of the file, without a newline at its end."""
        return json.dumps({name: value for name, value in asdict(self).items() if value is not None})


class OrderLog:
    """Gives a sampler the planned row of each position, and records what the batches held.

    Every process has one. They stay equal, because each records the rows and rewards of all processes.
    """

    def __init__(self, plan: Plan, names: Sequence[str], steps_per_batch: Fraction = Fraction(1)) -> None:
        """`names` are the rows' ids; `steps_per_batch` is 1 unless GRPO uses a generation several times."""
        self.plan, self.names, self.steps_per_batch = plan, names, steps_per_batch
        self.lines: list[OrderLine] = []
        self._part: list[int] = []  # rows of a batch whose other samples are still to come

    def __len__(self) -> int:
        return self.plan.size.batches * self.plan.size.per_batch

    def __getitem__(self, position: int) -> int:
        """The index of the row at a position of the order."""
        batch, offset = divmod(position, self.plan.size.per_batch)
        return int(self.plan.rows(batch)[offset])

    def list_rows(self) -> Indices:
        """The index of the row at each position, for a plan that is fixed."""
        return np.concatenate([self.plan.rows(batch) for batch in range(self.plan.size.batches)])

    def record(
        self, rows: Sequence[int], success: list[float] | None = None, spread: list[float] | None = None
    ) -> None:
        """Takes in the rows that all processes got, with the rewards of whole batches.

        Raises InputError when a batch is not the planned one.
        """
        self._part += rows
        if len(self._part) < self.plan.size.per_batch:
            return
        seen, self._part = self._part, []
        batch = len(self.lines)
        planned = self.plan.rows(batch).tolist()
        if seen != planned:
            raise InputError(
                f"the samples of batch {batch} are not the planned ones; leave split_batches and "
                "dispatch_batches out of accelerate's config"
            )
        self._append(batch, planned, seen, success, spread)

    def load(self, path: Path) -> None:
        """Takes in the lines of a checkpoint, so that the plan goes on from there.

        Raises InputError when they do not follow the plan, as on another number of processes.
        """
        for text in path.read_text(encoding="utf-8").splitlines():
            line = OrderLine(**json.loads(text))
            planned = self.plan.rows(line.batch).tolist()
            if line.planned != [self.names[row] for row in planned]:
                raise InputError(
                    f"{path}: the run was planned for batches of {len(line.planned)} samples, and now one "
                    f"has {self.plan.size.per_batch}; resume it on as many processes, with the same questions"
                )
            self._append(line.batch, planned, planned, line.success, line.spread)

    def save(self, path: Path) -> None:
        """Writes all lines so far."""
        write_text(path, "".join(line.as_json() + "\n" for line in self.lines))

    def _append(
        self,
        batch: int,
        planned: list[int],
        seen: list[int],
        success: list[float] | None,
        spread: list[float] | None,
    ) -> None:
        line = OrderLine(
            batch=batch,
            step=1 + int(batch * self.steps_per_batch),
            stage=self.plan.stage(batch),
            planned=[self.names[row] for row in planned],
            seen=[self.names[row] for row in seen],
            success=success,
            spread=spread,
        )
        self.lines.append(line)
        if success is not None and spread is not None:
            self.plan.observe(batch, np.array(success), np.array(spread))


def list_switches(lines: Sequence[OrderLine]) -> list[tuple[int, int]]:
    """(stage, first step) of each stage, in order."""
    starts: dict[int, int] = {}
    for line in lines:
        starts.setdefault(line.stage, line.step)
    return list(starts.items())


class OrderSampler(Sampler[int]):
    """The positions that TRL's own sampler yields, each as the row that the plan has there.

    The plan is asked when the loader needs a position, so a plan may grow while training runs.
    """

    def __init__(self, positions: Any, order: OrderLog) -> None:
        self.positions, self.order = positions, order

    def __len__(self) -> int:
        return len(self.positions)

    def __iter__(self) -> Iterator[int]:
        return (self.order[position] for position in self.positions)


class OrderMixin:
    """What TRL's trainers need to record the rows that they got. Set `order` before __init__."""

    order: OrderLog

    def _save_checkpoint(self, model: Any, trial: Any) -> None:
        trainers: Any = super()
        trainers._save_checkpoint(model, trial)
        trainer: Any = self
        if trainer.is_world_process_zero():
            step = trainer.state.global_step
            self.order.save(Path(trainer.args.output_dir) / f"{CHECKPOINT_PREFIX}{step}" / ORDER_FILE)

    def gather_rows(self, rows: Any) -> list[int]:
        """The row indices that all processes got, process by process; `rows` are those of this one."""
        trainer: Any = self
        return trainer.accelerator.gather(rows).tolist()
