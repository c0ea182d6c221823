"""`datasets` loads a release from the loopback Hub: by revision, from the cache and as a stream."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from simgen.release.destination import Destination
from simgen.release.hub import upload
from simgen.release.publish import publish
from simgen.store.rows import read_rows, write_rows
from tests.release.kitchens import make_dataset
from tests.release.loopback_hub import TOKEN, LoopbackHub, serve

pytest.importorskip("huggingface_hub")

pytestmark = [
    pytest.mark.filterwarnings("ignore:Use 'content=<...>' to upload:DeprecationWarning"),
    pytest.mark.slow,
]

REPO = Destination("ada/kitchens")
REVISIONS = ("v1", "v2", "main")
LOAD = """
import json, sys
from datasets import load_dataset
def rows(revision, streaming):
    found = load_dataset("ada/kitchens", split="train", revision=revision, streaming=streaming)
    return [[row["id"], [image.size for image in row["images"]]] for row in found]
print(json.dumps([[rows(revision, streaming) for streaming in (False, True)] for revision in sys.argv[1:]]))
"""


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LoopbackHub]:
    """A server with a release of three train questions, tagged v1, and a later one of two, tagged v2."""
    folder = tmp_path_factory.mktemp("releases")
    with serve() as server, pytest.MonkeyPatch.context() as patch:
        patch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
        patch.setattr("huggingface_hub.constants.HF_HUB_DISABLE_XET", True)
        patch.setenv("HF_TOKEN", TOKEN)
        dataset = make_dataset(folder / "data", "kitchens")
        for tag in ("v1", "v2"):
            release = publish([dataset], folder / tag).path
            upload(release, replace(REPO, tag=tag), endpoint=server.address)
            write_rows(dataset.questions_path, read_rows(dataset.questions_path)[1:])
        yield server


def test_each_revision_has_its_own_rows(hub: LoopbackHub, tmp_path: Path) -> None:
    """Rows from the cache and as a stream, loaded by a process whose Hub is the server."""
    environment = os.environ | {
        "HF_ENDPOINT": hub.address,
        "HF_HUB_OFFLINE": "0",
        "HF_HUB_DISABLE_XET": "1",
        "HF_TOKEN": TOKEN,
        "HF_HOME": str(tmp_path),
    }
    command = [sys.executable, "-c", LOAD, *REVISIONS]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)

    assert done.returncode == 0, done.stderr
    first = [[f"kitchens-0-{number}", [[64, 48]] * 3] for number in range(3)]
    assert json.loads(done.stdout) == [[first, first], [first[1:], first[1:]], [first[1:], first[1:]]]
