"""AI2-THOR's actions, one module per theme, and the table `ACTIONS` of all of them.

An action is a function of the world and of the action's own arguments. The arguments have AI2-THOR's names,
and the simulator checks what the client sent against their annotations before it calls the function. The
return value goes into `actionReturn`. A function that cannot do its action raises ActionFailed before it
changes anything.

To add an action:
1. write its function in the module of its theme, or in a new one;
2. enter it in `ACTIONS` below, under AI2-THOR's name;
3. add a row to `docs/actions.md` (`tests/engine/protocol/test_action_docs.py` compares it with the table);
4. test it in `tests/engine/protocol/`.

One action is not in the table: `GetUnoccludedPixelCounts`, simgen's own. It needs the renderer, which the
world does not have, so `Simulator` answers it.
"""

from collections.abc import Mapping

from simgen.engine.protocol.actions import (
    cameras,
    hand,
    motion,
    navigation,
    objects,
    placement,
    queries,
    session,
)
from simgen.engine.protocol.actions.arguments import Action
from simgen.engine.protocol.actions.failure import ActionFailed

__all__ = ["ACTIONS", "ActionFailed"]

ACTIONS: Mapping[str, Action] = {
    # The scene as a whole
    "Reset": session.reset,
    "Initialize": session.initialize,
    "CreateHouse": session.create_house,
    "GetScenesInBuild": session.get_scenes_in_build,
    "ChangeResolution": session.change_resolution,
    "SetRandomSeed": session.set_random_seed,
    "SetObjectFilter": session.set_object_filter,
    "SetObjectFilterForType": session.set_object_filter_for_type,
    "ResetObjectFilter": session.reset_object_filter,
    "ChangeQuality": session.do_nothing,
    "MakeAllObjectsMoveable": session.do_nothing,
    "PausePhysicsAutoSim": session.do_nothing,
    "UnpausePhysicsAutoSim": session.do_nothing,
    "Pass": session.do_nothing,
    "Done": session.do_nothing,
    # Walking and looking
    "MoveAhead": motion.move_ahead,
    "MoveBack": motion.move_back,
    "MoveLeft": motion.move_left,
    "MoveRight": motion.move_right,
    "RotateLeft": motion.rotate_left,
    "RotateRight": motion.rotate_right,
    "LookDown": motion.look_down,
    "LookUp": motion.look_up,
    "Teleport": motion.teleport,
    "TeleportFull": motion.teleport_full,
    "Stand": motion.stand,
    "Crouch": motion.crouch,
    # Cameras
    "AddThirdPartyCamera": cameras.add_third_party_camera,
    "UpdateThirdPartyCamera": cameras.update_third_party_camera,
    "GetMapViewCameraProperties": cameras.get_map_view_camera_properties,
    "ToggleMapView": cameras.toggle_map_view,
    # Objects
    "OpenObject": objects.open_object,
    "CloseObject": objects.close_object,
    "ToggleObjectOn": objects.toggle_object_on,
    "ToggleObjectOff": objects.toggle_object_off,
    "SetObjectStates": objects.set_object_states,
    # The hand
    "PickupObject": hand.pickup_object,
    "PutObject": hand.put_object,
    "DropHandObject": hand.drop_held_object,
    "DropHeldObject": hand.drop_held_object,
    "MoveHeldObject": hand.move_held_object,
    "MoveHeldObjectAhead": hand.move_held_object_ahead,
    "MoveHeldObjectBack": hand.move_held_object_back,
    "MoveHeldObjectLeft": hand.move_held_object_left,
    "MoveHeldObjectRight": hand.move_held_object_right,
    "MoveHeldObjectUp": hand.move_held_object_up,
    "MoveHeldObjectDown": hand.move_held_object_down,
    "RotateHeldObject": hand.rotate_held_object,
    # Placing without hands
    "SpawnAsset": placement.spawn_asset,
    "InitialRandomSpawn": placement.initial_random_spawn,
    "SetObjectPoses": placement.set_object_poses,
    "PlaceObjectAtPoint": placement.place_object_at_point,
    "DisableObject": placement.disable_object,
    "EnableObject": placement.enable_object,
    "HideObject": placement.disable_object,
    "UnhideObject": placement.enable_object,
    "RemoveFromScene": placement.remove_from_scene,
    "RemoveObjsFromScene": placement.remove_objs_from_scene,
    "AdvancePhysicsStep": placement.advance_physics_step,
    # Queries
    "GetReachablePositions": navigation.get_reachable_positions,
    "GetInteractablePoses": navigation.get_interactable_poses,
    "PositionsFromWhichItemIsInteractable": navigation.positions_from_which_item_is_interactable,
    "GetShortestPath": navigation.get_shortest_path,
    "GetShortestPathToPoint": navigation.get_shortest_path_to_point,
    "GetObjectInFrame": queries.get_object_in_frame,
    "GetCoordinateFromRaycast": queries.get_coordinate_from_raycast,
    "PerformRaycast": queries.perform_raycast,
    "GetObjectHitFromRaycast": queries.get_object_hit_from_raycast,
    "GetVisibleObjects": queries.get_visible_objects,
    "GetObjectMetadata": queries.get_object_metadata,
    "ObjectTypeToObjectIds": queries.object_type_to_object_ids,
    "GetVisibilityPoints": queries.get_visibility_points,
    "GetSceneBounds": queries.get_scene_bounds,
    "GetInSceneAssetGeometry": queries.get_in_scene_asset_geometry,
}
"""Every action that the embedded engine answers; any other fails with AI2-THOR's `InvalidAction`."""
