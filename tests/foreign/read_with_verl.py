"""Reads questions with verl's own data set and reward manager: read_with_verl.py FILES SCRATCH.

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
from omegaconf import OmegaConf  # noqa: E402
from verl.utils.dataset.rl_dataset import RLHFDataset  # noqa: E402
from verl.utils.import_utils import load_extern_object  # noqa: E402

from tests.foreign.thumbnails import make_thumbnail  # noqa: E402
from tests.foreign.tiny_model import save_tiny_model  # noqa: E402

LONGEST_PROMPT = 20_000
"""In tokens. verl leaves out longer prompts, and also those whose pictures it cannot open."""


def main(files: Path, scratch: Path) -> None:
    """Prints the rows of each split, as verl hands them to a rollout and to the reward function."""
    texts = pq.read_table(files / "train.parquet")["prompt"].to_pylist()
    processor: Any = save_tiny_model([turns[0]["content"] for turns in texts], scratch / "model")
    options = {"cache_dir": str(scratch / "cache"), "max_prompt_length": LONGEST_PROMPT}
    config = OmegaConf.create({**options, "filter_overlong_prompts": True, "truncation": "error"})
    reward = load_extern_object(str(files / "reward.py"), "compute_score")
    splits = {}
    for split in ("train", "val"):
        loaded = RLHFDataset([f"{files}/{split}.parquet"], processor.tokenizer, config, processor=processor)
        splits[split] = [_describe(row, config, reward) for row in loaded]
    print(json.dumps(splits))


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
        "reward": reward(row["data_source"], said, truth, row["extra_info"]),
    }


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
