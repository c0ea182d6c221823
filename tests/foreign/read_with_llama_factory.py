"""Reads questions with LLaMA-Factory, and trains one step: read_with_llama_factory.py FILES ROOT SCRATCH.

FILES is the folder of the format's files, ROOT the one that the pictures' paths are relative to.
"""

# pyright: reportMissingImports=false
import json
import sys
import types
from pathlib import Path
from typing import Any

from tests.foreign.torchvision_operators import declare_missing_operators

declare_missing_operators()

from tests.foreign.tiny_model import save_tiny_model  # noqa: E402

# LLaMA-Factory imports torchaudio, which only sound needs; PyPI's needs CUDA. transformers, which looks for
# torchaudio when it is imported, has been imported with the model.
sys.modules["torchaudio"] = types.ModuleType("torchaudio")

from llamafactory.data import get_dataset, get_template_and_fix_tokenizer  # noqa: E402
from llamafactory.hparams import get_train_args  # noqa: E402
from llamafactory.model import load_tokenizer  # noqa: E402
from llamafactory.train.tuner import run_exp  # noqa: E402
from PIL import Image  # noqa: E402

from tests.foreign.thumbnails import make_thumbnail  # noqa: E402

IGNORED = -100
"""The label of tokens that are not trained on."""


def main(files: Path, root: Path, scratch: Path) -> None:
    """Prints the rows of each split as LLaMA-Factory trains on them, and the loss of a step."""
    lines = (files / "train.jsonl").read_text(encoding="utf-8").splitlines()
    texts = [turn["content"] for line in lines for turn in json.loads(line)["messages"]]
    save_tiny_model(texts, scratch / "model")
    options = {
        "model_name_or_path": str(scratch / "model"), "template": "qwen2_vl", "stage": "sft",
        "do_train": True, "finetuning_type": "full", "dataset_dir": str(files), "media_dir": str(root),
        "dataset": "simgen_train", "eval_dataset": "simgen_val", "cutoff_len": 100_000, "use_cpu": True,
        "output_dir": str(scratch / "run"), "max_steps": 1, "report_to": "none",
    }  # fmt: skip
    splits = _read(options)
    run_exp({**options, "max_samples": 2})
    result = json.loads((scratch / "run" / "train_results.json").read_text())
    print(json.dumps({**splits, "loss": result["train_loss"]}))


def _read(options: dict[str, Any]) -> dict[str, Any]:
    model, data, training, _, _ = get_train_args(dict(options))
    loaded = load_tokenizer(model)
    tokenizer = loaded["tokenizer"]
    template = get_template_and_fix_tokenizer(tokenizer, data)
    module = get_dataset(template, model, data, training, stage="sft", **loaded)
    pad = loaded["processor"].image_token_id
    return {
        split: [_describe(row, tokenizer, pad) for row in module[name]]
        for split, name in (("train", "train_dataset"), ("val", "eval_dataset"))
    }


def _describe(row: dict[str, Any], tokenizer: Any, pad: int) -> dict[str, Any]:
    return {
        "prompt": tokenizer.decode([token for token in row["input_ids"] if token != pad]),
        "target": tokenizer.decode([label for label in row["labels"] if label != IGNORED]),
        "pictures": [make_thumbnail(Image.open(path)) for path in row["images"]],
        "picture_tokens": row["input_ids"].count(pad),
    }


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
