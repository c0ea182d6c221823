"""The clip schema: every attribute and dataset of a clip file (docs/clips.md says more)."""

SCHEMA = "1.1"
"""A reader refuses a newer major version; a newer minor one only adds."""

ATTRIBUTES = (
    "recipe",
    "recipe_sha256",
    "simgen_version",
    "engine",
    "engine_version",
    "gl_driver",
    "seed",
    "house_sha256",
    "split",
    "fps",
    "fov_deg",
    "content_sha256",
)
"""Beside `schema`, `world_frame`, `length_unit` and, since 1.1, `attributions`."""

DATASETS = {
    "house": ("", "the house as given to CreateHouse, JSON"),
    "frames/rgb": ("", "(T,H,W,3) sRGB picture"),
    "frames/depth_mm": ("mm", "(T,H,W) distance along the optical axis, 0 = nothing hit"),
    "frames/instance": ("", "(T,H,W) 1 + index into /objects, 0 = no object"),
    "frames/world_from_camera": ("m", "(T,4,4) camera pose; camera x right, y up, z along the optical axis"),
    "frames/intrinsics": ("px", "(3,3) pinhole matrix; u = cx + fx x/z, v = cy - fy y/z"),
    "frames/action": ("", "(T) the AI2-THOR action that led to the frame, JSON"),
    "objects/id": ("", "(N) AI2-THOR object id"),
    "objects/type": ("", "(N) AI2-THOR object type"),
    "objects/asset_id": ("", "(N) AI2-THOR asset id"),
    "objects/room_id": ("", "(N) id of the room it is in"),
    "objects/parent_id": ("", "(N) id of the receptacle it is on, or empty"),
    "objects/obb_center": ("m", "(N,3) centre of the oriented box"),
    "objects/obb_half_extents": ("m", "(N,3) half sizes along the box's own axes"),
    "objects/obb_rotation": ("", "(N,3,3) columns are the box's axes in the world frame"),
    "objects/aabb": ("m", "(N,2,3) lowest and highest corner"),
    "objects/footprint_points": ("m", "(P,2) corners of all footprints as (x, z), one after the other"),
    "objects/footprint_offsets": ("", "(N+1) where each object's footprint begins"),
    "rooms/id": ("", "(R) room id"),
    "rooms/type": ("", "(R) room type"),
    "rooms/polygon_points": ("m", "(Q,2) corners of all floors as (x, z), one after the other"),
    "rooms/polygon_offsets": ("", "(R+1) where each room's floor begins"),
    "visibility/pixels": ("px", "(T,N) pixels that the object owns"),
    "visibility/unoccluded_pixels": ("px", "(T,N) pixels that it would own if nothing stood before it"),
    "visibility/box2d": ("px", "(T,N,4) x_min, y_min, x_max, y_max of its pixels, zeros if unseen"),
}
"""Every dataset of a clip, with its unit and description."""
