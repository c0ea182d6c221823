"""Skills: from a view and what is asked about to the facts of an answer. Numbers only, never text.

Each skill also proposes what might be asked, and says how to answer from a map alone, which the second law of
verification uses.
"""

from simgen.qa.skills import (
    clearance,
    count,
    direction,
    distance,
    egomotion,
    nearest,
    occlusion,
    order,
    room,
    room_contents,
    route,
    size,
    vertical,
    viewpoint,
    walking,
)
from simgen.qa.skills.skill import Skill

SKILLS: dict[str, Skill] = {
    **distance.SKILLS,
    **size.SKILLS,
    **viewpoint.SKILLS,
    **occlusion.SKILLS,
    **direction.SKILLS,
    **count.SKILLS,
    **room.SKILLS,
    **room_contents.SKILLS,
    **walking.SKILLS,
    **route.SKILLS,
    **nearest.SKILLS,
    **clearance.SKILLS,
    **vertical.SKILLS,
    **order.SKILLS,
    **egomotion.SKILLS,
}
"""Every skill by the name that templates give it."""
