"""Metric-grounded spatial reasoning data from simulated houses."""

__version__ = "0.1.0"
