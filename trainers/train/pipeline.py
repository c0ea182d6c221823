"""The steps of a run: evaluate, SFT, GRPO, evaluate, report. A step that was done before is read back."""

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from statistics import fmean

import numpy as np

from simgen.store.files import write_text
from simgen.store.folder import DataFolder
from simgen.store.rows import Row
from simgen.trainers.budget import check_budget, choose_answer_limit
from simgen.trainers.config import ModelSpec, TrainConfig
from simgen.trainers.dense_labels import read_dense_frames
from simgen.trainers.device import use_threads
from simgen.trainers.eval.answers import ask_on_all_processes
from simgen.trainers.eval.evaluate import evaluate_answers
from simgen.trainers.eval.held_out import choose_held_out
from simgen.trainers.eval.run import AFTER, BEFORE, list_train_rows
from simgen.trainers.eval.scores import EvalReport
from simgen.trainers.models.loading import VisionModel, load_for_training, load_model, save_model
from simgen.trainers.models.processors import describe_image_processor
from simgen.trainers.processes import run_on_main, run_together
from simgen.trainers.report import TrainReport, summarize_log
from simgen.trainers.rewards import choose_rewards
from simgen.trainers.samples import build_dataset
from simgen.trainers.targets import build_prompt, build_target
from simgen.trainers.thinning import require_both_splits, thin_rows
from simgen.trainers.train.checkpoints import remove_checkpoints
from simgen.trainers.train.curriculum import make_plan
from simgen.trainers.train.curves import CURVES_FILE, draw_curves
from simgen.trainers.train.grpo import run_grpo
from simgen.trainers.train.held_out_scores import score_meanwhile
from simgen.trainers.train.options import (
    RewardShares,
    build_grpo_options,
    build_sft_options,
    build_warm_up_options,
    count_steps_per_batch,
    measure_grpo,
    measure_sft,
)
from simgen.trainers.train.order import OrderLog
from simgen.trainers.train.packing import build_packed_dataset, group_rows, place_question
from simgen.trainers.train.phase import LOG_FILE, LogEntries, read_log
from simgen.trainers.train.plan import PlanSize
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

    @property
    def rewards(self) -> RewardShares:
        """The rewards of GRPO with their shares."""
        return choose_rewards(self.config.grpo.rewards, self.config.data.target)


def check_options(run: Run) -> None:
    """Raises InputError for a wrong reward or a wrong option of TRL. Writes nothing."""
    build_sft_options(run.config, run.out / "sft")
    build_grpo_options(run.config, run.out / "grpo", run.rewards)


def run_pipeline(run: Run, started: float) -> TrainReport:
    """Runs all steps and writes their files; `started` is the run's start by `time.monotonic`."""
    use_threads(run.config.model.threads)
    most = run.config.data.frames_per_sample
    thinned = run_together(lambda: thin_rows(run.rows, run.folder, most))
    run = replace(run, rows=thinned.rows)
    run_together(lambda: require_both_splits(thinned, most))
    loaded = run_together(
        lambda: load_for_training(run.config, list_tokenizer_texts(run.train_rows, run.config))
    )
    counts = loaded.count_parameters()
    test_rows = choose_held_out(run.rows, run.config.eval.rows)
    used = [*run.train_rows, *test_rows]
    longest = run_together(lambda: check_budget(used, run.folder, loaded, run.config))
    limit = choose_answer_limit(run.config, longest)
    data = run.config.data.replace(max_completion_tokens=limit)
    run = replace(run, config=run.config.replace(data=data))
    before = _evaluate(run, BEFORE, loaded, test_rows, blind=False)
    loaded, warm_up_log = _warm_up(run, loaded)
    loaded, sft_log, sft_stages = _sft(run, loaded)
    loaded, grpo_log, grpo_stages = _grpo(run, loaded)
    after = _evaluate(run, AFTER, loaded, test_rows, blind=True)
    report = TrainReport(
        model=run.config.model.name,
        parameters=counts[0],
        trainable_parameters=counts[1],
        stages=max(sft_stages, grpo_stages),
        train_rows=len(run.train_rows),
        thinned_rows=thinned.thinned,
        left_out_rows=dict(thinned.left_out),
        max_completion_tokens=limit,
        **summarize_log(sft_log, grpo_log),
        before=before,
        after=after,
        seconds=time.monotonic() - started,
        image_processor=describe_image_processor(loaded.processor),
    )
    logs = {"warm_up": warm_up_log, "sft": sft_log, "grpo": grpo_log}
    run_on_main(lambda: _write_results(run.out, loaded, report, logs))
    return report


def _write_results(
    out: Path, loaded: VisionModel, report: TrainReport, logs: Mapping[str, LogEntries]
) -> None:
    _write_log(out / LOG_FILE, logs)
    draw_curves(logs, out / CURVES_FILE, f"Training run {out.name}")
    save_model(loaded, out / "model")
    write_text(out / "report.json", json.dumps(report.as_dict(), indent=2) + "\n")


