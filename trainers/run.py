"""A whole training run: evaluate, SFT, GRPO, evaluate again, report.

<out>/config.json      the resolved settings, written first
<out>/before.json      scores and answers before training; after.json likewise
<out>/sft/, grpo/      checkpoints of a phase while it runs; then its log.jsonl and model/
<out>/log.jsonl        one line a step, both phases
<out>/model/           the trained model (LoRA: its adapter) and its processor
<out>/report.json      written last: a run that has it is complete
"""

import json
import math
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from simgen.errors import InputError, MissingDataError
from simgen.store.files import write_text
from simgen.store.folder import DataFolder, make_writable
from simgen.store.rows import Row
from simgen.trainers.curriculum import fed_order, plan_stages
from simgen.trainers.extra import require_train_extra
from simgen.trainers.results import EvalScores, Rewards, TrainReport, report_from_dict
from simgen.trainers.settings import TrainSettings, changed_fields, resolve

if TYPE_CHECKING:
    from datasets import Dataset

    from simgen.trainers.loading import VisionModel
    from simgen.trainers.phases import LogEntries

TOKENIZER_ROWS = 2000
"""Rows that the tiny tokenizer is trained on: more change nothing but the time."""

NOTHING_HELD_OUT = (
    "{path}: no questions on held-out houses (split val or test) to score with; "
    "render more houses, then: simgen qa"
)


def train(
    settings: TrainSettings, folder: DataFolder, rows: Sequence[Row], out: Path, resume: bool = False
) -> TrainReport:
    """Trains on the rows of split train, scores the held-out ones before and after, and leaves all in `out`.

    With `resume` a run that was interrupted goes on where it stopped, to the same result; a complete one
    returns its report. Raises InputError (MissingDataError, MissingSystemError) when something is missing
    or does not fit.
    """
    require_train_extra()
    _refuse_many_processes()
    run = _Run(resolve(settings), folder, tuple(rows), out)
    _check_rows(run)
    _open_folder(run, resume)
    report_path = out / "report.json"
    if report_path.exists():
        return report_from_dict(json.loads(report_path.read_text(encoding="utf-8")))
    from simgen.trainers.quiet import quiet

    with quiet():
        return _train(run, time.monotonic())


def evaluate_run(
    path: Path, folder: DataFolder, rows: Sequence[Row], eval_rows: int | None = None
) -> EvalScores:
    """Scores of the model that a complete run left in `path`, on at most `eval_rows` held-out rows."""
    if not (path / "report.json").exists():
        raise MissingDataError(f"{path}: no complete run here; make one with: simgen train --curriculum")
    settings = TrainSettings(**json.loads((path / "config.json").read_text(encoding="utf-8")))
    wanted = settings if eval_rows is None else replace(settings, eval_rows=eval_rows)
    return evaluate_model(str(path / "model"), wanted, folder, rows)


def evaluate_model(name: str, settings: TrainSettings, folder: DataFolder, rows: Sequence[Row]) -> EvalScores:
    """Scores of any model, by Hub id or folder, on the held-out rows, as `train` scores its own."""
    require_train_extra()
    from simgen.trainers.evaluate import evaluate, held_out
    from simgen.trainers.loading import load_model
    from simgen.trainers.quiet import quiet
    from simgen.trainers.samples import check_budget

    settings = resolve(settings)
    test_rows = held_out(rows, settings.eval_rows or 1)
    if not test_rows:
        raise MissingDataError(NOTHING_HELD_OUT.format(path=folder.path))
    with quiet():
        loaded = load_model(name)
        longest = check_budget(rows, folder, loaded, settings)
        return evaluate(loaded, test_rows, folder, _with_completion_limit(settings, longest))


@dataclass(frozen=True, slots=True)
class _Run:
    settings: TrainSettings
    folder: DataFolder
    rows: tuple[Row, ...]
    out: Path

    @property
    def train_rows(self) -> list[Row]:
        return [row for row in self.rows if row.split == "train"]


