"""Frames, cameras, boxes, distances and shortest paths: pure functions on arrays, no I/O."""
