"""The training configs: every bundled page, settings, mistakes, and that reading one imports no torch."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from simgen.errors import MissingSystemError, TrainingConfigError
from simgen.trainers import extra
from simgen.trainers.config import (
    TrainConfig,
    list_changes,
    list_configs,
    load_config,
    parse_settings,
    read_config_text,
)

FOLDER = Path(__file__).parents[2] / "trainers" / "recipes"


def test_every_page_of_the_folder_is_listed_and_opens_with_its_command() -> None:
    files = sorted(path.stem for path in FOLDER.rglob("*.yaml"))
    assert files == list_configs()
    assert len(files) >= 4
    for name in files:
        config = load_config(name)
        assert config.name == name
        assert config.description
        assert read_config_text(name).startswith(f"# simgen train --curriculum --config {name}")


def test_a_setting_changes_one_value_and_keeps_the_rest() -> None:
    config = load_config("tiny", {"sft.steps": 7, "model.dtype": "float32"})
    assert (config.sft.steps, config.model.dtype) == (7, "float32")
    assert config.sft.batch_size == load_config("tiny").sft.batch_size


def test_settings_are_read_as_yaml() -> None:
    given = parse_settings(["grpo.rewards={accuracy: 1, format: 0}", "save_steps=null", "sft.steps=3"])
    config = load_config("tiny", given)
    assert (config.grpo.rewards, config.save_steps, config.sft.steps) == (
        {"accuracy": 1, "format": 0}, None, 3
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("sft.batch_size=0", "--set sft.batch_size=0: sft.batch_size: .*greater than or equal to 1"),
        ("sft.stepz=3", "--set sft.stepz=3: unknown key sft.stepz; did you mean steps"),
        ("grpo.num_generations=1", "grpo.num_generations"),
        ("curriculum.replay=1.0", "curriculum.replay"),
        ("sft", "--set sft: give KEY=VALUE"),
        ("sft.steps=[", r"--set sft.steps=\[: not valid YAML"),
        ("sft steps=3", "not a key and a value"),
        ("model.lora={rank: 8}", "tiny is trained from scratch"),
    ],
)
def test_a_wrong_setting_is_one_line_that_names_it(text: str, message: str) -> None:
    with pytest.raises(TrainingConfigError, match=message) as caught:
        load_config("tiny", parse_settings([text]))
    assert "\n" not in str(caught.value)


def test_a_config_without_any_steps_is_refused() -> None:
    assert load_config("tiny", {"sft.steps": 0}).grpo.steps > 0
    with pytest.raises(TrainingConfigError, match="nothing to train"):
        load_config("tiny", {"sft.steps": 0, "grpo.steps": 0})


def test_an_unknown_config_names_the_nearest() -> None:
    with pytest.raises(TrainingConfigError, match="did you mean 'tiny'"):
        load_config("tinny")


def test_a_file_extends_a_bundled_config(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("extends: lora\nname: mine\nmodel: {lora: {rank: 8}}\n")
    config = load_config(str(path))
    assert config.model.lora is not None
    assert (config.model.lora.rank, config.model.lora.alpha) == (8, 128)


def test_changed_settings_are_named() -> None:
    old = load_config("tiny", {"seed": 1, "grpo.rewards": {"format": 1.0}}).model_dump(mode="json")
    new = load_config("tiny", {"grpo.rewards": {"accuracy": 1.0}})
    assert list_changes(old, new) == ["grpo.rewards.accuracy", "seed", "grpo.rewards.format"]
    del old["eval"]
    assert "eval.rows" in list_changes(old, load_config("tiny"))


def test_a_config_survives_json() -> None:
    config = load_config("lora")
    assert TrainConfig.model_validate_json(config.model_dump_json()) == config


def test_a_models_folder_becomes_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "models" / "mine").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    assert load_config("lora", {"model.name": "models/mine"}).model.name == str(tmp_path / "models" / "mine")
    assert load_config("lora", {"model.name": "a/hub-id"}).model.name == "a/hub-id"


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


def test_the_help_names_no_option_that_is_gone() -> None:
    page = (FOLDER.parents[1] / "docs" / "training.md").read_text(encoding="utf-8")
    assert not re.findall(r"--(?:sft|grpo)-steps", page)
