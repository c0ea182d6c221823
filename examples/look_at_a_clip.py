"""Look at a clip in numpy: pictures, metric depth, object ids, camera poses and object boundaries.

simgen render --recipe demo
python examples/look_at_a_clip.py
"""

import numpy as np

import simgen
from simgen.store.clips import read_images

clip = simgen.load_clip()  # the first clip of the data folder; or a name, or a path
rgb = read_images(clip.path, "rgb")  # (T, H, W, 3) uint8
depth_m = read_images(clip.path, "depth_mm") / 1000.0  # (T, H, W), along the optical axis; 0 = nothing hit
ids = read_images(clip.path, "instance")  # (T, H, W): 1 + index in clip.objects; 0 = no object
print(f"{clip.id}: {rgb.shape[0]} frames of {rgb.shape[2]}x{rgb.shape[1]}, {len(clip.objects)} objects")

print("In the first frame, largest first:")
owners, pixels = np.unique(ids[0][ids[0] > 0], return_counts=True)
for owner, count in sorted(zip(owners, pixels, strict=True), key=lambda pair: -pair[1])[:5]:
    item = clip.objects[owner - 1]
    near_m = depth_m[0][ids[0] == owner].min()
    width_m, height_m, depth = 2.0 * item.box.half_extents
    print(f"  {item.type}: {count} px, {near_m:.2f} m away, {width_m:.2f} x {height_m:.2f} x {depth:.2f} m")

# Camera poses are in the world frame: left-handed, y up, metres. world = pose @ camera for a point.
way = np.diff(clip.world_from_camera[:, :3, 3], axis=0)
print(f"The camera travels {np.linalg.norm(way, axis=1).sum():.2f} m")
