"""Question templates: YAML pages with the wording of questions; a skill computes the answers."""
