"""Every bundled recipe loads, and every mistake is reported with its line."""

import importlib.resources
import re
from pathlib import Path
from typing import get_args

import pytest
from PIL import Image
from pydantic import ValidationError

from simgen.errors import RecipeError
from simgen.recipe import QuestionSpec, list_recipes, load_recipe, read_recipe_text
from simgen.recipe.names import RESERVED_NAMES
from simgen.store.folder import DataFolder
from simgen.types import Quality


def test_every_yaml_in_the_package_is_a_recipe_and_opens_with_its_command() -> None:
    folder = Path(str(importlib.resources.files("simgen.recipes")))
    files = sorted(folder.rglob("*.yaml"))
    assert [file.stem for file in files] == list_recipes()
    assert len(files) >= 10
    for file in files:
        assert load_recipe(file.stem).name == file.stem
        assert file.read_text().startswith(f"# simgen render --recipe {file.stem}\n")


@pytest.mark.parametrize("name", list_recipes())
def test_a_resolved_recipe_is_a_recipe(name: str, tmp_path: Path) -> None:
    recipe = load_recipe(name)
    (tmp_path / "recipe.json").write_text(recipe.to_json())

    assert load_recipe(str(tmp_path / "recipe.json")) == recipe


def test_every_recipe_has_a_section_and_a_picture_in_the_readme() -> None:
    folder = Path(str(importlib.resources.files("simgen.recipes")))
    readme = (folder / "README.md").read_text()
    assert sorted(re.findall(r"^### (\w+)$", readme, re.MULTILINE)) == list_recipes()
    pictures = re.findall(r"\]\(([^)]+\.png)\)", readme)
    assert sorted(Path(picture).stem for picture in pictures) == list_recipes()
    for picture in pictures:
        with Image.open(folder / picture) as image:
            image.verify()


def test_an_unknown_name_gets_the_nearest_one() -> None:
    with pytest.raises(RecipeError, match="did you mean 'kitchen_walkthrough'"):
        load_recipe("kitchen_walktrough")


def test_all_mistakes_at_once_with_their_lines(tmp_path: Path) -> None:
    file = tmp_path / "bad.yaml"
    file.write_text("name: bad\ntrajektory: {}\ntrajectory:\n  frames: -3\ncamera:\n  width: wide\n")
    with pytest.raises(RecipeError) as caught:
        load_recipe(str(file))
    message = str(caught.value)
    assert "\n" not in message
    assert f"{file}:2: unknown key trajektory; did you mean trajectory?" in message
    assert f"{file}:4: trajectory.frames: input should be greater than or equal to 1 (given: -3)" in message
    assert f"{file}:6: camera.width" in message


@pytest.mark.parametrize("text", ["- a list", "name: [", "just words", ""])
def test_a_page_that_is_no_recipe_is_refused_in_one_line(tmp_path: Path, text: str) -> None:
    file = tmp_path / "odd.yaml"
    file.write_text(text)
    with pytest.raises(RecipeError, match=r"^[^\n]*odd\.yaml[^\n]*$"):
        load_recipe(str(file))


def test_extends_changes_only_what_is_given(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("extends: demo\nname: mine\ntrajectory: {frames: 5}\n")
    mine, demo = load_recipe(str(file)), load_recipe("demo")
    assert mine.trajectory.frames == 5
    assert mine.trajectory.room == demo.trajectory.room
    assert mine.camera == demo.camera
    assert mine.sha256() != demo.sha256()


def test_the_hash_ignores_fields_that_change_no_clip() -> None:
    demo = load_recipe("demo")
    assert demo.replace(description="other").sha256() == demo.sha256()
    assert demo.replace(seed=99).sha256() != demo.sha256()


def test_a_recipe_is_shown_as_it_was_written() -> None:
    assert "extends: kitchen_walkthrough" in read_recipe_text("demo")


def test_a_recipe_that_extends_itself_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.yaml").write_text("extends: b.yaml\nname: a\n")
    Path("b.yaml").write_text("extends: a.yaml\nname: b\n")
    with pytest.raises(RecipeError, match=r"a\.yaml extends itself"):
        load_recipe("a.yaml")


def test_a_key_given_twice_is_named(tmp_path: Path) -> None:
    file = tmp_path / "twice.yaml"
    file.write_text("name: twice\ntrajectory:\n  frames: 3\n  frames: 4\n")
    with pytest.raises(RecipeError, match=r"twice\.yaml:4: trajectory\.frames is given twice"):
        load_recipe(str(file))


def test_quality_decides_the_clips_and_the_default_keeps_its_hash(tmp_path: Path) -> None:
    recipe = load_recipe("demo")
    assert recipe.quality == "standard"
    hashes = {recipe.with_quality(quality).sha256() for quality in get_args(Quality)}
    assert len(hashes) == 4
    assert recipe.with_quality("standard").sha256() == recipe.sha256()
    file = tmp_path / "mine.yaml"
    file.write_text("extends: demo\nname: mine\nquality: photo\n")
    assert load_recipe(str(file)).quality == "photo"


def test_an_unknown_quality_is_named_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("name: mine\nquality: best\n")
    with pytest.raises(RecipeError, match=r"mine\.yaml:2: quality: .*'fast'.*\(given: 'best'\)"):
        load_recipe(str(file))


@pytest.mark.parametrize("name", RESERVED_NAMES)
def test_names_of_the_data_folders_own_folders_are_refused(name: str, tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(f"seed: 1\nname: {name}\n")
    with pytest.raises(
        RecipeError, match=rf"mine\.yaml:2: name: the data folder keeps .*{name}.* for itself"
    ):
        load_recipe(str(file))


def test_all_folders_that_are_no_data_sets_are_reserved() -> None:
    folder = DataFolder(Path("data"))
    own = {folder.run_path("one").parent, folder.assets_path, folder.previews_path}
    own.add(folder.endpoint_answers_path.parent)
    assert {path.name for path in own} == set(RESERVED_NAMES)


def test_a_changed_copy_is_validated() -> None:
    recipe = load_recipe("demo")
    assert recipe.replace(seed=5).seed == 5
    assert recipe.replace() == recipe
    with pytest.raises(ValidationError):
        recipe.replace(seed=-1)
    with pytest.raises(ValidationError):
        recipe.houses.replace(train=0, val=0)


class TestQuestionsOfSingleViews:
    def test_one_frame_needs_not_be_said(self) -> None:
        spec = QuestionSpec.model_validate({"views": "each"})
        assert (spec.frames, spec.counts) == (1, (1,))
        assert QuestionSpec.model_validate(spec.model_dump(mode="json")) == spec

    @pytest.mark.parametrize("frames", [8, [1, 4], [8]])
    def test_several_frames_are_refused(self, frames: object) -> None:
        with pytest.raises(ValidationError, match="views: each asks about one frame at a time, not"):
            QuestionSpec.model_validate({"views": "each", "frames": frames})

    def test_defaults_are_not_written(self) -> None:
        assert set(QuestionSpec().model_dump(mode="json")) == {"frames", "per_template"}
        short = QuestionSpec.model_validate({"wording": "short"})
        assert short.model_dump(mode="json") == {"frames": 8, "per_template": 8, "wording": "short"}
