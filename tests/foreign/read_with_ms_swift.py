"""Reads questions with ms-swift as for GRPO, and trains a step of SFT: read_with_ms_swift.py FILES SCRATCH.

FILES is the folder of the format's files. The environment variable ROOT_IMAGE_DIR names the folder that the
pictures' paths are relative to.
"""

# pyright: reportMissingImports=false
import json
import sys
from pathlib import Path
from typing import Any

from tests.foreign.torchvision_operators import declare_missing_operators

declare_missing_operators()

from swift.arguments import RLHFArguments  # noqa: E402
from swift.dataset import load_dataset  # noqa: E402
from swift.pipelines import sft_main  # noqa: E402
from swift.rewards import orms  # noqa: E402
from swift.template.vision_utils import load_image  # noqa: E402
from swift.utils import parse_args  # noqa: E402

from tests.foreign.thumbnails import make_thumbnail  # noqa: E402
from tests.foreign.tiny_model import save_tiny_model  # noqa: E402


def main(files: Path, scratch: Path) -> None:
    """Prints the rows of each split with the rewards of a right and a wrong answer, and the step's loss."""
    lines = (files / "train.jsonl").read_text(encoding="utf-8").splitlines()
    save_tiny_model([turn["content"] for line in lines for turn in json.loads(line)["messages"]], scratch)
    model = {"model": scratch, "model_type": "qwen2_5_vl", "template": "qwen2_5_vl", "use_hf": "true"}
    computer = {"torch_dtype": "float32", "bf16": "false", "use_cpu": "true", "dataset_num_proc": 1}
    options = {**model, **computer, "max_length": 100_000, "report_to": "none", "save_strategy": "no",
               "output_dir": scratch / "run", "tuner_type": "full"}  # fmt: skip
    splits = {split: _read(files, split, options) for split in ("train", "val")}
    one_step = {"dataset": f"{files / 'train.jsonl'}#2", "max_steps": 1, "dataloader_num_workers": 0}
    trained = sft_main(_as_arguments({**options, **one_step}))
    print(json.dumps({**splits, "loss": trained["log_history"][0]["loss"]}))


def _read(files: Path, split: str, options: dict[str, Any]) -> list[dict[str, Any]]:
    # `strict` refuses bad rows instead of dropping them.
    grpo = {"rlhf_type": "grpo", "external_plugins": files / "reward.py", "reward_funcs": "simgen",
            "dataset": files / f"{split}.jsonl", "dataset_shuffle": "false", "strict": "true",
            "num_generations": 2, "per_device_train_batch_size": 2}  # fmt: skip
    arguments, unknown = parse_args(RLHFArguments, _as_arguments({**options, **grpo}))
    assert not unknown, unknown
    rows, _ = load_dataset(arguments.dataset, **arguments.get_dataset_kwargs())
    return [_describe(row) for row in rows]


def _describe(row: dict[str, Any]) -> dict[str, Any]:
    prompt, target = row["messages"]
    truth = {name: row[name] for name in ("solution", "kind", "options")}
    right = f"<map>[]</map><think>so</think><answer>{row['solution']}</answer>"
    rewards = orms["simgen"](None)([right, "nothing"], **{name: [value] * 2 for name, value in truth.items()})
    return {
        **truth,
        "id": row["id"],
        "prompt": prompt["content"],
        "target": target["content"],
        "pictures": [make_thumbnail(load_image(picture["path"])) for picture in row["images"]],
        "rewards": rewards,
    }


def _as_arguments(options: dict[str, Any]) -> list[str]:
    return [text for name, value in options.items() for text in (f"--{name}", str(value))]


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
