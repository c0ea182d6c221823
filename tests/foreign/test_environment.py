"""Environments of foreign programs are made once, whole, and anew when their file changes."""

import subprocess
from pathlib import Path

import pytest

from tests.foreign.environment import make_environment


@pytest.mark.slow
def test_an_environment_is_made_once_and_anew_for_another_file(tmp_path: Path) -> None:
    requirements, cache = tmp_path / "program.txt", tmp_path / "cache"
    requirements.write_text("# nothing, so that no network is needed\n")
    python = make_environment(requirements, cache)
    assert make_environment(requirements, cache) == python

    code = "import sys, importlib.util as u; print(sys.prefix, u.find_spec('numpy'))"
    said = subprocess.run([python, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said == f"{python.parents[1]} None\n"

    requirements.write_text("./no-such-folder\n")
    with pytest.raises(AssertionError, match=r"program\.txt cannot be installed"):
        make_environment(requirements, cache)
    assert list(cache.iterdir()) == [python.parents[1]]
