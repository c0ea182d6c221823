"""The texts of a sample: the prompt that the model reads and the target that it learns to write."""

from typing import Any

from simgen.store.rows import Row

Message = dict[str, Any]
"""One turn of a conversation: `{"role": ..., "content": ...}`."""


def build_target(row: Row) -> str:
    """The answer that SFT teaches: map, thought and answer, as the row stores them."""
    return row.target


def build_prompt_messages(row: Row) -> list[Message]:
    """The row's prompt as the user's turn; TRL adds the frames."""
    return [{"role": "user", "content": row.prompt}]


def build_target_messages(row: Row) -> list[Message]:
    """The row's target as the assistant's turn."""
    return [{"role": "assistant", "content": build_target(row)}]


def render_prompt(processor: Any, prompt: str, image_count: int) -> str:
    """The prompt in the model's chat template: frames, then text, then the start of the assistant's turn."""
    content = [{"type": "image"}] * image_count + [{"type": "text", "text": prompt}]
    messages = [{"role": "user", "content": content}]
    return processor.apply_chat_template(messages, add_generation_prompt=True, tokenize=False)
