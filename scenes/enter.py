"""Brings a controller into a house: builds the house from its JSON, or loads a scene that Unity has."""

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np

from simgen.errors import HouseError
from simgen.geometry.boxes import footprint
from simgen.scenes.engines.base import Controller, Event
from simgen.store.houses import house_index
from simgen.types import Array, Room

APARTMENT = "Apartment"
"""Room type of RoboTHOR's scenes: one polygon around several rooms without names."""


def enter(controller: Controller, house: Mapping[str, Any]) -> tuple[Event, tuple[Room, ...]]:
    """Enters a house or scene. Returns the first event in it, with all objects, and its rooms.

    Raises HouseError when the house cannot be built or its start pose is blocked.
    """
    if "scene" in house:
        event = _enter_scene(controller, house)
        return event, (_scene_room(house, event),)
    return _enter_house(controller, house), read_rooms(house)


def read_rooms(house: Mapping[str, Any]) -> tuple[Room, ...]:
    """The rooms in a house's JSON."""
    return tuple(
        Room(
            room["id"],
            room["roomType"],
            np.array([[p["x"], p["z"]] for p in room["floorPolygon"]], dtype=float),
        )
        for room in house["rooms"]
    )


def _enter_house(controller: Controller, house: Mapping[str, Any]) -> Event:
    """Builds the house and puts the agent at its start pose."""
    event = controller.step(action="CreateHouse", house=dict(house), renderImage=False)
    if not event:
        raise HouseError(f"house {house_index(house)}: CreateHouse failed: {event.metadata['errorMessage']}")
    event = controller.step(action="TeleportFull", **house["metadata"]["agent"], renderImage=False)
    if not event:
        raise HouseError(
            f"house {house_index(house)}: its start pose is blocked: {event.metadata['errorMessage']}"
        )
    return event


def _enter_scene(controller: Controller, house: Mapping[str, Any]) -> Event:
    with warnings.catch_warnings():
        # AI2-THOR advises the agent LoCoBot for RoboTHOR's scenes. Clips are seen from standing height in any
        # scene.
        warnings.filterwarnings("ignore", "You are using a RoboTHOR scene")
        try:
            return controller.reset(house["scene"])
        except ValueError as error:
            reason = str(error).strip().splitlines()[0]
            raise HouseError(f"house {house_index(house)}: AI2-THOR refuses it: {reason}") from None


def _scene_room(house: Mapping[str, Any], event: Event) -> Room:
    """The one room of a scene: the rectangle around its floor.

    The area that the agent can reach would be too small, since counters and beds stand along the walls.
    """
    metadata = event.metadata
    floors = [m["axisAlignedBoundingBox"] for m in metadata["objects"] if m["objectType"] == "Floor"]
    boxes = [box for box in floors if box and box["cornerPoints"]] or [metadata["sceneBounds"]]
    corners = np.concatenate([np.array(box["cornerPoints"], dtype=np.float64) for box in boxes])
    kind = house["metadata"].get("roomType", APARTMENT)
    return Room(house["scene"], kind, _rectangle(corners))


def _rectangle(corners: Array) -> Array:
    """(4, 2) corners (x, z) of the rectangle around points (N, 3), counter-clockwise as all outlines."""
    low, high = corners.min(axis=0), corners.max(axis=0)
    return footprint(np.array([[x, 0.0, z] for x in (low[0], high[0]) for z in (low[2], high[2])]))
