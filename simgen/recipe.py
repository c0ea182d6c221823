"""Recipes: one YAML page that says which houses, which walk, which camera and which questions.

A recipe is found by name among the bundled ones, or by path. `extends: NAME` takes everything from
another recipe and changes what is given.
"""

import difflib
import hashlib
import json
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from simgen.errors import RecipeError
from simgen.types import Quality, Split

RoomType = Literal["Kitchen", "LivingRoom", "Bedroom", "Bathroom"]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class RoomFilter(_Section):
    """Which houses are wanted, by their rooms."""

    require: tuple[RoomType, ...] = ()
    max_rooms: Annotated[int, Field(ge=1, le=12)] = 12


class Houses(_Section):
    """Where houses come from, and how many of each split."""

    source: Literal["procthor"] = "procthor"
    train: Annotated[int, Field(ge=0)] = 6
    """Houses to train on, furnished from procthor's training assets."""
    val: Annotated[int, Field(ge=0)] = 2
    """Held-out houses, furnished from assets that no training house has."""
    rooms: RoomFilter = RoomFilter()

    @model_validator(mode="after")
    def _some(self) -> "Houses":
        if self.train + self.val == 0:
            raise ValueError("train and val are both 0; give at least one house")
        return self

    @property
    def count(self) -> int:
        return self.train + self.val

    def split(self, house: int) -> Split:
        """The split of the house with this index: training houses come first."""
        return "train" if house < self.train else "val"


class Trajectory(_Section):
    """How the agent walks."""

    kind: Literal["walkthrough"] = "walkthrough"
    frames: Annotated[int, Field(ge=1, le=10_000)] = 48
    room: RoomType | None = None
    """The room to walk in; None walks through the whole house."""
    step_m: Annotated[float, Field(gt=0, le=0.25)] = 0.2
    turn_deg: Annotated[float, Field(gt=0, le=15)] = 12.0
    horizon_deg: Annotated[float, Field(ge=-30, le=60)] = 15.0


class CameraSpec(_Section):
    """The camera: a pinhole with square pixels."""

    width: Annotated[int, Field(ge=32, le=4096)] = 640
    height: Annotated[int, Field(ge=32, le=4096)] = 480
    fov_deg: Annotated[float, Field(gt=10, lt=150)] = 75.0
    """Vertical field of view."""
    fps: Annotated[float, Field(gt=0)] = 5.0


class VisibilitySpec(_Section):
    """When an object counts as seen in a frame."""

    min_visible_px: Annotated[int, Field(ge=1)] = 64
    """Below this people could not name it (of 640 by 480)."""
    min_visible_fraction: Annotated[float, Field(ge=0, le=1)] = 0.1
    """Share of the pixels that it would own if nothing stood in front of it."""


class QuestionSpec(_Section):
    """How many questions, and how many frames each shows."""

    frames: Annotated[int, Field(ge=1, le=64)] = 8
    per_template: Annotated[int, Field(ge=1)] = 8
    """At most this many rows of one template for one clip."""


