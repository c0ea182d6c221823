"""`simgen render`: makes a recipe's houses, then their clips, on several processes. Whole clips are kept."""

import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tqdm import tqdm

from simgen.engine.packs import find_pack
from simgen.errors import ClipError, InputError
from simgen.parallel.pool import JobChannel, RetryPolicy, TimeLimit, run_jobs
from simgen.recipe import Recipe
from simgen.scenes.engines.base import Host, Limits
from simgen.scenes.engines.table import find_engine
from simgen.scenes.houses.obtain import obtain_dataset_houses
from simgen.scenes.jobs import PRELOAD
from simgen.store.clips import read_info
from simgen.store.files import remove_stale_parts, write_text
from simgen.store.folder import DataFolder, Dataset, ensure_writable
from simgen.store.houses import House, house_index, house_sha256

TRIES = 3
"""A second try is enough after a crash by chance. If a third fails too, the machine cannot do it."""


@dataclass(frozen=True, slots=True)
class Machine:
    """How this machine renders. No clip depends on it."""

    workers: int = 1
    gpus: tuple[int, ...] = ()
    """GPUs for the engine's programs: worker k takes the k-th, modulo their number."""
    program: Path | None = None
    """The engine's program, or its folder; None lets the engine find its program."""
    start_limit_s: float | None = None
    """For the start of the engine's program; None takes the engine's default."""
    step_limit_s: float | None = None
    """For each of its answers; None takes the engine's default."""
    tries: int = TRIES


@dataclass(frozen=True, slots=True)
class RenderSummary:
    """What a render made."""

    recipe: str
    houses: int
    clips: int
    rendered: int
    reused: int
    frames: int
    frames_per_second: float | None
    """Of the clips rendered in this run, by all workers together; None when none was rendered."""
    seconds: float
    failed: tuple[str, ...]
    retried: tuple[str, ...]
    """Why clips were tried again, a line for each time. Such a clip is the same as an undisturbed one."""
    path: str


@dataclass(frozen=True, slots=True)
class _ClipJob:
    house: House
    clip: int
    path: Path


def render(
    recipe: Recipe, folder: DataFolder, machine: Machine = Machine(), replace: bool = False
) -> RenderSummary:
    """Makes every clip of a recipe that does not exist yet.

    Raises InputError when this machine cannot run the engine, and when the folder holds clips of another
    version of the recipe. With `replace` those clips, and the questions about them, are removed instead.
    """
    started = time.monotonic()
    recipe, assets = with_pack(recipe, folder)
    dataset = folder.dataset(recipe.name)
    ensure_writable(dataset.path)
    highest = max(machine.gpus, default=None)
    # Sampling needs no OpenGL. Without this check a machine without it would fail only after minutes.
    host = find_engine(recipe).require(recipe, Host(machine.program, highest))
    _make_room(recipe, dataset, replace)
    write_text(dataset.recipe_path, recipe.to_json() + "\n")
    houses, house_failures = obtain_dataset_houses(recipe, dataset, machine.workers, assets)
    jobs = [
        _clip_job(recipe, dataset, house, clip) for house in houses for clip in range(recipe.clips_per_house)
    ]
    remove_stale_parts(dataset.clip_path("any").parent)
    missing = [job for job in jobs if not _is_current(job, recipe, host)]
    drawing = time.monotonic()
    clip_failures, retried = _render_clips(recipe, missing, machine, host, assets)
    frames = recipe.trajectory.frames * (len(missing) - len(clip_failures))
    return RenderSummary(
        recipe=recipe.name,
        houses=len(houses),
        clips=len(jobs) - len(clip_failures),
        rendered=len(missing) - len(clip_failures),
        reused=len(jobs) - len(missing),
        frames=recipe.trajectory.frames * (len(jobs) - len(clip_failures)),
        frames_per_second=round(frames / (time.monotonic() - drawing), 2) if frames else None,
        seconds=round(time.monotonic() - started, 2),
        failed=(*house_failures, *clip_failures),
        retried=tuple(retried),
        path=str(dataset.path),
    )


def with_pack(recipe: Recipe, folder: DataFolder) -> tuple[Recipe, Path | None]:
    """The recipe with NAME@HASH of its asset pack instead of the pack's path, and that path.

    Raises AssetError when there is no such pack.
    """
    if recipe.assets is None:
        return recipe, None
    pack = find_pack(recipe.assets, folder.assets_path)
    return recipe.with_assets(pack.identity), pack.path.resolve()


def clip_id(recipe: Recipe, house: int, clip: int) -> str:
    """The id of a clip, which is also the name of its file."""
    return f"{recipe.name}-{house:05d}-{clip:02d}"


