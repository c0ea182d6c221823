"""What a recipe says about the camera."""

from typing import Annotated

from pydantic import Field

from simgen.recipe.section import Section


class Handheld(Section):
    """How far a hand-held camera strays from the walk: smoothly, and never farther than this."""

    position_m: Annotated[float, Field(ge=0, le=0.05)] = 0.015
    """Metres, in any direction; the agent keeps 0.2 m off everything, so a camera strays into nothing."""
    rotation_deg: Annotated[float, Field(ge=0, le=10)] = 1.5
    """About each of yaw, pitch and roll."""


class CameraSpec(Section):
    """The camera: a pinhole with square pixels.

    With a height or a hand of its own it is a camera beside AI2-THOR's agent's, which can have neither;
    every frame is then drawn twice.
    """

    width: Annotated[int, Field(ge=32, le=4096)] = 640
    height: Annotated[int, Field(ge=32, le=4096)] = 480
    fov_deg: Annotated[float, Field(gt=10, lt=150)] = 75.0
    """Vertical field of view."""
    fps: Annotated[float, Field(gt=0)] = 5.0
    height_m: Annotated[float, Field(ge=0.2, le=1.7)] | None = None
    """Above the floor; None is the standing agent's camera, at 1.576. Lower or higher than this the camera
    would not be within the agent, whose way alone is known to be free."""
    handheld: Handheld | None = None

    @property
    def is_the_agents(self) -> bool:
        """Whether the agent's own camera takes the pictures."""
        return self.height_m is None and self.handheld is None
