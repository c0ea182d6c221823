"""The parts of a release beside its questions and clips: videos and the viewer."""

import dataclasses
import os
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from simgen.release.checksums import CHECKSUMS, find_changed_files, read_checksums
from simgen.release.publish import Extras, publish
from simgen.release.videos import _write_video
from simgen.store.clips import read_clip, read_images
from simgen.store.rows import read_rows, write_rows
from tests.qa.real_clips import FOLDER
from tests.report.viewer.scene import ASKED, UNASKED, write_kitchens
from tests.synthetic import HEIGHT, WIDTH, write_synthetic_clip

STILLS = FOLDER / "stills120-00004-00.h5"
ALL = Extras(videos=True, viewer_clips=10, pictures=True)
METADATA = "qa/train/metadata.parquet"


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("extras")
    datasets = write_kitchens(folder / "data").datasets_with_questions()
    return publish(datasets, folder / "out", extras=ALL).path


class TestVideos:
    def test_a_video_has_the_frames_of_its_clip(self, release: Path) -> None:
        av = pytest.importorskip("av")
        source = read_clip(release / f"clips/kitchens/{ASKED}.h5")
        with av.open(str(release / f"videos/{ASKED}.mp4")) as file:
            stream = file.streams.video[0]
            frames = [frame.to_ndarray(format="rgb24") for frame in file.decode(stream)]

        assert len(frames) == source.frame_count == 6
        assert frames[0].shape == (HEIGHT, WIDTH, 3)
        assert float(stream.average_rate) == source.info.fps
        # The synthetic frames are noise, which H.264 keeps badly; their brightness it keeps.
        for frame, image in zip(frames, read_images(source.path, "rgb"), strict=True):
            assert abs(float(frame.mean()) - float(image.mean())) < 6

    def test_only_clips_that_questions_show_as_a_walk_have_one(self, release: Path, tmp_path: Path) -> None:
        assert [path.name for path in (release / "videos").iterdir()] == [f"{ASKED}.mp4"]

        data = write_kitchens(tmp_path / "data")
        path = data.dataset("kitchens").questions_path
        write_rows(path, [dataclasses.replace(row, frames=row.frames[:1]) for row in read_rows(path)])
        single = publish(data.datasets_with_questions(), tmp_path / "out", extras=Extras(videos=True)).path
        assert not (single / "videos").exists()
        assert pq.read_table(single / METADATA)["video"].to_pylist() == [None] * 6

    @pytest.mark.parametrize("left", [1, 254])
    def test_what_was_in_memory_before_does_not_change_the_bytes(self, tmp_path: Path, left: int) -> None:
        """glibc fills new memory with a pattern: what reads it before it is set gives other bytes."""
        code = (
            "import sys; from pathlib import Path; from simgen.release.videos import _write_video; "
            "_write_video((Path(sys.argv[1]), Path(sys.argv[2])))"
        )
        command = [sys.executable, "-c", code, str(STILLS), str(tmp_path / "video.mp4")]
        environment = os.environ | {"GLIBC_TUNABLES": f"glibc.malloc.perturb={left}"}
        subprocess.run(command, env=environment, check=True)
        _write_video((STILLS, tmp_path / "plain.mp4"))

        assert (tmp_path / "video.mp4").read_bytes() == (tmp_path / "plain.mp4").read_bytes()

    def test_the_column_names_the_file(self, release: Path) -> None:
        table = pq.read_table(release / METADATA)

        assert set(table["video"].to_pylist()) == {f"videos/{ASKED}.mp4"}
        assert (release / table["video"].to_pylist()[0]).is_file()


def test_questions_about_one_house_have_the_same_house(release: Path, tmp_path: Path) -> None:
    (house,) = set(pq.read_table(release / METADATA)["house"].to_pylist())
    data = write_kitchens(tmp_path / "data")
    write_synthetic_clip(data.dataset("kitchens").clip_path(ASKED), seed=3, layout=3)
    other = publish(data.datasets_with_questions(), tmp_path / "out").path

    assert set(pq.read_table(other / METADATA)["house"].to_pylist()).isdisjoint({house})


class TestViewer:
    def test_it_shows_the_clips_with_questions(self, release: Path) -> None:
        assert (release / "index.html").is_file()
        assert [path.stem for path in (release / "viewer/data/clips").iterdir()] == [ASKED]
        assert UNASKED not in (release / "viewer/data/index.js").read_text()

    def test_it_shows_some_of_many_clips(self, tmp_path: Path) -> None:
        data = write_kitchens(tmp_path / "data")
        dataset = data.dataset("kitchens")
        rows = read_rows(dataset.questions_path)
        other = [dataclasses.replace(r, id=r.id.replace(ASKED, UNASKED), clip=UNASKED) for r in rows]
        write_rows(dataset.questions_path, [*rows, *other])
        report = publish([dataset], tmp_path / "out", extras=Extras(viewer_clips=1))

        assert [path.stem for path in (report.path / "viewer/data/clips").iterdir()] == [ASKED]
        assert "index.html shows 1 of 2 clips, evenly spread; for more: --viewer-clips N" in report.warnings

    def test_it_is_left_out(self, tmp_path: Path) -> None:
        datasets = write_kitchens(tmp_path / "data").datasets_with_questions()
        publish(datasets, tmp_path / "out", extras=Extras(viewer_clips=0))

        assert not (tmp_path / "out/index.html").exists()
        assert not (tmp_path / "out/viewer").exists()


def test_the_checksums_cover_everything(release: Path) -> None:
    files = {path.relative_to(release).as_posix() for path in release.rglob("*") if path.is_file()}

    assert set(read_checksums(release)) == files - {CHECKSUMS}
    assert find_changed_files(release) == []


def test_the_number_of_workers_changes_nothing(release: Path, tmp_path: Path) -> None:
    datasets = write_kitchens(tmp_path / "data").datasets_with_questions()
    again = publish(datasets, tmp_path / "again", workers=2, extras=ALL).path

    assert (again / CHECKSUMS).read_text() == (release / CHECKSUMS).read_text()


def test_datasets_loads_the_questions_alone(
    release: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    datasets = pytest.importorskip("datasets")
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)
    loaded = datasets.load_dataset(str(release), cache_dir=str(tmp_path / "cache"))

    assert {split: len(rows) for split, rows in loaded.items()} == {"train": 6}
    assert loaded["train"].features["video"] == datasets.Value("string")
    assert loaded["train"][0]["video"] == f"videos/{ASKED}.mp4"
