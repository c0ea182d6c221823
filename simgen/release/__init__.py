"""Releases: clips and questions packed for others."""
