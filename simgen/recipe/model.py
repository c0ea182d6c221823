"""What a recipe says: which houses, which walk, which camera and which questions."""

import hashlib
import json
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from simgen.errors import RecipeError
from simgen.types import Quality, Split

RoomType = Literal["Kitchen", "LivingRoom", "Bedroom", "Bathroom"]


class Section(BaseModel):
    """A part of a recipe: nothing unknown in it, and nothing changes it."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class RoomFilter(Section):
    """Which houses are wanted, by their rooms."""

    require: tuple[RoomType, ...] = ()
    max_rooms: Annotated[int, Field(ge=1, le=12)] = 12


class Houses(Section):
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


class Trajectory(Section):
    """How the agent walks."""

    kind: Literal["walkthrough"] = "walkthrough"
    frames: Annotated[int, Field(ge=1, le=10_000)] = 48
    room: RoomType | None = None
    """The room to walk in; None walks through the whole house."""
    step_m: Annotated[float, Field(gt=0, le=0.25)] = 0.2
    turn_deg: Annotated[float, Field(gt=0, le=15)] = 12.0
    horizon_deg: Annotated[float, Field(ge=-30, le=60)] = 15.0


class CameraSpec(Section):
    """The camera: a pinhole with square pixels."""

    width: Annotated[int, Field(ge=32, le=4096)] = 640
    height: Annotated[int, Field(ge=32, le=4096)] = 480
    fov_deg: Annotated[float, Field(gt=10, lt=150)] = 75.0
    """Vertical field of view."""
    fps: Annotated[float, Field(gt=0)] = 5.0


class VisibilitySpec(Section):
    """When an object counts as seen in a frame."""

    min_visible_px: Annotated[int, Field(ge=1)] = 64
    """Below this people could not name it (of 640 by 480)."""
    min_visible_fraction: Annotated[float, Field(ge=0, le=1)] = 0.1
    """Share of the pixels that it would own if nothing stood in front of it."""


class QuestionSpec(Section):
    """How many questions, and how many frames each shows."""

    frames: Annotated[int, Field(ge=1, le=64)] = 8
    per_template: Annotated[int, Field(ge=1)] = 8
    """At most this many rows of one template for one clip."""


class Recipe(Section):
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
        """Hash of all that decides the clips: everything but the description and the questions.

        What has its default value is left out, so that a new field changes no hash; a default never changes.
        """
        content = self.model_dump(
            mode="json", exclude={"description", "questions", "visibility"}, exclude_defaults=True
        )
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
