"""VTK for the benchmark.

One pass gives RGB and depth. A second pass draws ids as flat colours, without antialiasing, which would mix
them. Each instance id is one actor with vertex colours. The lamp of the camera's room is on, without shadows.
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

AMBIENT = 0.35


class VtkRenderer:
    """VTK with the scene loaded."""

    def __init__(self, scene: PeerScene) -> None:
        # Otherwise VTK looks for an X server first.
        os.environ["VTK_DEFAULT_OPENGL_WINDOW"] = "vtkEGLRenderWindow"
        self._vtk = vtk = importlib.import_module("vtk")
        self._to_numpy: Any = importlib.import_module("vtkmodules.util.numpy_support").vtk_to_numpy
        self._window = vtk.vtkRenderWindow()
        self._window.SetOffScreenRendering(1)
        self._window.SetMultiSamples(0)
        self._shaded, self._flat = vtk.vtkRenderer(), vtk.vtkRenderer()
        self._lamp = vtk.vtkLight()
        self._lamp.SetLightTypeToSceneLight()
        self._lamp.PositionalOn()
        self._lamp.SetConeAngle(180.0)  # from 90 degrees on, VTK lights all directions
        self._shaded.AddLight(self._lamp)
        for mesh in scene.meshes:
            data = _poly_data(vtk, mesh)
            self._shaded.AddActor(_shaded_actor(vtk, data))
            self._flat.AddActor(_flat_actor(vtk, data, mesh.instance_id))
        for renderer in (self._shaded, self._flat):
            renderer.GetActiveCamera().SetViewAngle(scene.fov_deg)
            self._window.AddRenderer(renderer)
        self._poses, self._lamps, self._size = scene.cameras, scene.lamps, (64, 64)
        self.version = version("vtk")
        self.triangle_count = sum(
            actor.GetMapper().GetInput().GetNumberOfPolys() for actor in self._shaded.GetActors()
        )
        self._render(self._shaded, 0)
        capabilities = self._window.ReportCapabilities().splitlines()
        self.gl_renderer = (
            next(line for line in capabilities if "renderer string" in line).split(":")[1].strip()
        )

    def resize(self, width: int, height: int) -> None:
        """Sets the size of the pictures in pixels."""
        self._size = (width, height)
        self._window.SetSize(width, height)

    def rgb(self, camera: int) -> NDArray[np.uint8]:
        """(H, W, 3) RGB only."""
        self._render(self._shaded, camera)
        return self._pixels()

    def everything(self, camera: int) -> BenchFrame:
        """RGB, depth and ids."""
        rgb = self.rgb(camera)
        depth = self._vtk.vtkFloatArray()
        self._window.GetZbufferData(0, 0, self._size[0] - 1, self._size[1] - 1, depth)
        metres = _metres(self._to_numpy(depth).reshape(self._size[::-1]))[::-1]
        self._render(self._flat, camera)
        low, high, _ = np.moveaxis(self._pixels(), -1, 0).astype(np.uint16)
        return BenchFrame(rgb, metres, low + 256 * high)

    def _render(self, renderer: Any, camera: int) -> None:
        self._shaded.SetDraw(renderer is self._shaded)
        self._flat.SetDraw(renderer is self._flat)
        pose, lens = self._poses[camera], renderer.GetActiveCamera()
        lens.SetPosition(*pose[:3, 3])
        lens.SetFocalPoint(*(pose[:3, 3] - pose[:3, 2]))
        lens.SetViewUp(*pose[:3, 1])
        lens.SetClippingRange(NEAR, FAR)
        self._lamp.SetPosition(*self._lamps[camera])
        self._lamp.SetFocalPoint(*(self._lamps[camera] - [0.0, 1.0, 0.0]))
        self._window.Render()

    def _pixels(self) -> NDArray[np.uint8]:
        pixels = self._vtk.vtkUnsignedCharArray()
        self._window.GetPixelData(0, 0, self._size[0] - 1, self._size[1] - 1, 0, pixels, 0)
        return self._to_numpy(pixels).reshape(self._size[1], self._size[0], 3)[::-1]


def _metres(depth: NDArray[np.float32]) -> NDArray[np.float32]:
    """Metric depth of OpenGL's depth buffer (0 near, 1 far)."""
    metres = np.float32(NEAR * FAR) / (np.float32(FAR) - depth * np.float32(FAR - NEAR))
    metres[depth == 1.0] = 0.0
    return metres


def _poly_data(vtk: Any, mesh: PeerMesh) -> Any:
    to_vtk: Any = importlib.import_module("vtkmodules.util.numpy_support")
    points, cells, data = vtk.vtkPoints(), vtk.vtkCellArray(), vtk.vtkPolyData()
    points.SetData(to_vtk.numpy_to_vtk(mesh.positions, deep=True))
    faces = mesh.faces.astype(np.int64).ravel()
    starts = np.arange(0, len(faces) + 1, 3, dtype=np.int64)
    cells.SetData(to_vtk.numpy_to_vtkIdTypeArray(starts, True), to_vtk.numpy_to_vtkIdTypeArray(faces, True))
    data.SetPoints(points)
    data.SetPolys(cells)
    data.GetPointData().SetNormals(to_vtk.numpy_to_vtk(mesh.normals, deep=True))
    data.GetPointData().SetScalars(to_vtk.numpy_to_vtk(mesh.rgb, deep=True))
    return data


def _shaded_actor(vtk: Any, data: Any) -> Any:
    actor = _actor(vtk, data)
    actor.GetProperty().SetAmbient(AMBIENT)
    return actor


def _flat_actor(vtk: Any, data: Any, instance_id: int) -> Any:
    actor = _actor(vtk, data)
    actor.GetMapper().ScalarVisibilityOff()
    actor.GetProperty().LightingOff()
    actor.GetProperty().SetColor(instance_id % 256 / 255.0, instance_id // 256 / 255.0, 0.0)
    return actor


def _actor(vtk: Any, data: Any) -> Any:
    actor, mapper = vtk.vtkActor(), vtk.vtkPolyDataMapper()
    mapper.SetInputData(data)
    actor.SetMapper(mapper)
    actor.GetProperty().BackfaceCullingOn()
    return actor
