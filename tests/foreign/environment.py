"""Virtual environments of foreign programs, for tests that run the programs' own code on what simgen writes.

The packages of the program NAME are pinned in `NAME.txt`, beside this file. The file lists every package that
the test needs, also those that others depend on: it is installed without dependencies, so that nothing is
resolved anew and what the test does not need can be left out. An environment is made once, in
`$SIMGEN_FOREIGN` or `~/.cache/simgen/foreign`, under the name and the hash of its file.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import venv
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
"""The checkout: foreign programs import simgen from here."""
INSTALL_TIMEOUT_S = 1800
"""PyTorch alone is 200 MB for CPUs, and several gigabytes for GPUs."""


def foreign_python(name: str) -> Path:
    """The Python interpreter of the environment for `tests/foreign/<name>.txt`, which is made if need be.

    The folder appears when all packages are installed. Start programs as `python -m`: the scripts in `bin`
    still name the folder in which they were installed.
    """
    return make_environment(Path(__file__).with_name(f"{name}.txt"), _cache_folder())


def make_environment(requirements: Path, cache: Path) -> Path:
    """The interpreter of the environment with the packages of a file, made in `cache` if it is not there."""
    digest = hashlib.sha256(requirements.read_bytes()).hexdigest()[:12]
    folder = cache / f"{requirements.stem}-{digest}"
    if not folder.exists():
        cache.mkdir(parents=True, exist_ok=True)
        part = Path(tempfile.mkdtemp(prefix=f"{folder.name}-", suffix=".part", dir=cache))
        try:
            _install(part, requirements)
            part.rename(folder)
        except BaseException:
            shutil.rmtree(part, ignore_errors=True)
            if not folder.exists():  # another process was faster
                raise
    return folder / "bin" / "python"


def run_foreign(
    name: str,
    script: Path,
    *arguments: str | Path,
    folder: Path | None = None,
    timeout_s: float = 600,
) -> Any:
    """Runs a script in the environment `name`, and returns the JSON value that it prints as its last line.

    The script runs in a process of its own, in `folder` if one is given, without the Hub. It can import
    simgen and the tests from the checkout.
    """
    done = subprocess.run(
        [foreign_python(name), script, *arguments],
        capture_output=True,
        text=True,
        timeout=timeout_s,
        cwd=folder,
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "OMP_NUM_THREADS": "1",
            "HF_HUB_OFFLINE": "1",
            "TOKENIZERS_PARALLELISM": "false",
        },
    )
    assert done.returncode == 0, f"{script.name} failed:\n{done.stdout}\n{done.stderr}"
    return json.loads(done.stdout.splitlines()[-1])


def _cache_folder() -> Path:
    return Path(os.environ.get("SIMGEN_FOREIGN", "~/.cache/simgen/foreign")).expanduser()


def _install(folder: Path, requirements: Path) -> None:
    # The pip of this environment installs into the other one, so no pip need be copied there.
    venv.create(folder, symlinks=True)
    pip = [sys.executable, "-m", "pip", "--python", str(folder / "bin" / "python")]
    done = subprocess.run(
        [*pip, "install", "--quiet", "--no-deps", "--requirement", str(requirements)],
        capture_output=True,
        text=True,
        timeout=INSTALL_TIMEOUT_S,
    )
    assert done.returncode == 0, f"{requirements.name} cannot be installed:\n{done.stderr}"
