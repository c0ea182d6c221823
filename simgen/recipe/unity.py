"""What a recipe says about AI2-THOR's own builds, for `engine: ai2thor`."""

from typing import Annotated, Literal

from pydantic import Field

from simgen.recipe.section import Section


class UnitySpec(Section):
    """Which of AI2-THOR's builds draws the pictures. Where it lies, and its GPU, are the machine's matter."""

    platform: Literal["CloudRendering", "Linux64"] = "CloudRendering"
    """CloudRendering draws through Vulkan and needs no display; Linux64 draws on an X display with GLX."""
    build: Annotated[str, Field(pattern=r"^[0-9a-f]{40}$")] | None = None
    """Commit of AI2-THOR that the build was made from, 40 hexadecimal digits; None is the one that simgen
    was written for (`simgen.scenes.engines.unity_build.PINNED_BUILD`)."""
