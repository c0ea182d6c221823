"""Houses: where they come from, how they are sampled, and the rules that each must meet."""
