"""The functions of the tasks for lmms-eval in this folder: prompts, frames and scores.

They need `datasets`, which lmms-eval brings. The scores are those of `simgen eval`.
"""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from simgen.scoring.answers import score_response


def _find_release() -> str:
    named = os.environ.get("SIMGEN_RELEASE")
    # Links are not followed: in the Hub's cache each file is a link to a folder without names.
    here = Path(__file__).absolute().parents[2]
    if named is None and not (here / "qa").is_dir():
        raise FileNotFoundError(
            f"{here}: no questions here; name the release with: export SIMGEN_RELEASE=OWNER/NAME or FOLDER"
        )
    return named or str(here)


RELEASE = _find_release()
"""The release whose questions are asked: a folder, or the name of a repository on the Hub."""


def keep_frames_as_files(questions: Any) -> Any:
    """The questions with frames that are not decoded: lmms-eval goes through all rows several times."""
    from datasets import Image

    features = questions.features.copy()
    features["images"] = type(features["images"])(Image(decode=False))
    return questions.cast(features)


def load_frames(question: Mapping[str, Any]) -> list[Any]:
    """The frames of a question as PIL images, in order."""
    from datasets import Image

    return [Image().decode_example(frame).convert("RGB") for frame in question["images"]]


def read_prompt(question: Mapping[str, Any]) -> str:
    """What the model reads after the frames."""
    return question["prompt"][0]["content"]


def score(question: Mapping[str, Any], results: Sequence[str]) -> dict[str, float]:
    """The scores of a model's text by metric: over all questions, and over those of the same template."""
    scores = score_response(
        results[0],
        question["answer"],
        question["kind"],
        question["options"],
        question["completion"][0]["content"],
    )
    return {**scores, f"score/{question['template']}": scores["score"]}
