"""Question rows for training tests, written by hand for synthetic clips."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from simgen.store.folder import DataFolder
from simgen.store.rows import Row
from simgen.types import AnswerKind
from tests.synthetic import write_synthetic_clip

NAMES = ("fridge", "diningtable", "chair", "sofa", "garbagecan", "apple", "laptop", "bed", "dogbed", "shelf")
PROMPT = (
    "These are frames of one walk through a house, in order. First write a top-down map of the objects "
    "you saw, in metres, with the first camera at the origin. Then think, then answer.\n{question}"
)


def make_folder(path: Path, clips: int = 3, frames: int = 4, held_out: int = 1) -> DataFolder:
    """A data folder with synthetic clips clip0, clip1, ..., each of its own house; the last are held out."""
    folder = DataFolder(path)
    for index in range(clips):
        split = "train" if index < clips - held_out else "val"
        write_synthetic_clip(folder.dataset("demo").clip_path(f"clip{index}"), frames, split, seed=index)
    return folder


def make_rows(count: int, clips: int = 3, frames: int = 4, objects: int = 3, held_out: int = 1) -> list[Row]:
    """`count` rows over the clips in turn, distances and left-or-right choices in turn."""
    rng = np.random.default_rng(0)
    maps = [_house_map(objects, rng) for _ in range(clips)]
    rows = [_row(index, index % clips, frames, maps, rng) for index in range(count)]
    first = clips - held_out
    return [replace(row, split="val" if int(row.clip[4:]) >= first else "train") for row in rows]


def _house_map(objects: int, rng: np.random.Generator) -> list[dict[str, Any]]:
    names = [
        f"{NAMES[i % len(NAMES)]}{i // len(NAMES) or ''}" for i in rng.permutation(2 * objects)[:objects]
    ]
    low = rng.uniform(-4, 4, (objects, 2))
    boxes = np.round(np.hstack([low, low + rng.uniform(0.3, 2.0, (objects, 2))]), 1)
    return [{"object_name": n, "bbox": [float(v) for v in b]} for n, b in zip(names, boxes, strict=True)]


def _row(
    index: int, clip: int, frames: int, maps: list[list[dict[str, Any]]], rng: np.random.Generator
) -> Row:
    entries = maps[clip]
    asked = [entries[i] for i in rng.permutation(len(entries))[:2]]
    values = _distance(asked) if (index // len(maps)) % 2 else _side(asked)
    map_json = json.dumps(entries)
    return Row(
        id=f"q{index}",
        question_id=f"q{index}",
        dataset="demo",
        clip=f"clip{clip}",
        split="train",
        frames=tuple(range(frames)),
        answerable=(8, 12, 16),
        template_version=1,
        phrasing=0,
        group="distance",
        skill="s",
        args="{}",
        map=map_json,
        prompt=PROMPT.format(question=values["question"]),
        target=f"<map>{map_json}</map><think>{values['think']}</think><answer>{values['answer']}</answer>",
        margin=0.1,
        difficulty=index / 100,
        features="{}",
        views="clip",
        wording="full",
        asked=(),
        **values,
    )


def _distance(entries: list[dict[str, Any]]) -> dict[str, Any]:
    (a, b), (ca, cb) = entries[:2], (_center(entry["bbox"]) for entry in entries[:2])
    gap = float(np.hypot(ca[0] - cb[0], ca[1] - cb[1]))
    kind: AnswerKind = "metres"
    return {
        "template": "gap",
        "kind": kind,
        "options": (),
        "unit": "m",
        "question": f"How far is the {a['object_name']} from the {b['object_name']}, in metres?",
        "answer": f"{gap:.1f}",
        "think": f"The centres are at {ca} and {cb}, so they are {gap:.1f} m apart.",
    }


def _side(entries: list[dict[str, Any]]) -> dict[str, Any]:
    x = _center(entries[0]["bbox"])[0]
    kind: AnswerKind = "choice"
    return {
        "template": "side",
        "kind": kind,
        "options": ("left", "right"),
        "unit": "",
        "question": f"On which side is the {entries[0]['object_name']}?\nA. left\nB. right",
        "answer": "A" if x < 0 else "B",
        "think": f"Its centre is at x = {x}.",
    }


def _center(box: list[float]) -> tuple[float, float]:
    return round((box[0] + box[2]) / 2, 2), round((box[1] + box[3]) / 2, 2)
