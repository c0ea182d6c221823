"""Large files of an upload go through Xet, the Hub's own storage, where hf-xet is installed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from simgen.release.publish import publish
from tests.release.kitchens import files_in, make_dataset
from tests.release.loopback_hub import LARGE, TOKEN, LoopbackHub, own_files, serve

pytest.importorskip("hf_xet")

REPO = "ada/kitchens"


@pytest.mark.slow
def test_a_release_arrives_whole(tmp_path: Path) -> None:
    release = publish([make_dataset(tmp_path / "data", "kitchens")], tmp_path / "release").path
    with serve() as hub:
        hub.add(REPO)
        # A command of its own: the library keeps one session with Xet for the whole process.
        done = upload(hub, release, tmp_path)

        assert done.returncode == 0, done.stderr
        assert own_files(hub) == files_in(release)
        large = [name for name in files_in(release) if name.endswith(LARGE)]
        assert len(hub.stored) == len(large) > 0
        assert hub.xorbs
        assert not any(request.startswith("PUT /lfs/") for request in hub.requests)


def upload(hub: LoopbackHub, release: Path, home: Path) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {
        "HF_ENDPOINT": hub.address,
        "HF_HUB_OFFLINE": "0",
        "HF_HUB_DISABLE_XET": "0",
        "HF_HOME": str(home / "hub"),
        "HF_TOKEN": TOKEN,
        # The server of the test does not decompress.
        "HF_XET_XORB_COMPRESSION_POLICY": "none",
    }
    command = [sys.executable, "-m", "simgen.cli", "upload", str(release), "--repo", REPO]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)
