import base64
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from simgen.errors import IncompleteError, InputError, MissingSystemError
from simgen.release.hub import upload
from simgen.release.publish import publish
from tests.release.test_publish import make_dataset

pytest.importorskip("huggingface_hub")

TOKEN = "hf_of_the_loopback_test"


class LoopbackHub(ThreadingHTTPServer):
    """The part of the Hub that is needed to create a data set and to commit files to it."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.created: list[dict[str, Any]] = []
        self.files: dict[str, bytes] = {}
        self.fails_with: int | None = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: LoopbackHub  # pyright: ignore[reportIncompatibleVariableOverride]

    def do_GET(self) -> None:
        if not self._is_refused():
            siblings = [{"rfilename": name} for name in self.server.files]
            facts = {"id": "ada/kitchens", "sha": "0" * 40, "siblings": siblings}
            listing = [
                {"type": "file", "path": name, "size": len(data), "oid": "0" * 40}
                for name, data in self.server.files.items()
            ]
            self._answer(200, listing if "/tree/" in self.path else facts)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"] or 0))
        if self._is_refused():
            return
        path = self.path.split("?")[0]
        if path == "/api/repos/create":
            self.server.created.append(json.loads(body))
            self._answer(200, {"url": f"{self.server.address}/datasets/ada/kitchens"})
        elif path == "/api/validate-yaml":
            self._answer(200, {"errors": [], "warnings": []})
        elif path == "/api/datasets/ada/kitchens/preupload/main":
            self._answer(200, {"files": [_regular(file["path"]) for file in json.loads(body)["files"]]})
        elif path == "/api/datasets/ada/kitchens/commit/main":
            self._commit(body)
        else:
            self._answer(404, {"error": f"the loopback hub has no {self.path}"})

    def _commit(self, body: bytes) -> None:
        for line in body.splitlines():
            item = json.loads(line)
            if item["key"] == "file":
                self.server.files[item["value"]["path"]] = base64.b64decode(item["value"]["content"])
            elif item["key"] == "deletedFile":
                del self.server.files[item["value"]["path"]]
        page = f"{self.server.address}/datasets/ada/kitchens"
        self._answer(200, {"commitUrl": f"{page}/commit/{1:040}", "commitOid": f"{1:040}"})

    def _is_refused(self) -> bool:
        wrong = self.headers["Authorization"] != f"Bearer {TOKEN}"
        status = 401 if wrong else self.server.fails_with
        if status is not None:
            self._answer(status, {"error": "refused"})
        return status is not None

    def _answer(self, status: int, content: object) -> None:
        data = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:
        pass


def _regular(path: str) -> dict[str, object]:
    return {"path": path, "uploadMode": "regular", "shouldIgnore": False}


@pytest.fixture
def hub() -> Iterator[LoopbackHub]:
    with LoopbackHub() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("release")
    return publish([make_dataset(folder / "data", "kitchens")], folder / "out").path


@pytest.fixture(autouse=True)
def _online_with_a_token(monkeypatch: pytest.MonkeyPatch) -> None:
    # The suite runs with $HF_HUB_OFFLINE, which keeps even loopback requests from being sent.
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    monkeypatch.setenv("HF_TOKEN", TOKEN)


def test_offline_mode_is_named(release: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(InputError, match="HF_HUB_OFFLINE is set"):
        upload(release, "ada/kitchens", private=True)


def test_every_file_arrives(hub: LoopbackHub, release: Path) -> None:
    address = upload(release, "ada/kitchens", private=True, endpoint=hub.address)

    assert address == f"{hub.address}/datasets/ada/kitchens"
    sent = {
        path.relative_to(release).as_posix(): path.read_bytes()
        for path in release.rglob("*")
        if path.is_file()
    }
    assert hub.files == sent
    (created,) = hub.created
    assert (created["organization"], created["name"], created["type"]) == ("ada", "kitchens", "dataset")
    assert created.get("visibility") == "private" or created.get("private") is True


def test_an_earlier_releases_files_are_deleted(hub: LoopbackHub, release: Path) -> None:
    hub.files = {"data/train-00001-of-00002.parquet": b"stale", ".gitattributes": b"*", "notes.md": b"mine"}
    upload(release, "ada/kitchens", private=False, endpoint=hub.address)

    assert "data/train-00001-of-00002.parquet" not in hub.files
    assert {".gitattributes", "notes.md", "README.md"} <= set(hub.files)


def test_a_wrong_token(hub: LoopbackHub, release: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_of_somebody_else")

    with pytest.raises(InputError, match=r"ada/kitchens: .* refused the token \(401\); log in with"):
        upload(release, "ada/kitchens", private=False, endpoint=hub.address)


def test_no_token(hub: LoopbackHub, release: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.get_token", lambda: None)

    with pytest.raises(InputError, match="no Hugging Face token; log in with `hf auth login`"):
        upload(release, "ada/kitchens", private=False, endpoint=hub.address)
    assert hub.created == []


@pytest.mark.parametrize(
    "repo", ["kitchens", "ada/kit chens", "ada/kitchens/train", "-ada/kitchens", "", "a--b/c"]
)
def test_a_malformed_name(hub: LoopbackHub, release: Path, repo: str) -> None:
    with pytest.raises(InputError, match="is not a repository name; give owner/name"):
        upload(release, repo, private=False, endpoint=hub.address)
    assert hub.created == []


def test_a_folder_that_is_no_release(hub: LoopbackHub, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not a simgen release; make one with: simgen publish --to"):
        upload(tmp_path, "ada/kitchens", private=False, endpoint=hub.address)


def test_a_server_that_fails(hub: LoopbackHub, release: Path) -> None:
    hub.fails_with = 507

    with pytest.raises(IncompleteError, match=r"answered 507 \(refused\); publish again later"):
        upload(release, "ada/kitchens", private=False, endpoint=hub.address)


def test_a_server_that_is_not_there(hub: LoopbackHub, release: Path) -> None:
    # Port 9 (discard) of this machine: nothing listens.
    with pytest.raises(IncompleteError, match=r"http://127\.0\.0\.1:9: cannot be reached"):
        upload(release, "ada/kitchens", private=False, endpoint="http://127.0.0.1:9")


def test_without_the_library(release: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)

    with pytest.raises(MissingSystemError, match=r"pip install 'simgen\[release\]'"):
        upload(release, "ada/kitchens", private=False)


def test_it_is_imported_only_when_needed() -> None:
    code = "import sys, simgen.release.hub, simgen.release.publish; print('huggingface_hub' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert found.stdout.strip() == "False"
