"""Skills compute the facts of an answer from a view and an ask: numbers only, never text.

Each skill also proposes asks, and answers from a map alone; the second check of verification uses that.
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
