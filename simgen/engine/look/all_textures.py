"""All textures, drawn when this module is imported.

The processes that render clips are forked from one that has imported it. So they share the textures, instead
of drawing them anew for each clip, which took longer than the rest of a short clip.
"""

from simgen.engine.look.textures import Pattern, texture

ALL_TEXTURES = tuple(texture(pattern) for pattern in Pattern)
"""One for each pattern, in the order of the numbers of `Pattern`."""