class Recipe(_Section):
    """A resolved recipe."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    version: Annotated[int, Field(ge=1)] = 1
    description: str = ""
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 0
    engine: Literal["embedded", "ai2thor"] = "embedded"
    assets: Annotated[str, Field(min_length=1)] | None = None
    """Asset pack that the embedded engine draws with: a name in the data folder's `assets`, or a folder.

    A clip's own recipe has NAME@HASH here, which finds that pack by name and refuses any other content.
    """
    quality: Quality = "standard"
    """How the pictures are drawn; photo takes some fifty times as long as standard. On Unity fast is its
    preset Low and standard its Ultra, and there is nothing above."""
    houses: Houses = Houses()
    clips_per_house: Annotated[int, Field(ge=1)] = 1
    trajectory: Trajectory = Trajectory()
    camera: CameraSpec = CameraSpec()
    visibility: VisibilitySpec = VisibilitySpec()
    questions: QuestionSpec = QuestionSpec()

    @model_validator(mode="after")
    def _assets_need_our_engine(self) -> "Recipe":
        if self.assets is not None and self.engine != "embedded":
            raise ValueError("assets are for engine: embedded; Unity has its own meshes")
        return self

    @model_validator(mode="after")
    def _quality_is_the_engines(self) -> "Recipe":
        if self.engine == "ai2thor" and self.quality not in ("fast", "standard"):
            raise ValueError(f"quality {self.quality} is for engine: embedded; give Unity fast or standard")
        return self

    def to_json(self) -> str:
        """Canonical JSON: sorted keys, no spaces."""
        return json.dumps(self.model_dump(mode="json"), sort_keys=True, separators=(",", ":"))

    def with_assets(self, assets: str) -> "Recipe":
        """The same, drawn with another asset pack. Raises RecipeError where its engine draws with none."""
        return self._with("assets", assets)

    def with_quality(self, quality: Quality) -> "Recipe":
        """The same, drawn in another quality. Raises RecipeError where its engine has none such."""
        return self._with("quality", quality)

    def _with(self, field: str, value: str) -> "Recipe":
        try:
            return Recipe.model_validate({**self.model_dump(mode="json"), field: value})
        except ValidationError as error:
            raise RecipeError(f"{self.name}: {error.errors()[0]['msg']}") from None

    def sha256(self) -> str:
        """Hash of all that decides the clips: everything but the description and the questions."""
        content = self.model_dump(mode="json", exclude={"description", "questions", "visibility"})
        if self.assets is None:  # so that what was rendered before there were packs keeps its hash
            del content["assets"]
        if self.quality == "standard":  # likewise, before there were qualities
            del content["quality"]
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def recipe_names() -> list[str]:
    """Names of the bundled recipes."""
    folder = resources.files("simgen.recipes")
    return sorted(item.name.removesuffix(".yaml") for item in folder.iterdir() if item.name.endswith(".yaml"))


def load_recipe(name_or_path: str) -> Recipe:
    """A bundled recipe by name, or one from a YAML file.

    Raises RecipeError: the nearest name for an unknown one, or all mistakes with their lines.
    """
    return _load(name_or_path, ())


def recipe_text(name_or_path: str) -> str:
    """The YAML of a recipe as it was written."""
    return _find(name_or_path)[1]


def _find(name_or_path: str) -> tuple[str, str]:
    """A label for messages, and the YAML text."""
    path = Path(name_or_path)
    if path.suffix in (".yaml", ".yml"):
        try:
            return name_or_path, path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise RecipeError(f"{name_or_path}: cannot read this recipe ({error})") from None
    if name_or_path not in recipe_names():
        near = difflib.get_close_matches(name_or_path, recipe_names(), n=1, cutoff=0.0)[0]
        raise RecipeError(
            f"no recipe is called '{name_or_path}'; did you mean '{near}'? (simgen recipe ls shows all)"
        )
    file = resources.files("simgen.recipes") / f"{name_or_path}.yaml"
    return f"{name_or_path}.yaml", file.read_text(encoding="utf-8")


def _load(name_or_path: str, extending: tuple[str, ...]) -> Recipe:
    label, text = _find(name_or_path)
    values, lines = _parse(label, text)
    base = values.pop("extends", None)
    if base is not None:
        where = f"{label}:{lines[('extends',)]}"
        values = _merged(_base(where, base, (*extending, label)), values)
    try:
        return Recipe.model_validate(values)
    except ValidationError as error:
        mistakes = sorted(
            (_mistake(lines, detail) for detail in error.errors()), key=lambda mistake: mistake[0]
        )
        raise RecipeError("; ".join(f"{label}:{line}: {text}" for line, text in mistakes)) from None


def _base(where: str, name: object, extending: tuple[str, ...]) -> dict[str, Any]:
    if not isinstance(name, str):
        raise RecipeError(f"{where}: extends needs the name of another recipe, not {name!r}")
    if name in extending or f"{name}.yaml" in extending:
        raise RecipeError(f"{where}: {name} extends itself, by way of {' and '.join(extending)}")
    try:
        return _load(name, extending).model_dump(mode="json")
    except RecipeError as error:
        raise RecipeError(f"{where}: extends: {error}") from None


def _merged(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in changes.items():
        old = merged.get(key)
        both = isinstance(old, Mapping) and isinstance(value, Mapping)
        merged[key] = _merged(old, value) if both else value  # type: ignore[arg-type]
    return merged


def _parse(label: str, text: str) -> tuple[dict[str, Any], dict[tuple[str, ...], int]]:
    """The values, and the line on which each key stands."""
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        values = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{label}:{mark.line + 1}" if mark else label
        problem = getattr(error, "problem", None) or str(error).split("\n")[0]
        raise RecipeError(f"{where}: not YAML: {problem}") from None
    if not isinstance(values, dict):
        raise RecipeError(f"{label}: a recipe is a page of `key: value` lines")
    lines = _lines(node)
    twice = [(path, line) for path, line in lines if [p for p, _ in lines].count(path) > 1]
    if twice:
        path, line = twice[-1]
        raise RecipeError(f"{label}:{line}: {'.'.join(path)} is given twice")
    return values, dict(lines)


def _lines(node: yaml.Node | None, path: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], int]]:
    if not isinstance(node, yaml.MappingNode):
        return []
    found: list[tuple[tuple[str, ...], int]] = []
    for key, value in node.value:
        here = (*path, str(key.value))
        found.append((here, key.start_mark.line + 1))
        found.extend(_lines(value, here))
    return found


def _mistake(lines: Mapping[tuple[str, ...], int], detail: Any) -> tuple[int, str]:
    """Line and text of one of pydantic's findings; line 1 for what is missing altogether."""
    path = tuple(str(part) for part in detail["loc"] if not isinstance(part, int))
    line = next((lines[path[:end]] for end in range(len(path), 0, -1) if path[:end] in lines), 1)
    name = ".".join(path)
    if detail["type"] == "extra_forbidden":
        return line, f"unknown key {name}{_nearest_key(path)}"
    message = detail["msg"][0].lower() + detail["msg"][1:]
    given = "" if isinstance(detail["input"], dict) else f" (given: {detail['input']!r})"
    return line, f"{name or 'recipe'}: {message}{given}"


def _nearest_key(path: tuple[str, ...]) -> str:
    model: type[BaseModel] = Recipe
    for part in path[:-1]:
        annotation = model.model_fields[part].annotation if part in model.model_fields else None
        if not (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
            return ""
        model = annotation
    near = difflib.get_close_matches(path[-1], [*model.model_fields, "extends"], n=1)
    return f"; did you mean {near[0]}?" if near else f"; known: {', '.join(model.model_fields)}"
