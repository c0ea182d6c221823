"""VSI-Bench and VSI-Bench-Debiased: their files, prompts and metric.

The files are those of `nyu-visionx/VSI-Bench` on the Hub (Yang et al. 2024, arXiv 2412.14171; Brown et al.
2025, arXiv 2511.04655). Prompts and metric are those of the authors' task for lmms-eval
(github.com/vision-x-nyu/thinking-in-space, `lmms_eval/tasks/vsibench`).
"""

from pathlib import Path
from typing import Literal

from simgen.errors import InputError, MissingDataError
from simgen.scoring.vsi_bench import TYPES, score_text
from simgen.trainers.eval.benchmark import BenchmarkQuestion, Measure
from simgen.trainers.eval.records import Record, read_records

Subset = Literal["all", "debiased"]
FIELDS = ("id", "dataset", "scene_name", "question_type", "question", "ground_truth")
PRUNED, PRUNED_IDS = "pruned", "pruned_ids.txt"
"""The column, and the file beside the questions, that name what VSI-Bench-Debiased leaves out."""
BEFORE = "These are frames of a video."
AFTER: dict[Measure, str] = {
    "accuracy": "Answer with the option's letter from the given choices directly.",
    "mra": "Please answer the question using a single word or phrase.",
}


def read_vsi_bench(path: Path, videos: Path | None, subset: Subset) -> list[BenchmarkQuestion]:
    """The questions of `test.jsonl`, or of one of the benchmark's Parquet files.

    `videos` holds `<dataset>/<scene_name>.mp4`, or folders `<dataset>/<scene_name>/` of frames; None is the
    folder of `path`. `debiased` leaves out what the file's `pruned` column or `pruned_ids.txt` beside it
    names. Raises MissingDataError without either, and InputError for a record of another form.
    """
    records = read_records(path, FIELDS)
    kept = records if subset == "all" else _drop_pruned(path, records)
    return [_question(path, record, videos or path.parent) for record in kept]


def score_vsi_bench(question: BenchmarkQuestion, text: str) -> float:
    """0 to 1, by the benchmark's own metric on the text, or on what stands in its <answer>."""
    return score_text(text, question.type, question.truth)


def _drop_pruned(path: Path, records: list[Record]) -> list[Record]:
    if all(PRUNED in record for record in records):
        return [record for record in records if not record[PRUNED]]
    ids = path.with_name(PRUNED_IDS)
    if not ids.exists():
        raise MissingDataError(
            f"{ids}: this list of what VSI-Bench-Debiased leaves out is missing; download it from the Hub"
        )
    pruned = set(ids.read_text(encoding="utf-8").split())
    return [record for record in records if str(record["id"]) not in pruned]


def _question(path: Path, record: Record, videos: Path) -> BenchmarkQuestion:
    kind, options = record["question_type"], record.get("options") or []
    if kind not in TYPES:
        raise InputError(f"{path}: question {record['id']} has the unknown type {kind!r}; update simgen")
    task, measure = TYPES[kind]
    if measure == "accuracy" and not options:
        raise InputError(f"{path}: question {record['id']} has no options; give the benchmark's own file")
    choices = ["Options:", *options] if measure == "accuracy" else []
    video = videos / record["dataset"] / f"{record['scene_name']}.mp4"
    folder = video.with_suffix("")
    return BenchmarkQuestion(
        id=str(record["id"]),
        type=kind,
        task=task,
        scene=f"{record['dataset']}/{record['scene_name']}",
        prompt="\n".join([BEFORE, record["question"], *choices, AFTER[measure]]),
        truth=str(record["ground_truth"]),
        measure=measure,
        video=folder if folder.is_dir() else video,
        pictures=(),
    )
