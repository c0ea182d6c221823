"""Several questions about the same frames in one sample: the frames once, then each question with its target.

No question sees another one, and each has the positions that it would have alone. So a packed sample teaches
what its questions would teach as single samples, for less: the frames are most of a short sample. It works
for models that are built like LLaVA, whose positions are one number a token.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from datasets import Dataset
from numpy.typing import NDArray

from simgen.qa.view.map_text import render_map
from simgen.qa.view.names import CAMERA
from simgen.scoring import parse_map
from simgen.store.folder import DataFolder
from simgen.store.rows import Row
from simgen.trainers.config import TrainConfig
from simgen.trainers.models.loading import VisionModel
from simgen.trainers.samples import ROW_COLUMN, add_images, make_record
from simgen.trainers.targets import render_prompt
from simgen.trainers.train.number_loss import IGNORED

PLACES_AT_ONCE = 3
"""Most objects whose places are asked in one question. Most questions of the short wording need the map of
one to four objects."""


def group_rows(rows: Sequence[Row], most: int) -> list[tuple[Row, ...]]:
    """The rows in groups of at most `most` rows of equal frames, in the order of their first rows."""
    groups: dict[tuple[str, str, tuple[int, ...]], list[Row]] = {}
    for row in rows:
        groups.setdefault((row.dataset, row.clip, row.frames), []).append(row)
    starts = [(group, start) for group in groups.values() for start in range(0, len(group), most)]
    return [tuple(group[start : start + most]) for group, start in starts]


def build_packed_dataset(
    groups: Sequence[tuple[Row, ...]], order: NDArray[Any], folder: DataFolder, config: TrainConfig
) -> Dataset:
    """One sample for each index of `order`, in that order.

    Each has also up to `sft.locate` questions about the places of some objects, drawn anew for each sample.
    """
    parts = [[make_record(row, folder, config.data) for row in group] for group in groups]
    records = []
    for position, index in enumerate(order):
        rng = np.random.default_rng([config.seed, position])
        turns = [(part["prompt"], part["target"]) for part in parts[index]]
        turns += draw_places(groups[index][0], config.sft.locate, rng)
        prompts, targets = zip(*turns, strict=True)
        shown = {key: parts[index][0][key] for key in ("clip_path", "frames", "image_px")}
        records.append({ROW_COLUMN: int(index), **shown, "prompts": prompts, "targets": targets})
    return Dataset.from_list(records).with_transform(add_images)


def draw_places(row: Row, count: int, rng: np.random.Generator) -> list[tuple[str, str]]:
    """Up to `count` prompts and targets about the places of one to PLACES_AT_ONCE objects of a row's map.

    No object is asked twice. Objects of which the map has several, and cameras, are left out: their names do
    not say which is meant.
    """
    known = [entry for entry in parse_map(row.map) or () if entry.name.isalpha() and entry.name != CAMERA]
    ends = np.cumsum(rng.integers(1, PLACES_AT_ONCE, size=count, endpoint=True))
    parts = np.split(rng.permutation(len(known)), ends)[:count]
    chosen = [[known[index] for index in part] for part in parts if len(part)]
    return [
        (place_question([entry.name for entry in part]), f"<map>{render_map(part)}</map>") for part in chosen
    ]


def place_question(names: Sequence[str]) -> str:
    """The question about the places of some objects, by their names in maps.

    There is no space before a name: to the word-level tokenizer it is then the token that maps have. The
    tokenizer may not know the words of other questions, such as "dining table".
    """
    return f"where is:{','.join(names)}"


@dataclass(frozen=True, slots=True, eq=False)
class PackingCollator:
    """Makes the tensors of a batch from packed samples."""

    loaded: VisionModel

    def __call__(self, samples: Sequence[dict[str, Any]]) -> dict[str, torch.Tensor]:
        """`input_ids`, `labels`, `position_ids` (B, L), `attention_mask` (B, 1, L, L), `pixel_values`."""
        shown = self.loaded.processor(
            text=[render_prompt(self.loaded.processor, "", len(sample["images"])) for sample in samples],
            images=[sample["images"] for sample in samples],
        )
        image_token = self.loaded.processor.image_token_id
        frames = [[token for token in ids if token == image_token] for ids in shown["input_ids"]]
        packed = [self._pack(tokens, sample) for tokens, sample in zip(frames, samples, strict=True)]
        batch = _pad(packed, self.loaded.tokenizer.pad_token_id)
        return batch | {"pixel_values": torch.from_numpy(np.stack(shown["pixel_values"]))}

    def _pack(self, frames: list[int], sample: dict[str, Any]) -> "_Packed":
        packed = _Packed(list(frames), [IGNORED] * len(frames), list(range(len(frames))), [0] * len(frames))
        turns = zip(sample["prompts"], sample["targets"], strict=True)
        for number, (prompt, target) in enumerate(turns, start=1):
            asked, learned = self._encode(prompt, target)
            length = len(asked) + len(learned)
            packed.ids += asked + learned
            packed.labels += [IGNORED] * len(asked) + learned
            packed.positions += range(len(frames), len(frames) + length)
            packed.segments += [number] * length
        return packed

    def _encode(self, prompt: str, target: str) -> tuple[list[int], list[int]]:
        tokenizer = self.loaded.tokenizer
        asked = tokenizer(render_prompt(self.loaded.processor, prompt, 0))["input_ids"]
        return asked, [*tokenizer(target)["input_ids"], tokenizer.eos_token_id]


@dataclass(slots=True)
class _Packed:
    """The tokens of one sample."""

    ids: list[int]
    labels: list[int]
    positions: list[int]
    segments: list[int]
    """0 for the frames, then 1, 2, ... for the questions."""


def _pad(samples: Sequence[_Packed], pad_token: int) -> dict[str, torch.Tensor]:
    length = max(len(sample.ids) for sample in samples)

    def fill(values: list[int], filler: int) -> list[int]:
        return values + [filler] * (length - len(values))

    segments = torch.tensor([fill(sample.segments, -1) for sample in samples])
    return {
        "input_ids": torch.tensor([fill(sample.ids, pad_token) for sample in samples]),
        "labels": torch.tensor([fill(sample.labels, IGNORED) for sample in samples]),
        "position_ids": torch.tensor([fill(sample.positions, 0) for sample in samples]),
        "attention_mask": _make_mask(segments),
    }


def _make_mask(segments: torch.Tensor) -> torch.Tensor:
    """(B, 1, L, L) whether a token sees another one: an earlier one of its own question or of the frames."""
    visible = (segments[:, :, None] == segments[:, None, :]) | (segments[:, None, :] == 0)
    length = segments.shape[1]
    causal = torch.ones(length, length, dtype=torch.bool).tril()
    # A row of the mask without any True would give NaN: padding sees itself.
    return ((visible & causal) | torch.eye(length, dtype=torch.bool))[:, None]
