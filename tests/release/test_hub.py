import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from simgen.cli import main
from simgen.errors import IncompleteError, InputError, MissingSystemError
from simgen.release.destination import Destination
from simgen.release.hub import upload
from tests.release.kitchens import files_in
from tests.release.loopback_hub import LoopbackHub, own_files

pytest.importorskip("huggingface_hub")

# huggingface_hub sends large files with an argument that its HTTP client calls deprecated.
pytestmark = [
    pytest.mark.filterwarnings("ignore:Use 'content=<...>' to upload:DeprecationWarning"),
    pytest.mark.usefixtures("online"),
]

REPO = "ada/kitchens"
TO_REPO = Destination(REPO)
FOREIGN = {"README.md": b"my thesis", "data/train-00000-of-00001.parquet": b"my data", "notes.md": b"mine"}


class TestUpload:
    def test_every_file_arrives_in_one_commit(self, hub: LoopbackHub, release: Path) -> None:
        report = upload(release, replace(TO_REPO, private=True), endpoint=hub.address)

        assert report.url == f"{hub.address}/datasets/ada/kitchens"
        assert own_files(hub) == files_in(release)
        assert hub.repos[REPO].private
        # The Hub's own first commit, then the release.
        assert len(hub.repos[REPO].commits) == 2
        assert (report.files, report.deleted) == (len(files_in(release)), 0)

    def test_large_files_go_through_lfs(self, hub: LoopbackHub, release: Path) -> None:
        upload(release, TO_REPO, endpoint=hub.address)

        large = [data for name, data in files_in(release).items() if name.endswith((".h5", ".parquet"))]
        assert sorted(hub.stored.values()) == sorted(large)

    def test_a_new_release_replaces_the_earlier_one(
        self, hub: LoopbackHub, release: Path, second: Path
    ) -> None:
        upload(release, replace(TO_REPO, tag="v1"), endpoint=hub.address)
        report = upload(second, replace(TO_REPO, tag="v2"), endpoint=hub.address)

        assert own_files(hub) == own_files(hub, "v2") == files_in(second)
        assert own_files(hub, "v1") == files_in(release)
        # Of split val: the questions, their two frames, the task of lmms-eval, and two files for VLMEvalKit.
        assert report.deleted == 6

    def test_files_of_others_are_kept(self, hub: LoopbackHub, release: Path, second: Path) -> None:
        upload(release, TO_REPO, endpoint=hub.address)
        theirs = {"notes.md": b"mine", "data/extra.parquet": b"mine", "clips/more.h5": b"mine"}
        hub.repos[REPO].commit("main", {**hub.repos[REPO].files(), **theirs})
        upload(second, TO_REPO, endpoint=hub.address)

        assert own_files(hub) == {**files_in(second), **theirs}

    def test_files_that_no_checksum_lists_are_not_sent(
        self, hub: LoopbackHub, release: Path, tmp_path: Path
    ) -> None:
        folder = shutil.copytree(release, tmp_path / "release")
        (folder / "token.txt").write_text("secret")
        upload(folder, TO_REPO, endpoint=hub.address)

        assert own_files(hub) == files_in(release)

    def test_the_same_release_again_is_no_commit(self, hub: LoopbackHub, release: Path) -> None:
        upload(release, TO_REPO, endpoint=hub.address)
        upload(release, replace(TO_REPO, tag="v1"), endpoint=hub.address)

        assert len(hub.repos[REPO].commits) == 2
        assert own_files(hub, "v1") == files_in(release)

    def test_a_new_branch(self, hub: LoopbackHub, release: Path, second: Path) -> None:
        upload(release, TO_REPO, endpoint=hub.address)
        upload(second, replace(TO_REPO, revision="next"), endpoint=hub.address)

        assert own_files(hub) == files_in(release)
        assert own_files(hub, "next") == files_in(second)

    def test_a_new_branch_of_a_new_repository(self, hub: LoopbackHub, release: Path) -> None:
        upload(release, replace(TO_REPO, revision="next"), endpoint=hub.address)

        assert own_files(hub) == {}
        assert own_files(hub, "next") == files_in(release)

    def test_a_pull_request(self, hub: LoopbackHub, release: Path, second: Path) -> None:
        upload(release, TO_REPO, endpoint=hub.address)
        report = upload(second, replace(TO_REPO, pull_request=True), endpoint=hub.address)

        assert report.pull_request == f"{hub.address}/datasets/ada/kitchens/discussions/1"
        assert own_files(hub) == files_in(release)
        assert own_files(hub, "refs/pr/1") == files_in(second)

    def test_an_update_of_a_pull_request(self, hub: LoopbackHub, release: Path, second: Path) -> None:
        hub.add(REPO)
        upload(release, replace(TO_REPO, pull_request=True), endpoint=hub.address)
        upload(second, replace(TO_REPO, revision="refs/pr/1"), endpoint=hub.address)

        assert own_files(hub) == {}
        assert "qa/val/metadata.parquet" not in own_files(hub, "refs/pr/1")


