"""Every fenced Python block of every page runs: the blocks of one page as one program, in order.

Each page is run in a folder that holds a data folder with the demo's clips and questions, one of its clips,
and one of its houses. AI2-THOR's `Controller` starts the embedded engine, as under `simgen thor run`.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from mktestdocs import grab_code_blocks

from simgen.store.folder import DataFolder
from simgen.store.houses import read_houses
from tests.conftest import run_simgen

ROOT = Path(__file__).parents[1]
PAGES = (*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("recipes/*.md"))
PROGRAMS = {
    path.relative_to(ROOT).as_posix(): "\n".join(blocks)
    for path in PAGES
    if (blocks := grab_code_blocks(path.read_text(encoding="utf-8"), lang="python"))
}


def test_there_are_pages_with_programs() -> None:
    assert {"docs/clips.md", "docs/engine.md", "docs/thor.md", "docs/training.md"} <= set(PROGRAMS)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_within_the_repository_lead_somewhere(page: Path) -> None:
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        path, _, anchor = target.partition("#")
        if "://" in target:
            continue
        file = (page.parent / path).resolve() if path else page
        if not file.exists() or (anchor and anchor not in headings(file)):
            broken.append(target)
    assert broken == []


def headings(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    lines = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", line.lower()).replace(" ", "-") for line in lines}


@pytest.fixture(scope="module")
def reader(demo: DataFolder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a reader who has followed the pages so far; each page gets a copy."""
    folder = tmp_path_factory.mktemp("reader")
    data = DataFolder(Path(shutil.copytree(demo.path, folder / "simgen-data")))
    assert run_simgen("qa", "--templates", "distance", data=data.path).returncode == 0
    shutil.copy(data.dataset("demo").clip_path("demo-00000-00"), folder)
    houses = read_houses(data.dataset("demo").houses_path)
    (folder / "house.json").write_text(json.dumps(houses[0]))
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("page", PROGRAMS)
def test_the_python_of_a_page_runs(page: str, reader: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(reader, tmp_path / "reader"))
    program = tmp_path / "page.py"
    program.write_text(PROGRAMS[page], encoding="utf-8")
    environment = {name: value for name, value in os.environ.items() if name != "SIMGEN_DATA"}
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"
    done = subprocess.run(
        [sys.executable, "-m", "simgen.cli", "thor", "run", "--", sys.executable, str(program)],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=600,
        env={**environment, "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"},
    )
    assert done.returncode == 0, f"{page}:\n{PROGRAMS[page]}\n{done.stderr}"
