"""Completions as TRL passes them to a reward."""

Completion = list[dict[str, str]]
"""One turn of the assistant: `[{"role": "assistant", "content": text}]`."""


def list_texts(completions: list[Completion]) -> list[str]:
    """The text of each completion."""
    return [completion[0]["content"] for completion in completions]
