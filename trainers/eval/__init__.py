"""Evaluation: greedy answers to held-out rows, scored by `simgen.scoring`."""
