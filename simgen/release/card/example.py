"""The worked example of the card: one question, its picture, and what a model should write."""

import json

from simgen.release.card.figures import RowFigures
from simgen.scoring import letter_of
from simgen.store.rows import Row
from simgen.trainers.targets import build_target


def describe_example(figures: RowFigures, picture: str = "") -> list[str]:
    """The parts of the section, in Markdown, with its picture; none without a question."""
    if figures.example is None:
        return []
    _, row = figures.example
    unit = f" {row.unit}" if row.unit else ""
    return [
        "## One question",
        picture,
        f"**Question** (`{row.id}`): {row.question}",
        *_options(row),
        "**What the model should write:**",
        f"```\n{_wrap_target(row)}\n```",
        f"**Answer:** {row.answer}{unit}",
    ]


def _options(row: Row) -> list[str]:
    lines = [f"- {letter_of(index)}. {option}" for index, option in enumerate(row.options)]
    return ["\n".join(lines)] if lines else []


def _wrap_target(row: Row) -> str:
    """The target with one object of the map a line, so that it can be read on a page."""
    entries = [json.dumps(entry) for entry in json.loads(row.map)]
    whole, wrapped = build_target(row, "metric", "all"), "[" + ",\n".join(entries) + "]"
    return whole.replace(row.map, wrapped).replace("</map>", "</map>\n").replace("</think>", "</think>\n")