def list_tokenizer_texts(rows: Sequence[Row], config: TrainConfig) -> Iterator[str]:
    """What a new tokenizer is made for: prompts, targets, and maps with the names of all objects."""
    wanted = config.data.target, config.data.map
    yield place_question(["", ""])
    for row in rows:
        yield from (build_prompt(row, *wanted), build_target(row, *wanted), row.map)


def _evaluate(run: Run, name: str, loaded: VisionModel, rows: Sequence[Row], blind: bool) -> EvalReport:
    """The scores of the rows; the answers are stored in `<out>/<name>`, and read when they are there.

    With `blind` they stand beside the blind twin and the baselines.
    """
    return evaluate_answers(
        rows,
        ask_on_all_processes(loaded, run.folder, run.config),
        run.folder,
        data=run.config.data,
        train_rows=list_train_rows(run.rows, rows) if blind else (),
        answers=run.out / name,
        blind=blind,
    )


def _warm_up(run: Run, loaded: VisionModel) -> tuple[VisionModel, LogEntries]:
    """The model with its tower warmed up and the log of the phase; without steps the model as it is."""
    config = run.config
    if not config.warm_up.steps:
        return loaded, []
    paths = sorted({run.folder.dataset(row.dataset).clip_path(row.clip) for row in run.train_rows})
    height, width = loaded.model.config.vision_config.image_size

    def train_phase() -> LogEntries:
        options = build_warm_up_options(config, run.out / "warm_up")
        return run_warm_up(loaded, read_dense_frames(paths, (width, height)), options)

    return _run_phase(run.out / "warm_up", run.config.model, train_phase)


def _sft(run: Run, loaded: VisionModel) -> tuple[VisionModel, LogEntries, int]:
    """The fine-tuned model, the log and the number of stages; without steps the model as it is."""
    config, rows = run.config, run.train_rows
    if not config.sft.steps:
        return loaded, [], 0
    packed = config.sft.pack > 1
    options = build_sft_options(config, run.out / "sft")
    groups = group_rows(rows, config.sft.pack) if packed else [(row,) for row in rows]
    order = _make_order(run, groups, measure_sft(options), phase=0, rewards=False)

    def train_phase() -> LogEntries:
        if packed:
            data = build_packed_dataset(groups, order.list_rows(), run.folder, config)
        else:
            data = build_dataset(rows, order.list_rows(), run.folder, config)
        scores = score_meanwhile(loaded, run.rows, run.folder, config)
        return run_sft(loaded, data, order, options, config.sft, scores)

    tuned, log = _run_phase(run.out / "sft", config.model, train_phase)
    return tuned, log, _count_stages(order)


def _grpo(run: Run, loaded: VisionModel) -> tuple[VisionModel, LogEntries, int]:
    """The reinforced model, the log and the number of stages; without steps the model as it is."""
    if not run.config.grpo.steps:
        return loaded, [], 0
    options = build_grpo_options(run.config, run.out / "grpo", run.rewards)
    steps = count_steps_per_batch(options)
    groups = [(row,) for row in run.train_rows]
    order = _make_order(run, groups, measure_grpo(options), phase=1, rewards=True, steps_per_batch=steps)
    needed = {name for reward, _ in run.rewards for name in reward.columns}
    each = np.arange(len(run.train_rows))
    scores = score_meanwhile(loaded, run.rows, run.folder, run.config)
    data = build_dataset(run.train_rows, each, run.folder, run.config, needed)
    tuned, log = _run_phase(
        run.out / "grpo",
        run.config.model,
        lambda: run_grpo(loaded, data, order, options, run.rewards, scores),
    )
    return tuned, log, _count_stages(order)


def _count_stages(order: OrderLog) -> int:
    return 1 + order.plan.stage(order.plan.size.batches - 1)


def _make_order(
    run: Run,
    groups: Sequence[tuple[Row, ...]],
    size: PlanSize,
    phase: int,
    rewards: bool,
    steps_per_batch: Fraction = Fraction(1),
) -> OrderLog:
    """The planned order of a phase, and the log of what it will really see. Each group is one sample."""
    difficulty = np.array([fmean(row.difficulty for row in group) for group in groups])
    names = ["+".join(row.id for row in group) for group in groups]
    seed = np.random.SeedSequence(run.config.seed, spawn_key=(phase,))
    curriculum = run.config.curriculum
    plan = make_plan(curriculum.kind, difficulty, size, curriculum, seed, rewards)
    return OrderLog(plan, names, steps_per_batch)


def _run_phase(
    folder: Path, spec: ModelSpec, train_phase: Callable[[], LogEntries]
) -> tuple[VisionModel, LogEntries]:
    """The model and the log of a phase: trained now, or read back when the phase was done before.

    The model is read from its folder in both cases, so that a resumed run continues from the same state.
    """
    if not run_on_main((folder / "model").exists):
        train_phase()
    run_on_main(lambda: remove_checkpoints(folder))
    return run_together(lambda: load_model(str(folder / "model"), spec)), read_log(folder)


def _write_log(path: Path, logs: Mapping[str, LogEntries]) -> None:
    entries = [{"phase": phase, **entry} for phase, log in logs.items() for entry in log]
    write_text(path, "".join(json.dumps(entry) + "\n" for entry in entries))
