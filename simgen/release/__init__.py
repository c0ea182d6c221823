"""Releases: clips and questions, packed for other people to use."""