def _train(run: _Run, started: float) -> TrainReport:
    import torch

    if run.settings.is_tiny and not torch.cuda.is_available():
        # A model this small gains nothing from more threads, and on a busy machine loses tenfold.
        torch.set_num_threads(1)
    from simgen.trainers.evaluate import held_out
    from simgen.trainers.loading import load_for_training, save_model
    from simgen.trainers.samples import check_budget

    loaded = load_for_training(run.settings, _texts(run.train_rows))
    counts = loaded.parameter_counts()
    test_rows = held_out(run.rows, run.settings.eval_rows or 1)
    longest = check_budget([*run.train_rows, *test_rows], run.folder, loaded, run.settings)
    run = replace(run, settings=_with_completion_limit(run.settings, longest))
    before = _evaluated(run, "before", loaded, test_rows)
    loaded, sft_log, stages = _sft(run, loaded)
    loaded, grpo_log = _grpo(run, loaded)
    after = _evaluated(run, "after", loaded, test_rows)
    report = TrainReport(
        model=run.settings.model,
        parameters=counts[0],
        trainable_parameters=counts[1],
        stages=stages,
        train_rows=len(run.train_rows),
        thinned_rows=sum(len(row.frames) > run.settings.frames_per_sample for row in run.train_rows),
        max_completion_tokens=run.settings.max_completion_tokens or 0,
        sft_steps=len(sft_log),
        grpo_steps=len(grpo_log),
        sft_loss_first=_ends(sft_log, "loss")[0],
        sft_loss_last=_ends(sft_log, "loss")[1],
        grpo_first=_rewards(grpo_log, 0),
        grpo_last=_rewards(grpo_log, 1),
        before=before,
        after=after,
        seconds=time.monotonic() - started,
    )
    _write_log(run.out / "log.jsonl", sft=sft_log, grpo=grpo_log)
    save_model(loaded, run.out / "model")
    write_text(run.out / "report.json", json.dumps(report.as_dict(), indent=2) + "\n")
    return report


def _refuse_many_processes() -> None:
    if int(os.environ.get("WORLD_SIZE", "1")) > 1:
        raise InputError(
            "simgen train: it runs as one process on one GPU; start it without torchrun or accelerate"
        )


def _check_rows(run: _Run) -> None:
    if not run.train_rows:
        raise MissingDataError(
            f"{run.folder.path}: no questions on houses of split train; render more houses, then: simgen qa"
        )
    if len(run.train_rows) == len(run.rows):
        raise MissingDataError(NOTHING_HELD_OUT.format(path=run.folder.path))


def _open_folder(run: _Run, resume: bool) -> None:
    make_writable(run.out)
    config = run.out / "config.json"
    if not config.exists():
        write_text(config, json.dumps(asdict(run.settings), indent=2) + "\n")
        return
    if not resume:
        raise InputError(
            f"{run.out}: a run is already here; go on with --resume, or name another run with --run"
        )
    changed = changed_fields(json.loads(config.read_text(encoding="utf-8")), run.settings)
    if changed:
        raise InputError(
            f"{config}: the run was started with other values of {', '.join(changed)}; "
            "resume it with the same ones, or name another run with --run"
        )


def _texts(rows: Sequence[Row]) -> list[str]:
    return [text for row in rows[:TOKENIZER_ROWS] for text in (row.prompt, row.target)]


def _with_completion_limit(settings: TrainSettings, longest_target: int) -> TrainSettings:
    if settings.max_completion_tokens is not None:
        return settings
    return replace(settings, max_completion_tokens=math.ceil(1.1 * longest_target))


