"""A training row by hand: the messages that a chat model is trained on, and the score of what it answers.

simgen render --recipe demo
simgen qa --templates distance
python examples/training_row.py
"""

from PIL import Image

import simgen
from simgen.scoring import format_score, parse_map, score_answer, score_map, split_response
from simgen.store.clips import read_images

row = simgen.load_rows()[0]
clip = simgen.load_clip(row.clip)
frames = [Image.fromarray(frame) for frame in read_images(clip.path, "rgb", row.frames)]

pictures = [{"type": "image", "image": frame} for frame in frames]
messages = [
    {"role": "user", "content": [*pictures, {"type": "text", "text": row.prompt}]},
    {"role": "assistant", "content": [{"type": "text", "text": row.target}]},
]
print(f"{len(frames)} frames, difficulty {row.difficulty:.2f}\n{row.prompt}\n\n{row.target}\n")


def reward(text: str) -> dict[str, float]:
    """The scores of a model's text, each from 0 to 1. GRPO uses the first two, the evaluation all three."""
    response = split_response(text)
    placed = score_map(parse_map(response.map), parse_map(row.map) or [])
    return {
        "accuracy": score_answer(response.answer, row.answer, row.kind, row.options),
        "format": format_score(text),
        "map IoU": placed.mean_iou,
    }


print("the target itself:", reward(row.target))
print("a guess:          ", reward("<answer>2.0</answer>"))
