"""What AI2-THOR's own build needs is checked before anything starts, and an error names the cure."""

import hashlib
import io
import os
import threading
import zipfile
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import ai2thor.build
import pytest

from simgen.errors import InputError, MissingSystemError
from simgen.recipe import CameraSpec, UnitySpec
from simgen.scenes.engines.base import Host
from simgen.scenes.engines.unity.build import PINNED_BUILD, build_folder, build_version
from simgen.scenes.engines.unity.build import require_unity as require

OTHER_BUILD = "0123456789" * 4
NAME = f"thor-CloudRendering-{PINNED_BUILD}"


UNITY = UnitySpec()


def require_unity(spec: UnitySpec, host: Host) -> Host:
    return require(spec, CameraSpec(), host)


@pytest.fixture(autouse=True)
def _a_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("DISPLAY", "CUDA_VISIBLE_DEVICES"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def with_vulkan(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ctypes.util.find_library", lambda name: f"lib{name}.so.1")


def executable(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


def test_the_pinned_build_is_the_clients_own() -> None:
    assert ai2thor.build.COMMIT_ID == PINNED_BUILD


def test_a_local_build_is_found_by_its_folder_or_itself(tmp_path: Path) -> None:
    path = executable(tmp_path / NAME / NAME)
    for named in (path, path.parent):
        assert require_unity(UNITY, Host(named)).program == path
    assert build_version(UNITY, path) == PINNED_BUILD
    assert build_version(UNITY, Path("/opt/mine")) == "local:mine"
    assert build_version(UnitySpec(build=OTHER_BUILD), None) == OTHER_BUILD


def test_another_build_than_the_recipes_is_refused(tmp_path: Path) -> None:
    other = executable(tmp_path / f"thor-CloudRendering-{OTHER_BUILD}")
    with pytest.raises(InputError, match="the recipe asks for another build"):
        require_unity(UNITY, Host(other))
    asked = UnitySpec(build=OTHER_BUILD)
    assert require_unity(asked, Host(other)).program == other


def test_a_path_without_a_build_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no AI2-THOR build here"):
        require_unity(UNITY, Host(tmp_path))
    plain = tmp_path / "plain"
    plain.write_text("")
    with pytest.raises(InputError, match=r"chmod \+x"):
        require_unity(UNITY, Host(plain))


def test_cloud_rendering_needs_vulkan(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ctypes.util.find_library", lambda name: None)
    with pytest.raises(MissingSystemError, match="apt-get install -y libvulkan1"):
        require_unity(UNITY, Host())


# Xlib closes no socket of a display that it cannot reach.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_linux64_needs_a_display(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    on_x = UnitySpec(platform="Linux64")
    local = Host(executable(tmp_path / "mine"))
    with pytest.raises(MissingSystemError, match="DISPLAY is not set"):
        require_unity(on_x, local)
    monkeypatch.setenv("DISPLAY", ":987")
    assert require_unity(on_x, local).program == local.program
    with pytest.raises(MissingSystemError, match="DISPLAY=:987: Invalid display"):
        require_unity(on_x, Host())
    with pytest.raises(InputError, match=r"--gpus is for unity\.platform: CloudRendering"):
        require_unity(on_x, Host(local.program, gpu=0))


def test_a_gpu_must_be_one_that_cuda_shows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    local = executable(tmp_path / "mine")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "2,3")
    with pytest.raises(InputError, match="CUDA_VISIBLE_DEVICES shows 2"):
        require_unity(UNITY, Host(local, gpu=2))
    with pytest.raises(MissingSystemError, match="vulkaninfo and nvidia-smi"):
        require_unity(UNITY, Host(local))
    for tool in ("vulkaninfo", "nvidia-smi"):
        executable(tmp_path / tool)
    assert require_unity(UNITY, Host(local, gpu=1)).gpu == 1


# The client's progress bar calls its library by an old name.
old_progress_bar = pytest.mark.filterwarnings("ignore:The usage of `maxval` is deprecated:DeprecationWarning")
Files = dict[str, bytes]


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[Files]:
    """Where AI2-THOR keeps its builds: here a server on this machine, reached as a proxy."""
    files: Files = {}

    class Handler(BaseHTTPRequestHandler):
        def _answer(self, with_body: bool) -> None:
            body = files.get(self.path.rpartition("/")[2])
            self.send_response(404 if body is None else 200)
            self.send_header("Content-Length", str(len(body or b"")))
            self.end_headers()
            if with_body:
                self.wfile.write(body or b"")

        def do_HEAD(self) -> None:
            self._answer(False)

        def do_GET(self) -> None:
            self._answer(True)

        def log_message(self, format: str, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        for name in ("http_proxy", "HTTP_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{server.server_address[1]}")
        monkeypatch.setenv("no_proxy", "")
        monkeypatch.setenv("NO_PROXY", "")
        yield files
        server.shutdown()


def zipped(files: Mapping[str, str]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return target.getvalue()


@old_progress_bar
def test_the_build_is_downloaded_once(s3: Any, with_vulkan: None) -> None:
    archive = zipped({NAME: "#!/bin/sh\n", "metadata.json": '{"server_types": ["FIFO"]}'})
    s3[f"{NAME}.zip"], s3[f"{NAME}.sha256"] = archive, hashlib.sha256(archive).hexdigest().encode()
    assert require_unity(UNITY, Host()) == Host()
    assert os.access(build_folder(UNITY) / NAME, os.X_OK)
    s3.clear()
    assert require_unity(UNITY, Host()) == Host()


@old_progress_bar
def test_a_damaged_download_is_refused(s3: Any, with_vulkan: None) -> None:
    s3[f"{NAME}.zip"], s3[f"{NAME}.sha256"] = b"cut", hashlib.sha256(b"whole").hexdigest().encode()
    with pytest.raises(MissingSystemError, match="Digest mismatch"):
        require_unity(UNITY, Host())
    assert not build_folder(UNITY).exists()


def test_a_build_that_does_not_exist_is_refused(s3: Any, with_vulkan: None) -> None:
    asked = UnitySpec(build=OTHER_BUILD)
    with pytest.raises(InputError, match=f"AI2-THOR has no build thor-CloudRendering-{OTHER_BUILD}"):
        require_unity(asked, Host())


def test_without_network_the_cure_is_a_local_build(
    with_vulkan: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")  # nobody listens at this port
    monkeypatch.setenv("no_proxy", "")
    monkeypatch.setenv("NO_PROXY", "")
    with pytest.raises(MissingSystemError, match=r"cannot be reached .* --unity or \$SIMGEN_UNITY"):
        require_unity(UNITY, Host())


def test_other_systems_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.system", lambda: "Darwin")
    with pytest.raises(MissingSystemError, match="runs on Linux"):
        require_unity(UNITY, Host())
