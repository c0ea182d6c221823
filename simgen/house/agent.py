"""The agent that walks through a house, and what it passes: constants that engine and questions share."""

AGENT_RADIUS = 0.2
"""Radius of AI2-THOR's default agent's capsule, metres; also about half the width of a slim person."""
AGENT_HEIGHT = 1.8
"""Height of the capsule, metres. Objects that begin higher do not block."""
STEP_OFFSET = 0.05
"""The agent walks over objects that end below this height, metres (a rug, a sheet of paper)."""
DOOR_POST = 0.04
"""Width of a door frame's post, metres. The free part of a doorway is narrower by one post on each side."""
OPENING_TYPES = frozenset({"Doorframe", "Doorway", "Window"})
"""Object types that are openings in walls."""
