"""`simgen thor`: run AI2-THOR programs on the embedded engine."""

import os
import shlex
import shutil
from collections.abc import Callable, Sequence
from typing import Any

import click

from simgen.cli.shared import QUALITIES, data_folder, data_option
from simgen.errors import InputError


@click.group()
def thor() -> None:
    """Run AI2-THOR programs on the embedded engine."""


@thor.command("path", short_help="Print the path of simgen-thor.")
def thor_path() -> None:
    """Print the path for ai2thor.controller.Controller(local_executable_path=...)."""
    from simgen.engine.protocol.wire.launch import executable

    click.echo(executable())


def _engine_options(command: Callable[..., Any]) -> Callable[..., Any]:
    server = click.option(
        "--server",
        type=click.Choice(("fifo", "wsgi")),
        help="Protocol of a Controller that is given no server_class. [default: the client's own]",
    )
    quality = click.option(
        "--quality",
        type=click.Choice(QUALITIES),
        default="standard",
        show_default=True,
        help="Quality of the pictures.",
    )
    assets = click.option("--assets", metavar="NAME|FOLDER", help="Draw with this asset pack.")
    return quality(server(assets(command)))


@thor.command(
    "run",
    short_help="Run an AI2-THOR program on the embedded engine.",
    context_settings={"allow_interspersed_args": False},
)
@_engine_options
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
@data_option
@click.pass_context
def thor_run(
    ctx: click.Context, quality: str, server: str | None, assets: str | None, command: Sequence[str]
) -> None:
    """Run a program whose Controller() starts the embedded engine: simgen thor run -- python script.py."""
    program = shutil.which(command[0])
    if program is None:
        raise InputError(
            f"{command[0]}: no such program; give one, as in: simgen thor run -- python script.py"
        )
    # The program replaces this process, so that it gets the signals and gives the exit code.
    os.execve(program, list(command), {**os.environ, **_variables(ctx, quality, server, assets)})


@thor.command("env", short_help="Print shell commands that set up AI2-THOR programs.")
@_engine_options
@data_option
@click.pass_context
def thor_env(ctx: click.Context, quality: str, server: str | None, assets: str | None) -> None:
    """Print the environment variables of `simgen thor run` as shell commands: eval "$(simgen thor env)"."""
    for name, value in _variables(ctx, quality, server, assets).items():
        click.echo(f"export {name}={shlex.quote(value)}")


def _variables(ctx: click.Context, quality: str, server: str | None, assets: str | None) -> dict[str, str]:
    from simgen.engine.protocol.wire.launch import client_environment

    if assets is None:
        return client_environment(quality, server, None)
    from simgen.engine.packs.pack import find_pack

    return client_environment(quality, server, find_pack(assets, data_folder(ctx).assets_path).path)
