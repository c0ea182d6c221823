"""Offline and quiet: what every training test needs before transformers is imported."""

import os

os.environ["HF_HUB_OFFLINE"] = "1"
