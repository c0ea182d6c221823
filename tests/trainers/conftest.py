"""Sets Hugging Face's offline mode before any training test imports transformers."""

import os

os.environ["HF_HUB_OFFLINE"] = "1"
