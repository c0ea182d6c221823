"""verl's own data set opens the pictures of an export and of a release, and calls the reward function."""

from pathlib import Path

import pytest

from simgen.store.folder import Dataset
from tests.foreign.conftest import Places
from tests.foreign.environment import run_foreign
from tests.foreign.expectation import check_pictures, rows_of

pytestmark = pytest.mark.foreign
SCRIPT = Path(__file__).with_name("read_with_verl.py")


@pytest.mark.parametrize("kind", ["export", "release"])
def test_verl_reads_the_rows(kind: str, asked: Dataset, places: Places, tmp_path: Path) -> None:
    place = places(kind, "verl")
    found = run_foreign("verl", SCRIPT, place.files, tmp_path, folder=place.root)
    for split in ("train", "val"):
        rows = rows_of(asked, split)
        assert [row["id"] for row in found[split]] == [row.id for row in rows]
        assert [row["answer"] for row in found[split]] == [row.answer for row in rows]
        assert [row["prompt"] for row in found[split]] == [f"\n{row.prompt}" for row in rows]
        assert {row["reward"] for row in found[split]} == {1.0}
        assert check_pictures([row["pictures"] for row in found[split]], asked, rows) > len(rows)
