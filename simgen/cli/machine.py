"""Commands about the machine that simgen runs on."""

import dataclasses

import click

from simgen.cli.shared import (
    data_option,
    json_option,
    print_summary,
)


@click.command()
@json_option
@data_option
@click.pass_context
def doctor(ctx: click.Context, as_json: bool) -> None:
    """Say what works on this machine and what does not, with the cure."""
    from simgen.runner.doctor import examine

    findings = examine(ctx.obj)
    if as_json:
        print_summary(
            {"ok": all(f.ok for f in findings), "findings": [dataclasses.asdict(f) for f in findings]}, True
        )
    else:
        for finding in findings:
            click.echo(f"{'ok  ' if finding.ok else 'FAIL'}  {finding.name}: {finding.detail}")
    if not all(finding.ok for finding in findings):
        ctx.exit(1)
