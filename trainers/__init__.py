"""Curriculum, rewards, SFT, GRPO and evaluation: the only code that imports torch and TRL."""
