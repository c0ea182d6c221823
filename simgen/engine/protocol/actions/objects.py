"""Opening, closing and switching things."""

from collections.abc import Mapping
from typing import Any

from simgen.engine.protocol.actions.failure import ActionFailed
from simgen.engine.protocol.actions.targets import find_swept_agent, find_target
from simgen.engine.protocol.world import World
from simgen.engine.world.scene import Body

SHUT_TO_RUN = frozenset({"ClothesDryer", "Microwave", "WashingMachine"})
"""Types that can be switched on only when closed, and opened only when off."""
STATE_CHANGES = {"openable": "isOpen", "toggleable": "isToggled"}
"""State changes that are simulated, and the key of the wanted state."""


def open_object(
    world: World,
    objectId: str | None = None,
    openness: float = 1.0,
    forceAction: bool = False,
    x: float | None = None,
    y: float | None = None,
    **options: Any,
) -> None:
    """Opens an object to a share of its full opening."""
    body = find_target(world, objectId, x, y, forceAction)
    if not 0.0 <= openness <= 1.0:
        raise ActionFailed(f"openness must be in [0:1], not {openness}")
    _open(world, body, float(openness))


def close_object(
    world: World,
    objectId: str | None = None,
    forceAction: bool = False,
    x: float | None = None,
    y: float | None = None,
    **options: Any,
) -> None:
    """Closes an object."""
    body = find_target(world, objectId, x, y, forceAction)
    if body.openable and body.openness == 0.0:
        raise ActionFailed(f"object already closed: {body.id}")
    _open(world, body, 0.0)


def toggle_object_on(
    world: World,
    objectId: str | None = None,
    forceAction: bool = False,
    x: float | None = None,
    y: float | None = None,
) -> None:
    """Switches an object on."""
    _toggle(world, find_target(world, objectId, x, y, forceAction), on=True)


def toggle_object_off(
    world: World,
    objectId: str | None = None,
    forceAction: bool = False,
    x: float | None = None,
    y: float | None = None,
) -> None:
    """Switches an object off."""
    _toggle(world, find_target(world, objectId, x, y, forceAction), on=False)


def set_object_states(world: World, SetObjectStates: Mapping[str, Any]) -> None:
    """Opens, closes or switches every object, or every one of a type, without going there."""
    change, object_type = SetObjectStates.get("stateChange"), SetObjectStates.get("objectType")
    if change not in STATE_CHANGES:
        raise ActionFailed(
            f"stateChange {change!r} is not simulated; it is one of {', '.join(STATE_CHANGES)}"
        )
    wanted = SetObjectStates.get(STATE_CHANGES[change])
    if not isinstance(wanted, bool):
        raise ActionFailed(f"{STATE_CHANGES[change]} must be true or false, not {wanted!r}")
    chosen = [
        body
        for body in world.scene.bodies.values()
        if not object_type or body.asset.object_type == object_type
    ]
    if change == "openable":
        moving = [body for body in chosen if body.openable and (body.openness > 0.0) != wanted]
        for body in moving:
            _check_opens(world, body, float(wanted))
        for body in moving:
            body.openness = float(wanted)
    else:
        switched = [body for body in chosen if "CanToggleOnOff" in body.asset.properties]
        for body in switched:
            _check_shut(body, wanted)
        for body in switched:
            body.is_on = wanted
    world.scene.mark_changed()


def _open(world: World, body: Body, openness: float) -> None:
    if not body.openable:
        raise ActionFailed(f"{body.id} is not an Openable object")
    _check_opens(world, body, openness)
    body.openness = openness
    world.scene.mark_changed()


def _check_opens(world: World, body: Body, openness: float) -> None:
    if body.is_on and body.asset.object_type in SHUT_TO_RUN:
        raise ActionFailed("Target must be OFF to open!")
    name = find_swept_agent(world, body, openness) if not body.held else ""
    if name:
        raise ActionFailed(f"Object failed to open/close successfully. {name} is in the way of {body.id}")


def _toggle(world: World, body: Body, on: bool) -> None:
    state = "on" if on else "off"
    if "CanToggleOnOff" not in body.asset.properties:
        raise ActionFailed(f"{body.id} is not toggleable")
    if body.is_on == on:
        raise ActionFailed(f"can't toggle object {state} if it's already {state}!")
    _check_shut(body, on)
    body.is_on = on
    world.scene.mark_changed()


def _check_shut(body: Body, on: bool) -> None:
    if on and body.openness > 0.0 and body.asset.object_type in SHUT_TO_RUN:
        raise ActionFailed("Target must be closed to Toggle On!")
