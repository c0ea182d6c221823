"""Recipes: data only."""
