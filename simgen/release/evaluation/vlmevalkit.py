"""The folder `eval/vlmevalkit`: the questions as TSV, and the class that VLMEvalKit needs for them.

The frames are named by their paths in the release, so that the TSV repeats none.
"""

import csv
import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from simgen.release.contents import Contents
from simgen.release.evaluation.names import list_held_out, name_task
from simgen.release.formats.sample import Sample
from simgen.release.standalone import make_standalone
from simgen.store.files import write_text
from simgen.types import Split

COLUMNS: dict[str, Callable[[Sample], str]] = {
    "id": lambda sample: sample.row.id,
    "template": lambda sample: sample.row.template,
    "kind": lambda sample: sample.row.kind,
    "image_path": lambda sample: json.dumps(sample.images),
    "question": lambda sample: sample.prompt,
    "options": lambda sample: json.dumps(sample.row.options),
    "answer": lambda sample: sample.row.answer,
    "target": lambda sample: sample.target,
}
"""The columns after `index`. VLMEvalKit itself reads `index`, `image_path` and `question`."""


def write_vlmevalkit(folder: Path, contents: Contents, samples: Mapping[Split, Iterable[Sample]]) -> None:
    """Writes the class, and a TSV for each held-out split, into a folder. Without such a split, nothing."""
    for split in (splits := list_held_out(contents)):
        _write_table(folder / f"{name_task(contents, split)}.tsv", samples[split])
    if splits:
        write_text(folder / "run_simgen.py", make_standalone("simgen.release.evaluation.run_simgen"))


def _write_table(path: Path, samples: Iterable[Sample]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter="\t", lineterminator="\n")
        writer.writerow(["index", *COLUMNS])
        for index, sample in enumerate(samples):
            writer.writerow([index, *(value(sample) for value in COLUMNS.values())])
