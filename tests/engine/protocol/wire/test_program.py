"""An unmodified AI2-THOR program sees over both protocols what the engine draws."""

import json
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgpack
import numpy as np
import pytest

from simgen.engine.protocol.client import EmbeddedController
from simgen.engine.protocol.wire import fifo
from simgen.engine.protocol.wire.encoding import as_plain, pack
from tests.engine.protocol.wire import thor_program
from tests.engine.protocol.wire.processes import BOTH, HOUSE, fifo_server

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def seen_in_process() -> list[dict[str, Any]]:
    """The walk of thor_program.py without any wire."""
    return thor_program.walk(EmbeddedController(**thor_program.OPTIONS), HOUSE)


@BOTH
def test_an_unmodified_program_sees_what_the_engine_draws(
    server: str, environment: dict[str, str], tmp_path: Path, seen_in_process: list[dict[str, Any]]
) -> None:
    house, result = tmp_path / "house.json", tmp_path / "seen.pickle"
    house.write_text(json.dumps(HOUSE))
    command = [sys.executable, "-m", "simgen.cli", "thor", "run", "--server", server, "--"]
    program = [sys.executable, str(Path(thor_program.__file__)), str(house), str(result)]
    done = subprocess.run([*command, *program], env=environment, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    name, seen = pickle.loads(result.read_bytes())
    assert name == {"fifo": "FifoServer", "wsgi": "WsgiServer"}[server]
    assert len(seen) == len(seen_in_process)
    for ours, theirs in zip(seen_in_process, seen, strict=True):
        assert_same(ours, theirs)


def assert_same(ours: Any, theirs: Any) -> None:
    if isinstance(ours, dict):
        assert list(ours) == list(theirs)
        for key in ours:
            assert_same(ours[key], theirs[key])
    elif isinstance(ours, np.ndarray):
        assert ours.dtype == theirs.dtype
        assert ours.shape == theirs.shape
        assert ours.tobytes() == theirs.tobytes()
    elif isinstance(ours, list):
        assert len(ours) == len(theirs)
        for our, their in zip(ours, theirs, strict=True):
            assert_same(our, their)
    else:
        assert ours == theirs


def test_the_walk_shows_something(seen_in_process: list[dict[str, Any]]) -> None:
    assert {"Chair|2|0", "door|2|3"} <= {name for seen in seen_in_process for name in seen["masks"]}
    sizes = [seen["frame"].shape[:2] for seen in seen_in_process[-7:-2]]
    assert sizes == [(1080, 1920), (240, 320), (240, 320), (75, 161), (75, 161)]
    assert "blocking" in seen_in_process[-8]["metadata"]["errorMessage"]


def test_the_client_s_own_names_of_images_are_all_known() -> None:
    theirs = {name: int(field) for field, name in fifo_server().form_field_map.items()}
    # The client's events look for one name, its FIFO table has another.
    assert {**theirs, "image_thirdParty_flows": theirs["image_thirdParty_flow"]} == fifo.IMAGE_FIELDS


def test_numpy_s_types_go_over_the_wire() -> None:
    metadata = {
        "a": np.float32(0.5),
        "b": np.array([[1, 2]]),
        "c": np.bool_(True),
        "d": (np.int64(3), np.str_("x")),
        "e": {"f": np.float64(1.25)},
    }
    plain = {"a": 0.5, "b": [[1, 2]], "c": True, "d": [3, "x"], "e": {"f": 1.25}}
    assert msgpack.unpackb(pack(metadata)) == plain
    assert json.loads(json.dumps(metadata, default=as_plain)) == plain
