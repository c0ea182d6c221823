"""`simgen publish --clips`: releases whose clips have no pictures, and releases without clips."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from simgen.cli import main
from simgen.errors import ClipError, InputError, MissingDataError
from simgen.qa.ask import ask_again
from simgen.release.contents import ClipFiles
from simgen.release.publish import prepare, write_release
from simgen.release.pull import pull
from simgen.release.verify import verify_release
from simgen.store.clips import OpenClips, read_images
from simgen.store.folder import DataFolder, Dataset
from tests.release.homes import make_homes


@pytest.fixture(scope="module")
def homes(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return make_homes(tmp_path_factory.mktemp("data"), ("object_count",))


def publish(dataset: Dataset, to: Path, clip_files: ClipFiles) -> Path:
    return write_release(prepare([dataset], to, clip_files=clip_files)).path


def test_geometry_is_enough_to_verify_and_to_ask_again(homes: Dataset, tmp_path: Path) -> None:
    release, data = publish(homes, tmp_path / "release", "geometry"), DataFolder(tmp_path / "data")

    assert verify_release(release).failures == ()
    assert pull(str(release), data).failures == ()
    before = data.dataset("homes").questions_path.read_bytes()
    assert before == homes.questions_path.read_bytes()
    ask_again(data, None)
    assert data.dataset("homes").questions_path.read_bytes() == before


def test_its_pictures_are_refused_in_one_line(homes: Dataset, tmp_path: Path) -> None:
    release, data = publish(homes, tmp_path / "release", "geometry"), DataFolder(tmp_path / "data")
    pull(str(release), data)
    pulled = data.dataset("homes")

    done = CliRunner().invoke(main, ["view", "--data", str(data.path), "--out", str(tmp_path / "sheet.png")])
    assert done.exit_code == 1
    assert "this clip was published without frames/depth_mm (--clips geometry)" in done.stderr
    assert done.stderr.count("\n") == 1
    with pytest.raises(MissingDataError, match=r"published without pictures .* whole clips"):
        prepare([pulled], tmp_path / "again")


@pytest.mark.parametrize(
    ("kept", "said"), [("full", "lossless"), ("geometry", "but no"), ("none", "not included")]
)
def test_the_card_says_what_can_be_done(homes: Dataset, tmp_path: Path, kept: ClipFiles, said: str) -> None:
    release = publish(homes, tmp_path / "release", kept)

    assert said in (release / "README.md").read_text()
    assert json.loads((release / "release.json").read_text())["clip_files"] == kept
    assert (release / "clips").exists() == (kept != "none")


def test_without_clips_there_is_nothing_to_recompute_from(homes: Dataset, tmp_path: Path) -> None:
    release = publish(homes, tmp_path / "release", "none")

    with pytest.raises(
        InputError, match="nothing to recompute answers from; load its questions with datasets"
    ):
        verify_release(release)
    with pytest.raises(InputError, match="published with --clips none"):
        pull(str(release), DataFolder(tmp_path / "data"))
    assert not (tmp_path / "data").exists()


def test_open_clips_refuse_pictures_too(homes: Dataset, tmp_path: Path) -> None:
    path = next(publish(homes, tmp_path / "release", "geometry").glob("clips/homes/*.h5"))
    with pytest.raises(ClipError, match="published without frames/depth_mm"):
        read_images(path, "depth_mm", (0,), OpenClips(2))
