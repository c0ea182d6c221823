"""Shared by the commands: common options, the data folder, and the printing of results and errors."""

import errno
import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn

import click

from simgen.errors import OtherProcessError, SimgenError

DEFAULT_WORKERS = os.cpu_count() or 1
QUALITIES = ("fast", "standard", "high", "photo")
"""The values of `simgen.types.Quality`, which cannot be imported here without numpy."""


_DISK_FULL = (errno.ENOSPC, errno.EDQUOT)


class Group(click.Group):
    """Lists commands in the order of a project, and prints a mistake of the user as one line."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)

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
        except OtherProcessError as error:
            ctx.exit(error.exit_code)
        except SimgenError as error:
            if ctx.params["debug"]:
                raise
            fail(ctx, str(error), error.exit_code)
        except OSError as error:
            if ctx.params["debug"]:
                raise
            place = error.filename2 or error.filename  # of a copy, the first one is read
            where = f"{place}: " if place else ""
            if error.errno in _DISK_FULL:
                fail(ctx, f"{where}the disk is full; free some space, then run the same command again", 1)
            if not place:
                raise
            fail(ctx, f"{where}{error.strerror}", 2)
        except KeyboardInterrupt:
            fail(ctx, "interrupted; finished work is kept, run the same command again to continue", 130)


def fail(ctx: click.Context, message: str, exit_code: int) -> NoReturn:
    """Prints one line on stderr and exits with the code."""
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
    help="Data folder; can also be given before the command.",
)


def data_folder(ctx: click.Context) -> Any:
    """The data folder that the command line or the environment names."""
    from simgen.store.folder import DataFolder

    return DataFolder(data_path(ctx))


def data_path(ctx: click.Context) -> Path:
    """The path of the data folder."""
    return ctx.find_root().obj


def recipe_option(required: bool, help_text: str) -> Callable[[Any], Any]:
    """The option `--recipe`."""
    return click.option("--recipe", "-r", required=required, metavar="NAME|FILE", help=help_text)


json_option = click.option("--json", "as_json", is_flag=True, help="Print the result as one JSON object.")
workers_option = click.option(
    "--workers",
    "-j",
    type=click.IntRange(min=1),
    default=DEFAULT_WORKERS,
    show_default="all cores",
    help="Number of worker processes.",
)


def split_names(values: Sequence[str]) -> list[str]:
    """The names in an option that can be given several times, or once with commas between the names."""
    return [name for value in values for name in value.split(",")]


def print_summary(summary: dict[str, Any], as_json: bool) -> None:
    """Prints a result on stdout: one JSON object, or one line for each value."""
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
    """Prints failures on stderr and exits with 1 when there are any."""
    for failure in () if as_json else failures:  # the JSON object has them already
        click.echo(f"simgen: {failure}", err=True)
    if failures:
        ctx.exit(1)
