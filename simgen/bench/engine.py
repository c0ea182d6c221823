"""`simgen bench engine`: frame rates of simgen and other renderers, times of a step and a new house, memory.

All renderers draw the same triangles for the same cameras, each in its own process. They take turns every few
cameras, so that other load on the machine affects all of them. The median of several rounds is reported.
"""

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from tqdm import tqdm

from simgen import __version__
from simgen.bench.fixed_house import RECIPE, bench_house, bench_walk, world_from_camera
from simgen.bench.machine import core_count, cpu_name
from simgen.bench.meshes import PeerScene, peer_scene
from simgen.bench.processes import BenchFrame, BenchRenderer, RendererProcess
from simgen.bench.with_client import ClientRenderer, measure_build_times
from simgen.bench.with_mujoco import MujocoRenderer
from simgen.bench.with_pyrender import PyrenderRenderer
from simgen.bench.with_simgen import SimgenRenderer
from simgen.bench.with_vtk import VtkRenderer
from simgen.engine.draw.batch import build_batch
from simgen.engine.world.rest import scene_at_rest
from simgen.errors import EngineError
from simgen.store.files import write_atomically
from simgen.store.folder import DataFolder
from simgen.store.houses import House, house_sha256
from simgen.types import AgentPose, Quality

SIZES = ((640, 480), (384, 384))
"""Picture sizes in pixels: the recipes' default, and the input size of many vision encoders."""
QUALITIES: tuple[Quality, ...] = ("fast", "standard", "high")
CLIENTS: Mapping[str, Quality] = {"step.fast": "fast", "step.standard": "standard"}
"""Quality of AI2-THOR's client by the name under which the time of its steps is reported."""
TURN = 4
"""Cameras per turn of a renderer. Turns are short, since other load on the machine comes in bursts of
seconds."""
CHECKED = 4
"""Number of cameras for which the peers' depth and ids are compared with simgen's."""
INSTALL_PEERS = "pip install 'simgen[bench]'"
LEFT_OUT = "left out by --no-peers"

Results = dict[str, Any]
"""Numbers, texts and None by a dotted name."""
Times = Mapping[tuple[str, tuple[int, int], bool], Sequence[float]]
"""Seconds per frame in each round, by renderer, size, and whether depth and ids were read."""


@dataclass(frozen=True, slots=True)
class PeerRenderer:
    """Another renderer, with which simgen is compared."""

    name: str
    package: str
    """Name of the package to import."""
    make: Callable[..., BenchRenderer]
    options: tuple[Any, ...] = ()


PEERS = (
    PeerRenderer("mujoco", "mujoco", MujocoRenderer, (False,)),
    PeerRenderer("mujoco_bare", "mujoco", MujocoRenderer, (True,)),
    PeerRenderer("pyrender", "pyrender", PyrenderRenderer),
    PeerRenderer("vtk", "vtk", VtkRenderer),
)


def bench_engine(
    folder: DataFolder, rounds: int, with_peers: bool = True, pictures: Path | None = None
) -> Results:
    """Measures on the fixed house, which is sampled on the first call.

    If `pictures` is given, each renderer's pictures are saved in that folder.
    """
    house = bench_house(folder)
    return measure(house, bench_walk(house), rounds, with_peers, pictures)


def measure(
    house: House,
    poses: Sequence[AgentPose],
    rounds: int,
    with_peers: bool,
    pictures: Path | None = None,
) -> Results:
    """Measures on any house."""
    scene = scene_at_rest(house)
    assert scene.house is not None
    batch = build_batch(scene)
    cameras = [world_from_camera(pose) for pose in poses]
    peers = peer_scene(scene.house, batch, cameras, RECIPE.camera.fov_deg) if with_peers else None
    return {
        **_measure_drawing(house, poses, peers, rounds, pictures),
        **_measure_builds(house, rounds),
        "rooms": len(house["rooms"]),
        "objects": len(scene.bodies),
        "triangles": batch.triangle_count,
        "cameras": len(cameras),
        "rounds": rounds,
        "fov_deg": RECIPE.camera.fov_deg,
        "house_sha256": house_sha256(house),
        "cpu": cpu_name(),
        "cores": core_count(),
        "version.simgen": __version__,
    }


def _measure_drawing(
    house: House, poses: Sequence[AgentPose], peers: PeerScene | None, rounds: int, pictures: Path | None
) -> Results:
    children: dict[str, RendererProcess] = {}
    try:
        _start_ours(children, house, poses)
        missing = _start_peers(children, peers)
        checks = _check(children, missing, len(poses), pictures)
        times = _time_rounds(children, rounds, len(poses))
        facts = {name: child.facts() for name, child in children.items()}
    finally:
        for child in children.values():
            child.stop()
    names = [*QUALITIES, *CLIENTS, *(peer.name for peer in PEERS)]
    results: Results = {
        "gl_renderer": facts["standard"].gl_renderer,
        "rss_mb": facts["step.standard"].rss_mb,
    }
    results |= _frame_rates(names, times) | _ratios(times) | checks
    for peer in PEERS:
        known = facts.get(peer.name)
        results[f"gl_renderer.{peer.name}"] = known and known.gl_renderer
        results[f"version.{peer.name}"] = known and known.version
        results[f"triangles.{peer.name}"] = known and known.triangles
    results |= {f"rss_mb.{name}": facts[name].rss_mb if name in facts else None for name in names}
    return results | {f"missing.{name}": reason for name, reason in missing.items()}


