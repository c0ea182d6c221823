"""The lighting of a scene, computed once when the scene is loaded and looked up by every picture."""

from enum import IntEnum
from importlib import resources
from typing import Any

import moderngl
import numpy as np
from numpy.typing import NDArray

from simgen.engine.draw.batch import MAX_ROOMS, Batch
from simgen.engine.draw.lightmap import LIGHT_MAP_VERTEX, lay_out_light_map
from simgen.engine.draw.lights import HouseLights, scene_lights
from simgen.engine.draw.occupancy import measure_occupancy
from simgen.engine.draw.shadows import GUARD, ShadowMaps, depth_terms, soft_taps, sun_matrix
from simgen.engine.world.scene import Scene
from simgen.house.parse import House
from simgen.types import Array

BAKED_TAPS = 12
"""Shadow map samples per texel of the light map. It is drawn once per scene, so they cost little."""
LAMP_SOFTNESS = 0.016
"""Radius of the soft edge of a lamp's shadow, as the tangent of an angle: 4 cm at 2.5 m."""
SUN_SOFTNESS_M = 0.015
"""Radius of the soft edge of the sun's shadow, metres."""
TEXTURES, OCCUPANCY, LAMP_SHADOWS, SUN_SHADOWS, LIGHT_MAP, ROUGH = range(6)
"""Texture units."""


class LightingMode(IntEnum):
    """How the light on a surface is computed. The shaders use the same names."""

    BY_MAP = 0
    """Looked up in the light map."""
    BY_CORNERS = 1
    """Computed at the vertices when the scene is loaded, and interpolated."""
    BY_PIXEL = 2
    """Computed for every pixel, with shadows."""


class Lighting:
    """The lighting of a scene on the device."""

    def __init__(self, gl: moderngl.Context, bodies: LightingMode) -> None:
        self._gl = gl
        self._casters = compile_program(gl, "shadow.vert", "depth.frag")
        self._map_program = compile_program(gl, "bake_map.vert", "bake_map.frag", shadow_taps=BAKED_TAPS)
        self._corner_program = compile_program(gl, "bake_corners.vert", lit=bodies, varyings=("out_baked",))
        self._resources: list[Any] = []
        self.baked = gl.buffer(reserve=16)
        """(V) three floats per vertex; their meaning is described at `baked` in scene.frag."""

    def load(self, scene: Scene, batch: Batch, vertices: moderngl.Buffer, indices: moderngl.Buffer) -> None:
        """Computes the lighting of a scene. Its vertices and indices must already be on the device."""
        for resource in (*self._resources, self.baked):
            resource.release()
        self._uniforms = _Uniforms(scene_lights(scene))
        self._resources = [self._load_occupancy(scene.house, batch)]
        self._resources += self._cast_shadows(batch, vertices, indices)
        layout = lay_out_light_map(batch)
        self._resources.append(self._bake_map(layout.size, layout.triangles))
        self._bake_corners(batch, vertices, layout.baked)

    def bind(self, program: moderngl.Program, shadow_taps: int) -> None:
        """Sets the lighting uniforms of a program."""
        self._uniforms.write(program, shadow_taps)

    def _load_occupancy(self, house: House | None, batch: Batch) -> moderngl.Texture3D:
        grid = measure_occupancy(house, batch)
        # Without alignment=1, rows of odd length would be padded.
        cells = self._gl.texture3d(grid.cells.shape[::-1], 1, grid.cells.tobytes(), alignment=1)
        cells.filter = (moderngl.LINEAR, moderngl.LINEAR)
        cells.repeat_x = cells.repeat_y = cells.repeat_z = False
        cells.use(OCCUPANCY)
        self._uniforms.values["occupancy_low"] = grid.low
        self._uniforms.values["occupancy_scale"] = 1.0 / grid.size
        return cells

    def _cast_shadows(self, batch: Batch, vertices: moderngl.Buffer, indices: moderngl.Buffer) -> list[Any]:
        lights = self._uniforms.lights
        maps = ShadowMaps(self._gl, len(lights.lamps) if lights else 0)
        maps.lamps.use(LAMP_SHADOWS)
        maps.sun.use(SUN_SHADOWS)
        if lights is None:
            return [maps]
        box = np.stack([batch.bounds[:, 0].min(axis=0), batch.bounds[:, 1].max(axis=0)])
        sun_view = sun_matrix(lights.sun_direction, box)
        layout = vertex_layout(self._casters, vertices)
        vao = self._gl.vertex_array(self._casters, [layout], index_buffer=indices)
        maps.draw(self._casters, vao, lights, batch, sun_view)
        extent = 2.0 / np.linalg.norm(sun_view[:3, :3], axis=1)
        self._uniforms.values |= {
            "sun_from_world": sun_view.T,
            "sun_extent": extent,
            "sun_softness": np.array(SUN_SOFTNESS_M / extent[:2].max()),
        }
        return [vao, maps]

    def _bake_map(self, size: tuple[int, int], triangles: NDArray[np.void]) -> moderngl.Texture:
        light_map = self._gl.texture(size, 4, dtype="f2")
        light_map.repeat_x = light_map.repeat_y = False
        if len(triangles):
            self.bind(self._map_program, BAKED_TAPS)
            places = self._gl.buffer(triangles.tobytes())
            names = [f"in_{name}" for name in LIGHT_MAP_VERTEX.names or ()]
            vao = self._gl.vertex_array(self._map_program, [(places, "2f 2f 4f 3f 3f 3f 3f 1i", *names)])
            target = self._gl.framebuffer([light_map])
            target.use()
            self._gl.enable_only(moderngl.NOTHING)
            vao.render(moderngl.TRIANGLES)
            for resource in (target, vao, places):
                resource.release()
        light_map.use(LIGHT_MAP)
        return light_map

    def _bake_corners(self, batch: Batch, vertices: moderngl.Buffer, places: NDArray[np.float32]) -> None:
        """Computes the light at the vertices of bodies, without shadows.

        Interpolated between distant vertices, shadows would become large blurred spots.
        """
        self.baked = self._gl.buffer(reserve=max(12 * len(batch.vertices), 16))
        self.bind(self._corner_program, 0)
        self._corners = self._gl.vertex_array(
            self._corner_program, [vertex_layout(self._corner_program, vertices)]
        )
        self._resources.append(self._corners)
        self.relight(slice(0, len(batch.vertices)))
        self.baked.write(places.tobytes())

    def relight(self, vertices: slice) -> None:
        """Recomputes the light at these vertices of bodies, after they have moved."""
        target = self._gl.simple_framebuffer((1, 1))
        target.use()  # without a framebuffer OpenGL draws nothing, not even into a buffer
        count = vertices.stop - vertices.start
        self._corners.transform(
            self.baked,
            moderngl.POINTS,
            vertices=count,
            first=vertices.start,
            buffer_offset=12 * vertices.start,
        )
        target.release()


