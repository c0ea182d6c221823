"""`simgen render`: a recipe's houses, then their clips, on several processes; what is whole is kept."""

import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tqdm import tqdm

from simgen.engine import ENGINE_VERSION
from simgen.engine.packs import find_pack
from simgen.engine.protocol.simulator import Simulator
from simgen.errors import ClipError, InputError
from simgen.parallel.pool import JobChannel, RetryPolicy, run_jobs
from simgen.recipe import Recipe
from simgen.scenes.engines.unity_build import UnityHost, build_version, require_unity
from simgen.scenes.houses.obtain import obtain_dataset_houses
from simgen.store.clips import read_info
from simgen.store.files import remove_stale_parts, write_text
from simgen.store.folder import DataFolder, Dataset, ensure_writable
from simgen.store.houses import House, house_index, house_sha256

START_LIMIT_S = 300.0
"""For Unity to start: what AI2-THOR's own client allows. From a cold network disk it takes minutes."""
STEP_LIMIT_S = 100.0
"""For one of its answers: the client's own limit. The slowest is CreateHouse of a large house."""
TRIES = 3
"""A chance crash is over with the second; a third tells chance from a machine that cannot do it."""


@dataclass(frozen=True, slots=True)
class Machine:
    """How this machine renders; no clip depends on it."""

    workers: int = 1
    gpus: tuple[int, ...] = ()
    """GPUs that Unity draws on: worker k takes the k-th, and begins again at their end."""
    unity: Path | None = None
    """AI2-THOR's build, or the folder it lies in; None takes the one of AI2-THOR's own folder."""
    start_limit_s: float = START_LIMIT_S
    step_limit_s: float = STEP_LIMIT_S
    tries: int = TRIES


@dataclass(frozen=True, slots=True)
class RenderSummary:
    """What a render left behind."""

    recipe: str
    houses: int
    clips: int
    rendered: int
    reused: int
    frames: int
    frames_per_second: float | None
    """Of the clips rendered in this run, all workers together; None when there was nothing to render."""
    seconds: float
    failed: tuple[str, ...]
    retried: tuple[str, ...]
    """Why clips had to be done again, a line for each time; they are as good as any."""
    path: str


@dataclass(frozen=True, slots=True)
class _ClipJob:
    house: House
    clip: int
    path: Path


def render(
    recipe: Recipe, folder: DataFolder, machine: Machine = Machine(), replace: bool = False
) -> RenderSummary:
    """Makes every clip of a recipe that is not there yet.

    Raises InputError when the folder holds clips of another version of the recipe, unless `replace`
    allows them, and the questions about them, to be removed; and where this machine cannot run the engine.
    """
    started = time.monotonic()
    recipe, assets = with_pack(recipe, folder)
    dataset = folder.dataset(recipe.name)
    ensure_writable(dataset.path)
    unity = _require_engine(recipe, machine)
    _make_room(recipe, dataset, replace)
    write_text(dataset.recipe_path, recipe.to_json() + "\n")
    houses, house_failures = obtain_dataset_houses(recipe, dataset, machine.workers, assets)
    jobs = [
        _clip_job(recipe, dataset, house, clip) for house in houses for clip in range(recipe.clips_per_house)
    ]
    remove_stale_parts(dataset.clip_path("any").parent)
    missing = [job for job in jobs if not _is_current(job, recipe, unity)]
    drawing = time.monotonic()
    clip_failures, retried = _render_clips(recipe, missing, machine, unity, assets)
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
    """The recipe with its asset pack's name and content in place of where it lies, and that place.

    Raises AssetError when there is no such pack.
    """
    if recipe.assets is None:
        return recipe, None
    pack = find_pack(recipe.assets, folder.assets_path)
    return recipe.model_copy(update={"assets": pack.identity}), pack.path.resolve()


def clip_id(recipe: Recipe, house: int, clip: int) -> str:
    """A clip's name."""
    return f"{recipe.name}-{house:05d}-{clip:02d}"


