"""Tables in Markdown."""

from collections.abc import Iterable


def table(head: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> str:
    """A table. The columns that count something are aligned to the right."""
    rule = ["--:" if column and _is_count(column) else "---" for column in head]
    lines = [head, rule, *rows]
    return "\n".join("| " + " | ".join(_cell(value) for value in line) + " |" for line in lines)


def _is_count(column: str) -> bool:
    return column in ("questions", "clips", "frames")


def _cell(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value).replace("|", "\\|")
