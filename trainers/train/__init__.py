"""Training: SFT and GRPO through TRL, fed in the order of a curriculum."""
