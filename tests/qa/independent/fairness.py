"""Whether a question is only about what its frames show, and names it unambiguously."""

import re
from collections.abc import Iterator

import numpy as np

from tests.qa.independent.questions import Question

IN_DIGITS = {"vertical_direction": 0, "horizontal_direction": 0, "perspective": 0, "after_walking": 1}
"""How many of a skill's numbers the text gives as digits. The others are words, which the checkers parse."""


def unfair(question: Question) -> Iterator[str]:
    """Mistakes in how a question names things; none for a fair one."""
    world, text = question.world, question.text.lower()
    told = " ".join([text, *question.option_texts])
    options = [world.index(key) for key in question.options if key in world.ids]
    shown = np.atleast_1d(question.visible.any(axis=0))
    glimpsed = [world.types[i] for i in range(len(world.ids)) if world.pixels[question.frames, i].any()]
    for index in (*question.objects, *options):
        kind = world.types[index]
        if not shown[index]:
            yield f"{world.ids[index]} is not visible in its frames"
        if glimpsed.count(kind) > 1:
            yield f"{glimpsed.count(kind)} things called {kind} own pixels in its frames"
    for index in question.objects:
        if words(world.types[index]) not in text:
            yield f"it does not name {words(world.types[index])}"
    for index, label in zip(options, question.option_texts, strict=False):
        if words(world.types[index]) != label.lower():
            yield f"option '{label}' stands for a {words(world.types[index])}"
    for frame in question.named_frames:
        if frame not in question.frames:
            yield f"frame {frame} of the clip is not shown"
        elif not re.search(rf"\b{question.frames.index(frame) + 1}\b", told):
            yield f"it does not name frame {question.frames.index(frame) + 1}"
    for value in question.values[: IN_DIGITS.get(question.skill)]:
        if not any(abs(float(number) - value) < 1e-6 for number in re.findall(r"\d+\.?\d*", text)):
            yield f"it does not say {value:g}"
    if len(set(question.option_texts)) < len(question.option_texts):
        yield f"two options read the same: {', '.join(question.option_texts)}"


def words(object_type: str) -> str:
    """A type as words: a space before each capital that begins a word."""
    found: list[str] = []
    for index, letter in enumerate(object_type):
        before, after = object_type[index - 1 : index], object_type[index + 1 : index + 2]
        if letter.isupper() and index and (before.islower() or before.isdigit() or after.islower()):
            found.append(" ")
        found.append(letter.lower())
    return "".join(found)
