"""The warm-up of the small model: its vision tower learns types and places of what each spot shows.

Without it the model answers from the words alone for the first 70,000 questions, and hardly learns to look.
"""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional
from torch.utils.data import Dataset
from transformers import Trainer, TrainerCallback, TrainingArguments

from simgen.trainers.config import TrainConfig
from simgen.trainers.dense_labels import PLACE, SPOT_PX, DenseFrames
from simgen.trainers.models.loading import VisionModel
from simgen.trainers.train.checkpoints import CheckpointMixin
from simgen.trainers.train.phase import LogEntries, ProgressBar, build_common_options, run_trainer

PLACE_SCALE_M = 5.0
"""The head's outputs are multiplied by this: places are a few metres away."""
POINT_WEIGHT, BOX_WEIGHT = 0.5, 1.0
"""Weights of the two distances, about 0.5 m in the end, beside the types' cross-entropy of 2 to 4 nats."""
RAREST, COMMONEST = 5.0, 0.1
"""Limits of a type's weight. It falls with the square root of how often the type is seen: floors and walls
fill most of a picture."""
CONTRAST, BRIGHTNESS = 0.2, 0.1
"""Largest change of contrast (as a factor) and of a colour's brightness (of the range from -1 to 1)."""


def run_warm_up(
    loaded: VisionModel,
    frames: DenseFrames,
    config: TrainConfig,
    out: Path,
    callbacks: Sequence[TrainerCallback] = (),
) -> LogEntries:
    """Trains the model's vision tower on the frames' labels, and returns one log entry for each step.

    Continues from the last complete checkpoint in `out` if there is one.
    """
    own: dict[str, Any] = {
        "per_device_train_batch_size": config.warm_up.batch_size,
        "learning_rate": config.warm_up.learning_rate,
        "train_sampling_strategy": "sequential",
        "weight_decay": 0.05,
        "warmup_steps": min(50, config.warm_up.steps // 10),
    }
    options = TrainingArguments(**build_common_options(config, out, config.warm_up.steps) | own)
    count = config.warm_up.steps * config.warm_up.batch_size
    with torch.random.fork_rng():
        torch.manual_seed(config.seed)
        model = DenseModel(loaded.model.model.vision_tower, frames)
    trainer = _Trainer(
        model=model,
        args=options,
        train_dataset=_Samples(frames, count, config.seed),
        data_collator=_collate,
        callbacks=[ProgressBar("warm-up", "loss"), *callbacks],
    )
    return run_trainer(trainer, out)


class DenseModel(nn.Module):
    """A vision tower with a linear head that says for each spot which type it shows, and where that is."""

    def __init__(self, tower: Any, frames: DenseFrames) -> None:
        super().__init__()
        self.tower = tower
        self.spots = tower.config.stride // SPOT_PX
        """Spots along each side of a token."""
        self.classes = len(frames.names) + 1
        self.head = nn.Linear(tower.config.hidden_size, self.spots**2 * (self.classes + PLACE))
        self.type_weights: torch.Tensor
        self.register_buffer("type_weights", _weigh_types(frames, self.classes))

    def forward(
        self, pixel_values: torch.Tensor, types: torch.Tensor, places: torch.Tensor
    ) -> dict[str, torch.Tensor]:
        """The loss of a batch: `types` (B, rows, columns) and `places` (B, rows, columns, PLACE) of spots."""
        tokens = self.tower(pixel_values).last_hidden_state
        found = self.head(tokens).reshape(*tokens.shape[:2], self.spots**2, -1).float()
        logits, where = found[..., : self.classes], PLACE_SCALE_M * found[..., self.classes :]
        true_types, true_places = self._by_token(types), self._by_token(places)
        type_loss = functional.cross_entropy(logits.flatten(0, -2), true_types.flatten(), self.type_weights)
        point_loss = _mean_distance(where[..., :2], true_places[..., :2])
        box_loss = _mean_distance(where[..., 2:], true_places[..., 2:])
        return {"loss": type_loss + POINT_WEIGHT * point_loss + BOX_WEIGHT * box_loss}

    def _by_token(self, spots: torch.Tensor) -> torch.Tensor:
        """(B, rows, columns, ...) spots as (B, tokens, spots of a token, ...)."""
        batch, rows, columns, *rest = spots.shape
        cut = spots.reshape(batch, rows // self.spots, self.spots, columns // self.spots, self.spots, *rest)
        return cut.transpose(2, 3).reshape(batch, -1, self.spots**2, *rest)


def _mean_distance(found: torch.Tensor, true: torch.Tensor) -> torch.Tensor:
    """The mean absolute error over the numbers that are known."""
    known = torch.isfinite(true)
    return (found[known] - true[known]).abs().sum() / known.sum().clamp(min=1)


def _weigh_types(frames: DenseFrames, classes: int) -> torch.Tensor:
    count = np.bincount(frames.types.ravel(), minlength=classes)
    weights = np.sqrt(count.sum() / classes / np.maximum(count, 1))
    return torch.tensor(np.clip(weights, COMMONEST, RAREST), dtype=torch.float32)


class _Samples(Dataset[dict[str, np.ndarray]]):
    """Frames in random order, every frame about equally often, half of them mirrored."""

    def __init__(self, frames: DenseFrames, count: int, seed: int) -> None:
        self.frames, self.seed = frames, seed
        rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(2,)))
        rounds = math.ceil(count / len(frames.pictures))
        orders = [rng.permutation(len(frames.pictures)) for _ in range(rounds)]
        self.order = np.concatenate(orders)[:count]

    def __len__(self) -> int:
        return len(self.order)

    def __getitem__(self, index: int) -> dict[str, np.ndarray]:
        # Seeded by the index, so that a resumed run draws the same changes.
        rng = np.random.default_rng([self.seed, index])
        frame = self.order[index]
        picture = self.frames.pictures[frame].astype(np.float32) / 127.5 - 1.0
        picture = picture * (1.0 + CONTRAST * rng.uniform(-1, 1)) + BRIGHTNESS * rng.uniform(-1, 1, 3)
        types, places = self.frames.types[frame], self.frames.places[frame].astype(np.float32)
        if rng.random() < 0.5:
            picture, types, places = picture[:, ::-1], types[:, ::-1], _mirror(places)
        return {"pixel_values": picture.astype(np.float32), "types": types, "places": places}


def _mirror(places: np.ndarray) -> np.ndarray:
    """The places in a mirrored picture: x changes its sign, so the two x of a box change their roles."""
    return places[:, ::-1][..., [0, 1, 4, 3, 2, 5]] * np.array([-1, 1, -1, 1, -1, 1], dtype=np.float32)


def _collate(samples: list[dict[str, np.ndarray]]) -> dict[str, torch.Tensor]:
    batch = {key: torch.from_numpy(np.stack([sample[key] for sample in samples])) for key in samples[0]}
    return {
        "pixel_values": batch["pixel_values"].permute(0, 3, 1, 2),
        "types": batch["types"].long(),
        "places": batch["places"],
    }


class _Trainer(CheckpointMixin, Trainer):
    pass
