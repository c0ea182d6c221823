"""The path tracer. Mitsuba intersects rays with triangles and compiles this file's arithmetic for all paths.

At every bounce, one shadow ray is cast to a lamp or a window pane, chosen in proportion to the light that
each would add, and one to the sun. Units are those of the rasteriser: a white surface under an irradiance of
1 is white.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simgen.engine.draw.cameras import NEAR, Camera
from simgen.engine.look.materials import SurfaceKind
from simgen.engine.photo.scene import BY_PLAN, CELL, TracerMesh, TracerScene
from simgen.engine.photo.shading import FINISHES, MATT, ShadingPoint
from simgen.types import Array

BOUNCES = 4
"""Surfaces along a path. A fifth one would add less than 3 % of the light and take a fifth more time."""
LAMP_RADIUS = 0.1
"""Radius of a ceiling lamp, metres. It determines the soft edge of the lamp's shadows."""
SUN_SPREAD = 0.012
"""Radius of the sun's disk, as the tangent of an angle. The real value of 0.005 is noisy at few samples."""
PANE_RADIANCE = (3.2, 3.5, 3.9)
"""Radiance of a window pane, in units of a white surface: a bright overcast sky."""
SKY_TINT = (1.3, 1.15, 1.05)
"""Factors from the rasteriser's sky colour to the visible sky: brighter than a room, and without the white
balance for warm lamps."""
SHADE_GLOW = 1.0
"""Radiance of a lamp shade, as a factor on its colour."""
FILL = 0.2
"""Fill light: radiance of every surface, as a factor on its colour, as seen by other surfaces. It stands for
the lamps of neighbouring rooms and for bounces that are not traced. Slightly less than the rasteriser's
ambient light."""
FILL_DISTANCE = 0.3
"""Distance at which a surface emits half of the fill light, metres. Corners and the space under furniture
therefore stay dark."""
BRIGHTEST = 8.0
"""Largest value of a sample. Brighter values are white anyway, and the denoiser would turn them into
spots."""
SKIPPED_FACES = 12
"""Largest number of back faces that a camera ray passes. The rasteriser draws no back faces: a house seen
from above shows no ceilings."""

PAST_FACE = 0.0002
"""Distance beyond a passed face at which the ray starts again, metres."""


@dataclass(frozen=True, slots=True, eq=False)
class TracedImages:
    """Mean of the samples of each pixel, bottom row first."""

    rgb: NDArray[np.float32]
    """(H, W, 3) float32, linear, unbounded."""
    albedo: NDArray[np.float32]
    """(H, W, 3) float32."""
    normals: NDArray[np.float32]
    """(H, W, 3) float32."""


