"""The config of a training run: a YAML page, read into one frozen value. Imports neither torch nor TRL.

A config is bundled under a name in `trainers/recipes/`, or is a YAML file of the user. It may say
`extends: NAME` and give only what differs. `docs/training.md` lists all keys.
"""

from collections.abc import Iterator, Mapping, Sequence
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from simgen.errors import TrainingConfigError
from simgen.pages import change_page, find_page, list_pages, load_page, validate
from simgen.recipe.section import Section

BUILT_MODELS = ("tiny", "small")
"""Models that are built from a config and trained from scratch, without a network."""

Count = Annotated[int, Field(ge=1)]
Rate = Annotated[float, Field(gt=0)]
Share = Annotated[float, Field(ge=0, lt=1)]
TrlOptions = dict[str, Any]
CurriculumKind = Literal["easy_to_hard", "competence", "shuffled", "hard_to_easy", "adaptive"]
"""The names in `simgen.trainers.train.curriculum.CURRICULA`."""


class LoraSpec(Section):
    """Low-rank adaptation (LoRA): small matrices beside the frozen weights of the decoder are trained."""

    rank: Count = 64
    """Rank of the matrices."""
    alpha: Count = 128
    """The matrices' product is scaled by alpha / rank."""


class ModelSpec(Section):
    """The model, and which of its weights are trained."""

    name: Annotated[str, Field(min_length=1)] = "tiny"
    """`tiny`, `small`, a Hub id or a folder."""
    lora: LoraSpec | None = None
    """LoRA's rank and alpha. `null` trains all weights."""
    attention: Literal["eager", "sdpa", "flash_attention_2"] | None = None
    """How attention is computed, by transformers' names. `null` leaves the choice to transformers."""
    dtype: Literal["auto", "float32", "bfloat16"] = "auto"
    """The type of the weights. `auto`: that of the saved weights on a GPU, float32 on a CPU."""
    threads: Count | None = None
    """CPU threads of PyTorch in each process. `null` leaves the number to PyTorch."""

    @property
    def is_built(self) -> bool:
        """Whether the model is built from a config instead of loaded."""
        return self.name in BUILT_MODELS

    @model_validator(mode="after")
    def _check_lora(self) -> Self:
        if self.is_built and self.lora is not None:
            raise ValueError(f"{self.name} is trained from scratch; set lora to null")
        return self


class DataSpec(Section):
    """How a question row becomes a sample."""

    frames_per_sample: Count = 8
    """Most frames of a sample. A row with more frames is asked again with fewer, or left out."""
    image_px: Annotated[int, Field(ge=32)] = 448
    """Longer side of a frame that the model gets, in pixels."""
    max_tokens: Count = 8192
    """Most tokens of a sample: prompt, frames and target. A longer one is refused, never cut."""
    max_completion_tokens: Count | None = None
    """Most tokens of an answer. `null`: a tenth more than the longest target of the rows."""
    target: Literal["metric", "grid", "none"] = "metric"
    """What the model writes before the answer: boxes in metres, cells of a grid, or nothing."""
    map: Literal["all", "asked", "near"] = "all"
    """Which objects the map holds: all, those of the question, or those and what is near them."""


class CurriculumSpec(Section):
    """The order in which training sees its rows."""

    kind: CurriculumKind = "easy_to_hard"
    """The curriculum: see the table of curricula."""
    stages: Count = 3
    """`easy_to_hard`, `hard_to_easy`: stages, which are quantiles of difficulty."""
    replay: Share = 0.25
    """`easy_to_hard`, `hard_to_easy`: share of a stage's samples that comes from the stages before it."""
    first_share: Annotated[float, Field(gt=0, le=1)] = 0.01
    """`competence`: the easiest share of the rows, from which the first step draws."""
    all_rows_at: Annotated[float, Field(gt=0, le=1)] = 0.8
    """`competence`: share of the steps after which all rows are drawn from."""
    block_steps: Count = 10
    """`adaptive`: steps that are planned at once."""
    put_off_blocks: Annotated[int, Field(ge=0)] = 2
    """`adaptive`: blocks that leave out a prompt whose answers all earned the same."""


class WarmUpSpec(Section):
    """The stage before SFT: the vision tower of `small` learns types and places from the clips' own ids and
    depth. Other models have none."""

    steps: Annotated[int, Field(ge=0)] = 0
    """0 leaves the stage out."""
    batch_size: Count = 32
    """Frames in a step."""
    learning_rate: Rate = 2e-3
    """Highest learning rate."""


class SftSpec(Section):
    """Supervised fine-tuning (SFT)."""

    steps: Annotated[int, Field(ge=0)] = 1000
    """0 leaves SFT out, such as for GRPO of a model that is fine-tuned already."""
    batch_size: Count = 4
    """Samples in a step of one process, TRL's per_device_train_batch_size."""
    learning_rate: Rate = 1e-4
    """Highest learning rate. It rises over the first steps and falls along a cosine."""
    pack: Count = 1
    """For `small` only: most questions about the same frames that share them in one sample."""
    locate: Annotated[int, Field(ge=0)] = 0
    """For `small` only: further questions in each packed sample, each about the places of one to
    three objects."""
    number_spread_m: Annotated[float, Field(ge=0)] = 0.0
    """For `small` only: numbers within about this distance of the right one, metres, count as nearly right.
    0 is plain cross-entropy."""
    trl: TrlOptions = Field(default={})
    """Further options of TRL's SFTConfig, by its names."""


