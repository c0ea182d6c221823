"""A CPU simulator that answers AI2-THOR's protocol behind AI2-THOR's own Python client."""

ENGINE_VERSION = "2.0"
"""Raised by every change that alters a picture. Clips store it, which explains a changed content hash."""
