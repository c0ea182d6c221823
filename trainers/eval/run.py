"""Evaluation of a run or of any model on held-out rows. Imports torch only when a model is asked."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from simgen.errors import InputError, MissingDataError
from simgen.store.files import write_text
from simgen.store.folder import DataFolder
from simgen.store.rows import Row
from simgen.trainers.config import TrainConfig, resolve_paths
from simgen.trainers.eval.endpoint import Endpoint, answer_prompts
from simgen.trainers.eval.evaluate import evaluate_answers, score_rows
from simgen.trainers.eval.held_out import HeldOut, choose_held_out
from simgen.trainers.eval.scores import EvalReport
from simgen.trainers.eval.stored_answers import SEEN, Ask, Asked, StoredAnswers, read_answers
from simgen.trainers.extra import require_train_extra
from simgen.trainers.thinning import thin_rows

if TYPE_CHECKING:
    from simgen.trainers.models.loading import VisionModel

BEFORE, AFTER = "before", "after"
"""The folders of a run with the answers of the untrained and of the trained model to the run's own rows."""
OTHER_ROWS = "eval"
"""The folder of a run with the trained model's answers to rows that `simgen eval --rows` chose."""
OWNER = "model.json"
"""The file that names the model in a folder of answers that is not a run's."""


def read_run_answers(folder: DataFolder, name: str) -> tuple[StoredAnswers, ...]:
    """The answers of a run's trained model to its own and to other rows, or those in a folder of answers.

    Raises MissingDataError when there are none.
    """
    path = folder.run_path(name)
    places = [path / AFTER, path / OTHER_ROWS] if path.exists() else [Path(name)]
    found = tuple(read_answers(place / SEEN) for place in places if (place / SEEN).exists())
    if not found:
        raise MissingDataError(f"{path}: no answers here; ask its model with: simgen eval --run {name}")
    return found


@dataclass(frozen=True, slots=True)
class EvalOptions:
    """What is asked, and how."""

    rows: int | None = None
    """Most rows to ask. None: a run's own rows; for another model the config's `eval.rows`."""
    split: HeldOut = "heldout"
    blind: bool = True
    """Whether the model is also asked with the frames of other houses."""
    fresh: bool = False
    """Whether everything is asked again, instead of using stored answers."""
    before: bool = False
    """Whether the answers that a run's model gave before training are scored instead."""


DEFAULTS = EvalOptions()


def evaluate_run(
    path: Path, folder: DataFolder, rows: Sequence[Row], options: EvalOptions = DEFAULTS
) -> EvalReport:
    """Scores of the model that a complete run left in `path`.

    By default these are the rows that the run itself asked: their answers are stored in the run's folder, so
    that the run's scores are computed again without its model. Answers to other rows are stored too.
    """
    if not (path / "report.json").exists():
        raise MissingDataError(f"{path}: no complete run here; make one with: simgen train --run {path.name}")
    config = TrainConfig.model_validate_json((path / "config.json").read_text(encoding="utf-8"))
    report = json.loads((path / "report.json").read_text(encoding="utf-8"))
    rows = thin_rows(rows, folder, config.data.frames_per_sample).rows
    if options.before:
        return _evaluate_before(path, config, folder, rows, options)
    if options.rows is None:
        stage, chosen = AFTER, find_own_rows(path / AFTER, rows, options.split)
    else:
        stage, chosen = OTHER_ROWS, choose_rows(folder, rows, options.rows, options.split)
    # As long as in the run, so that the run's own rows get the run's own answers.
    ask = ask_model(str(path / "model"), config, folder, chosen, report["max_completion_tokens"])
    return _evaluate(ask, config, folder, rows, chosen, options, path / stage)


def evaluate_model(
    config: TrainConfig,
    folder: DataFolder,
    rows: Sequence[Row],
    options: EvalOptions = DEFAULTS,
    answers: Path | None = None,
) -> EvalReport:
    """Scores of the config's model. Its answers are stored in the folder `answers`, if one is given."""
    config = resolve_paths(config)
    rows = thin_rows(rows, folder, config.data.frames_per_sample).rows
    chosen = choose_rows(folder, rows, options.rows or config.eval.rows, options.split)
    ask = ask_model(config.model.name, config, folder, chosen)
    if answers is not None:
        _claim(answers, config.model.name, config)
    return _evaluate(ask, config, folder, rows, chosen, options, answers)


def evaluate_endpoint(
    endpoint: Endpoint,
    config: TrainConfig,
    folder: DataFolder,
    rows: Sequence[Row],
    options: EvalOptions = DEFAULTS,
    answers: Path | None = None,
) -> EvalReport:
    """Scores of a model behind an endpoint, which is asked as `config.data` says.

    Its answers are stored in the data folder as they come in, and in the folder `answers`, if one is given.
    """
    rows = thin_rows(rows, folder, config.data.frames_per_sample).rows
    chosen = choose_rows(folder, rows, options.rows or config.eval.rows, options.split)
    if answers is not None:
        _claim(answers, f"{endpoint.model} at {endpoint.url}", config)
    stored = None if options.fresh else folder.endpoint_answers_path
    ask = ask_endpoint(endpoint, config, folder, stored)
    return _evaluate(ask, config, folder, rows, chosen, options, answers)


