"""MuJoCo's renderer for the benchmark, through its Python class `mujoco.Renderer`.

It takes one pass each for RGB, depth and ids. Each instance id is one mesh geom with its colours in a palette
texture. The lamp of the camera's room is on, and MuJoCo's default headlight.
"""

import ctypes
import importlib
import os
from importlib.metadata import version
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simgen.bench.meshes import PeerMesh, PeerScene
from simgen.bench.processes import BenchFrame
from simgen.engine.draw.cameras import FAR, NEAR

LAMP_CUTOFF_DEG = 85.0
"""Half the opening angle of the lamp's light cone. MuJoCo casts shadows only from spotlights."""
MAX_SIZE = 1024
"""Largest side of a picture, pixels."""


class MujocoRenderer:
    """MuJoCo with the scene loaded: with default settings, or (`bare`) without shadows and antialiasing."""

    def __init__(self, scene: PeerScene, bare: bool) -> None:
        self._mj = _mujoco()
        self._model: Any = _model(self._mj, scene)
        self._data: Any = self._mj.MjData(self._model)
        self._mj.mj_forward(self._model, self._data)
        if bare:
            self._model.vis.quality.offsamples = 0
        self._bare, self._lamps, self._geoms = bare, scene.lamps, len(scene.meshes) + 8
        self._instance_ids = np.array([0, *(mesh.instance_id for mesh in scene.meshes)], np.uint16)
        self._renderer: Any = None
        self.resize(64, 64)
        self.gl_renderer, self.version = _gl_renderer(), version("mujoco")
        self.triangle_count = int(self._model.mesh_facenum.sum())

    def resize(self, width: int, height: int) -> None:
        """Sets the size of the pictures in pixels."""
        if self._renderer is not None:
            if (self._renderer.width, self._renderer.height) == (width, height):
                return
            self._renderer.close()
        self._renderer = self._mj.Renderer(self._model, height, width, max_geom=self._geoms)
        if self._bare:
            self._renderer.scene.flags[self._mj.mjtRndFlag.mjRND_SHADOW] = 0

    def rgb(self, camera: int) -> NDArray[np.uint8]:
        """(H, W, 3) RGB only."""
        self._data.light_xpos[0] = self._lamps[camera]
        self._renderer.update_scene(self._data, camera)
        return self._renderer.render()

    def everything(self, camera: int) -> BenchFrame:
        """RGB, depth and ids."""
        rgb = self.rgb(camera)
        self._renderer.enable_depth_rendering()
        depth = self._renderer.render()
        self._renderer.disable_depth_rendering()
        self._renderer.enable_segmentation_rendering()
        geoms = self._renderer.render()[..., 0]  # -1 where no surface is
        self._renderer.disable_segmentation_rendering()
        return BenchFrame(rgb, np.where(geoms < 0, np.float32(0.0), depth), self._instance_ids[geoms + 1])


def _mujoco() -> Any:
    os.environ["MUJOCO_GL"] = os.environ["PYOPENGL_PLATFORM"] = "egl"
    egl = importlib.import_module("OpenGL.EGL")
    if not hasattr(egl, "EGLDeviceEXT"):
        # PyOpenGL 3.1.0, which pyrender requires, lacks this one name that MuJoCo needs.
        egl.EGLDeviceEXT = ctypes.c_void_p  # type: ignore[attr-defined]
    return importlib.import_module("mujoco")


def _gl_renderer() -> str:
    gl = importlib.import_module("OpenGL.GL")
    return gl.glGetString(gl.GL_RENDERER).decode()


def _model(mj: Any, scene: PeerScene) -> Any:
    spec = mj.MjSpec()
    palette = np.unique(np.concatenate([mesh.rgb for mesh in scene.meshes]), axis=0)
    _add_palette(mj, spec, palette)
    for mesh in scene.meshes:
        _add_mesh(mj, spec, mesh, palette)
    spec.worldbody.add_light(
        pos=scene.lamps[0],
        dir=(0, -1, 0),
        type=mj.mjtLightType.mjLIGHT_SPOT,
        cutoff=LAMP_CUTOFF_DEG,
        exponent=1,
    )
    for pose in scene.cameras:
        quaternion = np.empty(4)
        mj.mju_mat2Quat(quaternion, pose[:3, :3].ravel())
        spec.worldbody.add_camera(pos=pose[:3, 3], quat=quaternion, fovy=scene.fov_deg)
    spec.visual.global_.offwidth = spec.visual.global_.offheight = MAX_SIZE
    model = spec.compile()
    model.vis.map.znear, model.vis.map.zfar = NEAR / model.stat.extent, FAR / model.stat.extent
    return model


def _add_palette(mj: Any, spec: Any, palette: NDArray[np.uint8]) -> None:
    spec.add_texture(
        name="palette",
        type=mj.mjtTexture.mjTEXTURE_2D,
        width=len(palette),
        height=1,
        nchannel=3,
        data=palette.ravel().tolist(),
    )
    material = spec.add_material(name="palette")
    material.textures[mj.mjtTextureRole.mjTEXROLE_RGB] = "palette"


def _add_mesh(mj: Any, spec: Any, mesh: PeerMesh, palette: NDArray[np.uint8]) -> None:
    name = str(mesh.instance_id)
    colours, colour = np.unique(mesh.rgb[mesh.faces[:, 0]], axis=0, return_inverse=True)
    column = np.array([(palette == rgb).all(axis=1).argmax() for rgb in colours])
    at = np.stack([(column + 0.5) / len(palette), np.full(len(column), 0.5)], axis=1)
    spec.add_mesh(
        name=name,
        uservert=mesh.positions.ravel(),
        usernormal=mesh.normals.ravel(),
        usertexcoord=at.ravel(),
        userface=mesh.faces.ravel(),
        userfacenormal=mesh.faces.ravel(),
        userfacetexcoord=np.repeat(colour, 3),
        inertia=mj.mjtMeshInertia.mjMESH_INERTIA_SHELL,
    )
    spec.worldbody.add_geom(
        name=name,
        type=mj.mjtGeom.mjGEOM_MESH,
        meshname=name,
        material="palette",
        contype=0,
        conaffinity=0,
    )
