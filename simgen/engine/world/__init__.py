"""The state of a simulated house: where things stand, what is free, and what is seen."""
