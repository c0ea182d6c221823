"""What a recipe says: which houses, which walk, which camera and which questions."""

import hashlib
import json
from typing import Annotated, Literal

from pydantic import Field, ValidationError, model_validator

from simgen.errors import RecipeError
from simgen.recipe.camera import CameraSpec
from simgen.recipe.houses import Houses
from simgen.recipe.section import Section
from simgen.recipe.trajectory import LOOKING_KINDS, Trajectory, Walkthrough
from simgen.recipe.unity import UnitySpec
from simgen.types import Quality


class VisibilitySpec(Section):
    """When an object counts as seen in a frame."""

    min_visible_px: Annotated[int, Field(ge=1)] = 64
    """Below this people could not name it (of 640 by 480)."""
    min_visible_fraction: Annotated[float, Field(ge=0, le=1)] = 0.1
    """Share of the pixels that it would own if nothing stood in front of it."""


FrameCount = Annotated[int, Field(ge=1, le=64)]


class QuestionSpec(Section):
    """How many questions, and how many frames each shows."""

    frames: FrameCount | Annotated[tuple[FrameCount, ...], Field(min_length=1)] = 8
    """A number of frames, or several, as in [1, 4, 8, 12, 16]: each question is asked with each of them."""
    per_template: Annotated[int, Field(ge=1)] = 8
    """At most this many questions of one template for one clip."""

    @property
    def counts(self) -> tuple[int, ...]:
        """The numbers of frames, ascending."""
        return (self.frames,) if isinstance(self.frames, int) else tuple(sorted(set(self.frames)))


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
    unity: UnitySpec = UnitySpec()
    """Which of AI2-THOR's builds, for `engine: ai2thor`."""
    houses: Houses = Houses()
    clips_per_house: Annotated[int, Field(ge=1)] = 1
    trajectory: Trajectory = Walkthrough()
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

    @model_validator(mode="after")
    def _builds_are_unitys(self) -> "Recipe":
        if self.engine != "ai2thor" and self.unity != UnitySpec():
            raise ValueError("unity is for engine: ai2thor; leave it out, or set the engine")
        return self

    @model_validator(mode="after")
    def _scenes_need_unity(self) -> "Recipe":
        if self.houses.source == "scenes" and self.engine != "ai2thor":
            raise ValueError("houses.source scenes is for engine: ai2thor; only Unity has these scenes")
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

        What counts as seen decides only the trajectories that are chosen by what is seen.

        What has its default value is left out, so that a new field changes no hash; a default never changes.
        """
        undecided = {"description", "questions"}
        if self.trajectory.kind not in LOOKING_KINDS:
            undecided.add("visibility")
        content = self.model_dump(mode="json", exclude=undecided, exclude_defaults=True)
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
