"""QVS-Bench, the benchmark of Video2Layout (Huang et al. 2025, arXiv 2511.16160).

No public text describes the form of its file. What is read here are the fields of the authors' training
files, by the config of their code (github.com/ybrrraway/Video2Layout, `src/EasyR1`): `question`, `answer` and
`image_path`. The metric is that of the same code's reward. Types follow from the wordings of the questions.
"""

import re
from pathlib import Path

import numpy as np

from simgen.errors import InputError
from simgen.scoring import split_response
from simgen.trainers.eval.benchmark import BenchmarkQuestion, Measure
from simgen.trainers.eval.records import Record, read_records

FIELDS = ("question", "answer", "image_path")
OTHER = "other"
"""The type of a question whose wording is none of the benchmark's."""
TYPES: dict[str, tuple[str, Measure]] = {
    "min_distance": (r"closest points between the two objects", "mra"),
    "object_size": (r"maximum dimension", "mra"),
    "object_count": (r"^How many\b", "mra"),
    "relative_distance": (r"nearest center point", "accuracy"),
    "vertical_direction": (r"\b(forward|backward)'? direction", "accuracy"),
    "horizontal_direction": (r"directly to the (left|right)", "accuracy"),
}
"""What the question of each type says, and its measure."""
ALLOWED_ERRORS = np.linspace(0.5, 0.05, 10)
"""The metric's relative errors, as in its own code: some floats differ from VSI-Bench's in the last bit."""


def read_qvs_bench(path: Path, images: Path | None) -> list[BenchmarkQuestion]:
    """The questions of a JSON, JSON Lines or Parquet file.

    `images` is the folder that relative paths start from; None is the folder of `path`. Raises InputError for
    a record of another form.
    """
    records = read_records(path, FIELDS)
    return [_question(path, n, record, images or path.parent) for n, record in enumerate(records, 1)]


def score_qvs_bench(question: BenchmarkQuestion, text: str) -> float:
    """0 to 1, by the metric of the authors' reward on what stands in the text's <answer>, or on all of it.

    If both are numbers: the share of ten thresholds that the relative error stays within, the absolute error
    where the truth is 0. Otherwise the texts must be equal but for case.
    """
    answer = split_response(text).answer
    said = (text if answer is None else answer).strip()
    try:
        number, true = float(said), float(question.truth)
    except ValueError:
        return float(said.lower() == question.truth.lower())
    error = abs(number - true) / (abs(true) or 1.0)
    return float(np.mean(error <= ALLOWED_ERRORS))


def _question(path: Path, number: int, record: Record, images: Path) -> BenchmarkQuestion:
    paths = record["image_path"]
    listed = [paths] if isinstance(paths, str) else paths
    if not isinstance(listed, list) or not all(isinstance(item, str) for item in listed) or not listed:
        raise InputError(
            f"{path}: image_path of record {number} is no list of paths; give the benchmark's file"
        )
    text = str(record["question"]).replace("<image>", "").strip()
    kind = next((name for name, (said, _) in TYPES.items() if re.search(said, text)), OTHER)
    truth = str(record["answer"])
    tagged = split_response(truth).answer
    shown = tuple(images / item for item in listed)
    return BenchmarkQuestion(
        id=str(record.get("id", number)),
        type=kind,
        task=kind,
        scene=str(record.get("scene", shown[0].parent)),
        prompt=text,
        truth=truth.strip() if tagged is None else tagged,
        measure=TYPES[kind][1] if kind in TYPES else "accuracy",
        video=None,
        pictures=shown,
    )
