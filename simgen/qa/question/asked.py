"""The entries of a question's map from which alone the answer can be read.

A model that draws only these entries can still derive its answer from its map. They are the question's
objects, options, cameras and rooms, and all objects of the types that it names. Where the answer depends on
more, such as the obstacles of a walk, they are all entries.
"""

from collections.abc import Sequence

from simgen.qa.question.map import list_asked_names
from simgen.qa.question.solve import answer_on_map
from simgen.qa.skills import SKILLS
from simgen.qa.skills.count import entries_of
from simgen.qa.skills.facts import Ask
from simgen.qa.templates.loading import Template
from simgen.qa.view.view import View
from simgen.scoring import MapObject


def list_asked_entries(
    view: View, template: Template, ask: Ask, entries: tuple[MapObject, ...]
) -> tuple[str, ...]:
    """The names of those entries of a question's map from which its answer can be read, in its order.

    They are in the map's order where the answer depends on that order, as for the order in which objects
    appear. They are all entries, in the map's order, if the others alone give another answer than the whole
    map.
    """
    names, answer = _list_names(view, template, ask, entries), answer_on_map(view, template, ask, entries)
    all_names = tuple(entry.name for entry in entries)
    for chosen in (names, tuple(name for name in all_names if name in names)):
        if answer_on_map(view, template, ask, select_entries(entries, chosen)) == answer:
            return chosen
    return all_names


def select_entries(entries: Sequence[MapObject], names: Sequence[str]) -> tuple[MapObject, ...]:
    """The entries with these names, in the order of the names."""
    by_name = {entry.name: entry for entry in entries}
    return tuple(by_name[name] for name in names if name in by_name)


def _list_names(view: View, template: Template, ask: Ask, entries: tuple[MapObject, ...]) -> tuple[str, ...]:
    """The names of a question's objects, options, cameras and rooms, then of all objects of its types."""
    skill = SKILLS[template.skill]
    types = (*ask.types, *(ask.options if skill.options == "types" else ()))
    counted = (entry.name for kind in types for entry in entries_of(entries, kind))
    return tuple(dict.fromkeys((*list_asked_names(view, skill, ask), *counted)))
