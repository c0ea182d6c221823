"""Who answers the questions of a benchmark: a run's model, any model, or an endpoint."""

import json
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from simgen.errors import MissingDataError
from simgen.store.folder import DataFolder
from simgen.trainers.config import TrainConfig, resolve_paths
from simgen.trainers.eval.benchmarks import Answer
from simgen.trainers.eval.endpoint import Endpoint, answer_prompts
from simgen.trainers.eval.prompts import Prompt
from simgen.trainers.extra import require_train_extra

AT_ONCE = 1
"""Questions that a model answers together: the frames of one, 32 by default, are work enough."""


def answer_with_run(path: Path, most_tokens: int) -> Answer:
    """The model of a finished run in `path`. Its answers may be as long as they were in the run."""
    if not (path / "report.json").exists():
        raise MissingDataError(f"{path}: no complete run here; make one with: simgen train --run {path.name}")
    report = json.loads((path / "report.json").read_text(encoding="utf-8"))
    return partial(_answer, str(path / "model"), max(most_tokens, report["max_completion_tokens"]))


def answer_with_model(config: TrainConfig, most_tokens: int) -> Answer:
    """The config's model."""
    return partial(_answer, resolve_paths(config).model.name, most_tokens)


def answer_with_endpoint(endpoint: Endpoint, folder: DataFolder) -> Answer:
    """A model behind an endpoint, whose answers are stored in the data folder as they come in."""
    return lambda prompts: answer_prompts(endpoint, prompts, folder.endpoint_answers_path)


def _answer(name: str, most_tokens: int, prompts: Sequence[Prompt]) -> list[str]:
    require_train_extra()
    from tqdm import tqdm

    from simgen.trainers.eval.answers import answer_prompts as generate
    from simgen.trainers.models.loading import load_model
    from simgen.trainers.quiet import silence_transformers

    with silence_transformers():
        loaded = load_model(name)
        parts = tqdm(prompts, desc="eval", unit="question", leave=False)
        return [text for prompt in parts for text in generate(loaded, [prompt], AT_ONCE, most_tokens)]
