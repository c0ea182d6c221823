"""The functions behind `import simgen`: each command of the command line as one call.

In every function `data` is a data folder: a path, or None for $SIMGEN_DATA and else ./simgen-data. Results
are frozen dataclasses. A mistake of the user raises a subclass of `simgen.errors.SimgenError` with a one-line
message. A function imports what it needs when it is called: importing this module loads neither torch nor GL.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from simgen.errors import IncompleteError, MissingDataError
from simgen.store.folder import data_folder

if TYPE_CHECKING:
    from simgen.qa.ask import QaSummary
    from simgen.qa.audit import AuditSummary
    from simgen.qa.verify import VerifySummary
    from simgen.recipe import Recipe
    from simgen.release.contents import ClipFiles
    from simgen.release.destination import Destination
    from simgen.release.export import ExportReport
    from simgen.release.hub import UploadReport
    from simgen.release.publish import PublishReport
    from simgen.release.pull import PullReport
    from simgen.release.verify import ReleaseSummary
    from simgen.scenes.render import RenderSummary
    from simgen.store.clips import Clip
    from simgen.store.rows import Row
    from simgen.trainers.config import TrainConfig
    from simgen.trainers.eval.benchmark import BenchmarkReport
    from simgen.trainers.eval.compare import CompareReport
    from simgen.trainers.eval.endpoint import Endpoint
    from simgen.trainers.eval.held_out import HeldOut
    from simgen.trainers.eval.scores import EvalReport
    from simgen.trainers.report import TrainReport

Folder = str | Path | None
AUDIT_FOLDS = 5
"""The default of `simgen audit --folds`."""


def load_clip(name_or_path: str | Path | None = None, data: Folder = None) -> Clip:
    """A clip, read into memory: its images are read from the file when they are asked for.

    `name_or_path` is an HDF5 file, or the name of a clip in the data folder; None is the first clip there.
    Raises MissingDataError when there is no such clip, and ClipError when the file is damaged.
    """
    from simgen.store.clips import read_clip
    from simgen.store.find import find_clip

    return read_clip(find_clip(data_folder(data), None if name_or_path is None else str(name_or_path)))


def load_rows(dataset: str | Path | None = None, data: Folder = None) -> list[Row]:
    """The question rows of a data set, in order.

    `dataset` is a Parquet file of rows, or the name of a data set in the data folder; None is all of them.
    Raises MissingDataError when there are no questions.
    """
    from simgen.store.rows import read_rows

    # A file in the working folder that only has the name of a data set is not meant.
    if dataset is not None and Path(dataset).suffix == ".parquet":
        if not Path(dataset).is_file():
            raise MissingDataError(f"{dataset}: there is no such file; give a Parquet file of question rows")
        return read_rows(Path(dataset))
    found = data_folder(data).datasets_with_questions(None if dataset is None else str(dataset))
    return [row for one in found for row in read_rows(one.questions_path)]


def load_recipe(name_or_path: str | Path) -> Recipe:
    """A bundled recipe by name, or the recipe in a YAML file. Raises RecipeError with all mistakes."""
    from simgen.recipe import load_recipe as load

    return load(str(name_or_path))


def render(
    recipe: str | Path | Recipe, data: Folder = None, *, workers: int = 1, replace: bool = False
) -> RenderSummary:
    """Samples a recipe's houses and renders its clips, as `simgen render` does. Clips that exist are kept.

    `recipe` is a name, a YAML file or a loaded recipe. `replace` removes the clips of an earlier version of
    the recipe. Clips that could not be made are listed in the summary's `failed`.
    """
    from simgen.scenes.render import Machine
    from simgen.scenes.render import render as run

    loaded = load_recipe(recipe) if isinstance(recipe, str | Path) else recipe
    return run(loaded, data_folder(data), Machine(workers=workers), replace)


def ask(
    templates: str | Sequence[str] = (),
    data: Folder = None,
    *,
    dataset: str | None = None,
    frames: Sequence[int] = (),
    per_template: int | None = None,
    balance: bool = True,
    workers: int = 1,
) -> QaSummary:
    """Writes questions, with answers computed from the geometry, for every clip, as `simgen qa` does.

    `templates` are groups, template ids or YAML files; none means all bundled templates. `frames` are the
    numbers of frames that each question is asked with; none means the recipe's.
    """
    from simgen.qa.ask import AskOptions
    from simgen.qa.ask import ask as run
    from simgen.qa.templates.loading import list_template_ids

    names = [templates] if isinstance(templates, str) else list(templates)
    names = names or list_template_ids()
    options = AskOptions(tuple(frames), per_template, balance, workers)
    return run(data_folder(data), dataset, names, options)


def ask_again(data: Folder = None, *, dataset: str | None = None, workers: int = 1) -> QaSummary:
    """Asks each data set's questions as its record (`questions.json`) says, as `simgen qa --again` does."""
    from simgen.qa.ask import ask_again as run

    return run(data_folder(data), dataset, workers)


