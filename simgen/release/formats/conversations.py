"""Conversations as JSON lines, one file a split: LLaVA, Qwen-VL's own scripts, LLaMA-Factory and ms-swift.

The paths of the pictures are relative to the folder of the export. Where the frames belong in the text, there
is one `<image>` for each.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from simgen.release.formats.sample import Sample
from simgen.release.standalone import make_standalone
from simgen.store.files import write_atomically, write_text
from simgen.types import Split

REWARD_FILE = "reward.py"
Record = dict[str, Any]


def write_llava(to: Path, samples: Mapping[Split, Iterable[Sample]]) -> None:
    """The form of LLaVA's training scripts and of Qwen-VL's: `image` and `conversations`."""
    _write_splits(to, samples, _llava)


def write_llama_factory(to: Path, samples: Mapping[Split, Iterable[Sample]]) -> None:
    """LLaMA-Factory's form `sharegpt`, and the `dataset_info.json` that lists the splits."""
    _write_splits(to, samples, _messages)
    info = {f"simgen_{split}": _describe_file(split) for split in samples}
    write_text(to / "dataset_info.json", json.dumps(info, indent=2) + "\n")


def write_ms_swift(to: Path, samples: Mapping[Split, Iterable[Sample]]) -> None:
    """ms-swift's form for SFT and GRPO: `messages`, `images`, the answer as `solution`, and GRPO's reward."""
    _write_splits(to, samples, _ms_swift)
    write_text(to / REWARD_FILE, make_standalone("simgen.release.formats.ms_swift_reward"))


def _write_splits(
    to: Path, samples: Mapping[Split, Iterable[Sample]], record: Callable[[Sample], Record]
) -> None:
    for split, of_split in samples.items():
        with write_atomically(to / f"{split}.jsonl") as part, part.open("w", encoding="utf-8") as file:
            for sample in of_split:
                file.write(json.dumps(record(sample), ensure_ascii=False) + "\n")


def _llava(sample: Sample) -> Record:
    turns = [("human", sample.tagged_prompt), ("gpt", sample.target)]
    return {
        "id": sample.row.id,
        "image": sample.images,
        "conversations": [{"from": speaker, "value": text} for speaker, text in turns],
    }


def _messages(sample: Sample) -> Record:
    turns = [("user", sample.tagged_prompt), ("assistant", sample.target)]
    return {
        "messages": [{"role": role, "content": text} for role, text in turns],
        "images": sample.images,
    }


def _ms_swift(sample: Sample) -> Record:
    row = sample.row
    # `datasets` takes the type of a column from the first 10 MB of a file. Empty lists have none, and later
    # options could not be read then. A text always has the same type.
    options = json.dumps(row.options, ensure_ascii=False)
    reward = {"solution": row.answer, "kind": row.kind, "options": options}
    return {"id": row.id, **_messages(sample), **reward}


def _describe_file(split: Split) -> Record:
    return {
        "file_name": f"{split}.jsonl",
        "formatting": "sharegpt",
        "columns": {"messages": "messages", "images": "images"},
        "tags": {
            "role_tag": "role",
            "content_tag": "content",
            "user_tag": "user",
            "assistant_tag": "assistant",
        },
    }
