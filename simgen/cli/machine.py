"""Commands that check the machine and show what the engine draws."""

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

import click

from simgen.cli.shared import QUALITIES, data_folder, data_option, json_option, print_summary

if TYPE_CHECKING:
    from simgen.types import Quality

LABELS = {"ok": "ok  ", "off": "off ", "fail": "FAIL"}
"""`off`: an optional part that is missing."""


@click.command(short_help="Check what works on this machine.")
@json_option
@data_option
@click.pass_context
def doctor(ctx: click.Context, as_json: bool) -> None:
    """Check what works on this machine, and name the cure for what does not.

    ok: it works. off: an optional part is missing. FAIL: rendering or asking questions does not work; the
    exit code is then 1.
    """
    from simgen.doctor import examine

    findings = examine(ctx.obj)
    ok = all(finding.state != "fail" for finding in findings)
    if as_json:
        print_summary({"ok": ok, "findings": [dataclasses.asdict(f) for f in findings]}, True)
    else:
        for finding in findings:
            click.echo(f"{LABELS[finding.state]}  {finding.name}: {finding.detail}")
            if finding.cure:
                click.echo(f"        {finding.cure}")
    if not ok:
        ctx.exit(1)


@click.command(short_help="Draw sample pictures with the embedded engine.")
@click.option(
    "--to",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("gallery"),
    show_default=True,
    help="Folder to write PNGs to.",
)
@click.option(
    "--quality",
    type=click.Choice(QUALITIES),
    default="standard",
    show_default=True,
    help="Quality of the pictures.",
)
@click.option("--pairs", is_flag=True, help="Instead, show each room in standard and photo quality.")
@data_option
@click.pass_context
def gallery(ctx: click.Context, to: Path, quality: "Quality", pairs: bool) -> None:
    """Draw pictures with the embedded engine: a view into each room type, and all object types.

    The first run samples a house, which takes half a minute.
    """
    from simgen.report.gallery import gallery as draw
    from simgen.report.qualities import quality_pairs

    folder = data_folder(ctx)
    for path in quality_pairs(folder, to) if pairs else draw(folder, to, quality):
        click.echo(str(path))