def verify(
    data: Folder = None, *, dataset: str | None = None, templates: Sequence[str] = (), workers: int = 1
) -> VerifySummary:
    """Recomputes every answer from its clip and from its own map, as `simgen verify` does.

    `templates` are YAML files of your own templates that rows were made from, beside the bundled ones.
    """
    from simgen.qa.templates.loading import list_template_ids
    from simgen.qa.verify import verify as run

    return run(data_folder(data), dataset, [*list_template_ids(), *templates], workers)


def audit(
    data: Folder = None,
    *,
    dataset: str | None = None,
    learn_from: str | None = None,
    folds: int = AUDIT_FOLDS,
    target: float = 3.0,
    prune: bool = False,
    workers: int = 1,
) -> AuditSummary:
    """Measures how well answers can be guessed without the frames, as `simgen audit` does.

    `target` is in points above chance. `prune` removes the most guessable questions from the data set.
    """
    from simgen.qa.audit import audit as run

    return run(data_folder(data), dataset, folds, target, prune, workers, learn_from)


def train(
    data: Folder = None,
    *,
    dataset: str | None = None,
    config: str | Path | TrainConfig = "tiny",
    settings: Mapping[str, object] | None = None,
    run: str = "curriculum",
    resume: bool = False,
) -> TrainReport:
    """Fine-tunes a vision-language model on the questions: SFT, then GRPO, as `simgen train` does.

    `config` is a bundled training config's name, a YAML file or a loaded config. `settings` changes some of
    its values by dotted key, such as `{"sft.steps": 200}`. The model and the report are written to
    `runs/<run>` in the data folder. Needs `simgen[train]`.
    """
    from simgen.trainers.config import load_config
    from simgen.trainers.processes import run_together
    from simgen.trainers.train.run import train as fit

    is_name = isinstance(config, str | Path)
    loaded = run_together(lambda: load_config(str(config), settings)) if is_name else config
    folder = data_folder(data)
    rows = run_together(lambda: load_rows(dataset, data))
    return fit(loaded, folder, rows, folder.run_path(run), resume)


