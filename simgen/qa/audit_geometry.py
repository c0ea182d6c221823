"""`simgen audit --geometry`: how many answers would change with boxes along the world's axes."""

import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from tqdm import tqdm

from simgen.qa.question.aligned import AlignedAnswer, answer_with_aligned_boxes
from simgen.qa.templates.loading import load_templates
from simgen.scoring import MRA_THRESHOLDS
from simgen.store.clips import read_clip
from simgen.store.folder import DataFolder
from simgen.store.rows import read_rows_by_clip


@dataclass(frozen=True, slots=True)
class GeometrySummary:
    """The result of `simgen audit --geometry`."""

    templates: dict[str, dict[str, float]]
    """By template: rows, changed, share, and for numbers also mean_mra and thresholds_lost."""
    seconds: float


def audit_geometry(folder: DataFolder, only: str | None, template_names: Sequence[str]) -> GeometrySummary:
    """Answers every question with world-axis-aligned boxes and compares with the stored answers, by template.

    A question that is asked with several numbers of frames counts once.
    """
    started = time.monotonic()
    templates = load_templates(template_names)
    found: dict[str, list[AlignedAnswer]] = defaultdict(list)
    for dataset in folder.datasets_with_questions(only):
        for rows in tqdm(read_rows_by_clip(dataset.questions_path), desc="measuring", unit="clip"):
            clip = read_clip(dataset.clip_path(rows[0].clip))
            once = {row.question_id: row for row in reversed(rows)}
            for answer in answer_with_aligned_boxes(clip, list(once.values())[::-1], templates):
                found[answer.template].append(answer)
    return GeometrySummary(
        templates={name: _figures(answers) for name, answers in sorted(found.items())},
        seconds=round(time.monotonic() - started, 2),
    )


def _figures(answers: Sequence[AlignedAnswer]) -> dict[str, float]:
    changed = sum(answer.differs for answer in answers)
    figures = {"rows": len(answers), "changed": changed, "share": round(changed / len(answers), 4)}
    if answers[0].kind in ("choice", "order"):
        return figures
    score = float(np.mean([answer.score for answer in answers]))
    lost = len(MRA_THRESHOLDS) * (1.0 - score)
    return {**figures, "mean_mra": round(score, 4), "thresholds_lost": round(lost, 3)}
