"""Names that no recipe may have: the data folder uses them for folders that are no data sets."""

RUNS, ASSETS, PREVIEWS = "runs", "assets", "previews"
"""Folders of `simgen train`, of asset packs, and of `simgen recipe preview`."""
RESERVED_NAMES = (RUNS, ASSETS, PREVIEWS)
