"""`simgen render`: a recipe's houses, then their clips, on several processes; what is whole is kept."""

import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tqdm import tqdm

from simgen.engine import ENGINE_VERSION
from simgen.engine.packs import find_pack
from simgen.engine.simulator import Simulator
from simgen.errors import ClipError, InputError
from simgen.recipe import Recipe
from simgen.runner.houses import sample_houses
from simgen.runner.jobs import Report, run_jobs
from simgen.store.clips import read_info
from simgen.store.files import remove_stale_parts, write_text
from simgen.store.folder import DataFolder, Dataset, make_writable
from simgen.store.houses import House, house_index, house_sha256


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
    path: str


@dataclass(frozen=True, slots=True)
class _ClipJob:
    house: House
    clip: int
    path: Path


def render(recipe: Recipe, folder: DataFolder, workers: int, replace: bool = False) -> RenderSummary:
    """Makes every clip of a recipe that is not there yet.

    Raises InputError when the folder holds clips of another version of the recipe, unless `replace`
    allows them, and the questions about them, to be removed.
    """
    started = time.monotonic()
    recipe, assets = with_pack(recipe, folder)
    dataset = folder.dataset(recipe.name)
    make_writable(dataset.path)
    _require_engine(recipe)
    _make_room(recipe, dataset, replace)
    write_text(dataset.recipe_path, recipe.to_json() + "\n")
    houses, house_failures = sample_houses(recipe, dataset, workers, assets)
    jobs = [
        _clip_job(recipe, dataset, house, clip) for house in houses for clip in range(recipe.clips_per_house)
    ]
    remove_stale_parts(dataset.clip_path("any").parent)
    missing = [job for job in jobs if not _is_current(job, recipe)]
    drawing = time.monotonic()
    clip_failures = _render_clips(recipe, missing, workers, assets)
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


def _require_engine(recipe: Recipe) -> None:
    # Sampling needs no OpenGL; without this check its lack would show only after minutes of it.
    if recipe.engine == "embedded":
        Simulator(32, 32, recipe.quality).gl_driver()


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


def _is_current(job: _ClipJob, recipe: Recipe) -> bool:
    if not job.path.exists():
        return False
    try:
        info, _ = read_info(job.path)
    except ClipError as error:
        _tell(f"{error}; rendering it again")
        return False
    same_engine = recipe.engine != "embedded" or info.engine_version == ENGINE_VERSION
    return (
        same_engine and info.recipe_sha256 == recipe.sha256() and info.house_sha256 == house_sha256(job.house)
    )


def _render_clips(recipe: Recipe, jobs: list[_ClipJob], workers: int, assets: Path | None) -> list[str]:
    failures: list[str] = []
    arguments = [(recipe, job.house, job.clip, job.path, assets) for job in jobs]
    with tqdm(total=recipe.trajectory.frames * len(jobs), desc="frames", unit="frame") as bar:
        for outcome in run_jobs(_render, arguments, workers, bar.update):
            if outcome.error:
                failures.append(f"{jobs[outcome.index].path.stem}: {outcome.error}")
    return sorted(failures)


def _render(
    recipe: Recipe, house: dict[str, Any], clip: int, path: Path, assets: Path | None, report: Report
) -> str:
    from simgen.scenes.capture import render_clip

    return render_clip(recipe, house, clip, path, report, assets)


def _tell(message: str) -> None:
    tqdm.write(message, file=sys.stderr)
