"""The section `engine`: a union by kind, which changes neither the JSON nor the hash of older recipes."""

import hashlib
import json
from pathlib import Path
from typing import Any, Literal

import pytest

from simgen.errors import RecipeError
from simgen.recipe import EmbeddedSpec, EngineSpec, Recipe, UnitySpec, list_recipes, load_recipe
from simgen.recipe.engine import ENGINE_SPECS

FROZEN = json.loads(Path(__file__).with_name("frozen.json").read_text())
"""Made before recipes had this section, of the bundled recipes and of PAGES: SHA-256 of the JSON without its
description, the recipe's hash, and the whole JSON of two."""
BUILD = "0123456789" * 4
PAGES = {
    "unity": "extends: kitchen_walkthrough\nname: kitchen_unity\nengine: ai2thor\n",
    "unity_on_x": "extends: demo\nname: x\nengine: ai2thor\nquality: fast\n"
    f"unity: {{platform: Linux64, build: '{BUILD}'}}\n",
    "unity_scenes": "name: s\nengine: ai2thor\nhouses: {source: scenes, scenes: [FloorPlan1]}\n",
    "high": "extends: demo\nname: high\nquality: high\n",
    "pack": "name: pack\nassets: tables\nquality: photo\n",
    "with_defaults": "name: d\nengine: embedded\nassets: null\nquality: standard\n"
    "unity: {platform: CloudRendering, build: null}\n",
}
NESTED = {
    "unity": "extends: kitchen_walkthrough\nname: kitchen_unity\nengine: {kind: ai2thor}\n",
    "unity_on_x": "extends: demo\nname: x\n"
    f"engine: {{kind: ai2thor, quality: fast, platform: Linux64, build: '{BUILD}'}}\n",
    "high": "extends: demo\nname: high\nengine: {quality: high}\n",
    "pack": "name: pack\nengine: {kind: embedded, assets: tables, quality: photo}\n",
}
"""The same recipes with all of the engine in its section."""


def loaded(tmp_path: Path, text: str) -> Recipe:
    file = tmp_path / "mine.yaml"
    file.write_text(text)
    return load_recipe(str(file))


def hashes(recipe: Recipe) -> list[str]:
    plain = recipe.replace(description="")
    return [hashlib.sha256(plain.to_json().encode()).hexdigest(), recipe.sha256()]


def test_bundled_recipes_keep_their_json_and_hash() -> None:
    frozen = [name for name in list_recipes() if name in FROZEN["hashes"]]
    assert len(frozen) == 14
    for name in frozen:
        assert hashes(load_recipe(name)) == FROZEN["hashes"][name], name


@pytest.mark.parametrize("name", PAGES)
def test_pages_of_every_form_keep_their_json_and_hash(name: str, tmp_path: Path) -> None:
    recipe = loaded(tmp_path, PAGES[name])
    assert hashes(recipe) == FROZEN["hashes"][name]
    if name in NESTED:
        assert loaded(tmp_path, NESTED[name]) == recipe


@pytest.mark.parametrize("values", FROZEN["recipes"])
def test_the_json_in_clips_is_read_and_written_alike(values: dict[str, Any]) -> None:
    text = json.dumps(values, sort_keys=True, separators=(",", ":"))
    assert Recipe.model_validate_json(text).to_json() == text


def test_the_section_is_of_its_kind(tmp_path: Path) -> None:
    assert load_recipe("demo").engine == EmbeddedSpec()
    assert loaded(tmp_path, PAGES["unity_on_x"]).engine == UnitySpec(
        quality="fast", platform="Linux64", build=BUILD
    )
    assert loaded(tmp_path, PAGES["pack"]).engine == EmbeddedSpec(quality="photo", assets="tables")


@pytest.mark.parametrize(
    ("page", "line", "message"),
    [
        ("engine: ai2thro", 2, "engine.kind: there is no 'ai2thro'; did you mean ai2thor?"),
        ("engine: {kind: unity}", 2, "engine.kind: there is no 'unity'; did you mean"),
        (
            "engine: ai2thor\nquality: photo",
            3,
            "quality: input should be 'fast' or 'standard' (given: 'photo')",
        ),
        ("engine: ai2thor\nunity: {build: abc}", 3, "unity.build: string should match pattern"),
        (
            "engine: ai2thor\nunity:\n  plattform: X",
            4,
            "unity.plattform: unknown key; known: platform, build",
        ),
        ("engine: {kind: ai2thor, plattform: X}", 2, "unknown key engine.plattform; did you mean platform?"),
        (
            "engine: {kind: ai2thor, quality: photo}",
            2,
            "engine.quality: input should be 'fast' or 'standard'",
        ),
        (
            "engine: ai2thor\nassets: tables",
            1,
            "assets is not for engine: ai2thor; leave it out, or set the engine",
        ),
        ("unity: {platform: Linux64}", 1, "unity.platform is not for engine: embedded; leave it out"),
        ("engine: {quality: fast}\nquality: high", 1, "quality and engine.quality are both given; keep one"),
        ("unity: CloudRendering", 1, "unity is a section with the keys platform and build"),
        ("engine: 3", 2, "engine.kind: there is no '3'"),
        (
            "houses: {source: scenes, scenes: [FloorPlan1]}",
            1,
            "houses.source scenes is for engine: ai2thor; only Unity has these scenes",
        ),
    ],
)
def test_mistakes_are_named_where_they_stand(page: str, line: int, message: str, tmp_path: Path) -> None:
    with pytest.raises(RecipeError) as caught:
        loaded(tmp_path, f"name: mine\n{page}\n")
    assert f"mine.yaml:{line}: " in str(caught.value)
    assert message in str(caught.value)


def test_mistakes_of_the_engine_hide_no_others(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r"mine\.yaml:2: quality: .*; .*mine\.yaml:3: seed: "):
        loaded(tmp_path, "name: mine\nquality: best\nseed: x\n")


def test_a_quality_that_the_engine_lacks_is_refused() -> None:
    unity = Recipe(name="mine", engine=UnitySpec(quality="fast"))
    assert unity.with_quality("standard").engine == UnitySpec()
    with pytest.raises(
        RecipeError, match="mine: engine: ai2thor: quality: Input should be 'fast' or 'standard'"
    ):
        unity.with_quality("photo")


class PlainSpec(EngineSpec):
    kind: Literal["plain"] = "plain"
    level: int = 3


def test_an_engine_of_somebody_else_has_a_section_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(ENGINE_SPECS, "plain", PlainSpec)
    recipe = loaded(tmp_path, "name: mine\nengine: {kind: plain, level: 4}\n")
    assert recipe.engine == PlainSpec(level=4)
    assert (recipe.quality, recipe.assets) == (None, None)
    assert json.loads(recipe.to_json())["engine"] == {"kind": "plain", "level": 4}
    assert Recipe.model_validate_json(recipe.to_json()) == recipe
    assert (
        len(
            {
                Recipe(name="mine", engine=spec).sha256()
                for spec in (PlainSpec(), PlainSpec(level=4), EmbeddedSpec())
            }
        )
        == 3
    )
    with pytest.raises(RecipeError, match="engine: plain takes no quality"):
        recipe.with_quality("fast")
    with pytest.raises(RecipeError, match=r"mine\.yaml:2: engine\.level: "):
        loaded(tmp_path, "name: mine\nengine: {kind: plain, level: high}\n")
