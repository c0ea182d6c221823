"""AI2-THOR's actions, metadata and wire protocol, answered by the embedded simulator."""
