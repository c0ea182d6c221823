"""The renderer: one forward pass writes RGB, metric depth and instance ids.

It uses OpenGL 3.3 through EGL (Mesa's llvmpipe on a machine without a GPU). Images have the bottom row first,
as in OpenGL and in AI2-THOR's messages. Smoothing and supersampling change RGB only: at every quality, depth
and ids are those at the pixel's centre.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import moderngl
import numpy as np
from numpy.typing import NDArray

from simgen.engine.draw.batch import Batch
from simgen.engine.draw.buffers import SceneBuffers
from simgen.engine.draw.cameras import FAR, NEAR, Camera, clip_from_world
from simgen.engine.draw.lighting import ROUGH, TEXTURES, Lighting, LightingMode, compile_program
from simgen.engine.look.textures import TEXTURE_SIZE
from simgen.engine.world.scene import Scene
from simgen.errors import MissingSystemError
from simgen.types import Array, Quality

EGL_CURE = "apt-get install -y libegl1 libgl1-mesa-dri"


@dataclass(frozen=True, slots=True)
class Look:
    """The settings of a quality."""

    shadow_taps: int
    """Shadow map samples per pixel of a body. With 0, bodies are lit at their vertices, without shadows."""
    smoothed: bool = False
    """Whether edges in RGB are smoothed (FXAA)."""
    supersampling: int = 1
    """Factor by which width and height of RGB are larger when it is drawn."""


LOOKS: Mapping[Quality, Look] = {
    "fast": Look(shadow_taps=0),
    "standard": Look(shadow_taps=4, smoothed=True),
    "high": Look(shadow_taps=12, supersampling=2),
}


@dataclass(frozen=True, slots=True, eq=False)
class RenderedImages:
    """RGB, depth and instance ids of one camera. Images have the bottom row first."""

    rgb: NDArray[np.uint8]
    """(H, W, 3)."""
    depth: NDArray[np.float32]
    """(H, W) metres along the optical axis, 0 where no surface is."""
    ids: NDArray[np.uint16]
    """(H, W) number of the chunk in the batch + 1, 0 where no surface is."""


class Renderer:
    """An OpenGL context and the scene that is loaded into it."""

    def __init__(self, width: int, height: int, quality: Quality = "standard") -> None:
        self._look = LOOKS[quality]
        self._bodies_lit = LightingMode.BY_PIXEL if self._look.shadow_taps else LightingMode.BY_CORNERS
        self._gl = _make_context()
        self.driver = str(self._gl.info["GL_RENDERER"])
        with self._gl:
            # Triangles face outward by the right-hand rule. A left-handed camera sees them clockwise.
            self._gl.front_face = "cw"
            self._make_programs()
            self._patterns = self._pattern_textures()
            self._lighting = Lighting(self._gl, self._bodies_lit)
        self._buffers: SceneBuffers | None = None
        self._targets: _Targets | None = None
        self.resize(width, height)

    def release(self) -> None:
        """Frees the context and its memory. The renderer cannot be used afterwards."""
        self._gl.release()

    def resize(self, width: int, height: int) -> None:
        """Sets the size of the pictures in pixels."""
        self.size = (width, height)
        with self._gl:
            if self._targets is not None:
                self._targets.release()
            self._targets = _Targets(self._gl, self.size, self._look)

    def load(self, scene: Scene, batch: Batch) -> None:
        """Copies a scene's triangles to the device and computes its lighting. Replaces the previous scene."""
        with self._gl:
            if self._buffers is not None:
                self._buffers.release()
            self._buffers = SceneBuffers(
                self._gl, self._programs, self._depth_program, self._lighting, scene, batch
            )
            for program in self._programs:
                self._lighting.bind(program, self._look.shadow_taps)

    def rewrite(self, vertices: slice) -> None:
        """Copies changed vertices of the loaded batch to the device. Shadows are not updated."""
        assert self._buffers is not None, "load a scene first"
        with self._gl:
            self._buffers.rewrite(vertices)

    def render(self, camera: Camera) -> RenderedImages:
        """Renders RGB, depth and ids."""
        targets = self._draw(camera, rgb_only=False)
        with self._gl:
            return RenderedImages(targets.read_rgb(), targets.read_depth(), targets.read_ids())

    def render_draft(self, camera: Camera) -> RenderedImages:
        """Renders the same depth and ids, with the cheapest RGB that this renderer has."""
        return self.render(camera)

    def render_rgb(self, camera: Camera) -> NDArray[np.uint8]:
        """(H, W, 3) RGB only, which is faster."""
        targets = self._draw(camera, rgb_only=True)
        with self._gl:
            return targets.read_rgb()

    def unoccluded_pixels(self, camera: Camera) -> dict[str, int]:
        """Number of pixels that each object in view would cover if nothing occluded it, by its chunk's name.

        Objects in rooms that the camera cannot see into are left out.
        """
        assert self._buffers is not None, "load a scene first"
        assert self._targets is not None
        with self._gl:
            _write(self._depth_program, "clip_from_world", clip_from_world(camera, self.size).T)
            self._targets.depth_only.use()
            self._gl.enable_only(moderngl.DEPTH_TEST | moderngl.CULL_FACE)
            chunks = self._buffers.visible_chunks(camera, self.size)
            queries = [self._pixels_alone(chunk) for chunk in chunks]
            self._gl.depth_func = "<"
            return {self._buffers.batch.names[c]: q.samples for c, q in zip(chunks, queries, strict=True)}

    def _pixels_alone(self, chunk: int) -> moderngl.Query:
        assert self._buffers is not None
        assert self._targets is not None
        query = self._gl.query(samples=True)
        self._targets.depth_only.clear(depth=1.0)
        self._gl.depth_func = "<"
        self._buffers.draw_depth(chunk)
        # The second draw passes only where the first one left the nearest surface, so each pixel counts once.
        self._gl.depth_func = "=="
        with query:
            self._buffers.draw_depth(chunk)
        return query

    def _draw(self, camera: Camera, rgb_only: bool) -> "_Targets":
        """Draws a picture and returns the targets that hold it."""
        assert self._buffers is not None, "load a scene first"
        assert self._targets is not None
        targets = self._targets
        with self._gl:
            matrix = clip_from_world(camera, self.size).T
            for program in self._programs:
                _write(program, "clip_from_world", matrix)
                _write(program, "depth_of_z", np.array(_depth_terms(camera)))
            _write(self._programs[1], "eye", camera.world_from_camera[:3, 3])
            chunks = self._buffers.visible_chunks(camera, self.size)
            if targets.large is not None:
                self._draw_scene(targets.large, chunks)
            if targets.large is None or not rgb_only:
                self._draw_scene(targets.rgb_only if rgb_only else targets.all, chunks)
            if targets.finished is not None:
                self._finish_rgb(targets)
        return targets

    def _draw_scene(self, target: moderngl.Framebuffer, chunks: Sequence[int]) -> None:
        assert self._buffers is not None
        self._gl.enable_only(moderngl.DEPTH_TEST | moderngl.CULL_FACE)
        # Colours are not cleared: surfaces and the sky cover every pixel, and an integer target cannot be
        # cleared with floats.
        _set_target(target, colours=False)
        target.clear(depth=1.0)
        _set_target(target, colours=True)
        self._buffers.draw(chunks)
        self._gl.enable_only(moderngl.DEPTH_TEST)
        self._gl.depth_func = "<="
        self._sky.render(moderngl.TRIANGLES, vertices=3)
        self._gl.depth_func = "<"

    def _finish_rgb(self, targets: "_Targets") -> None:
        """Smooths or downsamples the drawn RGB into the picture that is read."""
        assert targets.finished is not None
        targets.finished.use()
        self._gl.enable_only(moderngl.NOTHING)
        targets.rough.use(ROUGH)
        if self._look.smoothed:
            _write(self._finish.program, "texel", 1.0 / np.array(targets.rough.size))
        self._finish.render(moderngl.TRIANGLES, vertices=3)

    def _make_programs(self) -> None:
        taps = self._look.shadow_taps
        self._programs = (
            compile_program(self._gl, "scene.vert", "scene.frag", lit=LightingMode.BY_MAP),
            compile_program(self._gl, "scene.vert", "scene.frag", lit=self._bodies_lit, shadow_taps=taps),
        )
        self._depth_program = compile_program(self._gl, "depth.vert", "depth.frag")
        self._sky = self._gl.vertex_array(compile_program(self._gl, "screen.vert", "sky.frag"), [])
        finish = compile_program(
            self._gl, "screen.vert", "smooth.frag" if self._look.smoothed else "shrink.frag"
        )
        finish["rough"].value = ROUGH  # type: ignore[union-attr]
        self._finish = self._gl.vertex_array(finish, [])

    def _pattern_textures(self) -> moderngl.TextureArray:
        # Imported when the first renderer is made: drawing the textures takes most of a second.
        from simgen.engine.look.all_textures import ALL_TEXTURES

        data = np.stack([texture.grey_mask for texture in ALL_TEXTURES]).tobytes()
        array = self._gl.texture_array((TEXTURE_SIZE, TEXTURE_SIZE, len(ALL_TEXTURES)), 2, data)
        array.build_mipmaps()
        array.filter = (moderngl.LINEAR_MIPMAP_LINEAR, moderngl.LINEAR)
        array.use(TEXTURES)
        for program in self._programs:
            program["textures"].value = TEXTURES  # type: ignore[union-attr]
            _write(program, "period", np.array([texture.period_m for texture in ALL_TEXTURES]))
        return array


