"""The command `publish`."""

from collections.abc import Sequence
from pathlib import Path

import click

from simgen.cli.shared import data_option, data_path, json_option, print_summary, split_names, workers_option
from simgen.errors import InputError


@click.command()
@click.option(
    "--to", type=click.Path(file_okay=False, path_type=Path), required=True, help="Folder to write."
)
@click.option("--repo", metavar="OWNER/NAME", help="Also upload it to this data set repository on the Hub.")
@click.option("--private", is_flag=True, help="Make the repository private.")
@click.option(
    "--templates",
    "-t",
    multiple=True,
    metavar="FILE",
    help="Your own templates that questions were made from; verification needs them.",
)
@click.option("--dataset", metavar="NAME", help="Publish the clips and questions of this recipe only.")
@click.option(
    "--audit",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Section on guessing for the release card, from: simgen audit --card FILE.",
)
@workers_option
@json_option
@data_option
@click.pass_context
def publish(
    ctx: click.Context,
    to: Path,
    repo: str | None,
    private: bool,
    templates: Sequence[str],
    dataset: str | None,
    audit: Path | None,
    workers: int,
    as_json: bool,
) -> None:
    """Verify all questions and pack them with their frames for release.

    The result is a folder that `datasets.load_dataset` reads. Nothing is written when an answer is wrong.
    """
    from simgen.api import publish as run

    report = run(
        to,
        data_path(ctx),
        dataset=dataset,
        templates=split_names(templates),
        audit=_read_section(audit),
        workers=workers,
    ).as_dict()
    if repo is not None:
        from simgen.release.hub import upload

        report["url"] = upload(to, repo, private=private)
    print_summary(report, as_json)


def _read_section(audit: Path | None) -> str:
    try:
        return "" if audit is None else audit.read_text(encoding="utf-8").strip()
    except UnicodeDecodeError:
        raise InputError(f"{audit}: not a text file; make it with: simgen audit --card {audit}") from None