def _start_ours(children: dict[str, RendererProcess], house: House, poses: Sequence[AgentPose]) -> None:
    cameras, fov_deg = [world_from_camera(pose) for pose in poses], RECIPE.camera.fov_deg
    for quality in QUALITIES:
        children[quality] = RendererProcess(SimgenRenderer, house, cameras, fov_deg, quality)
    for name, quality in CLIENTS.items():
        children[name] = RendererProcess(ClientRenderer, house, poses, fov_deg, quality)


def _start_peers(children: dict[str, RendererProcess], scene: PeerScene | None) -> dict[str, str]:
    """Adds the peers that start to `children`. Returns the reasons of those that do not, by name."""
    missing: dict[str, str] = {}
    for peer in PEERS:
        if scene is None:
            missing[peer.name] = LEFT_OUT
        elif find_spec(peer.package) is None:
            missing[peer.name] = f"{peer.package} is not installed: {INSTALL_PEERS}"
        else:
            try:
                children[peer.name] = RendererProcess(peer.make, scene, *peer.options)
            except EngineError as error:
                missing[peer.name] = str(error)
    return missing


def _check(
    children: dict[str, RendererProcess], missing: dict[str, str], cameras: int, pictures: Path | None
) -> Results:
    """Compares each peer's depth and ids with simgen's. Removes peers whose pictures are empty."""
    checked = [int(camera) for camera in np.linspace(0, cameras - 1, min(CHECKED, cameras))]
    views: dict[str, list[BenchFrame]] = {}
    for name, child in list(children.items()):
        if name in CLIENTS:
            continue
        try:
            views[name] = [child.draw_frame(SIZES[0], camera) for camera in checked]
        except EngineError as error:
            if name in QUALITIES:
                raise
            missing[name] = str(error)
            children.pop(name).stop()
    results: Results = {}
    for peer in PEERS:
        both = zip(views.get(peer.name, ()), views["fast"], strict=False)
        pairs = [(theirs, ours) for theirs, ours in both]
        gaps = [np.abs(theirs.depth - ours.depth).ravel() for theirs, ours in pairs]
        agree = [theirs.ids == ours.ids for theirs, ours in pairs]
        results[f"depth_difference_m.{peer.name}"] = float(np.median(np.stack(gaps))) if gaps else None
        results[f"ids_agreement.{peer.name}"] = float(np.mean(agree)) if agree else None
    if pictures is not None:
        _save(views, pictures)
    return results


def _save(views: Mapping[str, Sequence[BenchFrame]], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, seen in views.items():
        with write_atomically(folder / f"{name}.png") as part:
            Image.fromarray(np.hstack([view.rgb for view in seen])).save(part, "PNG")


def _time_rounds(children: Mapping[str, RendererProcess], rounds: int, cameras: int) -> Times:
    times: dict[tuple[str, tuple[int, int], bool], list[float]] = {}
    for _ in tqdm(range(rounds), desc="rounds", unit="round"):
        for size in SIZES:
            for everything in (True, False):
                racing = {n: child for n, child in children.items() if everything or n not in CLIENTS}
                for name, seconds in _round(racing, size, everything, cameras).items():
                    times.setdefault((name, size, everything), []).append(seconds / cameras)
    return times


def _round(
    children: Mapping[str, RendererProcess], size: tuple[int, int], everything: bool, cameras: int
) -> dict[str, float]:
    """Seconds of each renderer for all cameras. The renderers take turns of a few cameras."""
    seconds = dict.fromkeys(children, 0.0)
    for first in range(0, cameras, TURN):
        for name, child in children.items():
            turn = range(first, min(first + TURN, cameras))
            seconds[name] += child.time_cameras(size, everything, turn)
    return seconds


def _frame_rates(names: Sequence[str], times: Times) -> Results:
    return {
        f"{'fps' if everything else 'fps_rgb'}.{name}.{_pixels(size)}": _rate(times, name, size, everything)
        for size in SIZES
        for everything in (True, False)
        for name in names
        if everything or name not in CLIENTS
    }


def _rate(times: Times, name: str, size: tuple[int, int], everything: bool) -> float | None:
    rounds = times.get((name, size, everything))
    return round(1.0 / statistics.median(rounds), 2) if rounds else None


def _ratios(times: Times) -> Results:
    """Speed relative to each peer, and time of a step relative to a frame, all with depth and ids."""
    return {
        "ratio.standard_vs_mujoco": _ratio(times, "standard", "mujoco"),
        "ratio.standard_vs_mujoco_bare": _ratio(times, "standard", "mujoco_bare"),
        "ratio.standard_vs_pyrender": _ratio(times, "standard", "pyrender"),
        "ratio.standard_vs_vtk": _ratio(times, "standard", "vtk"),
        "ratio.fast_vs_mujoco_bare": _ratio(times, "fast", "mujoco_bare"),
        "ratio.fast_vs_vtk": _ratio(times, "fast", "vtk"),
        "ratio.step_vs_frame": _ratio(times, "standard", "step.standard"),
        "ratio.step_vs_frame.fast": _ratio(times, "fast", "step.fast"),
    }


def _ratio(times: Times, ours: str, peer: str) -> float | None:
    """Median over the rounds of the peer's time divided by ours, at the first size."""
    rounds = zip(times[ours, SIZES[0], True], times.get((peer, SIZES[0], True), ()), strict=False)
    ratios = [theirs / own for own, theirs in rounds]
    return round(statistics.median(ratios), 3) if ratios else None


def _measure_builds(house: House, rounds: int) -> Results:
    builds = measure_build_times(house, RECIPE.camera.fov_deg, rounds)
    return {
        "build_s": round(builds.new_s, 3),
        "build_s.shapes_known": round(builds.known_s, 3),
        "build_s.first_of_process": round(builds.first_s, 3),
    }


def _pixels(size: tuple[int, int]) -> str:
    return f"{size[0]}x{size[1]}"
