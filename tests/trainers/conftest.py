"""Settings of torch and Hugging Face that must stand before any training test imports them."""

import os

os.environ["HF_HUB_OFFLINE"] = "1"
# The models of these tests are too small for threads: on busy cores several threads are ten times slower.
os.environ["OMP_NUM_THREADS"] = "1"
