"""The base class of all sections of a recipe."""

from typing import Any, Literal, Self

from pydantic import BaseModel

RoomType = Literal["Kitchen", "LivingRoom", "Bedroom", "Bathroom"]


class Section(BaseModel, extra="forbid", frozen=True):
    """A part of a recipe. It refuses unknown keys and never changes."""

    def replace(self, **changes: Any) -> Self:
        """A validated copy with other values. Raises pydantic's ValidationError.

        Pydantic's own `model_copy` does not validate.
        """
        return type(self).model_validate({**dict(self), **changes})
