"""MuJoCo's renderer, as the benchmark drives it.

Two passes a frame: RGB and depth of one draw, then ids. MuJoCo's own Python class takes three. A thing is
one mesh geom, its colours in a palette texture. The lamp of the camera's room shines, and the headlight
that MuJoCo has by default.
"""

import ctypes
import importlib
import os
from importlib.metadata import version
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simgen.engine.cameras import FAR, NEAR
from simgen.runner.bench.children import View
from simgen.runner.bench.meshes import PeerMesh, PeerScene

LAMP_CUTOFF_DEG = 85.0
"""Half the angle of the cone that the lamp lights from the ceiling; MuJoCo casts shadows from cones only."""
MAX_SIZE = 1024
"""Largest side of a picture."""


class MujocoDrawer:
    """MuJoCo with a house in it: as it comes, or `bare` of shadows and antialiasing."""

    def __init__(self, scene: PeerScene, bare: bool) -> None:
        self._mj = mj = _mujoco()
        self._model: Any = _model(mj, scene)
        self._data: Any = mj.MjData(self._model)
        mj.mj_forward(self._model, self._data)
        if bare:
            self._model.vis.quality.offsamples = 0
        self._gl = mj.GLContext(MAX_SIZE, MAX_SIZE)
        self._gl.make_current()
        self._context: Any = mj.MjrContext(self._model, mj.mjtFontScale.mjFONTSCALE_100)
        self._context.readDepthMap = mj.mjtDepthMap.mjDEPTH_ZEROFAR
        mj.mjr_setBuffer(mj.mjtFramebuffer.mjFB_OFFSCREEN, self._context)
        self._drawn: Any = mj.MjvScene(self._model, maxgeom=len(scene.meshes) + 8)
        self._drawn.flags[mj.mjtRndFlag.mjRND_SHADOW] &= not bare
        self._option, self._lamps = mj.MjvOption(), scene.lamps
        self._camera = mj.MjvCamera()
        self._camera.type = mj.mjtCamera.mjCAMERA_FIXED
        self._instance_ids = np.array([mesh.instance_id for mesh in scene.meshes], np.uint16)
        self._size = (0, 0)
        self.gl_renderer, self.version = _gl_renderer(), version("mujoco")
        self.triangle_count = int(self._model.mesh_facenum.sum())
        self._update(0)
        self._id_of_segment = self._segments()

    def resize(self, width: int, height: int) -> None:
        """Sets the size of the pictures in pixels."""
        if self._size != (width, height):
            self._size = (width, height)
            self._mj.mjr_resizeOffscreen(width, height, self._context)
            self._window = self._mj.MjrRect(0, 0, width, height)

    def rgb(self, camera: int) -> NDArray[np.uint8]:
        """(H, W, 3) the picture alone."""
        self._update(camera)
        return self._draw(depth=None)[::-1]

    def everything(self, camera: int) -> View:
        """The picture with depth and ids."""
        self._update(camera)
        depth = np.empty(self._size[::-1], np.float32)
        rgb = self._draw(depth)
        return View(rgb[::-1], _metres(depth)[::-1], self._ids()[::-1])

    def _update(self, camera: int) -> None:
        self._camera.fixedcamid = camera
        self._data.light_xpos[0] = self._lamps[camera]
        kinds = self._mj.mjtCatBit.mjCAT_ALL
        self._mj.mjv_updateScene(
            self._model, self._data, self._option, None, self._camera, kinds, self._drawn
        )

    def _draw(self, depth: NDArray[np.float32] | None) -> NDArray[np.uint8]:
        rgb = np.empty((*self._size[::-1], 3), np.uint8)
        self._mj.mjr_render(self._window, self._drawn, self._context)
        self._mj.mjr_readPixels(rgb, depth, self._window, self._context)
        return rgb

    def _ids(self) -> NDArray[np.uint16]:
        flags, names = self._drawn.flags, self._mj.mjtRndFlag
        before = flags.copy()
        flags[names.mjRND_SEGMENT] = flags[names.mjRND_IDCOLOR] = 1
        low, high, _ = np.moveaxis(self._draw(depth=None), -1, 0).astype(np.uint16)
        flags[:] = before
        return self._id_of_segment[low + 256 * high]

    def _segments(self) -> NDArray[np.uint16]:
        """Instance id by the number that MuJoCo paints, 0 being nothing."""
        geoms = [g for g in self._drawn.geoms[: self._drawn.ngeom] if g.segid != -1]
        table = np.zeros(1 + max(g.segid + 1 for g in geoms), np.uint16)
        table[[g.segid + 1 for g in geoms]] = self._instance_ids[[g.objid for g in geoms]]
        return table


def _mujoco() -> Any:
    os.environ["MUJOCO_GL"] = os.environ["PYOPENGL_PLATFORM"] = "egl"
    egl = importlib.import_module("OpenGL.EGL")
    if not hasattr(egl, "EGLDeviceEXT"):
        # PyOpenGL 3.1.0, to which pyrender holds, lacks the one name that MuJoCo needs.
        egl.EGLDeviceEXT = ctypes.c_void_p  # type: ignore[attr-defined]
    return importlib.import_module("mujoco")


def _gl_renderer() -> str:
    gl = importlib.import_module("OpenGL.GL")
    return gl.glGetString(gl.GL_RENDERER).decode()


def _metres(depth: NDArray[np.float32]) -> NDArray[np.float32]:
    """Metric depth of MuJoCo's reversed depth buffer (1 near, 0 far)."""
    metres = np.float32(NEAR * FAR) / (np.float32(NEAR) + depth * np.float32(FAR - NEAR))
    metres[depth == 0.0] = 0.0
    return metres


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