def evaluate(
    data: Folder = None,
    *,
    dataset: str | Path | None = None,
    run: str = "curriculum",
    model: str | None = None,
    answers: str | Path | None = None,
    rows: int | None = None,
    split: HeldOut = "heldout",
    blind: bool = True,
    fresh: bool = False,
    before: bool = False,
    endpoint: Endpoint | None = None,
) -> EvalReport:
    """Scores a model on the held-out houses, as `simgen eval` does: a finished run's model, or any `model`.

    `model` is a Hub id or a folder, or `endpoint` a `simgen.trainers.eval.endpoint.Endpoint`. Answers of
    such a model are stored in the folder `answers`, if one is given; those of endpoints always. At most
    `rows` questions are asked, by default those that the run itself asked. `split` is `val`, `test`, or
    `heldout` for both. With `blind` the model is also shown the frames of other houses. `fresh` asks again
    what was answered before. `before` scores the answers that the run's model gave before training. Needs
    `simgen[train]` to ask a model.
    """
    from simgen.trainers.config import load_config
    from simgen.trainers.eval.run import EvalOptions, evaluate_endpoint, evaluate_model, evaluate_run
    from simgen.trainers.names import LORA_CONFIG

    folder, asked = data_folder(data), load_rows(dataset, data)
    options = EvalOptions(rows=rows, split=split, blind=blind, fresh=fresh, before=before)
    stored = None if answers is None else Path(answers)
    if endpoint is not None:
        return evaluate_endpoint(endpoint, load_config(LORA_CONFIG), folder, asked, options, stored)
    if model is None:
        return evaluate_run(folder.run_path(run), folder, asked, options)
    config = load_config(LORA_CONFIG, {"model.name": model})
    return evaluate_model(config, folder, asked, options, stored)


def evaluate_benchmark(
    benchmark: str,
    file: str | Path,
    data: Folder = None,
    *,
    media: str | Path | None = None,
    frames: int = 32,
    rows: int | None = None,
    run: str = "curriculum",
    model: str | None = None,
    endpoint: Endpoint | None = None,
    max_tokens: int = 2048,
) -> BenchmarkReport:
    """Scores a model on a published benchmark, as `simgen eval --benchmark` does.

    `benchmark` is `vsi-bench`, `vsi-bench-debiased` or `qvs-bench`, `file` its file of questions, `media` the
    folder of its videos or pictures (None: that of `file`). `frames` of each video are shown. The model is
    that of a finished `run`, any `model` by Hub id or folder, or one behind an `endpoint`.
    """
    from simgen.trainers.config import load_config
    from simgen.trainers.eval import benchmark_run as answering
    from simgen.trainers.eval.benchmarks import BenchmarkOptions
    from simgen.trainers.eval.benchmarks import evaluate_benchmark as score
    from simgen.trainers.names import LORA_CONFIG

    folder = data_folder(data)
    if endpoint is not None:
        answer = answering.answer_with_endpoint(endpoint, folder)
    elif model is not None:
        answer = answering.answer_with_model(load_config(LORA_CONFIG, {"model.name": model}), max_tokens)
    else:
        answer = answering.answer_with_run(folder.run_path(run), max_tokens)
    options = BenchmarkOptions(None if media is None else Path(media), frames, rows=rows)
    return score(benchmark, Path(file), answer, options)


def average_runs(
    runs: Sequence[str],
    data: Folder = None,
    *,
    dataset: str | Path | None = None,
    split: HeldOut = "heldout",
    before: bool = False,
) -> EvalReport:
    """The mean over several runs, such as three seeds, as `simgen eval --seeds` prints it.

    The two ends of each value are those of the lowest and the highest run. Raises InputError for a single
    run, and when the runs answered other numbers of questions.
    """
    from simgen.trainers.eval.seeds import average_reports

    return average_reports(
        {name: evaluate(data, run=name, dataset=dataset, split=split, before=before) for name in runs}
    )


def compare_runs(
    first: str,
    second: str,
    data: Folder = None,
    *,
    dataset: str | Path | None = None,
    split: HeldOut = "heldout",
) -> CompareReport:
    """Compares two runs on the questions that both have answered, as `simgen eval --compare` does.

    `first` and `second` are names of runs, or folders of answers. No model is asked.
    """
    from simgen.trainers.eval.compare import compare_runs as compare

    return compare((first, second), data_folder(data), load_rows(dataset, data), split)


