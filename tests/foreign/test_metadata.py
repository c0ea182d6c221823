"""mlcroissant reads a release's questions by its croissant.json, and cffconvert accepts its CITATION.cff."""

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from simgen.release.publish import Extras, publish
from tests.foreign.environment import run_foreign
from tests.report.viewer.scene import write_kitchens

pytestmark = pytest.mark.foreign
SCRIPT = Path(__file__).with_name("read_metadata.py")


def test_the_metadata_are_valid_and_lead_to_the_questions(tmp_path: Path) -> None:
    datasets = write_kitchens(tmp_path / "data").datasets_with_questions()
    release = publish(datasets, tmp_path / "out", extras=Extras(videos=True)).path
    found = run_foreign("metadata", SCRIPT, release)

    assert found["errors"] == []
    # A release does not know when it is published, and its versions are tags of the Hub.
    named = ["datePublished", "version"]
    assert [f'schema.org/{name}"' in text for name, text in zip(named, found["warnings"], strict=True)] == [
        True,
        True,
    ]
    table = pq.read_table(release / "qa/train/metadata.parquet").drop_columns(["prompt", "completion"])
    assert found["splits"] == {"train": table.to_pylist()}
