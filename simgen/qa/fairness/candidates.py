"""A question that could be asked, reduced to what balancing needs: its answer and what its words name."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from simgen.qa.fairness.blind_questions import parse_plain_number
from simgen.qa.skills.facts import Ask

VALUE_BIN = 1.25
"""Numbers within this ratio count as equal: more than half of the MRA thresholds cannot tell them apart."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A question that could be asked."""

    clip: str
    """The id of the clip, or of the frame that is asked as a clip of its own."""
    house: str
    ask: Ask
    answer: float | int | tuple[int, ...]
    """The number, the index of the right option, or the right order of the options."""
    words: tuple[str, ...]
    """What the question names, in order: types of the objects a, b, …, types of rooms, labels of numbers."""
    options: tuple[str, ...] = ()
    """The options as people read them, in the order of `ask.options`; empty for numeric questions."""

    @property
    def value(self) -> float:
        """The answer of a numeric question, or the index of the right option."""
        assert not isinstance(self.answer, tuple), "an order has options"
        return float(self.answer)


def value_label(value: float) -> str:
    """A label for a number. Numbers that differ by less than about VALUE_BIN share one."""
    return f"#{math.floor(math.log(max(abs(value), 0.01), VALUE_BIN) + 0.5)}"


def option_label(text: str) -> str:
    """An option's text; for a number its `value_label`."""
    number = parse_plain_number(text)
    return text if number is None else value_label(number)


def frame_words(numbers: Sequence[int]) -> tuple[str, ...]:
    """What the frame numbers in a question reveal: the later frame, the frames between, the numbers."""
    ways = [("on" if b > a else "back", value_label(abs(b - a))) for a, b in combinations(numbers, 2)]
    sides = tuple(side for side, _ in ways) if len(ways) == 1 else ()
    gaps = tuple(f"{label} frames {side}" for side, label in ways)
    return (*sides, *gaps, *(f"frame {number}" for number in numbers))
