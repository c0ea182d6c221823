"""Releases of the first format, `simgen-release/1`, which kept the frames inside the rows.

No simgen writes it any more. `write_first_format` makes its layout: rows with all columns of a question row
in `data/<split>-00000-of-0000N.parquet`, the frames as a list of pictures, and no record of how they were
made.
"""

import io
import json
import shutil
from dataclasses import asdict
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from simgen.release.checksums import write_checksums
from simgen.release.pull import pull
from simgen.release.verify import verify_release
from simgen.store.clips import read_images
from simgen.store.folder import DataFolder, Dataset
from simgen.store.rows import Row, read_rows, row_schema
from tests.release.homes import make_homes

NEWER = ("views", "wording", "asked")
"""Columns that rows of the first releases did not have."""


def encode(path: Path, frame: int) -> dict[str, object]:
    buffer = io.BytesIO()
    Image.fromarray(read_images(path, "rgb", (frame,))[0]).save(buffer, "JPEG")
    return {"bytes": buffer.getvalue(), "path": f"{path.stem}-{frame:05d}.jpg"}


def as_record(dataset: Dataset, row: Row) -> dict[str, object]:
    values = {name: value for name, value in asdict(row).items() if name not in NEWER}
    return {"images": [encode(dataset.clip_path(row.clip), frame) for frame in row.frames], **values}


def write_first_format(dataset: Dataset, to: Path) -> Path:
    shutil.copytree(dataset.path / "clips", to / "clips" / dataset.name)
    (to / "recipe").mkdir()
    (to / "data").mkdir()
    shutil.copyfile(dataset.recipe_path, to / "recipe" / f"{dataset.name}.json")
    image = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    schema = pa.schema([("images", pa.list_(image)), *(f for f in row_schema() if f.name not in NEWER)])
    features = {"images": {"feature": {"_type": "Image"}, "_type": "List"}}
    features |= {field.name: describe(field.type) for field in schema if field.name != "images"}
    schema = schema.with_metadata({"huggingface": json.dumps({"info": {"features": features}})})
    records = [as_record(dataset, row) for row in read_rows(dataset.questions_path)]
    table = pa.Table.from_pylist(records, schema=schema)
    pq.write_table(table, to / "data" / "train-00000-of-00001.parquet")
    (to / "README.md").write_text(
        "---\nconfigs:\n- config_name: default\n  data_files:\n"
        "  - split: train\n    path: data/train-*\n---\n"
    )
    (to / "release.json").write_text(json.dumps({"format": "simgen-release/1", "simgen_version": "0.1.0"}))
    write_checksums(to)
    return to


def describe(kind: pa.DataType) -> dict[str, object]:
    if pa.types.is_list(kind):
        return {"feature": describe(kind.value_type), "_type": "List"}
    return {"dtype": {"double": "float64"}.get(str(kind), str(kind)), "_type": "Value"}


@pytest.fixture(scope="module")
def homes(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return make_homes(tmp_path_factory.mktemp("data"), ("object_count",))


@pytest.fixture(scope="module")
def release(homes: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_first_format(homes, tmp_path_factory.mktemp("release") / "release")


def test_it_is_verified_in_place(release: Path, homes: Dataset) -> None:
    summary = verify_release(release)
    assert summary.failures == ()
    assert summary.checked == len(read_rows(homes.questions_path)) > 1


def test_it_is_pulled(release: Path, homes: Dataset, tmp_path: Path) -> None:
    data = DataFolder(tmp_path / "data")
    report = pull(str(release), data)

    assert report.failed == 0
    found, expected = (read_rows(d.questions_path) for d in (data.dataset("homes"), homes))
    # `asked` is empty where it is unknown; the other new columns have the values that all rows had then.
    assert [(*(getattr(r, n) for n in row_schema().names if n != "asked"), ()) for r in expected] == [
        (*(getattr(r, n) for n in row_schema().names if n != "asked"), r.asked) for r in found
    ]
    assert not data.dataset("homes").record_path.exists()


@pytest.mark.slow
def test_it_is_loaded(release: Path, homes: Dataset, tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets", reason="the [release] extra")
    loaded = datasets.load_dataset(str(release), cache_dir=str(tmp_path / "cache"))["train"]
    rows = read_rows(homes.questions_path)
    assert [row["id"] for row in loaded] == [row.id for row in rows]
    assert len(loaded[0]["images"]) == len(rows[0].frames)
    assert loaded[0]["images"][0].size == (480, 360)
