"""From a skill and a template to a question row: solve, word, rate, generate, verify."""
