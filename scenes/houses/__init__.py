"""Houses: their sources, how they are sampled, and the rules that make a house valid."""
