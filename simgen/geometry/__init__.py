"""Frames, cameras and boxes: pure functions on arrays, no I/O."""
