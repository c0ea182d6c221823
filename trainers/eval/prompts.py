"""What is shown to a model: a prompt, and the frames that go with it."""

from collections.abc import Callable
from dataclasses import dataclass

from simgen.trainers.frames import Pictures


@dataclass(frozen=True, slots=True)
class Prompt:
    """One prompt and its frames, which are loaded when the model is asked."""

    id: str
    """What messages call it."""
    text: str
    load_frames: Callable[[], Pictures]
