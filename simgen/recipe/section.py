"""The base class of all sections of a recipe."""

from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict

RoomType = Literal["Kitchen", "LivingRoom", "Bedroom", "Bathroom"]


class Section(BaseModel):
    """A part of a recipe. It refuses unknown keys and never changes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    def replace(self, **changes: Any) -> Self:
        """A validated copy with other values. Raises pydantic's ValidationError.

        Pydantic's own `model_copy` does not validate.
        """
        return type(self).model_validate({**dict(self), **changes})
