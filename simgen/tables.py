"""Tables as text: aligned for a terminal, or as Markdown for a page."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Table:
    """Cells in columns. The first column is aligned left, the others right."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def as_text(self) -> str:
        """Aligned lines, two spaces between columns."""
        lines = [self.head, *self.rows]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        return "\n".join("  ".join(_padded(line, widths)).rstrip() for line in lines)

    def as_markdown(self) -> str:
        """A table of GitHub's Markdown."""
        return markdown_table(self.head, self.rows, self.head[1:])


def markdown_table(
    head: Sequence[str], rows: Iterable[Sequence[str]], aligned_right: Collection[str] = ()
) -> str:
    """A table of GitHub's Markdown. `aligned_right` are heads of columns; the others are aligned left."""
    rule = ["---:" if name in aligned_right else "---" for name in head]
    lines = [_line(head), f"| {' | '.join(rule)} |", *map(_line, rows)]
    return "\n".join(lines)


def _line(cells: Sequence[str]) -> str:
    # A line break or a bar inside a cell would end it.
    return "| " + " | ".join(" ".join(cell.split()).replace("|", "\\|") for cell in cells) + " |"


def _padded(line: Sequence[str], widths: Sequence[int]) -> list[str]:
    first, *rest = line
    return [
        first.ljust(widths[0]),
        *(cell.rjust(width) for cell, width in zip(rest, widths[1:], strict=True)),
    ]
