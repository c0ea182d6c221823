"""The steps of a run: evaluate, SFT, GRPO, evaluate, report. A step that was done before is read back."""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean

import numpy as np
import torch
from numpy.typing import NDArray

from simgen.store.files import write_text
from simgen.store.folder import DataFolder
from simgen.store.rows import Row
from simgen.trainers.budget import check_budget, choose_answer_limit
from simgen.trainers.config import TrainConfig
from simgen.trainers.dense_labels import read_dense_frames
from simgen.trainers.eval.answers import answer_asked
from simgen.trainers.eval.evaluate import evaluate_answers
from simgen.trainers.eval.held_out import choose_held_out
from simgen.trainers.eval.run import AFTER, BEFORE, list_train_rows
from simgen.trainers.eval.scores import EvalReport
from simgen.trainers.models.loading import VisionModel, load_for_training, load_model, save_model
from simgen.trainers.report import TrainReport, summarize_log
from simgen.trainers.rewards import choose_rewards
from simgen.trainers.samples import build_dataset
from simgen.trainers.targets import build_prompt, build_target
from simgen.trainers.thinning import require_both_splits, thin_rows
from simgen.trainers.train.checkpoints import remove_checkpoints
from simgen.trainers.train.curriculum import join_samples, plan_stages
from simgen.trainers.train.grpo import run_grpo
from simgen.trainers.train.packing import build_packed_dataset, group_rows, place_question
from simgen.trainers.train.phase import LogEntries
from simgen.trainers.train.sft import run_sft
from simgen.trainers.train.warm_up import run_warm_up


@dataclass(frozen=True, slots=True)
class Run:
    """The inputs of a run. The config is resolved."""

    config: TrainConfig
    folder: DataFolder
    rows: tuple[Row, ...]
    out: Path

    @property
    def train_rows(self) -> list[Row]:
        """The rows of split train."""
        return [row for row in self.rows if row.split == "train"]


def run_pipeline(run: Run, started: float) -> TrainReport:
    """Runs all steps and writes their files; `started` is the run's start by `time.monotonic`."""
    if run.config.model.is_built and not torch.cuda.is_available():
        # More threads gain little for models this small; on a busy machine they are ten times slower.
        torch.set_num_threads(1)
    thinned = thin_rows(run.rows, run.folder, run.config.data.frames_per_sample)
    run = replace(run, rows=thinned.rows)
    require_both_splits(thinned, run.config.data.frames_per_sample)
    loaded = load_for_training(run.config, _texts(run.train_rows, run.config))
    counts = loaded.count_parameters()
    test_rows = choose_held_out(run.rows, run.config.eval.rows)
    longest = check_budget([*run.train_rows, *test_rows], run.folder, loaded, run.config)
    limit = choose_answer_limit(run.config, longest)
    data = run.config.data.replace(max_completion_tokens=limit)
    run = replace(run, config=run.config.replace(data=data))
    before = _evaluate(run, BEFORE, loaded, test_rows, blind=False)
    loaded = _warm_up(run, loaded)
    loaded, sft_log, stages = _sft(run, loaded)
    loaded, grpo_log = _grpo(run, loaded)
    after = _evaluate(run, AFTER, loaded, test_rows, blind=True)
    report = TrainReport(
        model=run.config.model.name,
        parameters=counts[0],
        trainable_parameters=counts[1],
        stages=stages,
        train_rows=len(run.train_rows),
        thinned_rows=thinned.thinned,
        left_out_rows=dict(thinned.left_out),
        max_completion_tokens=limit,
        **summarize_log(sft_log, grpo_log),
        before=before,
        after=after,
        seconds=time.monotonic() - started,
    )
    _write_log(run.out / "log.jsonl", sft=sft_log, grpo=grpo_log)
    save_model(loaded, run.out / "model")
    write_text(run.out / "report.json", json.dumps(report.as_dict(), indent=2) + "\n")
    return report


def _texts(rows: Sequence[Row], config: TrainConfig) -> Iterator[str]:
    """What a new tokenizer is made for: prompts, targets, and maps with the names of all objects."""
    wanted = config.data.target, config.data.map
    yield place_question("")
    for row in rows:
        yield from (build_prompt(row, *wanted), build_target(row, *wanted), row.map)