class Tracer:
    """A scene on the device. `mi` and `dr` are the modules of Mitsuba and Dr.Jit, with the variant set."""

    def __init__(self, mi: Any, dr: Any, tables: TracerScene) -> None:
        self._mi, self._dr = mi, dr
        self._scene = self._mitsuba_scene(tables.mesh)
        self._clear = self._mitsuba_scene(tables.clear)
        self._rgb_kind = mi.UInt32(tables.mesh.rgb_kind)
        self._layer_group = mi.UInt32(tables.mesh.layer_group)
        self._layers = len(tables.textures)
        self._texture = mi.Texture3f(mi.TensorXf(tables.textures), wrap_mode=dr.WrapMode.Repeat)
        self._load_finishes()
        self._load_lights(tables)

    def trace(self, camera: Camera, size: tuple[int, int], samples: int, seed: int) -> TracedImages:
        """The picture of a camera, of (width, height) pixels. The same seed gives the same picture."""
        mi, dr = self._mi, self._dr
        width, height = size
        index = dr.arange(mi.UInt32, width * height * samples)
        sampler = mi.load_dict({"type": "independent", "sample_count": samples})
        sampler.seed(dr.opaque(mi.UInt32, seed), width * height * samples)
        pixel = index // samples
        offset = sampler.next_2d()
        ray = self._camera_ray(
            camera, size, mi.Float(pixel % width) + offset.x, mi.Float(pixel // width) + offset.y
        )
        si = self._first_hit(ray)
        rgb, albedo, normal = self._radiance(ray, si, sampler)
        # Evaluated together, since each sum below would otherwise trace the paths again.
        dr.eval(rgb, albedo, normal)
        images = [
            [dr.block_reduce(dr.ReduceOp.Add, channel, samples) / samples for channel in values]
            for values in (rgb, albedo, normal)
        ]
        dr.eval(images)
        return TracedImages(
            *(np.stack([np.array(c).reshape(height, width) for c in image], axis=-1) for image in images)
        )

    def depth(self, camera: Camera, size: tuple[int, int]) -> NDArray[np.float32]:
        """(H, W) metres along the optical axis at the pixels' centres, 0 where no surface is."""
        mi, dr = self._mi, self._dr
        index = dr.arange(mi.UInt32, size[0] * size[1])
        ray = self._camera_ray(
            camera, size, mi.Float(index % size[0]) + 0.5, mi.Float(index // size[0]) + 0.5
        )
        si = self._first_hit(ray)
        forward = self._vector(camera.world_from_camera[:3, 2])
        depth = dr.select(si.is_valid(), NEAR + dr.dot(si.p - ray.o, forward), 0.0)
        return np.array(depth).reshape(size[1], size[0])

    def _mitsuba_scene(self, mesh: TracerMesh) -> Any:
        shape = self._mi.Mesh(
            "all",
            len(mesh.positions) // 3,
            len(mesh.faces) // 3,
            has_vertex_normals=True,
            has_vertex_texcoords=True,
        )
        parameters = self._mi.traverse(shape)
        parameters["vertex_positions"] = mesh.positions
        parameters["vertex_normals"] = mesh.normals
        parameters["vertex_texcoords"] = mesh.uv
        parameters["faces"] = mesh.faces
        parameters.update()
        return self._mi.load_dict({"type": "scene", "all": shape})

    def _load_finishes(self) -> None:
        finishes = [FINISHES.get(kind, MATT) for kind in SurfaceKind]
        self._roughness = self._mi.Float([finish.roughness for finish in finishes])
        self._specular = self._mi.Float([finish.specular for finish in finishes])
        self._metallic = self._mi.Float([float(finish.metallic) for finish in finishes])

    def _load_lights(self, tables: TracerScene) -> None:
        mi, lights = self._mi, tables.lights
        corner, along, up = (
            lights.pane_corners[:, 0],
            lights.pane_corners[:, 1] - lights.pane_corners[:, 0],
            lights.pane_corners[:, 2] - lights.pane_corners[:, 0],
        )
        self._lamp_positions = mi.Float(lights.lamp_positions.ravel())
        self._lamp_rgb = mi.Float(lights.lamp_rgb.ravel())
        self._lamp_spans = mi.UInt32(lights.lamp_spans.ravel())
        self._pane_corners, self._pane_along, self._pane_up = (
            mi.Float(np.ascontiguousarray(values).ravel()) for values in (corner, along, up)
        )
        self._pane_spans = mi.UInt32(lights.pane_spans.ravel())
        self._sunny = mi.Float(lights.sunny.astype(np.float32))
        self._to_sun = self._vector(-lights.sun_direction)
        self._sun_rgb = mi.Color3f(self._vector(lights.sun_rgb))
        self._plan = mi.UInt32(lights.group_plan.ravel())
        self._plan_shape = lights.group_plan.shape
        self._plan_low = lights.plan_low

    def _camera_ray(self, camera: Camera, size: tuple[int, int], x: Any, y: Any) -> Any:
        """Rays through points of the picture, given in pixels from its lower left corner."""
        mi, dr, pose = self._mi, self._dr, camera.world_from_camera
        flat = camera.orthographic_size
        half = np.tan(np.radians(camera.fov_deg) / 2.0) if flat is None else flat
        right, up, forward, eye = (self._vector(pose[:3, column]) for column in range(4))
        # Variables, not literals: otherwise a new kernel would be compiled for every camera.
        half_width = dr.opaque(mi.Float, float(half * size[0] / size[1]))
        half_height = dr.opaque(mi.Float, float(half))
        aside = (2.0 * x / size[0] - 1.0) * half_width * right + (2.0 * y / size[1] - 1.0) * half_height * up
        # Rays start at the near plane, as in the rasteriser.
        if flat is None:
            ahead = forward + aside
            return mi.Ray3f(mi.Point3f(eye + NEAR * ahead), dr.normalize(ahead))
        return mi.Ray3f(mi.Point3f(eye + NEAR * forward + aside), forward + 0.0 * aside)

    def _vector(self, values: Array) -> Any:
        return self._mi.Vector3f(*(self._dr.opaque(self._mi.Float, float(value)) for value in values))

    def _first_hit(self, ray: Any) -> Any:
        """The first face towards the camera that each camera ray hits."""
        mi, dr = self._mi, self._dr

        def is_behind(si: Any, passed: Any) -> Any:
            return si.is_valid() & (dr.dot(si.n, ray.d) > 0.0) & (passed < SKIPPED_FACES)

        def go_on(si: Any, passed: Any) -> Any:
            # Not `spawn_ray`: it offsets the origin, which is visible at grazing angles.
            return self._scene.ray_intersect(mi.Ray3f(si.p + PAST_FACE * ray.d, ray.d)), passed + 1

        start = (self._scene.ray_intersect(ray), mi.UInt32(0))
        return dr.while_loop(start, is_behind, go_on, label="back faces")[0]

    def _radiance(self, ray: Any, si: Any, sampler: Any) -> tuple[Any, Any, Any]:
        """Radiance, albedo and normal of every sample."""
        mi, dr = self._mi, self._dr
        colour, kind = self._surface(si, si.is_valid())
        is_sky = ~si.is_valid() | (kind == int(SurfaceKind.SKY))
        sky = self._sky(ray.d)
        albedo = dr.select(is_sky, dr.minimum(sky, 1.0), colour)
        normal = dr.select(is_sky, mi.Normal3f(0.0), si.sh_frame.n)
        light = dr.select(is_sky, sky, mi.Color3f(0.0))
        state = (sampler, si, light, mi.Color3f(1.0), ~is_sky, mi.Bool(False), mi.UInt32(0))
        result = dr.while_loop(state, lambda *s: s[4], self._bounce, label="paths")
        return dr.minimum(result[2], BRIGHTEST), albedo, normal

    def _bounce(self, *state: Any) -> tuple[Any, ...]:
        """One bounce of every path: adds emitted and direct light, and samples the next direction."""
        mi, dr = self._mi, self._dr
        sampler, si, light, throughput, active, counts_panes, depth = state
        colour, kind = self._surface(si, active)
        is_pane = active & (kind == int(SurfaceKind.SKY))
        light = light + dr.select(is_pane & counts_panes, throughput * mi.Color3f(*PANE_RADIANCE), 0.0)
        glows = active & (kind == int(SurfaceKind.EMISSIVE))
        light = light + dr.select(glows, throughput * colour * SHADE_GLOW, 0.0)
        fill = dr.select(depth > 0, FILL * si.t / (si.t + FILL_DISTANCE), 0.0)
        active = active & ~is_pane
        light = light + dr.select(active, throughput * colour * fill, 0.0)
        surface = ShadingPoint(mi, dr, si, colour, self._finish(kind, active))
        # On metal, panes are counted when a path hits them. Shadow rays to panes would rarely match the
        # mirror direction.
        counts_panes = surface.is_metal
        light = light + dr.select(active, throughput * self._direct(surface, sampler, active), 0.0)
        onward, weight = surface.sample(sampler, active)
        throughput = throughput * weight
        depth = depth + 1
        active = active & (depth < BOUNCES) & (dr.max(throughput) > 1e-4)
        ray = si.spawn_ray(onward)
        si = self._scene.ray_intersect(ray, active)
        active = active & si.is_valid()
        return sampler, si, light, throughput, active, counts_panes, depth

    def _surface(self, si: Any, active: Any) -> tuple[Any, Any]:
        """Linear colour and surface kind at the hit points."""
        mi, dr = self._mi, self._dr
        packed = dr.gather(mi.UInt32, self._rgb_kind, si.prim_index, active)
        layer = dr.gather(mi.UInt32, self._layer_group, si.prim_index, active) & 0xFF
        own = mi.Color3f(packed & 0xFF, (packed >> 8) & 0xFF, (packed >> 16) & 0xFF) / 255.0
        at = mi.Point3f(si.uv.x, si.uv.y, (mi.Float(layer) + 0.5) / self._layers)
        grey, share = self._texture.eval(at, active)
        return _linear(dr, grey * dr.lerp(mi.Color3f(1.0), 2.0 * own, share)), packed >> 24

    def _finish(self, kind: Any, active: Any) -> tuple[Any, Any, Any]:
        values = [self._dr.gather(self._mi.Float, v, kind, active) for v in (self._roughness, self._specular)]
        metallic = self._dr.gather(self._mi.Float, self._metallic, kind, active)
        return values[0], values[1], metallic > 0.5

    def _direct(self, surface: ShadingPoint, sampler: Any, active: Any) -> Any:
        """Light that the surface reflects towards the viewer directly from the lights."""
        dr, si = self._dr, surface.si
        group = self._group(si, active)
        sunlight, sun = self._from_sun(surface, group, sampler, active)
        lamplight, lamp = self._from_lamp(surface, group, sampler, active)
        skylight, pane = self._from_pane(surface, group, sampler, active)
        # The sun has its own shadow ray. It is hidden nearly everywhere, and would take most of the shared
        # rays.
        sees_sun = self._sees(si, sun, active & (dr.max(sunlight) > 0.0))
        of_lamp, of_pane = dr.mean(lamplight), dr.mean(skylight)
        total = of_lamp + of_pane
        takes_lamp = sampler.next_1d(active) * total < of_lamp
        chosen = dr.select(takes_lamp, of_lamp, of_pane)
        seen = self._sees(si, dr.select(takes_lamp, lamp, pane), active & (chosen > 0.0))
        light = dr.select(takes_lamp, lamplight, skylight) * (total / chosen)
        return dr.select(seen, light, 0.0) + dr.select(sees_sun, sunlight, 0.0)

    def _sees(self, si: Any, target: Any, wanted: Any) -> Any:
        return wanted & ~self._clear.ray_test(si.spawn_ray_to(target), wanted)

    def _from_lamp(self, surface: ShadingPoint, group: Any, sampler: Any, active: Any) -> tuple[Any, Any]:
        """Unoccluded light of one of the room's lamps, and the point on the lamp."""
        mi, dr = self._mi, self._dr
        which, count = self._one_of(self._lamp_spans, group, sampler, active)
        centre = dr.gather(mi.Point3f, self._lamp_positions, which, active)
        rgb = dr.gather(mi.Color3f, self._lamp_rgb, which, active)
        target = centre + LAMP_RADIUS * mi.warp.square_to_uniform_sphere(sampler.next_2d(active))
        away = target - surface.si.p
        fading = 1.0 + 0.18 * dr.squared_norm(away)  # same falloff as the rasteriser
        return dr.pi * surface.evaluate(dr.normalize(away)) * rgb * count / fading, target

    def _from_pane(self, surface: ShadingPoint, group: Any, sampler: Any, active: Any) -> tuple[Any, Any]:
        """Unoccluded light of one of the room's window panes, and the point on the pane."""
        mi, dr = self._mi, self._dr
        which, count = self._one_of(self._pane_spans, group, sampler, active)
        corner = dr.gather(mi.Point3f, self._pane_corners, which, active)
        along = dr.gather(mi.Vector3f, self._pane_along, which, active)
        up = dr.gather(mi.Vector3f, self._pane_up, which, active)
        at = mi.warp.square_to_uniform_triangle(sampler.next_2d(active))
        target = corner + at.x * along + at.y * up
        away = target - surface.si.p
        distance2 = dr.squared_norm(away)
        away = away * dr.rsqrt(distance2)
        area = 0.5 * dr.cross(along, up)  # as a vector
        solid_angle = dr.minimum(dr.maximum(-dr.dot(area, away), 0.0) / distance2, 2.0)
        counted = count * dr.select(surface.is_metal, 0.0, 1.0)
        return surface.evaluate(away) * mi.Color3f(*PANE_RADIANCE) * solid_angle * counted, target

    def _from_sun(self, surface: ShadingPoint, group: Any, sampler: Any, active: Any) -> tuple[Any, Any]:
        """Unoccluded sunlight, and a distant point towards the sun."""
        mi, dr = self._mi, self._dr
        aside = SUN_SPREAD * mi.warp.square_to_uniform_disk(sampler.next_2d(active))
        to_sun = dr.normalize(mi.Frame3f(self._to_sun).to_world(mi.Vector3f(aside.x, aside.y, 1.0)))
        sunny = dr.gather(mi.Float, self._sunny, group, active)
        return dr.pi * surface.evaluate(to_sun) * self._sun_rgb * sunny, surface.si.p + 100.0 * to_sun

    def _one_of(self, spans: Any, group: Any, sampler: Any, active: Any) -> tuple[Any, Any]:
        """A random light of a group's span, and the number of lights in the span."""
        mi, dr = self._mi, self._dr
        first = dr.gather(mi.UInt32, spans, 2 * group, active)
        count = mi.Float(dr.gather(mi.UInt32, spans, 2 * group + 1, active) - first)
        number = dr.minimum(sampler.next_1d(active) * count, dr.maximum(count - 1.0, 0.0))
        return dr.select(count > 0.0, first + mi.UInt32(number), 0), count

    def _group(self, si: Any, active: Any) -> Any:
        """The group of rooms whose lights reach a surface."""
        mi, dr = self._mi, self._dr
        rows, columns = self._plan_shape
        at = si.p + 0.05 * si.sh_frame.n
        column = dr.clip((at.x - float(self._plan_low[0])) / CELL, 0.0, columns - 1.0)
        row = dr.clip((at.z - float(self._plan_low[1])) / CELL, 0.0, rows - 1.0)
        by_plan = dr.gather(mi.UInt32, self._plan, mi.UInt32(row) * columns + mi.UInt32(column), active)
        own = dr.gather(mi.UInt32, self._layer_group, si.prim_index, active) >> 8
        return dr.select(own == BY_PLAN, by_plan, own)

    def _sky(self, d: Any) -> Any:
        """Linear colour of the sky in a direction: the rasteriser's (scene.frag) times `SKY_TINT`."""
        mi, dr = self._mi, self._dr
        up = dr.clip(1.5 * d.y + 0.25, 0.0, 1.0)
        air = dr.lerp(mi.Color3f(0.93, 0.96, 1.0), mi.Color3f(0.55, 0.75, 0.98), up)
        t = dr.clip((d.y + 0.08) / 0.1, 0.0, 1.0)
        seen = dr.lerp(mi.Color3f(0.78, 0.84, 0.78), air, t * t * (3.0 - 2.0 * t))
        return _linear(dr, seen) * mi.Color3f(*SKY_TINT)


def _linear(dr: Any, srgb: Any) -> Any:
    """Linear colour of sRGB by a polynomial approximation."""
    return srgb * dr.fma(srgb, dr.fma(srgb, 0.305306011, 0.682171111), 0.012522878)