def _evaluated(run: _Run, name: str, loaded: "VisionModel", rows: Sequence[Row]) -> EvalScores:
    """Scores of the rows, kept with the answers in `<out>/<name>.json` so that a resume reads them back."""
    from simgen.trainers.evaluate import answer_rows, score_texts

    path = run.out / f"{name}.json"
    if path.exists():
        return EvalScores(**json.loads(path.read_text(encoding="utf-8"))["scores"])
    texts = answer_rows(loaded, rows, run.folder, run.settings)
    scores = score_texts(rows, texts)
    answers = [{"row": row.id, "text": text} for row, text in zip(rows, texts, strict=True)]
    write_text(path, json.dumps({"scores": asdict(scores), "answers": answers}, indent=2) + "\n")
    return scores


def _sft(run: _Run, loaded: "VisionModel") -> "tuple[VisionModel, LogEntries, int]":
    """The fine-tuned model, the phase's log and the number of stages."""
    from simgen.trainers.phases import run_sft

    settings = run.settings
    assert settings.sft_steps is not None
    assert settings.batch_size is not None
    data, stages = _ordered(run, settings.sft_steps, settings.batch_size, phase=0)
    return *_phase(run, "sft", lambda out: run_sft(loaded, data, settings, out), loaded), stages


def _grpo(run: _Run, loaded: "VisionModel") -> "tuple[VisionModel, LogEntries]":
    from simgen.trainers.phases import run_grpo

    settings = run.settings
    if not settings.grpo_steps:
        return loaded, []
    data, _ = _ordered(run, settings.grpo_steps, settings.prompts_per_step, phase=1)
    return _phase(run, "grpo", lambda out: run_grpo(loaded, data, settings, out), loaded)


def _phase(
    run: _Run, name: str, train_phase: "Callable[[Path], LogEntries]", loaded: "VisionModel"
) -> "tuple[VisionModel, LogEntries]":
    """The model and log that a phase leaves: trained now, or read back when it was done before.

    Both ways the model is read from its folder, so that a resumed run continues from the same state.
    """
    from simgen.trainers.checkpoints import remove_checkpoints
    from simgen.trainers.loading import load_model, save_model

    folder = run.out / name
    if not (folder / "model").exists():
        log = train_phase(folder)
        write_text(folder / "log.jsonl", "".join(json.dumps(entry) + "\n" for entry in log))
        save_model(loaded, folder / "model")
    remove_checkpoints(folder)
    lines = (folder / "log.jsonl").read_text(encoding="utf-8").splitlines()
    return load_model(str(folder / "model")), [json.loads(line) for line in lines]


def _write_log(path: Path, **logs: "LogEntries") -> None:
    entries = [{"phase": phase, **entry} for phase, log in logs.items() for entry in log]
    write_text(path, "".join(json.dumps(entry) + "\n" for entry in entries))


def _ordered(run: _Run, steps: int, per_step: int, phase: int) -> "tuple[Dataset, int]":
    """The data set in the order that a phase is fed, and its number of stages."""
    from simgen.trainers.samples import training_set

    settings, rows = run.settings, run.train_rows
    stages = plan_stages(
        [row.difficulty for row in rows],
        stages=settings.stages if settings.curriculum else 1,
        steps=steps,
        per_step=per_step,
        replay=settings.replay,
        rng=np.random.default_rng(np.random.SeedSequence(settings.seed, spawn_key=(phase,))),
    )
    return training_set(rows, fed_order(stages), run.folder, settings), len(stages)


def _ends(log: "LogEntries", key: str) -> tuple[float, float]:
    """Means over the first and the last fifth of the log's entries that hold the key."""
    values = [entry[key] for entry in log if key in entry]
    count = max(1, len(values) // 5)
    return sum(values[:count]) / count, sum(values[-count:]) / count


def _rewards(log: "LogEntries", end: int) -> Rewards | None:
    """Mean rewards at the first (0) or last (1) fifth of the log; None for an empty one."""
    if not log:
        return None
    return Rewards(
        total=_ends(log, "reward")[end],
        accuracy=_ends(log, "rewards/accuracy_reward/mean")[end],
        format=_ends(log, "rewards/format_reward/mean")[end],
    )
