"""How surfaces reflect: a matt base under a clear coat, or rough metal (GGX: Walter and others 2007)."""

from dataclasses import dataclass
from typing import Any

from simgen.engine.look.materials import SurfaceKind


@dataclass(frozen=True, slots=True)
class Finish:
    """How a surface kind reflects, beside its colour."""

    roughness: float
    """GGX's alpha."""
    specular: float
    """Reflectance of the coat at right angles; 0 has no coat."""
    metallic: bool = False
    """Reflects its own colour, and has no matt base."""


MATT = Finish(roughness=1.0, specular=0.0)
FINISHES: dict[SurfaceKind, Finish] = {
    SurfaceKind.WOOD: Finish(0.35, 0.04),
    SurfaceKind.TILE: Finish(0.35, 0.03),
    SurfaceKind.METAL: Finish(0.3, 1.0, metallic=True),
    SurfaceKind.MARBLE: Finish(0.15, 0.04),
    SurfaceKind.SCREEN: Finish(0.12, 0.05),
}
"""What is not named is matt. Water's and plastic's 0.02 to 0.05 at right angles, and roughness by eye."""


class ShadingPoint:
    """What every path has met: where, its colour, and how it reflects. Each value holds one entry a path."""

    def __init__(self, mi: Any, dr: Any, si: Any, colour: Any, finish: tuple[Any, Any, Any]) -> None:
        """`finish` is the roughness, the coat's reflectance and whether it is metal."""
        self._mi, self._dr = mi, dr
        self._roughness, specular, self.is_metal = finish
        self.si = si
        to_viewer = si.to_world(si.wi)
        # Turned to the viewer: leaves and cloths have one side, and are seen from both.
        towards = dr.dot(to_viewer, si.n) >= 0.0
        self._side = dr.select(towards, si.n, -si.n)
        self._frame = mi.Frame3f(dr.select(towards, si.sh_frame.n, -si.sh_frame.n))
        self._wi = self._frame.to_local(to_viewer)
        # Seen edge-on, a smooth normal may look away.
        self._wi.z = dr.maximum(dr.abs(self._wi.z), 1e-3)
        self._wi = dr.normalize(self._wi)
        self._reflectance = dr.select(self.is_metal, colour, mi.Color3f(specular))
        self._base = dr.select(self.is_metal, mi.Color3f(0.0), colour)
        self._has_coat = self.is_metal | (specular > 0.0)
        self._ggx = mi.MicrofacetDistribution(mi.MicrofacetType.GGX, self._roughness)
        shine, matt = dr.mean(self._coat(self._wi.z)), dr.mean(self._base)
        share = dr.clip(shine / (shine + matt + 1e-6), 0.1, 0.9)
        self._coat_share = dr.select(self.is_metal, 1.0, dr.select(self._has_coat, share, 0.0))

    def evaluate(self, towards_light: Any) -> Any:
        """Share of the light from a direction, per solid angle, that goes to the viewer; foreshortened."""
        mi, dr = self._mi, self._dr
        wo = self._frame.to_local(towards_light)
        seen = (wo.z > 0.0) & (dr.dot(towards_light, self._side) > 0.0)
        half = dr.normalize(self._wi + wo)
        through = (1.0 - self._coat(self._wi.z)) * (1.0 - self._coat(wo.z))
        matt = self._base * through * wo.z * dr.inv_pi
        shine = self._coat(dr.dot(wo, half)) * self._ggx.eval(half) * self._ggx.G(self._wi, wo, half)
        shine = dr.select(self._has_coat, shine / (4.0 * self._wi.z), 0.0)
        return dr.select(seen, matt + shine, mi.Color3f(0.0))

    def sample(self, sampler: Any, active: Any) -> tuple[Any, Any]:
        """A direction in which the path goes on, and the weight that its light has."""
        mi, dr = self._mi, self._dr
        takes_coat = sampler.next_1d(active) < self._coat_share
        at = sampler.next_2d(active)
        half, _ = self._ggx.sample(self._wi, at)
        shiny = mi.reflect(self._wi, half)
        matt = mi.warp.square_to_cosine_hemisphere(at)
        wo = dr.select(takes_coat, shiny, matt)
        # Of visible normals drawn in proportion, shadowing of the way out is all that remains.
        shiny_weight = self._coat(dr.dot(shiny, half)) * self._ggx.smith_g1(shiny, half) / self._coat_share
        matt_weight = self._base * (1.0 - self._coat(self._wi.z)) * (1.0 - self._coat(matt.z))
        weight = dr.select(takes_coat, shiny_weight, matt_weight / dr.maximum(1.0 - self._coat_share, 1e-6))
        towards = self._frame.to_world(wo)
        leaves = (wo.z > 0.0) & (dr.dot(towards, self._side) > 0.0)
        return towards, dr.select(leaves, weight, mi.Color3f(0.0))

    def _coat(self, cosine: Any) -> Any:
        """The coat's reflectance at an angle (Schlick 1994)."""
        away = self._dr.clip(1.0 - cosine, 0.0, 1.0)
        grazing = self._dr.square(self._dr.square(away)) * away
        mirrored = self._reflectance + (1.0 - self._reflectance) * grazing
        return self._dr.select(self._has_coat, mirrored, self._mi.Color3f(0.0))
