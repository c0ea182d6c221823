"""Runs one function over many items on many processes. Knows nothing of its callers."""
