"""docs/cli.md against the commands.

`python -m tests.test_cli_docs` rewrites the part between its markers.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import click

from simgen.cli import main

PAGE = Path(__file__).parents[1] / "docs" / "cli.md"
START, END = "<!-- commands: python -m tests.test_cli_docs -->\n", "\n<!-- end of commands -->"
SHARED = {"data", "as_json", "help"}
"""Options that the page explains once."""


def commands(group: click.Group, name: str) -> Iterator[tuple[str, click.Command]]:
    """Every command that does something, with its whole name, in alphabetical order."""
    for key, command in sorted(group.commands.items()):
        if isinstance(command, click.Group):
            yield from commands(command, f"{name} {key}")
        else:
            yield f"{name} {key}", command


def reference() -> str:
    """A section a command: its help text, and a table of its arguments and options."""
    return "\n\n".join(section(name, command) for name, command in commands(main, "simgen"))


def section(name: str, command: click.Command) -> str:
    """The usage, the help text and the options of one command."""
    context = click.Context(command, info_name=name)
    usage = " ".join([name, *command.collect_usage_pieces(context)])
    parts = [f"### `{name}`", f"`{usage}`", " ".join((command.help or "").split())]
    records = [
        record
        for option in command.params
        if isinstance(option, click.Option)
        and option.name not in SHARED
        and (record := option.get_help_record(context)) is not None
    ]
    if records:
        rows = [f"| `{cell(option)}` | {cell(text)} |" for option, text in records]
        parts.append("\n".join(["| option | meaning |", "|---|---|", *rows]))
    return "\n\n".join(parts)


def cell(text: str) -> str:
    """One line that stands in a table."""
    return re.sub(r"\s+", " ", text).replace("|", "\\|").strip()


def test_the_page_lists_every_command_and_option() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page.partition(START)[2].partition(END)[0] == reference(), "run: python -m tests.test_cli_docs"


def test_every_command_and_option_has_help() -> None:
    for name, command in commands(main, "simgen"):
        assert command.help, name
        options = [option for option in command.params if isinstance(option, click.Option)]
        assert [f"{name} {option.name}" for option in options if not option.help] == []


if __name__ == "__main__":
    head, _, rest = PAGE.read_text(encoding="utf-8").partition(START)
    PAGE.write_text(f"{head}{START}{reference()}{END}{rest.partition(END)[2]}", encoding="utf-8")
