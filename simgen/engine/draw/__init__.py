"""The OpenGL renderer: draws RGB, depth and instance ids of a scene."""
