"""The section `trajectory` of a recipe: one model for each kind, each with its own fields."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from simgen.recipe.section import RoomType, Section

FrameCount = Annotated[int, Field(ge=1, le=10_000)]
StepM = Annotated[float, Field(ge=0.125, le=0.25)]
"""A walk goes from point to point of a grid of 0.125 m; with a shorter step it would not leave the first."""
TurnDeg = Annotated[float, Field(gt=0, le=15)]
HorizonDeg = Annotated[float, Field(ge=-30, le=60)]
"""The range in which AI2-THOR's agent can look up and down."""


class Walkthrough(Section):
    """Walks all over a room, or through the middle of every room, and looks ahead."""

    kind: Literal["walkthrough"] = "walkthrough"
    frames: FrameCount = 48
    room: RoomType | None = None
    """Walks in the first room of this type; None walks through the whole house."""
    step_m: StepM = 0.2
    turn_deg: TurnDeg = 12.0
    horizon_deg: HorizonDeg = 15.0


# Only the first kind has a default for `kind`. Default values are left out of a recipe's hash, so with more
# defaults two kinds without other fields would have the same hash.
class LookAround(Section):
    """Stands at good vantage points and turns a full circle at each."""

    kind: Literal["look_around"]
    frames: FrameCount = 72
    room: RoomType | None = None
    stops: Annotated[int, Field(ge=1, le=20)] = 2
    """Vantage points at most; fewer if the frames do not suffice or a further one shows nothing new."""
    step_m: StepM = 0.25
    turn_deg: Annotated[float, Field(gt=0, le=60)] = 15.0
    """Degrees per frame at most. If frames are left over, the turns are slower."""
    horizon_deg: HorizonDeg = 15.0

    @model_validator(mode="after")
    def _one_circle(self) -> "LookAround":
        if (self.frames - 1) * self.turn_deg < 360.0:
            raise ValueError(
                f"{self.frames} frames of {self.turn_deg:g} degrees make no full circle; give more frames or "
                "a larger turn_deg"
            )
        return self


class RoomToRoom(Section):
    """A tour of the whole house through its doors, into every room that can be reached."""

    kind: Literal["room_to_room"]
    frames: FrameCount = 240
    step_m: StepM = 0.25
    turn_deg: TurnDeg = 15.0
    horizon_deg: HorizonDeg = 15.0

    @property
    def room(self) -> None:
        """None: the tour is through the whole house."""
        return None


class ObjectOrbit(Section):
    """Walks around an object, as far as the floor allows, and faces it."""

    kind: Literal["object_orbit"]
    frames: FrameCount = 48
    room: RoomType | None = None
    object: Annotated[str, Field(min_length=1)] | None = None
    """AI2-THOR's type, such as DiningTable; None takes the object that can be seen from the most sides."""
    nearest_m: Annotated[float, Field(ge=0.2, le=5)] = 0.5
    """Smallest distance of the camera from the object's footprint, metres."""
    farthest_m: Annotated[float, Field(ge=0.3, le=8)] = 2.0
    step_m: StepM = 0.25

    @model_validator(mode="after")
    def _a_ring(self) -> "ObjectOrbit":
        if self.farthest_m < self.nearest_m + 0.125:
            raise ValueError(
                f"nearest_m {self.nearest_m:g} and farthest_m {self.farthest_m:g} leave no ring; leave at "
                "least 0.125 between them"
            )
        return self


class RandomWalk(Section):
    """A random walk: each frame turns a little at random and steps on, and turns away from obstacles."""

    kind: Literal["random_walk"]
    frames: FrameCount = 48
    room: RoomType | None = None
    step_m: StepM = 0.2
    turn_deg: TurnDeg = 15.0
    horizon_deg: HorizonDeg = 15.0


class Coverage(Section):
    """Walks to the places from which the most objects are seen that were not seen before."""

    kind: Literal["coverage"]
    frames: FrameCount = 72
    room: RoomType | None = None
    step_m: StepM = 0.25
    turn_deg: TurnDeg = 15.0
    horizon_deg: HorizonDeg = 15.0


class Keyframes(Section):
    """Stills in nested sets: the first 1, 4, 8, 12 and 16 frames show the same objects if possible."""

    kind: Literal["keyframes"]
    frames: Literal[1, 4, 8, 12, 16] = 16
    room: RoomType | None = None
    horizon_deg: HorizonDeg = 15.0


def _with_kind(value: Any) -> Any:
    """A section without a kind is a walkthrough."""
    return {"kind": "walkthrough", **value} if isinstance(value, dict) else value


Trajectory = Annotated[
    Walkthrough | LookAround | RoomToRoom | ObjectOrbit | RandomWalk | Coverage | Keyframes,
    Field(discriminator="kind"),
    BeforeValidator(_with_kind),
]
"""One of the kinds."""

LOOKING_KINDS = ("look_around", "object_orbit", "coverage", "keyframes")
"""Kinds that are planned by which objects are seen from where."""
