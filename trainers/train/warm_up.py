"""The warm-up of the small model: it learns what each spot of a frame shows and where that is.

The labels are dense: each of the 768 spots of a frame has a type, a place on the floor and the box of its
object (see `dense_labels`). The same tokens that the decoder will read learn two more things. By the
embeddings of words they say which types they show, and by the embeddings of numbers where the box is. So
looking up a word or copying a number is a short step for the decoder.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional
from torch.utils.data import Dataset
from transformers import Trainer, TrainerCallback, TrainingArguments

from simgen.qa.view.names import map_name
from simgen.trainers.dense_labels import PLACE, SPOT_PX, DenseFrames
from simgen.trainers.models.loading import VisionModel
from simgen.trainers.models.word_tokenizer import list_numbers
from simgen.trainers.train.checkpoints import CheckpointMixin
from simgen.trainers.train.number_loss import bell_curves
from simgen.trainers.train.options import count_samples_per_step
from simgen.trainers.train.phase import LogEntries, ProgressBar, run_trainer

PLACE_SCALE_M = 5.0
"""The head's outputs are multiplied by this: places are a few metres away."""
POINT_WEIGHT, BOX_WEIGHT, NUMBER_WEIGHT = 0.5, 1.0, 0.3
"""Weights beside the types' cross-entropies of 1 to 4 nats: two distances, about 0.5 m in the end, and the
numbers' cross-entropy of 3 to 6 nats."""
NUMBER_SPREAD_M = 0.2
"""The standard deviation of the bell curve over the number tokens."""
RAREST, COMMONEST = 5.0, 0.1
"""Limits of a type's weight. It falls with the square root of how often the type is seen: floors and walls
fill most of a picture."""
CONTRAST, BRIGHTNESS = 0.2, 0.1
"""Largest change of contrast (as a factor) and of a colour's brightness (of the range from -1 to 1)."""
WORD_SCALE, NUMBER_SCALE = 3.0, 5.0
"""First factors of the cosines that are turned into shares. They are learned."""


def run_warm_up(
    loaded: VisionModel,
    frames: DenseFrames,
    options: TrainingArguments,
    callbacks: Sequence[TrainerCallback] = (),
) -> LogEntries:
    """Trains tower, projector and embeddings on the frames' labels; returns one log entry for each step.

    Continues from the last complete checkpoint in `options.output_dir` if there is one.
    """
    count = options.max_steps * count_samples_per_step(options)
    with torch.random.fork_rng():
        torch.manual_seed(options.seed)
        model = DenseModel(loaded, frames)
    trainer = _Trainer(
        model=model,
        args=options,
        train_dataset=_Samples(frames, count, options.seed),
        data_collator=_collate,
        callbacks=[ProgressBar("warm-up", "loss"), *callbacks],
    )
    return run_trainer(trainer, loaded)


