"""Question templates: data only."""
