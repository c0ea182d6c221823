"""LLaMA-Factory's own loader reads an export and a release, and its trainer takes a step on a CPU."""

from pathlib import Path

import pytest

from simgen.store.folder import Dataset
from tests.foreign.conftest import Places
from tests.foreign.environment import run_foreign
from tests.foreign.expectation import check_pictures, rows_of

pytestmark = pytest.mark.foreign
SCRIPT = Path(__file__).with_name("read_with_llama_factory.py")


@pytest.mark.parametrize("kind", ["export", "release"])
def test_llama_factory_reads_the_rows(kind: str, asked: Dataset, places: Places, tmp_path: Path) -> None:
    place = places(kind, "llama-factory")
    found = run_foreign("llamafactory", SCRIPT, place.root / place.files, place.root, tmp_path)
    for split in ("train", "val"):
        rows = rows_of(asked, split)
        assert [row["target"] for row in found[split]] == [f"{row.target}<|im_end|>\n" for row in rows]
        assert all(row.prompt in said["prompt"] for row, said in zip(rows, found[split], strict=True))
        assert all("<image>" not in said["prompt"] for said in found[split])
        assert all(said["picture_tokens"] >= len(said["pictures"]) for said in found[split])
        assert check_pictures([row["pictures"] for row in found[split]], asked, rows) > len(rows)
    assert found["loss"] > 0