class DenseModel(nn.Module):
    """The small model's eyes with heads for the labels of spots and tokens. The heads are thrown away."""

    def __init__(self, loaded: VisionModel, frames: DenseFrames) -> None:
        super().__init__()
        self.tower, self.projector = loaded.model.model.vision_tower, loaded.model.model.multi_modal_projector
        self.embeddings = loaded.model.get_input_embeddings()
        width, hidden = self.tower.config.hidden_size, self.embeddings.weight.shape[1]
        self.spots = self.tower.config.stride // SPOT_PX
        """Spots along each side of a token."""
        self.classes = len(frames.names) + 1
        self.type_head = nn.Linear(width, self.spots**2 * self.classes)
        self.place_head = nn.Linear(hidden, self.spots**2 * PLACE)
        self.number_head = nn.Linear(hidden, 4 * hidden)
        self.word_scale = nn.Parameter(torch.tensor(WORD_SCALE))
        self.number_scale = nn.Parameter(torch.tensor(NUMBER_SCALE))
        self.word_bias = nn.Parameter(torch.zeros(self.classes))
        self.type_weights: torch.Tensor
        self.words: torch.Tensor
        self.numbers: torch.Tensor
        self.number_ids: torch.Tensor
        self.register_buffer("type_weights", _weigh_types(frames, self.classes))
        self.register_buffer("words", _find_words(frames.names, loaded.tokenizer))
        self.register_buffer("numbers", torch.tensor([float(number) for number in list_numbers()]))
        number_ids = loaded.tokenizer.convert_tokens_to_ids(list_numbers())
        self.register_buffer("number_ids", torch.tensor(number_ids))

    def forward(
        self, pixel_values: torch.Tensor, types: torch.Tensor, places: torch.Tensor
    ) -> dict[str, torch.Tensor]:
        """The loss of a batch: `types` (B, rows, columns) and `places` (B, rows, columns, PLACE) of spots."""
        features = self.tower(pixel_values).last_hidden_state
        tokens = self.projector(features)  # (B, tokens, hidden), as the decoder will read them
        shape = *tokens.shape[:2], self.spots**2
        true_types, true_places = self._by_token(types), self._by_token(places)
        found_types = self.type_head(features).reshape(*shape, -1).float()
        found_places = PLACE_SCALE_M * self.place_head(tokens).reshape(*shape, -1).float()
        type_loss = functional.cross_entropy(
            found_types.flatten(0, -2), true_types.flatten(), self.type_weights
        )
        loss = type_loss + self._word_loss(tokens, true_types)
        loss = loss + POINT_WEIGHT * _mean_distance(found_places[..., :2], true_places[..., :2])
        loss = loss + BOX_WEIGHT * _mean_distance(found_places[..., 2:], true_places[..., 2:])
        return {"loss": loss + NUMBER_WEIGHT * self._number_loss(tokens, true_types, true_places[..., 2:])}

    def _word_loss(self, tokens: torch.Tensor, types: torch.Tensor) -> torch.Tensor:
        """How badly a token says by the embeddings of words which types its spots show."""
        shares = functional.one_hot(types, self.classes) * self.type_weights
        shares = shares.sum(dim=2)
        shares = shares / shares.sum(dim=-1, keepdim=True)
        words = functional.normalize(self.embeddings.weight[self.words], dim=-1)
        said = functional.layer_norm(tokens, tokens.shape[-1:]) @ words.T * self.word_scale + self.word_bias
        return -(shares * said.float().log_softmax(dim=-1)).sum(dim=-1).mean()

    def _number_loss(self, tokens: torch.Tensor, types: torch.Tensor, boxes: torch.Tensor) -> torch.Tensor:
        """How badly a token says by the embeddings of numbers where its rarest object's box is."""
        known = torch.isfinite(boxes).all(dim=-1)
        rarity = torch.where(known, self.type_weights[types], -1.0)
        rarest = rarity.argmax(dim=-1)
        shown = known.any(dim=-1)
        box = boxes.gather(2, rarest[..., None, None].expand(-1, -1, 1, 4))[:, :, 0][shown]
        if not len(box):
            return tokens.sum() * 0.0
        sides = self.number_head(tokens[shown]).reshape(len(box), 4, -1)
        numbers = functional.normalize(self.embeddings.weight[self.number_ids], dim=-1)
        said = functional.layer_norm(sides, sides.shape[-1:]) @ numbers.T * self.number_scale
        curves = bell_curves(self.numbers, box.flatten(), NUMBER_SPREAD_M)
        return -(curves * said.flatten(0, 1).float().log_softmax(dim=-1)).sum(dim=-1).mean()

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


def _find_words(names: Sequence[str], tokenizer: Any) -> torch.Tensor:
    """The token of "nothing" and of each type's name in maps; the unknown word for a type that no map has."""
    return torch.tensor(
        [tokenizer.unk_token_id, *tokenizer.convert_tokens_to_ids(list(map(map_name, names)))]
    )


class _Samples(Dataset[dict[str, NDArray[Any]]]):
    """Frames in random order, every frame about equally often, half of them mirrored."""

    def __init__(self, frames: DenseFrames, count: int, seed: int) -> None:
        self.frames, self.seed = frames, seed
        rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(2,)))
        rounds = math.ceil(count / len(frames.pictures))
        orders = [rng.permutation(len(frames.pictures)) for _ in range(rounds)]
        self.order = np.concatenate(orders)[:count]

    def __len__(self) -> int:
        return len(self.order)

    def __getitem__(self, index: int) -> dict[str, NDArray[Any]]:
        # Seeded by the index, so that a resumed run draws the same changes.
        rng = np.random.default_rng([self.seed, index])
        frame = self.order[index]
        picture = self.frames.pictures[frame].astype(np.float32) / 127.5 - 1.0
        picture = picture * (1.0 + CONTRAST * rng.uniform(-1, 1)) + BRIGHTNESS * rng.uniform(-1, 1, 3)
        types, places = self.frames.types[frame], self.frames.places[frame].astype(np.float32)
        if rng.random() < 0.5:
            picture, types, places = picture[:, ::-1], types[:, ::-1], mirror_places(places)
        return {"pixel_values": picture.astype(np.float32), "types": types, "places": places}


def mirror_places(places: NDArray[np.float32]) -> NDArray[np.float32]:
    """The places in a mirrored picture: x changes its sign, so the two x of a box change their roles."""
    return places[:, ::-1][..., [0, 1, 4, 3, 2, 5]] * np.array([-1, 1, -1, 1, -1, 1], dtype=np.float32)


def _collate(samples: list[dict[str, NDArray[Any]]]) -> dict[str, torch.Tensor]:
    batch = {key: torch.from_numpy(np.stack([sample[key] for sample in samples])) for key in samples[0]}
    return {
        "pixel_values": batch["pixel_values"].permute(0, 3, 1, 2),
        "types": batch["types"].long(),
        "places": batch["places"],
    }


class _Trainer(CheckpointMixin, Trainer):
    pass
