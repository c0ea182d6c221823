from pathlib import Path

import pyarrow.parquet as pq
import pytest

from simgen.errors import InputError
from simgen.release.publish import publish
from tests.release.kitchens import make_dataset


def test_questions_of_an_earlier_simgen_are_made_anew_first(tmp_path: Path) -> None:
    """A release has all columns, and its verification would find the new ones empty."""
    dataset = make_dataset(tmp_path / "data", "kitchens")
    rows = pq.read_table(dataset.questions_path).drop_columns(["views", "wording", "asked"])
    earlier = {**(rows.schema.metadata or {}), b"simgen_rows_schema": b"2.0"}
    pq.write_table(rows.replace_schema_metadata(earlier), dataset.questions_path)

    with pytest.raises(
        InputError, match=r"without views, wording, asked; make the questions anew with: simgen"
    ):
        publish([dataset], tmp_path / "release")
    assert not (tmp_path / "release").exists()
