"""The requirements on an object that a question names, and the visible objects that meet them."""

from pydantic import BaseModel, ConfigDict, Field

from simgen.qa.refusal import Refusal
from simgen.qa.view.cache import cache_per_view
from simgen.qa.view.names import UNNAMEABLE, spoken_name
from simgen.qa.view.view import Seen, View


class Needs(BaseModel):
    """The requirements of a template on the objects that its questions name."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    min_size_m: float = Field(default=0.2, ge=0.0)
    """The least second longest side of the oriented box. Smaller objects, and thin ones
    such as a pen, are hard to find in a picture."""
    min_shown: float = Field(default=0.3, ge=0.0, le=1.0)
    """The share of the object's outline that one picture must show. A corner does not show where the rest
    is."""


@cache_per_view
def naming_problems(view: View, needs: Needs) -> dict[str, Refusal | None]:
    """For each visible object, by id: why questions must not name it, or None when they may."""
    return {seen.object.id: _naming_problem(view, needs, seen) for seen in view.seen}


def list_nameable(view: View, needs: Needs) -> list[str]:
    """The ids of the visible objects that questions may name, by first appearance."""
    return [object_id for object_id, problem in naming_problems(view, needs).items() if problem is None]


def _naming_problem(view: View, needs: Needs, seen: Seen) -> Refusal | None:
    """The reason why questions must not name a visible object; None when they may."""
    item = seen.object
    if item.type in UNNAMEABLE:
        return Refusal("not nameable", f"nobody would ask for a {spoken_name(item.type)}")
    if view.glimpsed[item.type] > 1:
        return Refusal(
            "ambiguous name", f"{view.glimpsed[item.type]} things called {spoken_name(item.type)} are in view"
        )
    shown = view.share_shown(seen)
    if shown < needs.min_shown:
        return Refusal("cut off", f"{shown:.2f} of it is in a picture, at least {needs.min_shown} is needed")
    size = view.geometry.middle_size(seen.index)
    if size < needs.min_size_m:
        return Refusal("too small", f"{size:.2f} m, at least {needs.min_size_m} m is needed")
    return None
