import shutil
from pathlib import Path

import pytest

from simgen.errors import InputError
from simgen.release.checksums import CHECKSUMS
from simgen.release.folder import is_release
from simgen.release.publish import publish
from simgen.store.folder import Dataset


class TestReplacing:
    def test_an_earlier_release_is_replaced(self, dataset: Dataset, tmp_path: Path) -> None:
        target = tmp_path / "out"
        publish([dataset], target)
        (target / "qa" / "stale.parquet").write_text("")
        publish([dataset], target)

        assert is_release(target)
        assert not (target / "qa" / "stale.parquet").exists()
        assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "out"]

    def test_a_release_of_the_first_format_is_replaced(self, dataset: Dataset, tmp_path: Path) -> None:
        (tmp_path / "out" / "data").mkdir(parents=True)
        (tmp_path / "out" / "release.json").write_text('{"format": "simgen-release/1"}')

        assert not (publish([dataset], tmp_path / "out").path / "data").exists()

    def test_an_empty_folder_is_accepted(self, dataset: Dataset, tmp_path: Path) -> None:
        (tmp_path / "out").mkdir()

        assert is_release(publish([dataset], tmp_path / "out").path)

    @pytest.mark.parametrize("name", ["out", "out.part", "out.old"])
    def test_other_files_are_not_replaced(self, dataset: Dataset, tmp_path: Path, name: str) -> None:
        (tmp_path / name).mkdir()
        (tmp_path / name / "thesis.tex").write_text("x")

        with pytest.raises(
            InputError, match=rf"{name}: not empty and not a simgen release; give a new folder"
        ):
            publish([dataset], tmp_path / "out")
        assert (tmp_path / name / "thesis.tex").read_text() == "x"

    def test_a_link_stays_and_its_target_is_replaced(self, dataset: Dataset, tmp_path: Path) -> None:
        (tmp_path / "big_disk" / "deep").mkdir(parents=True)
        link = tmp_path / "release"
        link.symlink_to("big_disk/deep")
        for _ in range(3):
            report = publish([dataset], link)

            assert report.path == link
            assert link.is_symlink()
            assert is_release(tmp_path / "big_disk" / "deep")
            assert [path.name for path in (tmp_path / "big_disk").iterdir()] == ["deep"]

    def test_a_link_to_a_folder_that_is_not_there_yet(self, dataset: Dataset, tmp_path: Path) -> None:
        link = tmp_path / "release"
        link.symlink_to("big_disk")
        publish([dataset], link)

        assert is_release(tmp_path / "big_disk")

    def test_links_that_lead_to_each_other(self, dataset: Dataset, tmp_path: Path) -> None:
        (tmp_path / "a").symlink_to("b")
        (tmp_path / "b").symlink_to("a")

        with pytest.raises(InputError, match="cannot be followed"):
            publish([dataset], tmp_path / "a")

    @pytest.mark.parametrize("linked", [False, True])
    def test_a_folder_inside_a_data_set(self, dataset: Dataset, tmp_path: Path, linked: bool) -> None:
        to = dataset.path / "clips" / "release"
        if linked:
            (tmp_path / "link").symlink_to(to)

        with pytest.raises(InputError, match=r"inside the data set .*/kitchens; give a folder outside it"):
            publish([dataset], tmp_path / "link" if linked else to)
        assert not to.exists()

    def test_a_folder_inside_another_release(self, dataset: Dataset, tmp_path: Path) -> None:
        publish([dataset], tmp_path / "out")

        with pytest.raises(InputError, match=r"inside the release .*/out; give a folder outside it"):
            publish([dataset], tmp_path / "out" / "second")

    def test_a_run_that_was_killed_between_the_renames(
        self, dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        before = _published(dataset, tmp_path / "out")
        (tmp_path / "out").rename(tmp_path / "out.old")
        monkeypatch.setattr("simgen.release.publish.write_checksums", lambda _: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            publish([dataset], tmp_path / "out")

        assert (tmp_path / "out" / CHECKSUMS).read_text() == before

    def test_a_file_in_the_way(self, dataset: Dataset, tmp_path: Path) -> None:
        (tmp_path / "out").write_text("x")

        with pytest.raises(InputError, match="this is a file; give a folder with --to"):
            publish([dataset], tmp_path / "out")

    def test_a_folder_that_cannot_be_made(self, dataset: Dataset, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("x")

        with pytest.raises(InputError, match="cannot make this folder"):
            publish([dataset], tmp_path / "file" / "out")

    def test_a_failure_keeps_the_earlier_release(
        self, dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        before = _published(dataset, tmp_path / "out")

        def fail(*_: object) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr("simgen.release.publish.write_checksums", fail)
        with pytest.raises(KeyboardInterrupt):
            publish([dataset], tmp_path / "out")

        assert (tmp_path / "out" / "checksums.sha256").read_text() == before
        assert not (tmp_path / "out.part").exists()

    def test_the_rest_of_a_killed_run_is_removed(self, dataset: Dataset, tmp_path: Path) -> None:
        shutil.move(publish([dataset], tmp_path / "out").path, tmp_path / "out.part")
        publish([dataset], tmp_path / "out")

        assert not (tmp_path / "out.part").exists()


def _published(dataset: Dataset, to: Path) -> str:
    return (publish([dataset], to).path / "checksums.sha256").read_text()
