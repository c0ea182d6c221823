"""Question rows as prompts."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from simgen.store.folder import DataFolder
from simgen.trainers.config import TrainConfig
from simgen.trainers.eval.prompts import Prompt
from simgen.trainers.eval.stored_answers import Asked
from simgen.trainers.samples import load_sample_frames
from simgen.trainers.targets import build_prompt


def make_row_prompts(asked: Sequence[Asked], folder: DataFolder, config: TrainConfig) -> list[Prompt]:
    """The prompt of each row in the words of the config's target, with the frames that it is asked with."""
    return [
        Prompt(
            item.row.id,
            build_prompt(item.row, config.data.target, config.data.map),
            partial(
                load_sample_frames, replace(item.row, clip=item.clip, frames=item.frames), folder, config
            ),
        )
        for item in asked
    ]
