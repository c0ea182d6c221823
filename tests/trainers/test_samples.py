"""Rows as samples: the same rows in the same order for every target, with the columns that rewards need."""

from shutil import copy
from typing import Any

import numpy as np
import pytest

from simgen.qa.question.settings import QuestionSettings
from simgen.qa.templates.loading import load_templates
from simgen.store.clips import read_clip
from simgen.store.folder import DataFolder
from simgen.store.rows import Row
from simgen.trainers.config import load_config
from simgen.trainers.rewards import REWARDS
from simgen.trainers.samples import COLUMNS, MAP_QUESTION, build_dataset
from simgen.trainers.targets import TARGETS, build_prompt, build_target
from tests.qa.real_clips import FOLDER
from tests.qa.scenes import asked_of

CLIP = sorted(FOLDER.glob("*.h5"))[0]
ORDER = np.array([3, 1, 1, 4])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> DataFolder:
    folder = DataFolder(tmp_path_factory.mktemp("samples"))
    target = folder.dataset("kitchens").clip_path(CLIP.stem)
    target.parent.mkdir(parents=True)
    copy(CLIP, target)
    return folder


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    return asked_of(read_clip(CLIP), load_templates(["absolute_distance"]), QuestionSettings((4,), 2))[0]


@pytest.mark.parametrize("target", [target.name for target in TARGETS])
def test_every_target_has_the_same_rows_in_the_same_order(
    target: str, rows: list[Row], folder: DataFolder
) -> None:
    config = load_config("tiny", {"data.target": target})
    samples: list[Any] = list(build_dataset(rows, ORDER, folder, config))
    for index, sample in zip(ORDER, samples, strict=True):
        row = rows[index]
        assert sample["prompt"] == [{"role": "user", "content": build_prompt(row, target)}]
        assert sample["completion"] == [{"role": "assistant", "content": build_target(row, target)}]
        assert (sample["args"], sample["frames"]) == (row.args, list(row.frames))
        assert [image.size for image in sample["images"]] == [(112, 84)] * len(row.frames)
    assert MAP_QUESTION not in samples[0]


def test_the_table_has_each_row_once_and_unused_rows_never(rows: list[Row], folder: DataFolder) -> None:
    data = build_dataset(rows, ORDER, folder, load_config("tiny")).with_format(None)
    assert data.data.num_rows == 3
    assert [args in {rows[index].args for index in ORDER} for args in data["args"]] == [True] * 4


@pytest.mark.parametrize("target", ["metric", "grid"])
def test_rewards_get_their_columns_and_give_full_marks_to_targets(
    target: str, rows: list[Row], folder: DataFolder
) -> None:
    config = load_config("tiny", {"data.target": target})
    needed = {name for reward in REWARDS for name in reward.columns}
    assert needed == {"target", "grid", "answer", "kind", "options", MAP_QUESTION}
    assert needed - set(COLUMNS) == {MAP_QUESTION}
    samples: list[Any] = list(build_dataset(rows, ORDER, folder, config, needed))
    # As TRL does: all columns by name, one list each.
    columns = {name: [sample[name] for sample in samples] for name in samples[0] if name != "prompt"}
    completions = columns.pop("completion")
    for reward in REWARDS:
        assert reward.function(completions=completions, **columns) == pytest.approx([1.0] * 4), reward.name
