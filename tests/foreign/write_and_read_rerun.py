"""Writes a clip with `simgen view --rrd` and prints what Rerun's own reader finds in the file.

Run by test_rerun.py: python write_and_read_rerun.py CLIP RRD
"""

import importlib
import io
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from simgen.report.rerun_file import write_rerun


def main(clip: Path, target: Path) -> None:
    reader: Any = importlib.import_module("rerun.chunk").RrdReader
    write_rerun(clip, target)
    values: dict[str, list[tuple[int, Any]]] = {}
    for chunk in reader(target).stream().to_chunks():
        batch = chunk.to_record_batch()
        frames = batch["frame"].to_pylist() if "frame" in batch.schema.names else [-1] * batch.num_rows
        for name in batch.schema.names:
            if ":" in name:
                pairs = zip(frames, batch[name].to_pylist(), strict=True)
                values.setdefault(f"{chunk.entity_path} {name}", []).extend(pairs)
    print(json.dumps({key: _plain(key, pairs) for key, pairs in values.items()}))


def _plain(key: str, pairs: list[tuple[int, Any]]) -> list[Any]:
    """The values by frame; pictures as the means of their pixels."""
    return [
        _mean(value[0]) if key.endswith(":blob") else value for _, value in sorted(pairs, key=lambda p: p[0])
    ]


def _mean(blob: Any) -> float:
    with Image.open(io.BytesIO(bytes(blob))) as picture:
        return float(np.asarray(picture, dtype=np.float64).mean())


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