def ask_endpoint(endpoint: Endpoint, config: TrainConfig, folder: DataFolder, stored: Path | None) -> Ask:
    """The answers of a model behind an endpoint. `stored` is the file that they are kept in."""

    def ask(asked: Sequence[Asked]) -> list[str]:
        require_train_extra()
        from simgen.trainers.eval.row_prompts import make_row_prompts

        return answer_prompts(endpoint, make_row_prompts(asked, folder, config), stored)

    return ask


def ask_model(
    name: str, config: TrainConfig, folder: DataFolder, rows: Sequence[Row], least_tokens: int = 0
) -> Ask:
    """Greedy answers of a model, which is loaded when it is first asked.

    Answers may have `least_tokens` tokens, and a tenth more than the longest target of `rows`.
    """

    @cache
    def load() -> "tuple[VisionModel, TrainConfig]":
        require_train_extra()
        from simgen.trainers.budget import check_budget, choose_answer_limit
        from simgen.trainers.device import use_threads
        from simgen.trainers.models.loading import load_model
        from simgen.trainers.quiet import silence_transformers

        use_threads(config.model.threads)
        with silence_transformers():
            loaded = load_model(name, config.model)
            longest = check_budget(rows, folder, loaded, config)
        limit = max(least_tokens, choose_answer_limit(config, longest))
        return loaded, config.replace(data=config.data.replace(max_completion_tokens=limit))

    def ask(asked: Sequence[Asked]) -> list[str]:
        from simgen.trainers.eval.answers import answer_asked
        from simgen.trainers.quiet import silence_transformers

        loaded, limited = load()
        with silence_transformers():
            return answer_asked(loaded, asked, folder, limited)

    return ask


def find_own_rows(answers: Path, rows: Sequence[Row], split: HeldOut = "heldout") -> list[Row]:
    """The rows to which a run stored answers in a folder.

    Raises MissingDataError when some of them are not among `rows` any more.
    """
    stored = read_answers(answers / SEEN)
    found = [row for row in rows if stored.find(row) is not None]
    gone = stored.count({row.dataset for row in rows}) - len(found)
    if gone or not found:
        raise MissingDataError(
            f"{answers}: {gone or 'all'} of the {len(stored.texts)} questions that were answered here are "
            "not in the data any more, or differ; choose others with --rows"
        )
    return choose_held_out(found, None, split)


def choose_rows(folder: DataFolder, rows: Sequence[Row], most: int, split: HeldOut) -> list[Row]:
    """`choose_held_out`. Raises MissingDataError when there is no such row, or the clip of one is missing."""
    chosen = choose_held_out(rows, most, split)
    if not chosen:
        raise nothing_held_out(folder, split)
    for row in chosen:
        clip = folder.dataset(row.dataset).clip_path(row.clip)
        if not clip.exists():
            raise MissingDataError(
                f"{clip}: the clip of question {row.id} is missing; name its data folder with --data"
            )
    return chosen


def nothing_held_out(folder: DataFolder, split: HeldOut = "heldout") -> MissingDataError:
    """The error that the folder has no question of a held-out split."""
    wanted = "val or test" if split == "heldout" else split
    return MissingDataError(
        f"{folder.path}: no questions on held-out houses (split {wanted}) to score with; "
        "render more houses, then: simgen qa"
    )


def list_train_rows(rows: Sequence[Row], chosen: Sequence[Row]) -> list[Row]:
    """The training rows of the data sets that the chosen rows are of: the baselines learn from them."""
    datasets = {row.dataset for row in chosen}
    return [row for row in rows if row.split == "train" and row.dataset in datasets]


def _evaluate_before(
    path: Path, config: TrainConfig, folder: DataFolder, rows: Sequence[Row], options: EvalOptions
) -> EvalReport:
    """The scores of the answers before training. The untrained model is not kept, so nothing is asked."""
    if options.rows is not None or options.fresh:
        raise InputError(f"{path}: the model before training is not kept; leave out --rows and --fresh")
    chosen = find_own_rows(path / BEFORE, rows, options.split)
    stored = read_answers(path / BEFORE / SEEN)
    texts = [stored.find(row) or "" for row in chosen]
    train_rows = list_train_rows(rows, chosen)
    return score_rows(chosen, texts, folder, data=config.data, train_rows=train_rows)


def _evaluate(
    ask: Ask,
    config: TrainConfig,
    folder: DataFolder,
    rows: Sequence[Row],
    chosen: Sequence[Row],
    options: EvalOptions,
    answers: Path | None,
) -> EvalReport:
    return evaluate_answers(
        chosen,
        ask,
        folder,
        data=config.data,
        train_rows=list_train_rows(rows, chosen),
        answers=None if options.fresh else answers,
        blind=options.blind,
    )


def _claim(answers: Path, model: str, config: TrainConfig) -> None:
    """Writes into a folder of answers whose they are. Raises InputError if they are of another model."""
    path, asked = answers / OWNER, {"model": model, "data": config.data.model_dump()}
    text = json.dumps(asked, indent=2) + "\n"
    if not path.exists():
        write_text(path, text)
    elif path.read_text(encoding="utf-8") != text:
        raise InputError(
            f"{path}: the answers here are of another model or other data settings; give another folder "
            "with --answers"
        )
