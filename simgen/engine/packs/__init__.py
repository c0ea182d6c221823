"""Asset packs: folders of real meshes that replace parametric shapes (docs/engine.md, "Asset packs")."""

from simgen.engine.packs.manifest import PackModel
from simgen.engine.packs.pack import AssetPack, find_pack, load_pack

__all__ = ["AssetPack", "PackModel", "find_pack", "load_pack"]
