"""Names that no recipe may have: the data folder uses them for folders that are no data sets."""

RUNS, ASSETS, PREVIEWS, ENDPOINTS = "runs", "assets", "previews", "endpoints"
"""Folders of `simgen train`, of asset packs, of `simgen recipe preview`, and of `simgen eval --endpoint`."""
RESERVED_NAMES = (RUNS, ASSETS, PREVIEWS, ENDPOINTS)