class GrpoSpec(Section):
    """Reinforcement learning by group relative policy optimization (GRPO)."""

    steps: Annotated[int, Field(ge=0)] = 500
    """0 leaves GRPO out."""
    prompts_per_step: Count = 2
    """Prompts in a step of one process; each is answered `num_generations` times."""
    num_generations: Annotated[int, Field(ge=2)] = 4
    """Answers to each prompt. The advantage is relative to their mean."""
    learning_rate: Rate = 1e-5
    """Highest learning rate."""
    temperature: Rate = 1.0
    """Sampling temperature. The evaluation is greedy."""
    rewards: dict[str, Annotated[float, Field(ge=0)]] | None = None
    """Weights of rewards by name. They are divided by their sum; a reward that is not named counts 0.
    `null`: accuracy 0.45, map 0.45, format 0.1. If the target has no map: accuracy 0.9, format 0.1."""
    trl: TrlOptions = Field(default={})
    """Further options of TRL's GRPOConfig, by its names."""


class EvalSpec(Section):
    """The evaluation on held-out houses: before and after training, and meanwhile."""

    rows: Count = 200
    """Most held-out rows to score."""
    batch_size: Count = 8
    """Rows that are answered at once."""
    every_steps: Annotated[int, Field(ge=0)] = 0
    """Steps of SFT and GRPO between scores of held-out rows, for the learning curves. 0: none meanwhile."""
    every_rows: Count = 300
    """Most rows for these scores, a part of those for `rows`."""


class TrainConfig(Section):
    """All settings of one run."""

    name: str = ""
    """Name of the config."""
    description: str = ""
    """One line for `simgen train --list`."""
    model: ModelSpec = ModelSpec()
    """The model, and which of its weights are trained."""
    data: DataSpec = DataSpec()
    """How a question row becomes a sample."""
    curriculum: CurriculumSpec = CurriculumSpec()
    """The order of the samples."""
    warm_up: WarmUpSpec = WarmUpSpec()
    """The stage before SFT."""
    sft: SftSpec = SftSpec()
    """Supervised fine-tuning."""
    grpo: GrpoSpec = GrpoSpec()
    """Reinforcement learning."""
    eval: EvalSpec = EvalSpec()
    """The evaluation."""
    save_steps: Count | None = None
    """Steps between checkpoints. `null`: five checkpoints in each phase."""
    seed: int = 0
    """Seed of the order, the weights and the sampling."""

    @model_validator(mode="after")
    def _trains(self) -> Self:
        if not self.sft.steps and not self.grpo.steps:
            raise ValueError("there is nothing to train: sft.steps and grpo.steps are both 0")
        return self


def list_configs() -> list[str]:
    """Names of the bundled configs."""
    return list_pages(_bundled())


def load_config(name_or_path: str, settings: Mapping[str, object] | None = None) -> TrainConfig:
    """A bundled config by name, or the config in a YAML file, with some settings changed.

    `settings` are values by dotted key, such as `{"sft.steps": 200}`; a text is read as YAML. A model's
    folder becomes an absolute path. Raises TrainingConfigError: the nearest name for an unknown one, or all
    mistakes with their lines.
    """
    page = load_page(name_or_path, _bundled(), "training config", TrainingConfigError)
    for key, value in (settings or {}).items():
        page = change_page(page, key, value)
    return resolve_paths(validate(page, TrainConfig))


def read_config_text(name: str) -> str:
    """The YAML of a config as it was written."""
    return find_page(name, _bundled(), "training config", TrainingConfigError)[1]


def parse_settings(texts: Sequence[str]) -> dict[str, object]:
    """`["sft.steps=200"]` as `{"sft.steps": "200"}`. Raises TrainingConfigError for a text without `=`."""
    parts = [text.partition("=") for text in texts]
    for text, (key, equals, _) in zip(texts, parts, strict=True):
        if not equals or not key:
            raise TrainingConfigError(f"--set {text}: give KEY=VALUE, such as sft.steps=200")
    return {key: value for key, _, value in parts}


def resolve_paths(config: TrainConfig) -> TrainConfig:
    """The config with a model's folder as an absolute path.

    A LoRA adapter stores this name of its base model, and is loaded from other working folders later.
    """
    name = config.model.name
    if config.model.is_built or not Path(name).is_dir():
        return config
    return config.replace(model=config.model.replace(name=str(Path(name).resolve())))


def list_changes(old: Mapping[str, Any], new: TrainConfig) -> list[str]:
    """Dotted names of the settings that differ from those of an earlier run, read from its config.json."""
    before, after = dict(_flatten(old)), dict(_flatten(new.model_dump(mode="json")))
    unset = object()
    names = [*after, *(name for name in before if name not in after)]
    return [name for name in names if before.get(name, unset) != after.get(name, unset)]


def _flatten(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from _flatten(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def _bundled() -> Traversable:
    return resources.files("simgen.trainers") / "recipes"
