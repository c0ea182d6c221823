"""Reads questions with verl's own options, data set and reward: read_with_verl.py FILES SCRATCH.

FILES is the folder of the format's files. It runs in the folder that the pictures' paths are relative to.
"""

# pyright: reportMissingImports=false
import json
import sys
from pathlib import Path
from typing import Any

from tests.foreign.torchvision_operators import declare_missing_operators

declare_missing_operators()

import pyarrow.parquet as pq  # noqa: E402
from hydra import compose, initialize_config_module  # noqa: E402
from verl.trainer.ppo.reward import get_custom_reward_fn  # noqa: E402
from verl.utils.dataset.rl_dataset import RLHFDataset  # noqa: E402

from tests.foreign.thumbnails import make_thumbnail  # noqa: E402
from tests.foreign.tiny_model import save_tiny_model  # noqa: E402

LONGEST_PROMPT = 20_000
"""In tokens. verl leaves out longer prompts, and also those whose pictures it cannot open."""


def main(files: Path, scratch: Path) -> None:
    """Prints the rows of each split, as verl hands them to a rollout and to the reward function."""
    texts = pq.read_table(files / "train.parquet")["prompt"].to_pylist()
    processor: Any = save_tiny_model([turns[0]["content"] for turns in texts], scratch / "model")
    with initialize_config_module("verl.trainer.config", version_base=None):
        config = compose("ppo_trainer", _options(files, scratch))
    reward = get_custom_reward_fn(config)
    splits = {}
    for split in ("train", "val"):
        path = config.data[f"{split}_files"]
        loaded = RLHFDataset([path], processor.tokenizer, config.data, processor=processor)
        splits[split] = [_describe(row, config.data, reward) for row in loaded]
    print(json.dumps(splits))


def _options(files: Path, scratch: Path) -> list[str]:
    """The options of a command `python -m verl.trainer.main_ppo`."""
    return [
        f"data.train_files={files}/train.parquet",
        f"data.val_files={files}/val.parquet",
        f"data.max_prompt_length={LONGEST_PROMPT}",
        "data.filter_overlong_prompts=true",
        f"reward.custom_reward_function.path={files}/reward.py",
        f"+data.cache_dir={scratch}/cache",
    ]


def _describe(row: dict[str, Any], config: Any, reward: Any) -> dict[str, Any]:
    pictures, _, _ = RLHFDataset._process_multi_modal_info(row["raw_prompt"], 14, config)
    parts = [part for turn in row["raw_prompt"] for part in turn["content"]]
    truth = row["reward_model"]["ground_truth"]
    said = f"<map>[]</map><think>so</think><answer>{truth}</answer>"
    return {
        "id": row["extra_info"]["id"],
        "prompt": "".join(part["text"] for part in parts if part["type"] == "text"),
        "answer": truth,
        "pictures": [make_thumbnail(picture) for picture in pictures],
        "reward": reward(
            data_source=row["data_source"],
            solution_str=said,
            ground_truth=truth,
            extra_info=row["extra_info"],
        ),
    }


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
