"""pyrender for the benchmark.

One pass gives RGB and depth, with pyrender's 4 samples per pixel. A second pass gives ids. Depth cannot be
left out. The lamp of the camera's room is on, without shadows.
"""

import importlib
import os
from importlib.metadata import version
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simgen.bench.meshes import PeerMesh, PeerScene
from simgen.bench.processes import BenchFrame
from simgen.engine.draw.cameras import FAR, NEAR

AMBIENT = (0.35, 0.35, 0.35)
LAMP_STRENGTH = 25.0
"""Candela. It lights a room about as brightly as simgen's lamps."""


class PyrenderRenderer:
    """pyrender with the scene loaded."""

    def __init__(self, scene: PeerScene) -> None:
        os.environ["PYOPENGL_PLATFORM"] = "egl"
        self._pyrender = pyrender = importlib.import_module("pyrender")
        self._scene: Any = pyrender.Scene(bg_color=(0.0, 0.0, 0.0, 1.0), ambient_light=AMBIENT)
        self._color_of: dict[Any, tuple[int, int, int]] = {}
        for mesh in scene.meshes:
            node = self._scene.add(_mesh(pyrender, mesh))
            self._color_of[node] = (mesh.instance_id % 256, mesh.instance_id // 256, 0)
        lens = pyrender.PerspectiveCamera(yfov=np.radians(scene.fov_deg), znear=NEAR, zfar=FAR)
        self._camera = self._scene.add(lens)
        self._lamp = self._scene.add(pyrender.PointLight(intensity=LAMP_STRENGTH))
        self._poses, self._lamps = scene.cameras, scene.lamps
        self._renderer: Any = pyrender.OffscreenRenderer(64, 64)
        self.gl_renderer, self.version = _gl_renderer(self._renderer), version("pyrender")
        self.triangle_count = scene.triangle_count

    def resize(self, width: int, height: int) -> None:
        """Sets the size of the pictures in pixels."""
        self._renderer.viewport_width, self._renderer.viewport_height = width, height

    def rgb(self, camera: int) -> NDArray[np.uint8]:
        """(H, W, 3) RGB, which pyrender reads together with depth."""
        return self._draw(camera)[0]

    def everything(self, camera: int) -> BenchFrame:
        """RGB, depth and ids."""
        rgb, depth = self._draw(camera)
        painted, _ = self._renderer.render(self._scene, self._pyrender.RenderFlags.SEG, self._color_of)
        low, high, _ = np.moveaxis(painted, -1, 0).astype(np.uint16)
        return BenchFrame(rgb, depth, low + 256 * high)

    def _draw(self, camera: int) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
        lamp = np.eye(4)
        lamp[:3, 3] = self._lamps[camera]
        self._scene.set_pose(self._camera, self._poses[camera])
        self._scene.set_pose(self._lamp, lamp)
        return self._renderer.render(self._scene)


def _mesh(pyrender: Any, mesh: PeerMesh) -> Any:
    alpha = np.full((len(mesh.rgb), 1), 255, np.uint8)
    primitive = pyrender.Primitive(
        positions=mesh.positions,
        normals=mesh.normals,
        color_0=np.concatenate([_linear(mesh.rgb), alpha], axis=1) / np.float32(255.0),
        indices=mesh.faces,
        material=pyrender.MetallicRoughnessMaterial(metallicFactor=0.0, roughnessFactor=0.9),
    )
    return pyrender.Mesh([primitive])


def _linear(rgb: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Linear light, 0 to 255, of sRGB: pyrender expects linear vertex colours and shows sRGB."""
    return 255.0 * (rgb / 255.0) ** 2.2


def _gl_renderer(renderer: Any) -> str:
    gl = importlib.import_module("OpenGL.GL")
    renderer._platform.make_current()
    return gl.glGetString(gl.GL_RENDERER).decode()
