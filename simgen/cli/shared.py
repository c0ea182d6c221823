"""What the commands share: options, the data folder, and how results and mistakes are printed."""

import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn

import click

from simgen.errors import SimgenError

DEFAULT_WORKERS = os.cpu_count() or 1
QUALITIES = ("fast", "standard", "high", "photo")
"""`simgen.types.Quality`, which would take numpy to import."""


class Group(click.Group):
    """Turns what the user can mend into one line and an exit code."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        try:
            return super().parse_args(ctx, args)
        except click.UsageError as error:
            fail(ctx, error.format_message(), 2)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except click.UsageError as error:
            fail(ctx, f"{error.format_message()} (see {(error.ctx or ctx).command_path} --help)", 2)
        except SimgenError as error:
            if ctx.params["debug"]:
                raise
            fail(ctx, str(error), error.exit_code)
        except OSError as error:
            if ctx.params["debug"] or not error.filename:
                raise
            fail(ctx, f"{error.filename}: {error.strerror}", 2)
        except KeyboardInterrupt:
            fail(ctx, "interrupted; what was finished is kept, run the same command to go on", 130)


def fail(ctx: click.Context, message: str, exit_code: int) -> NoReturn:
    """One line on stderr, and the exit code."""
    click.echo(f"simgen: {message}", err=True)
    ctx.exit(exit_code)


def _use_data(ctx: click.Context, _: click.Parameter, value: Path | None) -> None:
    if value is not None:
        ctx.find_root().obj = value


data_option = click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    expose_value=False,
    callback=_use_data,
    help="Data folder; may stand before the command too.",
)


def data_folder(ctx: click.Context) -> Any:
    """The data folder that the command line or the environment names."""
    from simgen.store.folder import DataFolder

    return DataFolder(ctx.find_root().obj)


def rows_of(folder: Any, dataset: str | None) -> list[Any]:
    """All questions in a data folder, or those of one data set."""
    from simgen.store.rows import read_rows

    return [row for d in folder.datasets_with_questions(dataset) for row in read_rows(d.questions_path)]


def recipe_option(required: bool, help_text: str) -> Callable[[Any], Any]:
    """`--recipe`."""
    return click.option("--recipe", "-r", required=required, metavar="NAME|FILE", help=help_text)


json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of text.")
workers_option = click.option(
    "--workers",
    "-j",
    type=click.IntRange(min=1),
    default=DEFAULT_WORKERS,
    show_default=True,
    help="Processes.",
)


def split_names(values: Sequence[str]) -> list[str]:
    """Values that may be given several times, or once with commas."""
    return [name for value in values for name in value.split(",")]


def print_summary(summary: dict[str, Any], as_json: bool) -> None:
    """A result on stdout: one JSON object, or a line a value."""
    if as_json:
        click.echo(json.dumps(summary, indent=2))
        return
    for key, value in summary.items():
        if isinstance(value, dict):
            click.echo(f"{key}:" if value else f"{key}: none")
            for name, count in value.items():
                click.echo(f"  {name}: {count}")
        elif value is not None and not isinstance(value, list | tuple):
            click.echo(f"{key}: {value}")


def report_failures(ctx: click.Context, failures: Sequence[str], as_json: bool) -> None:
    """Lists failures on stderr and exits with 1 when there are any."""
    for failure in () if as_json else failures:  # the JSON object has them already
        click.echo(f"simgen: {failure}", err=True)
    if failures:
        ctx.exit(1)