class TestForeignRepositories:
    def test_they_are_refused_and_stay_as_they_are(self, hub: LoopbackHub, release: Path) -> None:
        repo = hub.add(REPO, FOREIGN)

        with pytest.raises(
            InputError,
            match=r"ada/kitchens: not empty and not a simgen release \(3 files, such as README\.md, .*"
            "--replace-foreign ada/kitchens",
        ):
            upload(release, TO_REPO, endpoint=hub.address)
        assert own_files(hub) == FOREIGN
        assert len(repo.commits) == 1
        assert not [request for request in hub.requests if not request.startswith(("GET", "HEAD"))]

    @pytest.mark.parametrize(
        "marker",
        [b"{}", b"[]", b"not json", b'{"format": "something-else/1"}', b'{"format": ["simgen-release/1"]}'],
    )
    def test_a_marker_of_others(self, hub: LoopbackHub, release: Path, marker: bytes) -> None:
        hub.add(REPO, {"release.json": marker, "checksums.sha256": b"", "thesis.tex": b"mine"})

        with pytest.raises(InputError, match="not a simgen release"):
            upload(release, TO_REPO, endpoint=hub.address)

    @pytest.mark.parametrize(
        "listed", ["thesis.tex", f"{'0' * 64}  ../thesis.tex", f"{'0' * 64}  /thesis.tex", f"{'0' * 64}  "]
    )
    def test_a_malformed_list_of_checksums(self, hub: LoopbackHub, release: Path, listed: str) -> None:
        marker = (release / "release.json").read_bytes()
        hub.add(REPO, {"release.json": marker, "checksums.sha256": listed.encode(), "thesis.tex": b"mine"})

        with pytest.raises(InputError, match="not a simgen release"):
            upload(release, TO_REPO, endpoint=hub.address)

    def test_they_are_replaced_by_name(self, hub: LoopbackHub, release: Path) -> None:
        hub.add(REPO, FOREIGN)
        report = upload(release, replace(TO_REPO, replace_foreign=REPO), endpoint=hub.address)

        assert own_files(hub) == files_in(release)
        assert ".gitattributes" in hub.repos[REPO].files()
        assert report.deleted == 2  # all but README.md, which the release has too

    def test_the_name_must_be_the_same(self, hub: LoopbackHub, release: Path) -> None:
        hub.add(REPO, FOREIGN)

        with pytest.raises(InputError, match="--replace-foreign names ada/flats, but --repo names ada/kitch"):
            upload(release, replace(TO_REPO, replace_foreign="ada/flats"), endpoint=hub.address)
        assert own_files(hub) == FOREIGN

    def test_a_commit_in_the_meantime(
        self, hub: LoopbackHub, release: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        repo = hub.add(REPO)
        from simgen.release import hub as module

        inspect = module.inspect_destination

        def inspect_then_change(*arguments: object) -> object:
            found = inspect(*arguments)  # pyright: ignore[reportArgumentType]
            repo.commit("main", FOREIGN)
            return found

        monkeypatch.setattr(module, "inspect_destination", inspect_then_change)
        with pytest.raises(
            IncompleteError, match=r"answered 412 .*was changed in the meantime; upload again"
        ):
            upload(release, TO_REPO, endpoint=hub.address)
        assert own_files(hub) == FOREIGN


class TestCommands:
    def run(self, hub: LoopbackHub, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> tuple[int, str]:
        monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", hub.address)
        done = CliRunner().invoke(main, list(arguments))
        return done.exit_code, done.output

    def test_upload(self, hub: LoopbackHub, release: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        code, output = self.run(
            hub, monkeypatch, "upload", str(release), "--repo", REPO, "--private", "--tag", "v1"
        )

        assert (code, own_files(hub, "v1")) == (0, files_in(release)), output
        assert hub.repos[REPO].private
        assert f"url: {hub.address}/datasets/ada/kitchens" in output

    def test_publish_checks_the_repository_before_it_verifies(
        self, hub: LoopbackHub, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        hub.add(REPO, FOREIGN)
        # There is no data folder: verifying would say so.
        code, output = self.run(hub, monkeypatch, "publish", "--to", str(tmp_path / "out"), "--repo", REPO)

        assert code == 2
        assert output.startswith("simgen: ada/kitchens: not empty and not a simgen release")
        assert output.count("\n") == 1

    def test_options_of_the_upload_need_a_repository(
        self, hub: LoopbackHub, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        code, output = self.run(hub, monkeypatch, "publish", "--to", "out", "--private")

        assert (code, hub.requests) == (2, [])
        assert "--private is only used with --repo" in output


def test_without_the_library(release: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)

    with pytest.raises(MissingSystemError, match=r"pip install 'simgen\[release\]'"):
        upload(release, TO_REPO)


def test_it_is_imported_only_when_needed() -> None:
    code = "import sys, simgen.release.hub, simgen.release.publish; print('huggingface_hub' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert found.stdout.strip() == "False"
