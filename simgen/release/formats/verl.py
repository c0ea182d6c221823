"""Parquet for verl and EasyR1, with the file of the reward function that both call."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from simgen.release.formats.image_folder import MESSAGES, make_user_turn, write_parquet
from simgen.release.formats.sample import Sample
from simgen.release.standalone import make_standalone
from simgen.store.files import write_text
from simgen.types import Split

REWARD_FILE = "reward.py"
_TEXT, _TEXTS = pa.string(), pa.list_(pa.string())

VERL_SCHEMA = pa.schema(
    [
        ("data_source", _TEXT),
        ("prompt", MESSAGES),
        ("images", pa.list_(pa.struct([("image", _TEXT)]))),
        ("ability", _TEXT),
        ("reward_model", pa.struct([("style", _TEXT), ("ground_truth", _TEXT)])),
        (
            "extra_info",
            pa.struct([("id", _TEXT), ("split", _TEXT), ("kind", _TEXT), ("options", _TEXTS)]),
        ),
    ]
)
EASYR1_SCHEMA = pa.schema([("id", _TEXT), ("problem", _TEXT), ("answer", _TEXT), ("images", _TEXTS)])


def write_verl(to: Path, samples: Mapping[Split, Iterable[Sample]]) -> None:
    """verl's columns. Start verl in the folder of the export: the pictures' paths are relative to it."""
    for split, of_split in samples.items():
        write_parquet(to / f"{split}.parquet", VERL_SCHEMA, map(_verl, of_split))
    _write_reward(to)


def write_easyr1(to: Path, samples: Mapping[Split, Iterable[Sample]]) -> None:
    """EasyR1's columns. `answer` is a JSON object, since EasyR1 gives the reward function no other column."""
    for split, of_split in samples.items():
        write_parquet(to / f"{split}.parquet", EASYR1_SCHEMA, map(_easyr1, of_split))
    _write_reward(to)


def _verl(sample: Sample) -> dict[str, Any]:
    row = sample.row
    return {
        "data_source": f"simgen/{row.template}",
        "prompt": make_user_turn(sample),
        "images": [{"image": image} for image in sample.images],
        "ability": row.group,
        "reward_model": {"style": "rule", "ground_truth": row.answer},
        "extra_info": {
            "id": row.id,
            "split": row.split,
            "kind": row.kind,
            "options": list(row.options),
        },
    }


def _easyr1(sample: Sample) -> dict[str, Any]:
    row = sample.row
    truth = {"answer": row.answer, "kind": row.kind, "options": list(row.options)}
    return {
        "id": row.id,
        "problem": sample.tagged_prompt,
        "answer": json.dumps(truth),
        "images": sample.images,
    }


def _write_reward(to: Path) -> None:
    write_text(to / REWARD_FILE, make_standalone("simgen.release.formats.reward_function"))
