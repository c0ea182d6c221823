"""Vision-language models and their processors."""
