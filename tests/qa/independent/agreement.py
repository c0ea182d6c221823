"""The checkers by the name of their skill, and their results for a data folder."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from tests.qa.independent import (
    camera,
    count,
    direction,
    distance,
    nearest,
    occlusion,
    order,
    room,
    route,
    size,
    vertical,
    walk,
)
from tests.qa.independent.fairness import unfair
from tests.qa.independent.questions import Answer, Question, deviation, question_of, sampled_rows
from tests.qa.independent.world import read_world

CHECKERS: dict[str, Callable[[Question], Answer]] = {
    name: checker
    for group in (
        camera,
        count,
        direction,
        distance,
        nearest,
        occlusion,
        order,
        room,
        route,
        size,
        vertical,
        walk,
    )
    for name, checker in group.CHECKERS.items()
}


@dataclass
class Tally:
    """The results for one template."""

    checked: int = 0
    disagreements: list[str] = field(default_factory=list)
    worst: float = 0.0
    """The largest deviation of a number, as a share of the allowed one."""


def check_folder(data: Path, per_template: int) -> dict[str, Tally]:
    """Checks all data sets of a folder; returns the tallies by template."""
    tallies: dict[str, Tally] = defaultdict(Tally)
    for path in sorted(data.glob("*/questions.parquet")):
        rows = sorted(sampled_rows(path, per_template), key=lambda row: row["clip"])
        clip, world = "", None
        for row in rows:
            if world is None or row["clip"] != clip:
                clip, world = row["clip"], read_world(path.parent / "clips" / f"{row['clip']}.h5")
            check_question(question_of(world, row), tallies[row["template"]])
    return dict(sorted(tallies.items()))


def check_question(question: Question, tally: Tally) -> None:
    """Recomputes the answer to a question; records disagreements and mistakes in how things are named."""
    tally.checked += 1
    tally.disagreements += [f"{question.id}: {problem}: {question.text}" for problem in unfair(question)]
    checker = CHECKERS.get(question.skill)
    if checker is None:
        tally.disagreements.append(f"{question.id}: no checker for skill '{question.skill}'")
        return
    ours = checker(question)
    found = deviation(question, ours)
    if not found <= 1.0:  # also what is not a number
        tally.disagreements.append(f"{question.id}: stored {question.answer}, found {ours}: {question.text}")
    else:
        tally.worst = max(tally.worst, found)


def table(tallies: dict[str, Tally]) -> str:
    """A line for each template: rows, disagreements, and the largest deviation within what is allowed."""
    width = max([len("template"), *map(len, tallies)])
    lines = [f"{'template':<{width}}  {'rows':>6}  {'disagree':>8}  largest deviation, share of allowed"]
    for name, tally in tallies.items():
        worst = f"{tally.worst:.3f}"
        lines.append(f"{name:<{width}}  {tally.checked:>6}  {len(tally.disagreements):>8}  {worst}")
    return "\n".join(lines)


def disagreements(tallies: Iterable[Tally]) -> list[str]:
    """All disagreements, one line each."""
    return [line for tally in tallies for line in tally.disagreements]
