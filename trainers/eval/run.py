"""Evaluation of one model on the held-out rows. Imports torch only when it runs."""

import json
from collections.abc import Sequence
from pathlib import Path

from simgen.errors import MissingDataError
from simgen.store.folder import DataFolder
from simgen.store.rows import Row
from simgen.trainers.config import TrainConfig, resolve_paths
from simgen.trainers.eval.held_out import choose_held_out
from simgen.trainers.eval.scores import EvalScores, score_texts
from simgen.trainers.extra import require_train_extra

NOTHING_HELD_OUT = (
    "{path}: no questions on held-out houses (split val or test) to score with; "
    "render more houses, then: simgen qa"
)


def evaluate_run(
    path: Path, folder: DataFolder, rows: Sequence[Row], eval_rows: int | None = None
) -> EvalScores:
    """Scores of the model that a complete run left in `path`, on at most `eval_rows` held-out rows.

    Its answers may be as long as they were in the run, so the run's own rows get the run's own scores.
    """
    if not (path / "report.json").exists():
        raise MissingDataError(f"{path}: no complete run here; make one with: simgen train --run {path.name}")
    config = TrainConfig.model_validate_json((path / "config.json").read_text(encoding="utf-8"))
    report = json.loads((path / "report.json").read_text(encoding="utf-8"))
    wanted = config if eval_rows is None else config.replace(eval=config.eval.replace(rows=eval_rows))
    return _evaluate(str(path / "model"), wanted, folder, rows, report["max_completion_tokens"])


def evaluate_model(config: TrainConfig, folder: DataFolder, rows: Sequence[Row]) -> EvalScores:
    """Scores of the config's model, on at most `config.eval.rows` of the held-out rows."""
    return _evaluate(config.model.name, config, folder, rows, least_answer_tokens=0)


def _evaluate(
    name: str, config: TrainConfig, folder: DataFolder, rows: Sequence[Row], least_answer_tokens: int
) -> EvalScores:
    require_train_extra()
    config = resolve_paths(config)
    chosen = choose_held_out(rows, config.eval.rows)
    if not chosen:
        raise MissingDataError(NOTHING_HELD_OUT.format(path=folder.path))
    from simgen.trainers.budget import check_budget, choose_answer_limit
    from simgen.trainers.eval.answers import answer_rows
    from simgen.trainers.models.loading import load_model
    from simgen.trainers.quiet import silence_transformers

    with silence_transformers():
        loaded = load_model(name)
        longest = check_budget(chosen, folder, loaded, config)
        limit = max(least_answer_tokens, choose_answer_limit(config, longest))
        limited = config.replace(data=config.data.replace(max_completion_tokens=limit))
        texts = answer_rows(loaded, chosen, folder, limited)
    return score_texts(chosen, texts)
