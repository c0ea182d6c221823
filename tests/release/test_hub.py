import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from simgen.cli import main
from simgen.errors import IncompleteError, InputError, MissingSystemError, SimgenError
from simgen.release.destination import Destination, check_destination
from simgen.release.hub import upload
from simgen.release.publish import publish
from simgen.store.rows import read_rows, write_rows
from tests.release.loopback_hub import TOKEN, LoopbackHub, serve
from tests.release.test_publish import make_dataset

pytest.importorskip("huggingface_hub")

# huggingface_hub sends large files with an argument that its HTTP client calls deprecated.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=<...>' to upload:DeprecationWarning")

REPO = "ada/kitchens"
TO_REPO = Destination(REPO)
FOREIGN = {"README.md": b"my thesis", "data/train-00000-of-00001.parquet": b"my data", "notes.md": b"mine"}


@pytest.fixture
def hub() -> Iterator[LoopbackHub]:
    with serve() as server:
        yield server


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("release")
    return publish([make_dataset(folder / "data", "kitchens")], folder / "out").path


@pytest.fixture(scope="module")
def second(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A later release of the same data set, without the val split and with one question less."""
    folder = tmp_path_factory.mktemp("second")
    dataset = make_dataset(folder / "data", "kitchens")
    rows = [row for row in read_rows(dataset.questions_path) if row.split == "train"]
    write_rows(dataset.questions_path, rows[1:])
    return publish([dataset], folder / "out").path


@pytest.fixture(autouse=True)
def _online_with_a_token(monkeypatch: pytest.MonkeyPatch) -> None:
    # The suite runs with $HF_HUB_OFFLINE, which keeps even loopback requests from being sent.
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    # Large files go through Git LFS.
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DISABLE_XET", True)
    # The library repeats failed requests after up to eight seconds.
    monkeypatch.setattr("huggingface_hub.utils._http.time.sleep", lambda _: None)


def files_in(folder: Path) -> dict[str, bytes]:
    """The content of every file, by its path in the folder."""
    paths = [path for path in folder.rglob("*") if path.is_file()]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def own_files(hub: LoopbackHub, revision: str = "main") -> dict[str, bytes]:
    """The files of the repository without the one that the Hub itself writes."""
    return {n: data for n, data in hub.repos[REPO].files(revision).items() if n != ".gitattributes"}


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


class TestChecks:
    """What is found before a data set is verified and packed. No request changes anything."""

    @pytest.fixture(autouse=True)
    def _nothing_is_written(self, hub: LoopbackHub) -> Iterator[None]:
        yield
        assert not [request for request in hub.requests if not request.startswith(("GET", "HEAD"))]

    def test_a_new_repository_passes(self, hub: LoopbackHub) -> None:
        check_destination(Destination(REPO, private=True, tag="v1", revision="next"), endpoint=hub.address)

    def test_offline_mode_is_named(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
        with pytest.raises(InputError, match="HF_HUB_OFFLINE is set"):
            check_destination(TO_REPO)

    def test_a_public_repository_is_not_filled_with_private(self, hub: LoopbackHub) -> None:
        hub.add(REPO)
        with pytest.raises(InputError, match="ada/kitchens: it is public, but --private was given"):
            check_destination(replace(TO_REPO, private=True), endpoint=hub.address)

    def test_a_private_repository_is(self, hub: LoopbackHub) -> None:
        hub.add(REPO, private=True)
        check_destination(replace(TO_REPO, private=True), endpoint=hub.address)

    def test_a_wrong_token(self, hub: LoopbackHub, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HF_TOKEN", "hf_of_somebody_else")

        with pytest.raises(InputError, match=r"ada/kitchens: .* answered 401 .*log in with `hf auth login`"):
            check_destination(TO_REPO, endpoint=hub.address)

    def test_no_token(self, hub: LoopbackHub, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("huggingface_hub.get_token", lambda: None)

        with pytest.raises(InputError, match="no Hugging Face token; log in with `hf auth login`"):
            check_destination(TO_REPO, endpoint=hub.address)

    def test_a_token_that_may_only_read(self, hub: LoopbackHub) -> None:
        hub.role = "read"
        with pytest.raises(InputError, match="the token of ada may only read; log in"):
            check_destination(TO_REPO, endpoint=hub.address)

    def test_the_owner_of_a_new_repository(self, hub: LoopbackHub) -> None:
        with pytest.raises(InputError, match="ada cannot make it, being no member of lab; give --repo ada/"):
            check_destination(Destination("lab/kitchens"), endpoint=hub.address)

        hub.orgs = [{"name": "lab", "roleInOrg": "read"}]
        with pytest.raises(InputError, match="ada may only read in lab; ask lab for the right to write"):
            check_destination(Destination("lab/kitchens"), endpoint=hub.address)

        hub.orgs = [{"name": "lab", "roleInOrg": "write"}]
        check_destination(Destination("lab/kitchens"), endpoint=hub.address)

    def test_an_existing_repository_of_others(self, hub: LoopbackHub) -> None:
        hub.add("lab/kitchens")
        with pytest.raises(InputError, match=r"lab/kitchens: .* answered 403 .*a token that may write there"):
            check_destination(Destination("lab/kitchens"), endpoint=hub.address)
        # Everybody may propose a change.
        check_destination(Destination("lab/kitchens", pull_request=True), endpoint=hub.address)

    def test_a_repository_that_has_moved(self, hub: LoopbackHub) -> None:
        hub.add("ada/Kitchens")
        with pytest.raises(InputError, match="the repository is now ada/Kitchens; give --repo ada/Kitchens"):
            check_destination(TO_REPO, endpoint=hub.address)

    def test_a_tag_that_exists(self, hub: LoopbackHub) -> None:
        repo = hub.add(REPO)
        repo.tags["v1"] = repo.branches["main"]

        with pytest.raises(InputError, match="the tag v1 exists already; give another --tag"):
            check_destination(replace(TO_REPO, tag="v1"), endpoint=hub.address)
        with pytest.raises(InputError, match="v1 is a tag; give a branch with --revision"):
            check_destination(replace(TO_REPO, revision="v1"), endpoint=hub.address)

    def test_the_files_of_the_branch_count(self, hub: LoopbackHub) -> None:
        hub.add(REPO).commit("next", FOREIGN)

        check_destination(TO_REPO, endpoint=hub.address)
        with pytest.raises(InputError, match="not a simgen release"):
            check_destination(replace(TO_REPO, revision="next"), endpoint=hub.address)

    def test_options_that_exclude_each_other(self) -> None:
        with pytest.raises(InputError, match="--pr opens a pull request on the main branch"):
            check_destination(Destination(REPO, pull_request=True, revision="next"))
        with pytest.raises(InputError, match="--tag needs a commit on a branch"):
            check_destination(Destination(REPO, pull_request=True, tag="v1"))

    def test_a_pull_request_needs_a_repository(self, hub: LoopbackHub) -> None:
        with pytest.raises(InputError, match="there is no such repository; leave out --pr"):
            check_destination(replace(TO_REPO, pull_request=True), endpoint=hub.address)

    @pytest.mark.parametrize(
        "repo", ["kitchens", "ada/kit chens", "ada/kitchens/train", "-ada/kitchens", "", "a--b/c"]
    )
    def test_a_malformed_name(self, hub: LoopbackHub, repo: str) -> None:
        with pytest.raises(InputError, match="is not a repository name; give owner/name"):
            check_destination(Destination(repo), endpoint=hub.address)

    def test_a_server_that_is_not_there(self) -> None:
        # Port 9 (discard) of this machine: nothing listens.
        with pytest.raises(IncompleteError, match=r"http://127\.0\.0\.1:9: cannot be reached"):
            check_destination(TO_REPO, endpoint="http://127.0.0.1:9")


STEPS = (
    "GET /api/whoami",
    "GET /api/datasets/ada/kitchens$",
    "auth-check",
    "/tree/",
    "/resolve/",
    "validate-yaml",
    "/preupload/",
    "objects/batch",
    "PUT /lfs/",
    "/commit/",
)


class TestFailures:
    @pytest.mark.parametrize(
        ("step", "status"),
        [
            *((step, status) for step in STEPS for status in (500, None)),
            *(("/commit/", status) for status in (401, 403, 409, 429, 507)),
            ("PUT /lfs/", 403),
            ("GET /api/whoami", 429),
        ],
    )
    def test_a_step_that_fails(
        self, hub: LoopbackHub, release: Path, second: Path, step: str, status: int | None
    ) -> None:
        hub.add(REPO, files_in(release))
        before = dict(hub.repos[REPO].files())
        hub.fail(step, status)

        with pytest.raises(SimgenError) as caught:
            upload(second, TO_REPO, endpoint=hub.address)
        message = str(caught.value)
        assert "\n" not in message
        assert (f"answered {status} (" if status else "cannot be reached") in message, message
        assert hub.repos[REPO].files() == before

    @pytest.mark.parametrize("status", [403, 409, 500, None])
    def test_a_repository_that_cannot_be_made(
        self, hub: LoopbackHub, release: Path, status: int | None
    ) -> None:
        hub.fail("repos/create", status)

        with pytest.raises(SimgenError):
            upload(release, TO_REPO, endpoint=hub.address)
        assert hub.repos == {}

    def test_files_that_have_arrived_are_not_sent_again(self, hub: LoopbackHub, release: Path) -> None:
        hub.fail("/commit/", 500)
        with pytest.raises(IncompleteError, match=r"answered 500 \(refused\); upload again later"):
            upload(release, TO_REPO, endpoint=hub.address)
        hub.faults.clear()
        hub.requests.clear()
        upload(release, TO_REPO, endpoint=hub.address)

        assert not [request for request in hub.requests if request.startswith("PUT")]
        assert own_files(hub) == files_in(release)

    def test_an_update_that_broke_off_is_finished(
        self, hub: LoopbackHub, release: Path, second: Path
    ) -> None:
        upload(release, TO_REPO, endpoint=hub.address)
        hub.fail("PUT /lfs/", None)
        with pytest.raises(IncompleteError, match="cannot be reached"):
            upload(second, TO_REPO, endpoint=hub.address)
        assert own_files(hub) == files_in(release)
        hub.faults.clear()
        upload(second, TO_REPO, endpoint=hub.address)

        assert own_files(hub) == files_in(second)

    def test_a_header_that_the_hub_refuses(self, hub: LoopbackHub, release: Path) -> None:
        hub.yaml_errors = ['"license" must be one of [apache-2.0, ...]']

        with pytest.raises(InputError, match=r'refuses the header of the card: .*"license" must be one of'):
            upload(release, TO_REPO, endpoint=hub.address)
        assert own_files(hub) == {}

    def test_a_tag_that_fails(self, hub: LoopbackHub, release: Path) -> None:
        hub.fail("/tag/", 500)

        with pytest.raises(
            IncompleteError,
            match=r"uploaded, but not tagged \(.*answered 500.*\); tag it with: simgen upload .* --tag v1",
        ):
            upload(release, replace(TO_REPO, tag="v1"), endpoint=hub.address)
        assert own_files(hub) == files_in(release)


class TestFolders:
    def test_a_folder_that_is_no_release(self, hub: LoopbackHub, tmp_path: Path) -> None:
        with pytest.raises(InputError, match="not a simgen release; make one with: simgen publish --to"):
            upload(tmp_path, TO_REPO, endpoint=hub.address)
        assert hub.requests == []

    @pytest.mark.parametrize("change", ["edit", "remove", "link", "no list", "bad list"])
    def test_a_release_that_is_not_whole(
        self, hub: LoopbackHub, release: Path, tmp_path: Path, change: str
    ) -> None:
        folder = shutil.copytree(release, tmp_path / "release")
        path, sums = folder / "recipe/kitchens.json", folder / "checksums.sha256"
        if change == "edit":
            path.write_text("{}")
        elif change == "link":
            shutil.copy(path, tmp_path / "outside.json")
            path.unlink()
            path.symlink_to(tmp_path / "outside.json")
        elif change == "bad list":
            sums.write_text(f"{'0' * 64}  ../../etc/passwd\n")
        else:
            (sums if change == "no list" else path).unlink()

        with pytest.raises(InputError, match="publish the release again"):
            upload(folder, TO_REPO, endpoint=hub.address)
        assert hub.requests == []


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