def export(
    to: str | Path,
    name: str,
    data: Folder = None,
    *,
    dataset: str | None = None,
    target: str = "metric",
    map_entries: str = "all",
    workers: int = 1,
) -> ExportReport:
    """Writes questions and their frames in the format `name`, as `simgen export --format NAME` does.

    `target` and `map_entries` are the form of the map and its objects, as `data.target` and `data.map` of a
    training config. Needs `simgen[release]`.
    """
    from simgen.release.export import export as write
    from simgen.release.formats.sample import Texts

    datasets = data_folder(data).datasets_with_questions(dataset)
    return write(datasets, Path(to), name, Texts(target, map_entries), workers)


def verify_release(release: str | Path, *, templates: Sequence[str] = (), workers: int = 1) -> ReleaseSummary:
    """Verifies a release where it lies, as `simgen verify --release` does: files, clips and every question.

    Rows are checked by the release's own templates; `templates` are YAML files to take before them.
    """
    from simgen.release.verify import verify_release as run

    return run(Path(release), templates, workers)


def pull(
    source: str | Path, data: Folder = None, *, revision: str | None = None, workers: int = 1
) -> PullReport:
    """Makes data sets from a release and verifies them, as `simgen pull` does.

    `source` is the folder of a release, or `owner/name` of a repository on the Hub, and `revision` a branch,
    tag or commit there. Raises InputError when a data set exists already. The Hub needs `simgen[release]`.
    """
    from simgen.release.pull import pull as run

    return run(str(source), data_folder(data), revision, workers)


def publish(
    to: str | Path,
    data: Folder = None,
    *,
    dataset: str | None = None,
    templates: Sequence[str] = (),
    audit: str | None = None,
    license: str | None = None,
    formats: Sequence[str] = (),
    authors: Sequence[str] = (),
    clips: ClipFiles = "full",
    videos: bool = True,
    viewer_clips: int = 100,
    workers: int = 1,
) -> PublishReport:
    """Verifies all questions and packs clips and questions into a release, as `simgen publish --to` does.

    `templates` are YAML files of your own templates; `audit` is the card's section on guessing, as `simgen
    audit --card` wrote it, None to audit the questions now, or empty to leave it out; `license` is an
    identifier of the Hub; `formats` are formats for other trainers that the release holds too, such as
    `verl`; `authors` are named in citations. `clips` is `full`, `geometry` (clips without their pictures)
    or `none`. `videos` adds a video of each clip, and `viewer_clips` is the number of clips in its
    `index.html`, 0 for none. Raises InputError when two splits have a house in common, and IncompleteError
    when an answer is wrong. Needs `simgen[release]`.
    """
    from simgen.release.publish import Extras, prepare, write_release

    sources, extras = data_folder(data).datasets_with_questions(dataset), Extras(videos, viewer_clips, True)
    plan = prepare(sources, Path(to), audit or "", license, formats, extras, authors, clips)
    checked = verify(data, dataset=dataset, templates=templates, workers=workers)
    if checked.failed:
        raise IncompleteError(f"{checked.failed} of {checked.checked} rows are wrong: see simgen verify")
    if audit is None:
        plan = replace(plan, audit=_audit_section(data, dataset, workers))
    return write_release(plan, workers)


def _audit_section(data: Folder, dataset: str | None, workers: int) -> str:
    from simgen.report.audit import card_section

    return card_section(audit(data, dataset=dataset, folds=AUDIT_FOLDS, workers=workers), AUDIT_FOLDS).strip()


def upload(release: str | Path, destination: str | Destination) -> UploadReport:
    """Uploads a release to a data set repository of the Hub in one commit, as `simgen upload` does.

    `destination` is `owner/name`, or a `simgen.release.destination.Destination` with a branch or a tag.
    Raises InputError when the repository holds anything but a release, and IncompleteError when the Hub
    cannot be reached. Needs `simgen[release]`.
    """
    from simgen.release.destination import Destination
    from simgen.release.hub import upload as send

    return send(Path(release), Destination(destination) if isinstance(destination, str) else destination)
