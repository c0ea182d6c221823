"""`engine: ai2thor`: AI2-THOR's own builds, each a program that draws with Unity."""

from simgen.scenes.engines.unity.engine import UnityEngine

__all__ = ["UnityEngine"]
