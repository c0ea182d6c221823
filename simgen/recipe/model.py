"""The model of a recipe: houses, engine, trajectory, camera and questions."""

import hashlib
import json
from collections.abc import Mapping
from typing import Annotated, Any, Self

from pydantic import (
    Field,
    ModelWrapValidatorHandler,
    SerializerFunctionWrapHandler,
    ValidationError,
    field_validator,
    model_serializer,
    model_validator,
)

from simgen.errors import RecipeError
from simgen.recipe.camera import CameraSpec
from simgen.recipe.engine import EmbeddedSpec, Engine, gather_engine, name_as_written
from simgen.recipe.houses import Houses
from simgen.recipe.names import RESERVED_NAMES
from simgen.recipe.section import Section
from simgen.recipe.trajectory import LOOKING_KINDS, Trajectory, Walkthrough
from simgen.types import Quality, Views, Wording


class VisibilitySpec(Section):
    """When an object counts as visible in a frame."""

    min_visible_px: Annotated[int, Field(ge=1)] = 64
    """The object must have at least this many pixels. With fewer (of 640 by 480) people could not name it."""
    min_visible_fraction: Annotated[float, Field(ge=0, le=1)] = 0.1
    """The object must show at least this share of the pixels that it would have without occlusion."""


FrameCount = Annotated[int, Field(ge=1, le=64)]


class QuestionSpec(Section):
    """How many questions are asked, and how many frames each of them has."""

    frames: FrameCount | Annotated[tuple[FrameCount, ...], Field(min_length=1)] = 8
    """A number of frames, or several such as [1, 4, 8, 12, 16]; each question is asked with each of them."""
    per_template: Annotated[int, Field(ge=1)] = 8
    """Largest number of questions of one template for one clip, or for one frame with `views: each`."""
    views: Views = "clip"
    """`clip` asks about the clip; `each` about each of its frames as a clip of its own, with one frame."""
    wording: Wording = "full"
    """`full` asks in sentences, with instructions. `short` asks in a few words, for a small model."""

    @model_validator(mode="before")
    @classmethod
    def _ask_one_frame(cls, page: Any) -> Any:
        """With `views: each` there is one frame, which needs not be said."""
        if not isinstance(page, Mapping) or page.get("views") != "each":
            return page
        frames = page.get("frames", 1)
        if frames not in (1, [1], (1,)):
            raise ValueError(f"views: each asks about one frame at a time, not {frames}; write frames: 1")
        return {**page, "frames": 1}

    @model_serializer(mode="wrap")
    def _leave_out_defaults(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leaves `views` and `wording` out if they have their defaults, as in recipes older than they are."""
        values = write(self)
        newer = {"views": "clip", "wording": "full"}
        return {key: value for key, value in values.items() if newer.get(key) != value}

    @property
    def counts(self) -> tuple[int, ...]:
        """The numbers of frames, ascending."""
        return (self.frames,) if isinstance(self.frames, int) else tuple(sorted(set(self.frames)))


class Recipe(Section):
    """A whole recipe, with defaults filled in."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    """Name of the data set. Its files are in the data folder under this name."""
    version: Annotated[int, Field(ge=1)] = 1
    """Raise it to render all clips again."""
    description: str = ""
    """One line for `simgen recipe ls`."""
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 0
    """Seed of all random choices: the houses, the trajectories and the questions."""
    engine: Engine = EmbeddedSpec()
    """The engine that draws the pictures, with its options."""
    houses: Houses = Houses()
    """Where the houses come from, how many, and with which rooms."""
    clips_per_house: Annotated[int, Field(ge=1)] = 1
    """Number of clips of each house. Each has a trajectory of its own."""
    trajectory: Trajectory = Walkthrough()
    """How the camera moves. By default a walkthrough of the whole house."""
    camera: CameraSpec = CameraSpec()
    """Size and field of view of the pictures, and the place of the camera."""
    visibility: VisibilitySpec = VisibilitySpec()
    """When an object counts as visible in a frame."""
    questions: QuestionSpec = QuestionSpec()
    """How many questions are asked, and how many frames each of them has."""

    @model_validator(mode="wrap")
    @classmethod
    def _gather_engine(cls, page: Any, validate: ModelWrapValidatorHandler[Self]) -> Self:
        if not isinstance(page, Mapping):
            return validate(page)
        try:
            return validate(gather_engine(page))
        except ValidationError as error:
            details = [name_as_written(detail, page) for detail in error.errors()]
            raise ValidationError.from_exception_data(cls.__name__, details) from None

    @field_validator("name")
    @classmethod
    def _check_name(cls, name: str) -> str:
        if name in RESERVED_NAMES:
            raise ValueError(
                f"the data folder keeps {', '.join(RESERVED_NAMES)} for itself; give the recipe another name"
            )
        return name

    @model_validator(mode="after")
    def _check_scenes(self) -> Self:
        if self.houses.source == "scenes" and not self.engine.has_scenes:
            raise ValueError("houses.source scenes is for engine: ai2thor; only Unity has these scenes")
        return self

    @property
    def assets(self) -> str | None:
        """The asset pack that the engine draws with; None for none."""
        return getattr(self.engine, "assets", None)

    @property
    def quality(self) -> Quality | None:
        """How the engine draws; None for an engine that has one quality only."""
        return getattr(self.engine, "quality", None)

    def to_keys(self) -> dict[str, Any]:
        """Plain values, with the engine's section in the keys that recipes always had."""
        return {**self.model_dump(mode="json", exclude={"engine"}), **self.engine.to_keys()}

    def to_json(self) -> str:
        """Canonical JSON: sorted keys, no spaces."""
        return json.dumps(self.to_keys(), sort_keys=True, separators=(",", ":"))

    def with_assets(self, assets: str) -> "Recipe":
        """The recipe with another asset pack. Raises RecipeError where its engine takes none."""
        return self._with_engine("assets", assets)

    def with_quality(self, quality: Quality) -> "Recipe":
        """The recipe with another quality. Raises RecipeError where its engine does not have it."""
        return self._with_engine("quality", quality)

    def _with_engine(self, field: str, value: str) -> "Recipe":
        where = f"{self.name}: engine: {self.engine.kind}"
        if field not in type(self.engine).model_fields:
            raise RecipeError(f"{where} takes no {field}; leave it out, or set another engine")
        try:
            return self.replace(engine=self.engine.replace(**{field: value}))
        except ValidationError as error:
            raise RecipeError(f"{where}: {field}: {error.errors()[0]['msg']} (given: {value!r})") from None

    def sha256(self) -> str:
        """Hash of everything that decides the clips: all but the description and the questions.

        `visibility` decides the clips only for trajectories that are planned by what is seen.

        Default values are left out, so that a new field changes no hash. A default never changes.
        """
        undecided = {"description", "questions", "engine"}
        if self.trajectory.kind not in LOOKING_KINDS:
            undecided.add("visibility")
        content = self.model_dump(mode="json", exclude=undecided, exclude_defaults=True)
        content |= self.engine.to_keys(exclude_defaults=True)
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
