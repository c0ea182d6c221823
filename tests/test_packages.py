"""An installed simgen has every file that a checkout has: setuptools is asked what it would install."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGE_FOLDERS = {
    "simgen": "simgen",
    "scenes": "simgen/scenes",
    "trainers": "simgen/trainers",
    "recipes": "simgen/recipes",
    "qa_templates": "simgen/qa_templates",
}
"""Top-level folders, and where setup.cfg's package_dir installs them."""
NOT_INSTALLED = {"simgen/recipes/README.md"}
"""Pages that are read in the repository only."""


def test_every_module_and_data_file_is_installed_once(tmp_path: Path) -> None:
    build = [sys.executable, "-c", "import setuptools; setuptools.setup()"]
    done = subprocess.run(
        [*build, "--quiet", "build_py", "--build-lib", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    installed = set(_files(tmp_path))
    in_checkout = {
        f"{target}/{name}" for folder, target in PACKAGE_FOLDERS.items() for name in _files(ROOT / folder)
    }
    assert in_checkout - installed == NOT_INSTALLED
    assert installed <= in_checkout


def _files(folder: Path) -> list[str]:
    """Paths of all files below a folder, relative to it; bytecode and linked folders are left out."""
    # rglob does not enter the links in simgen/ that lead to the other top-level folders.
    paths = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    return [path.as_posix() for path in paths if path.parent.name != "__pycache__"]
