"""House sources, the controller, trajectories and capture."""
