"""`simgen pull owner/name`: the real huggingface_hub downloads from a server on the loopback interface."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from simgen.cli import main
from simgen.errors import IncompleteError, InputError, SimgenError
from simgen.release.checksums import CHECKSUMS
from simgen.release.publish import publish
from simgen.release.pull import STAGE, pull
from simgen.store.folder import DataFolder
from tests.release.homes import make_homes
from tests.release.loopback_hub import TOKEN, Files, LoopbackHub, serve

pytest.importorskip("huggingface_hub")

REPO = "ada/homes"
CLIP = "clips/homes/stills120-00004-00.h5"


@pytest.fixture(autouse=True)
def _online_without_a_token(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    # The suite runs with $HF_HUB_OFFLINE, which keeps even loopback requests from being sent.
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("huggingface_hub.constants.HF_TOKEN_PATH", str(tmp_path / "token"))
    monkeypatch.delenv("HF_TOKEN", raising=False)
    # The library repeats failed requests after up to eight seconds.
    monkeypatch.setattr("huggingface_hub.utils._http.time.sleep", lambda _: None)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    """The files of a release."""
    folder = tmp_path_factory.mktemp("published")
    release = publish([make_homes(folder / "data", ("object_count",))], folder / "release").path
    paths = [path for path in release.rglob("*") if path.is_file()]
    return {path.relative_to(release).as_posix(): path.read_bytes() for path in paths}


@pytest.fixture
def hub(files: Files) -> Iterator[LoopbackHub]:
    with serve() as server:
        server.add(REPO, files)
        yield server


@pytest.fixture
def data(tmp_path: Path) -> DataFolder:
    return DataFolder(tmp_path / "data")


def fetched(hub: LoopbackHub) -> list[str]:
    """The files whose content was asked for."""
    return [
        request.partition("/resolve/")[2].partition("/")[2] for request in hub.requests if "GET " in request
    ]


def change(hub: LoopbackHub, files: Files) -> None:
    hub.repos[REPO].commit("main", {**hub.repos[REPO].files(), **files})


class TestPull:
    def test_only_the_data_is_downloaded_and_verified(
        self, hub: LoopbackHub, data: DataFolder, files: Files
    ) -> None:
        report = pull(REPO, data, endpoint=hub.address)

        assert (report.datasets, report.failed) == (("homes",), 0)
        assert report.checked > 1
        assert report.source == f"{hub.address}/datasets/{REPO}/tree/{hub.repos[REPO].branches['main']}"
        assert data.dataset("homes").clip_path("stills120-00004-00").read_bytes() == files[CLIP]
        assert not [name for name in fetched(hub) if name.endswith((".jpg", ".md"))]
        assert not (data.path / STAGE).exists()

    def test_a_revision(self, hub: LoopbackHub, data: DataFolder) -> None:
        hub.repos[REPO].tags["v1"] = hub.repos[REPO].branches["main"]
        hub.repos[REPO].commit("main", {"README.md": b"empty"})

        assert pull(REPO, data, revision="v1", endpoint=hub.address).failed == 0
        with pytest.raises(IncompleteError, match="there is no such repository or revision"):
            pull(REPO, data, revision="v2", endpoint=hub.address)

    def test_a_private_repository(
        self, hub: LoopbackHub, data: DataFolder, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        hub.repos[REPO].private = True
        with pytest.raises(
            InputError, match="or it is private; check the name, or log in with `hf auth login`"
        ):
            pull(REPO, data, endpoint=hub.address)
        monkeypatch.setenv("HF_TOKEN", TOKEN)
        assert pull(REPO, data, endpoint=hub.address).failed == 0

    def test_what_has_arrived_is_not_downloaded_again(
        self, hub: LoopbackHub, data: DataFolder, files: Files
    ) -> None:
        half = len(files[CLIP]) // 2
        hub.cuts[CLIP] = half
        with pytest.raises(IncompleteError, match="pull again later, which continues"):
            pull(REPO, data, endpoint=hub.address)
        assert not data.dataset("homes").path.exists()
        (stage,) = (data.path / STAGE).iterdir()
        arrived = [p.relative_to(stage).as_posix() for p in stage.rglob("*") if p.is_file()]
        arrived = [name for name in arrived if not name.startswith(".cache")]
        assert {"release.json", CHECKSUMS} <= set(arrived)
        assert CLIP not in arrived

        hub.cuts.clear()
        hub.requests.clear()
        assert pull(REPO, data, endpoint=hub.address).failed == 0
        assert not set(arrived) & set(fetched(hub))
        assert fetched(hub).count(CLIP) == 1

    def test_the_command(self, hub: LoopbackHub, data: DataFolder, monkeypatch: pytest.MonkeyPatch) -> None:
        # What $HF_ENDPOINT sets when the library is imported.
        template = f"{hub.address}/{{repo_id}}/resolve/{{revision}}/{{filename}}"
        monkeypatch.setattr("huggingface_hub.constants.HUGGINGFACE_CO_URL_TEMPLATE", template)
        monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", hub.address)
        done = CliRunner().invoke(main, ["pull", REPO, "--data", str(data.path), "-j", "1"])
        assert done.exit_code == 0, done.output
        assert "failed: 0\n" in done.stdout


class TestRefusals:
    @pytest.mark.parametrize(
        ("name", "content", "message"),
        [
            ("clips/homes/extra.h5", b"x", "'clips/homes/extra.h5': checksums.sha256 does not list it"),
            ("qa/train/a/metadata.parquet", b"x", "checksums.sha256 does not list it"),
            (CLIP, b"another", "missing, a link, or not as it was published"),
            ("release.json", b"{}", "not a simgen release"),
            (
                CHECKSUMS,
                b"0" * 64 + b"  ../../x\n",
                "is not a checksum and the path of a file in the release",
            ),
            (CHECKSUMS, b"0" * 64 + b"  clips/homes/b\n", "is not the name of a file of a release"),
        ],
    )
    def test_a_repository_that_is_not_what_it_lists(
        self, hub: LoopbackHub, data: DataFolder, name: str, content: bytes, message: str
    ) -> None:
        change(hub, {name: content})
        with pytest.raises(InputError) as caught:
            pull(REPO, data, endpoint=hub.address)
        assert message in str(caught.value)
        assert "\n" not in str(caught.value)
        assert not data.dataset("homes").path.exists()
        assert not {f"{CLIP}"} & set(fetched(hub)) or name == CLIP

    def test_a_file_that_is_listed_but_missing(self, hub: LoopbackHub, data: DataFolder) -> None:
        files = hub.repos[REPO].files()
        hub.repos[REPO].commit("main", {name: content for name, content in files.items() if name != CLIP})
        with pytest.raises(InputError, match=r"lists it, but the repository lacks it"):
            pull(REPO, data, endpoint=hub.address)

    def test_another_repository(self, hub: LoopbackHub, data: DataFolder) -> None:
        hub.add("ada/thesis", {"README.md": b"my thesis"})
        with pytest.raises(InputError, match=r"ada/thesis: not a simgen release \(it has no release.json\)"):
            pull("ada/thesis", data, endpoint=hub.address)

    def test_more_bytes_than_the_disk_has(
        self, hub: LoopbackHub, data: DataFolder, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=10_000))
        with pytest.raises(InputError, match="bytes, but 10,000 are free; give another folder with --data"):
            pull(REPO, data, endpoint=hub.address)

    def test_a_data_set_that_exists_is_found_before_the_download(
        self, hub: LoopbackHub, data: DataFolder
    ) -> None:
        data.dataset("homes").path.mkdir(parents=True)
        with pytest.raises(InputError, match="data/homes: exists already"):
            pull(REPO, data, endpoint=hub.address)
        assert CLIP not in fetched(hub)

    @pytest.mark.parametrize("status", [401, 403, 404, 429, 500, 503, None])
    @pytest.mark.parametrize("request_", ["GET /api/datasets/", "GET .*/tree/", "GET .*/resolve/.*h5"])
    def test_an_error_of_the_server_is_one_line(
        self, hub: LoopbackHub, data: DataFolder, status: int | None, request_: str
    ) -> None:
        hub.fail(request_, status)
        with pytest.raises(SimgenError) as caught:
            pull(REPO, data, endpoint=hub.address)
        assert "\n" not in str(caught.value)
        assert "upload" not in str(caught.value)
        assert not data.dataset("homes").path.exists()

    def test_no_server(self, data: DataFolder) -> None:
        with pytest.raises(IncompleteError, match=r"cannot be reached .* pull again later, which continues"):
            pull(REPO, data, endpoint="http://127.0.0.1:9")

    def test_offline(self, data: DataFolder, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
        with pytest.raises(InputError, match="so nothing can be downloaded; unset it"):
            pull(REPO, data)

    def test_a_malformed_name(self, data: DataFolder) -> None:
        with pytest.raises(InputError, match="'ada/a b' is not a repository name"):
            pull("ada/a b", data)
