"""The section `camera` of a recipe."""

from typing import Annotated

from pydantic import Field

from simgen.recipe.section import Section


class Handheld(Section):
    """Largest deviation of a hand-held camera from the trajectory. It sways smoothly within these limits."""

    position_m: Annotated[float, Field(ge=0, le=0.05)] = 0.015
    """Largest offset, metres, in any direction. The agent keeps 0.2 m from everything, so the camera enters
    no object."""
    rotation_deg: Annotated[float, Field(ge=0, le=10)] = 1.5
    """Largest rotation, degrees, for each of yaw, pitch and roll."""


class CameraSpec(Section):
    """A pinhole camera with square pixels.

    AI2-THOR's agent has a camera of fixed height, held still. With `height_m` or `handheld` a third-party
    camera takes the pictures, and every frame is drawn twice.
    """

    width: Annotated[int, Field(ge=32, le=4096)] = 640
    """Width of a picture in pixels."""
    height: Annotated[int, Field(ge=32, le=4096)] = 480
    """Height of a picture in pixels."""
    fov_deg: Annotated[float, Field(gt=10, lt=150)] = 75.0
    """Vertical field of view, degrees."""
    fps: Annotated[float, Field(gt=0)] = 5.0
    """Frames per second. A clip stores it, and it gives each frame a time. No picture depends on it."""
    height_m: Annotated[float, Field(ge=0.2, le=1.7)] | None = None
    """Height above the floor, metres. By default the pictures are those of the standing agent's camera, at
    1.576 m. Outside of these limits the camera would be outside of the agent's body, and only the path of
    that body is known to be free."""
    handheld: Handheld | None = None
    """Moves the camera like one in a person's hand. By default the camera is steady."""

    @property
    def is_the_agents(self) -> bool:
        """Whether the agent's own camera takes the pictures."""
        return self.height_m is None and self.handheld is None
