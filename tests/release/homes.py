"""A data set of real clips with real questions, for tests of releases."""

import json
import shutil
from pathlib import Path

from simgen.qa.ask import AskOptions, ask
from simgen.store.folder import DataFolder, Dataset
from tests.qa.real_clips import FOLDER

RECIPE = {"name": "homes", "visibility": {"min_visible_px": 48}, "questions": {"frames": [4]}}
TEMPLATES = ("camera_distance", "relative_distance", "object_count")


def make_homes(data: Path, templates: tuple[str, ...] = TEMPLATES, name: str = "homes") -> Dataset:
    """Two clips, with a few questions of each template."""
    dataset = DataFolder(data).dataset(name)
    dataset.clip_path("x").parent.mkdir(parents=True)
    for path in sorted(FOLDER.glob("stills*.h5")):
        shutil.copyfile(path, dataset.path / "clips" / path.name)
    dataset.recipe_path.write_text(json.dumps(RECIPE))
    ask(DataFolder(data), name, templates, AskOptions((4, 8), per_template=1, balance=False))
    return dataset