def _clip_job(recipe: Recipe, dataset: Dataset, house: House, clip: int) -> _ClipJob:
    return _ClipJob(house, clip, dataset.clip_path(clip_id(recipe, house_index(house), clip)))


def _make_room(recipe: Recipe, dataset: Dataset, replace: bool) -> None:
    # The folder belongs to one version of the recipe. No question may be asked about other clips.
    others = [path for path in dataset.clip_paths() if _is_of_another_recipe(path, recipe)]
    if others and not replace:
        raise InputError(
            f"{dataset.path}: {len(others)} clips were made by another version of recipe {recipe.name}, or "
            "with another quality or asset pack; give your recipe another name, or another data folder, or "
            "remove these clips, and the questions about them, with --replace"
        )
    for path in others:
        path.unlink()
    if others:
        dataset.questions_path.unlink(missing_ok=True)
        dataset.ledger_path.unlink(missing_ok=True)


def _is_of_another_recipe(path: Path, recipe: Recipe) -> bool:
    try:
        return read_info(path)[0].recipe_sha256 != recipe.sha256()
    except ClipError:
        return False  # a damaged clip is rendered again


def _is_current(job: _ClipJob, recipe: Recipe, host: Host) -> bool:
    if not job.path.exists():
        return False
    try:
        info, _ = read_info(job.path)
    except ClipError as error:
        _tell(f"{error}; rendering it again")
        return False
    return (
        info.engine_version == find_engine(recipe).version(recipe, host)
        and info.recipe_sha256 == recipe.sha256()
        and info.house_sha256 == house_sha256(job.house)
    )


def _render_clips(
    recipe: Recipe, jobs: list[_ClipJob], machine: Machine, host: Host, assets: Path | None
) -> tuple[list[str], list[str]]:
    """The clips that failed, and the clips that were tried again, each with the reason."""
    failures: list[str] = []
    retried: list[str] = []
    limits = _limits(recipe, machine)
    arguments = [
        (recipe, job.house, job.clip, job.path, assets, host.program, machine.gpus, limits) for job in jobs
    ]
    with tqdm(total=recipe.trajectory.frames * len(jobs), desc="frames", unit="frame") as bar:
        policy = _retry_policy(jobs, machine)
        for outcome in run_jobs(_render, arguments, machine.workers, bar.update, policy, PRELOAD):
            name = jobs[outcome.index].path.stem
            if outcome.error:
                failures.append(f"{name}: {outcome.error}")
            else:
                retried += [f"{name}: {fault}" for fault in outcome.faults]
    return sorted(failures), sorted(retried)


def _limits(recipe: Recipe, machine: Machine) -> Limits | None:
    """None for an engine in the job's own process: no limit is right for every quality and size on a busy
    machine."""
    defaults = find_engine(recipe).limits
    if defaults is None:
        return None
    return Limits(machine.start_limit_s or defaults.start_s, machine.step_limit_s or defaults.step_s)


def _retry_policy(jobs: list[_ClipJob], machine: Machine) -> RetryPolicy:
    return RetryPolicy(
        tries=machine.tries,
        logs=[job.path.parent.parent / "logs" / f"{job.path.stem}.log" for job in jobs],
        on_fault=lambda index, reason: _tell(f"{jobs[index].path.stem}: {reason}; trying again"),
    )


@dataclass(frozen=True, slots=True)
class _JobWatch:
    """Lets the process that started a job measure how long the job waits for an engine's program."""

    channel: JobChannel
    limits: Limits

    def wait_for_start(self) -> None:
        self.channel.wait_for("the engine's start", TimeLimit(self.limits.start_s, "--start-limit"))

    def wait_for_answer(self, action: str) -> None:
        limit = TimeLimit(self.limits.step_s, "--step-limit")
        self.channel.wait_for(f"the engine's answer to {action}", limit)

    def answered(self) -> None:
        self.channel.answered()


def _render(
    recipe: Recipe,
    house: dict[str, Any],
    clip: int,
    path: Path,
    assets: Path | None,
    program: Path | None,
    gpus: tuple[int, ...],
    limits: Limits | None,
    channel: JobChannel,
) -> str:
    from simgen.scenes.capture import render_clip

    host = Host(program, gpus[channel.worker % len(gpus)] if gpus else None)
    watch = None if limits is None else _JobWatch(channel, limits)
    return render_clip(recipe, house, clip, path, channel.step, assets, host, watch)


def _tell(message: str) -> None:
    tqdm.write(message, file=sys.stderr)
