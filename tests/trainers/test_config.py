"""The config: presets, ranges, and that it is cheap to import."""

import re
import subprocess
import sys
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import pytest

from simgen.errors import InputError, MissingSystemError
from simgen.trainers import extra
from simgen.trainers.config import TrainConfig, list_changes, resolve
from simgen.trainers.presets import FULL_DEFAULTS, TINY_DEFAULTS

PAGE = Path(__file__).parents[2] / "docs" / "training.md"


def test_defaults_follow_the_model_and_never_replace_a_choice() -> None:
    tiny = resolve(TrainConfig(sft_steps=7))
    full = resolve(TrainConfig(model="Qwen/Qwen2.5-VL-7B-Instruct"))
    assert (tiny.sft_steps, tiny.grpo_steps) == (7, TINY_DEFAULTS["grpo_steps"])
    assert full.sft_steps == FULL_DEFAULTS["sft_steps"]


def test_grpo_can_be_left_out() -> None:
    assert resolve(TrainConfig(grpo_steps=0)).grpo_steps == 0


@pytest.mark.parametrize("wrong", [{"stages": 0}, {"num_generations": 1}, {"replay": 1.0}, {"sft_steps": 0}])
def test_values_out_of_range_are_named(wrong: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=next(iter(wrong))):
        resolve(TrainConfig(**wrong))


def test_changed_options_are_named() -> None:
    old = asdict(TrainConfig(seed=1))
    assert list_changes(old, TrainConfig(seed=2)) == ["seed"]


def test_the_page_lists_every_option_with_its_defaults() -> None:
    table = PAGE.read_text(encoding="utf-8").partition("<!-- training options -->")[2].partition("\n\n")[0]
    rows = {row[0]: row[1:] for row in re.findall(r"^\| `(\w+)` \| (\S+) \| (\S+) \|", table, re.MULTILINE)}
    assert list(rows) == [field.name for field in fields(TrainConfig)]
    tiny, full = asdict(resolve(TrainConfig())), asdict(resolve(TrainConfig(model="a/model")))
    assert [name for name, (told, _) in rows.items() if not _says(told, tiny[name])] == []
    others = {name: told for name, (_, told) in rows.items() if name != "model"}
    assert [name for name, told in others.items() if not _says(told, full[name])] == []


def _says(told: str, value: object) -> bool:
    """Whether a cell of the table gives this value."""
    if isinstance(value, float):
        return float(told) == value
    return told.strip("`") == str(value)


def test_a_missing_extra_is_one_line_with_the_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extra, "TRAIN_PACKAGES", ("torch_that_nobody_has",))
    with pytest.raises(MissingSystemError, match=r"torch_that_nobody_has.*pip install 'simgen\[train\]'"):
        extra.require_train_extra()


def test_config_verbs_and_curriculum_import_no_torch() -> None:
    names = ("config", "rewards", "report", "train.run", "train.curriculum", "eval.run")
    modules = ", ".join(f"simgen.trainers.{name}" for name in names)
    check = (
        f"import sys, {modules}; sys.exit(any(m in sys.modules for m in ('torch', 'trl', 'transformers')))"
    )
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0
