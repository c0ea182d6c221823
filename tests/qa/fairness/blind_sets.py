"""Sets of questions with a known bias, to test the guessers."""

from collections.abc import Callable
from math import nan

import numpy as np

from simgen.qa.fairness.blind_questions import BlindQuestion

THINGS = ("fridge", "coffee table", "sofa", "bed", "toaster", "lamp", "desk", "stool")


def choices(count: int, right: Callable[[np.random.Generator, tuple[str, ...]], int]) -> list[BlindQuestion]:
    """Which of four is nearest to a thing: ten questions in each house; `right` chooses the right option."""
    rng = np.random.default_rng(5)
    found = []
    for number in range(count):
        thing, *others = (THINGS[index] for index in rng.permutation(len(THINGS))[:5])
        options = tuple(others)
        text = f"Which of these is nearest to the {thing}?"
        found.append(_question(number, "nearest", text, options, nan, (right(rng, options),)))
    return found


def numbers(count: int, value: Callable[[np.random.Generator, str], float]) -> list[BlindQuestion]:
    """How large a thing is: ten questions in each house."""
    rng = np.random.default_rng(6)
    found = []
    for number in range(count):
        thing = THINGS[int(rng.integers(len(THINGS)))]
        text = (f"How large is the {thing}?", f"What is the size of the {thing}, in meters?")[number % 2]
        found.append(_question(number, "size", text, (), value(rng, thing), (), number % 2))
    return found


def orders(count: int, key: Callable[[np.random.Generator, str], float]) -> list[BlindQuestion]:
    """Three things to sort by `key`."""
    rng = np.random.default_rng(7)
    found = []
    for number in range(count):
        options = tuple(THINGS[index] for index in rng.permutation(len(THINGS))[:3])
        keys = [key(rng, option) for option in options]
        order = tuple(sorted(range(3), key=keys.__getitem__))
        found.append(_question(number, "sequence", "In which order do they appear?", options, nan, order))
    return found


def unbiased(rng: np.random.Generator, options: tuple[str, ...]) -> int:
    """A random option."""
    return int(rng.integers(len(options)))


def biased(rng: np.random.Generator, options: tuple[str, ...]) -> int:
    """The option that comes first in THINGS with probability 0.6, otherwise a random one."""
    return (
        min(range(4), key=lambda i: THINGS.index(options[i]))
        if rng.random() < 0.6
        else unbiased(rng, options)
    )


def _question(
    number: int,
    template: str,
    text: str,
    options: tuple[str, ...],
    value: float,
    order: tuple[int, ...],
    phrasing: int = 0,
) -> BlindQuestion:
    kind = "metres" if not options else "order" if len(order) > 1 else "choice"
    name = f"{template}-{number:04d}"
    return BlindQuestion(name, f"house{number // 10}", template, kind, phrasing, text, options, value, order)