def _evaluate(run: Run, name: str, loaded: VisionModel, rows: Sequence[Row], blind: bool) -> EvalReport:
    """The scores of the rows; the answers are stored in `<out>/<name>`, and read when they are there.

    With `blind` they stand beside the blind twin and the baselines.
    """
    return evaluate_answers(
        rows,
        lambda asked: answer_asked(loaded, asked, run.folder, run.config),
        run.folder,
        data=run.config.data,
        train_rows=list_train_rows(run.rows, rows) if blind else (),
        answers=run.out / name,
        blind=blind,
    )


def _warm_up(run: Run, loaded: VisionModel) -> VisionModel:
    """The model with its vision tower warmed up; without steps the model as it is."""
    config = run.config
    if not config.warm_up.steps:
        return loaded
    paths = sorted({run.folder.dataset(row.dataset).clip_path(row.clip) for row in run.train_rows})
    height, width = loaded.model.config.vision_config.image_size

    def train_phase(out: Path) -> LogEntries:
        return run_warm_up(loaded, read_dense_frames(paths, (width, height)), config, out)

    return _run_phase(run, "warm_up", train_phase, loaded)[0]


def _sft(run: Run, loaded: VisionModel) -> tuple[VisionModel, LogEntries, int]:
    """The fine-tuned model, the log of the phase and the number of stages."""
    config = run.config
    rows = run.train_rows
    groups = group_rows(rows, config.sft.pack) if config.sft.pack > 1 else [(row,) for row in rows]
    difficulty = [fmean(row.difficulty for row in group) for group in groups]
    order, stages = _plan(config, difficulty, config.sft.steps, config.sft.batch_size, phase=0)
    if config.sft.pack > 1:
        data = build_packed_dataset(groups, order, run.folder, config)
    else:
        data = build_dataset(rows, order, run.folder, config)
    return *_run_phase(run, "sft", lambda out: run_sft(loaded, data, config, out), loaded), stages


def _grpo(run: Run, loaded: VisionModel) -> tuple[VisionModel, LogEntries]:
    """The reinforced model and the log of the phase; without steps the model as it is."""
    config = run.config
    if not config.grpo.steps:
        return loaded, []
    rows = run.train_rows
    difficulty = [row.difficulty for row in rows]
    order, _ = _plan(config, difficulty, config.grpo.steps, config.grpo.prompts_per_step, phase=1)
    needed = {name for reward, _ in choose_rewards(config.grpo.rewards) for name in reward.columns}
    data = build_dataset(rows, order, run.folder, config, needed)
    return _run_phase(run, "grpo", lambda out: run_grpo(loaded, data, config, out), loaded)


def _plan(
    config: TrainConfig, difficulty: Sequence[float], steps: int, per_step: int, phase: int
) -> tuple[NDArray[np.int64], int]:
    """The order of a phase's samples in the curriculum, as indices, and the number of stages."""
    stages = plan_stages(
        difficulty,
        stages=1 if config.curriculum.kind == "shuffled" else config.curriculum.stages,
        steps=steps,
        per_step=per_step,
        replay=config.curriculum.replay,
        rng=np.random.default_rng(np.random.SeedSequence(config.seed, spawn_key=(phase,))),
    )
    return join_samples(stages), len(stages)


def _run_phase(
    run: Run, name: str, train_phase: Callable[[Path], LogEntries], loaded: VisionModel
) -> tuple[VisionModel, LogEntries]:
    """The model and the log of a phase: trained now, or read back when the phase was done before.

    The model is read from its folder in both cases, so that a resumed run continues from the same state.
    """
    folder = run.out / name
    if not (folder / "model").exists():
        log = train_phase(folder)
        write_text(folder / "log.jsonl", "".join(json.dumps(entry) + "\n" for entry in log))
        save_model(loaded, folder / "model")
    remove_checkpoints(folder)
    lines = (folder / "log.jsonl").read_text(encoding="utf-8").splitlines()
    return load_model(str(folder / "model")), [json.loads(line) for line in lines]


def _write_log(path: Path, **logs: LogEntries) -> None:
    entries = [{"phase": phase, **entry} for phase, log in logs.items() for entry in log]
    write_text(path, "".join(json.dumps(entry) + "\n" for entry in entries))
