"""The folder `eval/lmms-eval`: tasks for `lmms_eval --include_path`.

One task for each held-out split of the release, and the tasks of VSI-Bench for models that write a map.
"""

from importlib import resources
from pathlib import Path

from simgen.release.contents import Contents
from simgen.release.evaluation.names import list_held_out, name_task
from simgen.release.standalone import make_standalone
from simgen.store.files import write_text
from simgen.types import Split

PACKAGE = "simgen.release.evaluation"
MEASURES = ("score", "accuracy", "mra", "format")
VSI_BENCH = ("vsibench_map", "vsibench_debiased_map")

_TASK = """\
# The {count} questions of the split {split}, for lmms-eval 0.7:
#   python -m lmms_eval --include_path FOLDER_OF_THIS_FILE --tasks {name} --model ...
task: {name}
# The release that holds this file, or the folder or Hub repository in $SIMGEN_RELEASE.
dataset_path: !function simgen_release.RELEASE
dataset_kwargs:
  data_files:
    {split}: qa/{split}/**
test_split: {split}
process_docs: !function simgen_release.keep_frames_as_files
output_type: generate_until
doc_to_visual: !function simgen_release.load_frames
doc_to_text: !function simgen_release.read_prompt
doc_to_target: answer
generation_kwargs:
  max_new_tokens: 2048
  temperature: 0
  do_sample: false
  # By default lmms-eval cuts an answer at its first empty line.
  until: []
# By default lmms-eval removes the thought, and the format counts it.
reasoning_tags: none
process_results: !function simgen_release.score
metric_list:
{metrics}
metadata:
  version: 1
"""
_METRIC = "  - {{metric: {}, aggregation: mean, higher_is_better: true}}"


def write_lmms_eval(folder: Path, contents: Contents) -> None:
    """Writes the tasks into a folder."""
    for split in list_held_out(contents):
        write_text(folder / f"{name_task(contents, split)}.yaml", _task(contents, split))
    write_text(folder / "simgen_release.py", make_standalone(f"{PACKAGE}.simgen_release"))
    write_text(folder / "vsibench_map.py", make_standalone(f"{PACKAGE}.vsibench_map"))
    for name in VSI_BENCH:
        source = resources.files(PACKAGE) / f"{name}.yaml"
        write_text(folder / f"{name}.yaml", source.read_text(encoding="utf-8"))


def _task(contents: Contents, split: Split) -> str:
    keys = [key for _, key in contents.keys_of(split)]
    templates = sorted({key.template for key in keys})
    names = [*MEASURES, *(f"score/{template}" for template in templates)]
    return _TASK.format(
        count=len(keys),
        split=split,
        name=name_task(contents, split),
        metrics="\n".join(_METRIC.format(name) for name in names),
    )