class _Targets:
    """The framebuffers for one picture size."""

    def __init__(self, gl: moderngl.Context, size: tuple[int, int], look: Look) -> None:
        self._size = size
        rgb = gl.texture(size, 4)
        rgb.repeat_x = rgb.repeat_y = False
        ids, depth = gl.texture(size, 1, dtype="u2"), gl.texture(size, 1, dtype="f4")
        depth_buffer, alone = gl.depth_renderbuffer(size), gl.depth_renderbuffer(size)
        self.all = gl.framebuffer([rgb, ids, depth], depth_buffer)
        self.rgb_only = gl.framebuffer([rgb], depth_buffer)
        self.depth_only = gl.framebuffer([], alone)
        self._resources: list[Any] = [self.all, self.rgb_only, self.depth_only, rgb, ids, depth]
        self._resources += [depth_buffer, alone]
        self.rough = rgb
        """RGB as drawn by the scene's shader, before smoothing or downsampling."""
        self.large: moderngl.Framebuffer | None = None
        """Framebuffer of the supersampled RGB; None without supersampling."""
        self.finished: moderngl.Framebuffer | None = None
        """Framebuffer of the smoothed or downsampled RGB; None if RGB is read as it was drawn."""
        if look.supersampling > 1:
            big = (look.supersampling * size[0], look.supersampling * size[1])
            self.rough, buffer = gl.texture(big, 4), gl.depth_renderbuffer(big)
            self.large = gl.framebuffer([self.rough], buffer)
            self._resources += [self.large, self.rough, buffer]
        if look.smoothed or look.supersampling > 1:
            finished = gl.texture(size, 4)
            self.finished = gl.framebuffer([finished])
            self._resources += [self.finished, finished]

    def release(self) -> None:
        for resource in self._resources:
            resource.release()

    def read_rgb(self) -> NDArray[np.uint8]:
        data = (self.finished or self.rgb_only).read(components=3, alignment=1)
        return np.frombuffer(data, np.uint8).reshape(self._size[1], self._size[0], 3)

    def read_ids(self) -> NDArray[np.uint16]:
        data = self.all.read(components=1, attachment=1, alignment=1, dtype="u2")
        return np.frombuffer(data, np.uint16).reshape(self._size[1], self._size[0])

    def read_depth(self) -> NDArray[np.float32]:
        data = self.all.read(components=1, attachment=2, alignment=1, dtype="f4")
        return np.frombuffer(data, np.float32).reshape(self._size[1], self._size[0])


def _make_context() -> moderngl.Context:
    try:
        options: dict[str, Any] = {"backend": "egl"}  # annotated upstream as if it were a dict itself
        return moderngl.create_standalone_context(require=330, **options)
    except Exception as error:  # glcontext raises bare Exception for a missing library or driver
        reason = str(error).strip().split("\n")[0]
        raise MissingSystemError(f"OpenGL through EGL does not start ({reason}); try: {EGL_CURE}") from error


def _set_target(target: moderngl.Framebuffer, colours: bool) -> None:
    """Makes `target` the framebuffer that is drawn into. Without `colours`, only its depth is written."""
    count = len(target.color_attachments)
    mask = (colours,) * 4
    target.color_mask = mask if count == 1 else (mask,) * count  # type: ignore[assignment]
    target.use()  # a mask of a single colour takes effect only after use()


def _depth_terms(camera: Camera) -> tuple[float, float]:
    return (FAR - NEAR, NEAR) if camera.orthographic_size else (0.0, 0.0)


def _write(program: moderngl.Program, name: str, values: Array | NDArray[np.float32]) -> None:
    program[name].write(np.ascontiguousarray(values.astype("f4")))  # type: ignore[union-attr]
