"""The reflection model: a diffuse base under a clear coat, or rough metal (GGX: B. Walter and others
2007)."""

from dataclasses import dataclass
from typing import Any

from simgen.engine.look.materials import SurfaceKind


@dataclass(frozen=True, slots=True)
class Finish:
    """The reflection parameters of a surface kind."""

    roughness: float
    """GGX's alpha."""
    specular: float
    """Reflectance of the coat at normal incidence; 0 means no coat."""
    metallic: bool = False
    """Whether the reflection has the surface's colour and there is no diffuse base."""


MATT = Finish(roughness=1.0, specular=0.0)
FINISHES: dict[SurfaceKind, Finish] = {
    SurfaceKind.WOOD: Finish(0.35, 0.04),
    SurfaceKind.TILE: Finish(0.35, 0.03),
    SurfaceKind.METAL: Finish(0.3, 1.0, metallic=True),
    SurfaceKind.MARBLE: Finish(0.15, 0.04),
    SurfaceKind.SCREEN: Finish(0.12, 0.05),
}
"""Surface kinds that are not listed are matt. The reflectances are those of water and plastic at normal
incidence (0.02 to 0.05); the roughness was chosen by eye."""


class ShadingPoint:
    """The surface points that the paths have hit, and their reflection. Each value has one entry per path."""

    def __init__(self, mi: Any, dr: Any, si: Any, colour: Any, finish: tuple[Any, Any, Any]) -> None:
        """`si` is Mitsuba's surface interaction. `finish` is roughness, reflectance of the coat, and whether
        the surface is metal."""
        self._mi, self._dr = mi, dr
        self._roughness, specular, self.is_metal = finish
        self.si = si
        to_viewer = si.to_world(si.wi)
        # Normals are turned towards the viewer: leaves and cloth have one side and are seen from both.
        towards = dr.dot(to_viewer, si.n) >= 0.0
        self._side = dr.select(towards, si.n, -si.n)
        self._frame = mi.Frame3f(dr.select(towards, si.sh_frame.n, -si.sh_frame.n))
        self._wi = self._frame.to_local(to_viewer)
        # At a grazing angle, an interpolated normal may point away from the viewer.
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
        """The reflectance from a light's direction to the viewer (BRDF times cosine), per solid angle."""
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
        """A random direction in which the path continues, and the weight of the light from there."""
        mi, dr = self._mi, self._dr
        takes_coat = sampler.next_1d(active) < self._coat_share
        at = sampler.next_2d(active)
        half, _ = self._ggx.sample(self._wi, at)
        shiny = mi.reflect(self._wi, half)
        matt = mi.warp.square_to_cosine_hemisphere(at)
        wo = dr.select(takes_coat, shiny, matt)
        # Normals are sampled in proportion to their visibility, so only the shadowing of the outgoing
        # direction remains in the weight.
        shiny_weight = self._coat(dr.dot(shiny, half)) * self._ggx.smith_g1(shiny, half) / self._coat_share
        matt_weight = self._base * (1.0 - self._coat(self._wi.z)) * (1.0 - self._coat(matt.z))
        weight = dr.select(takes_coat, shiny_weight, matt_weight / dr.maximum(1.0 - self._coat_share, 1e-6))
        towards = self._frame.to_world(wo)
        leaves = (wo.z > 0.0) & (dr.dot(towards, self._side) > 0.0)
        return towards, dr.select(leaves, weight, mi.Color3f(0.0))

    def _coat(self, cosine: Any) -> Any:
        """The coat's reflectance at an angle (C. Schlick 1994)."""
        away = self._dr.clip(1.0 - cosine, 0.0, 1.0)
        grazing = self._dr.square(self._dr.square(away)) * away
        mirrored = self._reflectance + (1.0 - self._reflectance) * grazing
        return self._dr.select(self._has_coat, mirrored, self._mi.Color3f(0.0))
