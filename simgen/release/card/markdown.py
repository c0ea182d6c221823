"""Tables of the card, in Markdown."""

from collections.abc import Iterable

from simgen.tables import markdown_table

COUNTS = ("questions", "clips", "frames")
"""Heads of the columns that count something. They are aligned right."""


def table(head: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> str:
    """A table whose whole numbers have separators between thousands."""
    cells = [[f"{value:,}" if isinstance(value, int) else str(value) for value in row] for row in rows]
    return markdown_table(head, cells, COUNTS)