class _Uniforms:
    """The uniforms of light.glsl and shadows.glsl."""

    def __init__(self, lights: HouseLights | None) -> None:
        self.lights = lights
        self.values: dict[str, Array] = {
            "lamp_softness": np.array(LAMP_SOFTNESS),
            "lamp_depth_terms": np.array(depth_terms()),
            "lamp_guard": np.array(GUARD),
            "lamp_lines": np.array(max(len(lights.lamps) if lights else 0, 1)),
            **_lamp_tables(lights),
        }
        if lights is not None:
            self.values |= {"sun_direction": lights.sun_direction, "sun_rgb": np.array(lights.sun_rgb)}
        self.units = {
            "occupancy": OCCUPANCY,
            "lamp_shadows": LAMP_SHADOWS,
            "sun_shadows": SUN_SHADOWS,
            "lightmap": LIGHT_MAP,
        }

    def write(self, program: moderngl.Program, shadow_taps: int) -> None:
        """Sets the uniforms that the program declares."""
        for name, value in {**self.values, "taps": soft_taps(shadow_taps)}.items():
            if name in program:
                kind = "i4" if name in INTEGER_TABLES else "f4"
                program[name].write(np.ascontiguousarray(value.astype(kind)))  # type: ignore[union-attr]
        for name, unit in self.units.items():
            if name in program:
                program[name].value = unit  # type: ignore[union-attr]


INTEGER_TABLES = ("lamp_span", "own_lamp", "room_sunny")
"""Uniforms with integer values."""


def _lamp_tables(lights: HouseLights | None) -> dict[str, Array]:
    position, rgb = np.zeros((MAX_ROOMS + 1, 3)), np.zeros((MAX_ROOMS + 1, 3))
    spans, sunny = np.zeros((MAX_ROOMS + 1, 2)), np.zeros(MAX_ROOMS + 1)
    own = np.full(MAX_ROOMS + 1, MAX_ROOMS)  # the last lamp is always off
    for index, lamp in enumerate(lights.lamps if lights else ()):
        position[index], rgb[index] = lamp.position, lamp.rgb
    for room, indices in enumerate(lights.lamps_of_room if lights else ()):
        spans[room] = (indices[0], indices[-1] + 1)
    if lights is not None:
        sunny[: len(lights.sunny)] = lights.sunny
        own[: len(lights.own_lamp)] = lights.own_lamp
    return {
        "lamp_position": position,
        "lamp_rgb": rgb,
        "lamp_span": spans,
        "own_lamp": own,
        "room_sunny": sunny,
    }


def compile_program(
    gl: moderngl.Context,
    vertex: str,
    fragment: str | None = None,
    shadow_taps: int = 0,
    lit: LightingMode = LightingMode.BY_MAP,
    varyings: tuple[str, ...] = (),
) -> moderngl.Program:
    """A program of the shaders in these files. light.glsl is prepended to shaders that compute light."""
    head = f"#version 330 core\n#define SHADOWS {shadow_taps}\n#define LIT {int(lit)}\n"
    head += "".join(f"#define {way.name} {int(way)}\n" for way in LightingMode)
    light = _shader("light.glsl").replace("SHADOW_FUNCTIONS", _shader("shadows.glsl") if shadow_taps else "")
    sources = [
        None if name is None else head + (light if _asks_for_light(name, lit) else "") + _shader(name)
        for name in (vertex, fragment)
    ]
    return gl.program(vertex_shader=sources[0] or "", fragment_shader=sources[1], varyings=varyings)


def _asks_for_light(name: str, lit: LightingMode) -> bool:
    return name in ("bake_map.frag", "bake_corners.vert") or (
        name == "scene.frag" and lit is LightingMode.BY_PIXEL
    )


def vertex_layout(program: moderngl.Program, vertices: moderngl.Buffer) -> tuple[Any, ...]:
    """The vertex attributes that a program reads from a buffer of `batch.VERTEX`. The others are skipped."""
    fields = (
        ("in_position", "3f", 12),
        ("in_uv", "2f", 8),
        ("in_normal_pattern", "4i1", 4),
        ("in_rgb_kind", "4f1", 4),
        ("in_id_room", "2u2", 4),
    )
    used = [name for name, _, _ in fields if name in program]
    formats = [form if name in program else f"{size}x" for name, form, size in fields]
    return (vertices, " ".join(formats), *used)


def _shader(name: str) -> str:
    return (resources.files("simgen.engine.draw") / "shaders" / name).read_text(encoding="utf-8")
