"""A CPU simulator that answers AI2-THOR's protocol behind AI2-THOR's own Python client."""

ENGINE_VERSION = "2.0"
"""Grows with every change that alters a picture, so that a clip's hash can be explained."""