def _require_engine(recipe: Recipe, machine: Machine) -> UnityHost:
    # Sampling needs no OpenGL; without this check its lack would show only after minutes of it.
    if recipe.engine == "embedded":
        if machine.gpus or machine.unity is not None:
            raise InputError(
                f"{recipe.name}: --gpus and --unity are for engine: ai2thor, and this recipe's is embedded"
            )
        Simulator(32, 32, recipe.quality).gl_driver()
        return UnityHost()
    highest = max(machine.gpus, default=None)
    return UnityHost(require_unity(recipe, UnityHost(machine.unity, highest)).executable)


def _clip_job(recipe: Recipe, dataset: Dataset, house: House, clip: int) -> _ClipJob:
    return _ClipJob(house, clip, dataset.clip_path(clip_id(recipe, house_index(house), clip)))


def _make_room(recipe: Recipe, dataset: Dataset, replace: bool) -> None:
    # The folder belongs to one version of the recipe: other clips must not reach the questions.
    others = [path for path in dataset.clip_paths() if _is_of_another_recipe(path, recipe)]
    if others and not replace:
        raise InputError(
            f"{dataset.path}: {len(others)} clips were made by another version of recipe {recipe.name}, or "
            "with another quality or asset pack; give yours another name or data folder, or replace them, "
            "and the questions about them, with --replace"
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
        return False  # damaged: it is rendered again


def _is_current(job: _ClipJob, recipe: Recipe, unity: UnityHost) -> bool:
    if not job.path.exists():
        return False
    try:
        info, _ = read_info(job.path)
    except ClipError as error:
        _tell(f"{error}; rendering it again")
        return False
    is_embedded = recipe.engine == "embedded"
    engine = ENGINE_VERSION if is_embedded else build_version(recipe.unity, unity.executable)
    return (
        info.engine_version == engine
        and info.recipe_sha256 == recipe.sha256()
        and info.house_sha256 == house_sha256(job.house)
    )


def _render_clips(
    recipe: Recipe, jobs: list[_ClipJob], machine: Machine, unity: UnityHost, assets: Path | None
) -> tuple[list[str], list[str]]:
    """What failed, and what had to be done again, each with its reason."""
    failures: list[str] = []
    retried: list[str] = []
    arguments = [
        (recipe, job.house, job.clip, job.path, assets, unity.executable, machine.gpus) for job in jobs
    ]
    with tqdm(total=recipe.trajectory.frames * len(jobs), desc="frames", unit="frame") as bar:
        for outcome in run_jobs(
            _render, arguments, machine.workers, bar.update, _retry_policy(jobs, recipe, machine)
        ):
            name = jobs[outcome.index].path.stem
            if outcome.error:
                failures.append(f"{name}: {outcome.error}")
            else:
                retried += [f"{name}: {fault}" for fault in outcome.faults]
    return sorted(failures), sorted(retried)


def _retry_policy(jobs: list[_ClipJob], recipe: Recipe, machine: Machine) -> RetryPolicy:
    """The embedded engine is in the job's own process and answers when it is done: no limit is right for all
    qualities and sizes on a busy machine."""
    is_unity = recipe.engine == "ai2thor"
    return RetryPolicy(
        tries=machine.tries,
        start_limit_s=machine.start_limit_s if is_unity else None,
        step_limit_s=machine.step_limit_s if is_unity else None,
        logs=[job.path.parent.parent / "logs" / f"{job.path.stem}.log" for job in jobs],
        on_fault=lambda index, reason: _tell(f"{jobs[index].path.stem}: {reason}; doing it again"),
    )


def _render(
    recipe: Recipe,
    house: dict[str, Any],
    clip: int,
    path: Path,
    assets: Path | None,
    unity: Path | None,
    gpus: tuple[int, ...],
    channel: JobChannel,
) -> str:
    from simgen.scenes.capture import render_clip

    host = UnityHost(unity, gpus[channel.worker % len(gpus)] if gpus else None)
    return render_clip(recipe, house, clip, path, channel, assets, host, channel)


def _tell(message: str) -> None:
    tqdm.write(message, file=sys.stderr)
