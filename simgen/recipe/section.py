"""What all parts of a recipe have in common."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

RoomType = Literal["Kitchen", "LivingRoom", "Bedroom", "Bathroom"]


class Section(BaseModel):
    """A part of a recipe: nothing unknown in it, and nothing changes it."""

    model_config = ConfigDict(extra="forbid", frozen=True)
