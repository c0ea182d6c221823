"""What the jobs of this package have in common."""

PRELOAD = (
    "procthor.generation",
    "simgen.engine.look.all_textures",
    "simgen.scenes.capture",
    "simgen.scenes.houses.procthor",
)
"""Modules that the jobs need and that take long to import. None of them starts OpenGL or threads."""
