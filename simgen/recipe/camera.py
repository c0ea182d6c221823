"""The section `camera` of a recipe."""

from typing import Annotated

from pydantic import Field

from simgen.recipe.section import Section


class Handheld(Section):
    """Largest deviation of a hand-held camera from the trajectory. It sways smoothly within these limits."""

    position_m: Annotated[float, Field(ge=0, le=0.05)] = 0.015
    """Metres, in any direction. The agent keeps 0.2 m from everything, so the camera enters no object."""
    rotation_deg: Annotated[float, Field(ge=0, le=10)] = 1.5
    """Degrees, for each of yaw, pitch and roll."""


class CameraSpec(Section):
    """A pinhole camera with square pixels.

    AI2-THOR's agent has a camera of fixed height, held still. With `height_m` or `handheld` a third-party
    camera takes the pictures, and every frame is drawn twice.
    """

    width: Annotated[int, Field(ge=32, le=4096)] = 640
    height: Annotated[int, Field(ge=32, le=4096)] = 480
    fov_deg: Annotated[float, Field(gt=10, lt=150)] = 75.0
    """Vertical field of view."""
    fps: Annotated[float, Field(gt=0)] = 5.0
    height_m: Annotated[float, Field(ge=0.2, le=1.7)] | None = None
    """Above the floor; None takes the standing agent's camera, at 1.576. Outside of these limits the camera
    would be outside of the agent's body, and only the way of that body is known to be free."""
    handheld: Handheld | None = None

    @property
    def is_the_agents(self) -> bool:
        """Whether the agent's own camera takes the pictures."""
        return self.height_m is None and self.handheld is None
