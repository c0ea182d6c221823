"""Question templates: YAML pages that say how a skill is worded."""
