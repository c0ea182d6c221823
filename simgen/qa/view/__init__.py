"""A clip as the frames of a question show it: visible objects, names, map, geometry and free floor."""
