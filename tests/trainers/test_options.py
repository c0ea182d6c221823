"""TRL's options: what a recipe may add, what is refused and why, and the batches that follow from them."""

from fractions import Fraction
from pathlib import Path

import pytest
from trl.trainer.grpo_config import GRPOConfig
from trl.trainer.sft_config import SFTConfig

from simgen.errors import MissingSystemError, TrainingConfigError
from simgen.trainers.config import load_config
from simgen.trainers.rewards import choose_rewards
from simgen.trainers.train import options
from simgen.trainers.train.options import (
    build_grpo_options,
    build_sft_options,
    count_steps_per_batch,
    measure_grpo,
    measure_sft,
)
from simgen.trainers.train.plan import PlanSize

# The name that transformers 5.23 deprecates is the one that TRL 1.16 uses.
pytestmark = pytest.mark.filterwarnings("ignore:`gradient_checkpointing` is deprecated:FutureWarning")

OUT = Path("nowhere")
REWARDS = choose_rewards({"accuracy": 0.9, "format": 0.1}, "metric")


def sft(**trl: object) -> SFTConfig:
    return build_sft_options(load_config("tiny", {"sft.steps": 6, "sft.batch_size": 2, "sft.trl": trl}), OUT)


def grpo(**trl: object) -> GRPOConfig:
    settings = {"grpo.steps": 6, "grpo.prompts_per_step": 3, "grpo.num_generations": 4, "save_steps": 3}
    config = load_config("tiny", settings | {"grpo.trl": trl, "data.max_completion_tokens": 9})
    return build_grpo_options(config, OUT, REWARDS)


def test_any_option_of_trl_can_be_set() -> None:
    assert sft(weight_decay=0.1, optim="sgd").weight_decay == 0.1
    assert grpo(beta=0.04, scale_rewards="none", epsilon_high=0.28).epsilon_high == 0.28


def test_an_unknown_option_names_the_nearest() -> None:
    with pytest.raises(
        TrainingConfigError, match=r"sft\.trl\.weight_decy: SFTConfig .* did you mean weight_decay"
    ):
        sft(weight_decy=0.1)
    with pytest.raises(TrainingConfigError, match=r"grpo\.trl\.use_vlm: .*use_vllm"):
        grpo(use_vlm=True)


@pytest.mark.parametrize("name", [*options.OWN_SETTINGS, *options.OWN_SFT_SETTINGS])
def test_an_option_with_a_setting_of_simgen_names_it(name: str) -> None:
    with pytest.raises(TrainingConfigError, match=rf"sft\.trl\.{name}: .*set that instead"):
        sft(**{name: 1})


@pytest.mark.parametrize("name", options.FIXED)
def test_a_fixed_option_is_refused_with_the_reason(name: str) -> None:
    with pytest.raises(TrainingConfigError, match=rf"grpo\.trl\.{name}: this option is fixed: \w+"):
        grpo(**{name: True})


def test_the_tables_hold_real_options_only() -> None:
    known = set(SFTConfig.__dataclass_fields__) | set(GRPOConfig.__dataclass_fields__)
    named = {*options.OWN_SETTINGS, *options.OWN_SFT_SETTINGS, *options.OWN_GRPO_SETTINGS, *options.FIXED}
    assert named - known == set()


def test_what_trl_refuses_is_one_line() -> None:
    with pytest.raises(TrainingConfigError, match=r"grpo\.trl: TRL refuses .*steps_per_generation") as caught:
        grpo(generation_batch_size=24, steps_per_generation=2)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("trl", [{"use_vllm": True, "vllm_mode": "colocate"}, {"report_to": "wandb"}])
def test_a_missing_package_is_named_before_training(trl: dict[str, object]) -> None:
    with pytest.raises(MissingSystemError, match=r"grpo\.trl: (vllm|wandb) is not installed"):
        grpo(**trl)


def test_a_step_of_sft_takes_the_accumulated_batches() -> None:
    assert measure_sft(sft()) == PlanSize(6, 2)
    assert measure_sft(sft(gradient_accumulation_steps=4)) == PlanSize(6, 8)


@pytest.mark.parametrize(
    ("trl", "batches", "prompts", "steps"),
    [
        ({}, 6, 3, Fraction(1)),
        # Two batches of 3 prompts are answered at once and make one step.
        ({"gradient_accumulation_steps": 2}, 6, 6, Fraction(1)),
        # The answers to 3 prompts are used in two steps.
        ({"num_iterations": 2}, 3, 3, Fraction(2)),
        # The answers to 12 prompts serve four steps; the last generation is used half.
        ({"steps_per_generation": 4}, 2, 12, Fraction(4)),
        # One step takes two generations of 3 prompts.
        ({"gradient_accumulation_steps": 2, "steps_per_generation": 1}, 12, 3, Fraction(1, 2)),
    ],
)
def test_a_batch_of_grpo_is_a_generation(
    trl: dict[str, object], batches: int, prompts: int, steps: Fraction
) -> None:
    made = grpo(**trl)
    assert measure_grpo(made) == PlanSize(batches, prompts)
    assert count_steps_per_batch(made) == steps
    # A checkpoint never falls inside a generation.
    assert made.save_steps % steps == 0
