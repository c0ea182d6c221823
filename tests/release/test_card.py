"""The card's texts, pictures, citation and croissant.json, on real questions about the synthetic kitchen."""

import hashlib
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import yaml
from PIL import Image

from simgen.release.card.about import describe_evaluation, describe_reproduction
from simgen.release.card.histograms import count_types
from simgen.release.contents import ClipFiles, read_contents
from simgen.release.publish import Extras, prepare, publish, write_release
from simgen.store.folder import Dataset
from simgen.store.rows import read_rows
from tests.report.viewer.scene import ASKED, write_kitchens
from tests.synthetic import OBJECTS

METADATA = "qa/train/metadata.parquet"


@pytest.fixture(scope="module")
def datasets(tmp_path_factory: pytest.TempPathFactory) -> list[Dataset]:
    return write_kitchens(tmp_path_factory.mktemp("card") / "data").datasets_with_questions()


@pytest.fixture(scope="module")
def release(datasets: list[Dataset], tmp_path_factory: pytest.TempPathFactory) -> Path:
    to = tmp_path_factory.mktemp("card") / "out"
    return publish(datasets, to, extras=Extras(pictures=True)).path


@pytest.fixture(scope="module")
def card(release: Path) -> str:
    return (release / "README.md").read_text(encoding="utf-8")


class TestReadme:
    def test_its_pictures_exist(self, release: Path, card: str) -> None:
        shown = re.findall(r"!\[.+?\]\((.+?)\)", card)

        assert shown == ["media/frames.jpg", "media/example.jpg", "media/histograms.png"]
        for name in shown:
            with Image.open(release / name) as picture:
                picture.load()

    def test_the_example_is_a_question_with_its_answer(self, datasets: list[Dataset], card: str) -> None:
        section = card.partition("## One question")[2].partition("\n## ")[0]
        (row,) = [row for row in read_rows(datasets[0].questions_path) if f"`{row.id}`" in section]

        assert row.question in section
        assert f"**Answer:** {row.answer} {row.unit}" in section
        written = section.partition("```\n")[2].partition("```")[0]
        assert re.sub(r"\s", "", written) == re.sub(r"\s", "", row.target)

    def test_it_says_how_to_use_it_and_what_its_limits_are(self, card: str) -> None:
        headings = re.findall(r"^## (.+)", card, re.MULTILINE)

        for heading in ("Load", "Frames of reference", "Evaluate", "Reproduce", "Limits", "Cite", "Verify"):
            assert heading in headings

    @pytest.mark.parametrize(
        ("clip_files", "commands"),
        [("full", ["pull", "eval", "pull", "qa"]), ("geometry", ["pull", "qa"]), ("none", ["render"])],
    )
    def test_its_commands_are_those_that_its_clips_allow(
        self, clip_files: ClipFiles, commands: list[str], datasets: list[Dataset]
    ) -> None:
        contents = replace(read_contents(datasets), clip_files=clip_files)
        # Only the evaluation of held-out houses has commands.
        clips = [replace(clip, info=replace(clip.info, split="val")) for clip in contents.clips]
        keys = [(dataset, replace(key, split="val")) for dataset, key in contents.keys]
        held_out = replace(contents, clips=tuple(clips), keys=tuple(keys))
        text = describe_evaluation(held_out) + describe_reproduction(held_out, recorded=True)

        assert re.findall(r"^simgen (\w+)", text, re.MULTILINE) == commands

    def test_it_names_only_what_the_release_has(
        self, datasets: list[Dataset], card: str, tmp_path: Path
    ) -> None:
        assert "## Look" not in card
        bare = publish(datasets, tmp_path / "bare").path
        assert "](media/" not in (bare / "README.md").read_text()

        full = publish(datasets, tmp_path / "out", extras=Extras(videos=True, viewer_clips=1)).path
        section = (full / "README.md").read_text().partition("## Look")[2].partition("\n## ")[0]
        assert "`index.html`" in section
        assert "`videos/`" in section


class TestPictures:
    def test_the_objects_are_counted(self, datasets: list[Dataset]) -> None:
        # Two clips show the same kitchen.
        types = [fields[1] for fields in OBJECTS]

        assert count_types(read_contents(datasets)) == {name: 2 * types.count(name) for name in types}

    def test_a_histogram_says_nothing_about_who_made_it(self, release: Path) -> None:
        with Image.open(release / "media/histograms.png") as picture:
            assert set(picture.info) == {"dpi"}


class TestCitation:
    def test_authors_are_named(self, datasets: list[Dataset], tmp_path: Path) -> None:
        plan = prepare(datasets, tmp_path / "out", license="cc-by-4.0", authors=["First Lab", "Second Lab"])
        folder = write_release(plan).path
        facts = yaml.safe_load((folder / "CITATION.cff").read_text())

        assert facts["authors"] == [{"name": "First Lab"}, {"name": "Second Lab"}]
        assert (facts["type"], facts["license"]) == ("dataset", "CC-BY-4.0")
        assert "author = {{First Lab} and {Second Lab}}" in (folder / "README.md").read_text()

    def test_a_licence_that_spdx_does_not_know_is_left_out(
        self, datasets: list[Dataset], tmp_path: Path
    ) -> None:
        folder = write_release(prepare(datasets, tmp_path / "out", license="my-terms")).path

        assert "license" not in yaml.safe_load((folder / "CITATION.cff").read_text())
        assert croissant(folder)["license"] == ["my-terms: see README.md"]


class TestCroissant:
    def test_its_fields_are_columns_of_the_table(self, release: Path) -> None:
        (records,) = croissant(release)["recordSet"]
        schema = pq.read_schema(release / METADATA)

        columns = [field["source"]["extract"]["column"] for field in records["field"]]
        assert columns == [name for name in schema.names if name not in ("prompt", "completion")]
        types = {field["name"]: (field["dataType"], field.get("repeated")) for field in records["field"]}
        assert types["file_names"] == ("sc:Text", True)
        assert types["frames"] == ("sc:Integer", True)
        assert types["difficulty"] == ("sc:Float", None)

    def test_it_has_the_checksum_of_the_table(self, release: Path) -> None:
        table = croissant(release)["distribution"][0]

        assert table["contentUrl"] == METADATA
        assert table["sha256"] == hashlib.sha256((release / METADATA).read_bytes()).hexdigest()

    def test_each_pattern_matches_files(self, release: Path) -> None:
        sets = {item["name"]: item["includes"] for item in croissant(release)["distribution"][1:]}

        assert set(sets) == {"frames", "clips", "recipes"}
        assert next(release.glob(sets["clips"])).stem == ASKED

    def test_it_states_limits_and_biases(self, release: Path) -> None:
        facts = croissant(release)

        for name in ("dataBiases", "dataLimitations", "dataUseCases", "personalSensitiveInformation"):
            assert facts[f"rai:{name}"]


def croissant(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "croissant.json").read_text(encoding="utf-8"))
