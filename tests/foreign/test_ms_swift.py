"""ms-swift's own loader reads an export and a release with its reward, and it trains a step on a CPU."""

import json
from pathlib import Path

import pytest

from simgen.store.folder import Dataset
from tests.foreign.conftest import Places
from tests.foreign.environment import run_foreign
from tests.foreign.expectation import check_pictures, rows_of

pytestmark = pytest.mark.foreign
SCRIPT = Path(__file__).with_name("read_with_ms_swift.py")


@pytest.mark.parametrize("kind", ["export", "release"])
def test_ms_swift_reads_the_rows(
    kind: str, asked: Dataset, places: Places, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = places(kind, "ms-swift")
    monkeypatch.setenv("ROOT_IMAGE_DIR", str(place.root))
    monkeypatch.setenv("MODELSCOPE_CACHE", str(tmp_path / "cache"))
    found = run_foreign("ms-swift", SCRIPT, place.root / place.files, tmp_path)
    for split in ("train", "val"):
        rows = rows_of(asked, split)
        assert [row["id"] for row in found[split]] == [row.id for row in rows]
        assert [row["solution"] for row in found[split]] == [row.answer for row in rows]
        assert [(row["kind"], tuple(json.loads(row["options"]))) for row in found[split]] == [
            (row.kind, row.options) for row in rows
        ]
        assert [row["target"] for row in found[split]] == [row.target for row in rows]
        assert [row["prompt"] for row in found[split]] == [
            "<image>" * len(row.frames) + f"\n{row.prompt}" for row in rows
        ]
        assert check_pictures([row["pictures"] for row in found[split]], asked, rows) > len(rows)
        assert all(row["rewards"] == [1.0, 0.0] for row in found[split])
    assert found["loss"] > 0
