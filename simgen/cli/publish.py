"""The commands `publish` and `upload`."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from simgen.cli.shared import data_option, data_path, json_option, print_summary, split_names, workers_option
from simgen.errors import InputError, SimgenError

if TYPE_CHECKING:
    from simgen.release.contents import ClipFiles
    from simgen.release.destination import Destination

_REPO = "Data set repository on the Hub to upload to; it is made if need be."
_HUB_OPTIONS = (
    click.option("--private", is_flag=True, help="Make the repository private; a public one is refused."),
    click.option("--revision", metavar="BRANCH", help="Upload to this branch.  [default: main]"),
    click.option("--tag", help="Tag the upload, such as v2; the tag must be new."),
    click.option("--pr", is_flag=True, help="Open a pull request instead of writing to the main branch."),
    click.option(
        "--replace-foreign",
        metavar="OWNER/NAME",
        help="Delete all files of this repository though simgen did not publish them.",
    ),
)


def hub_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds the options that say how a release is uploaded."""
    for option in reversed(_HUB_OPTIONS):
        command = option(command)
    return command


@click.command()
@click.option(
    "--to", type=click.Path(file_okay=False, path_type=Path), required=True, help="Folder to write."
)
@click.option("--repo", metavar="OWNER/NAME", help=_REPO)
@hub_options
@click.option(
    "--templates",
    "-t",
    multiple=True,
    metavar="FILE",
    help="Your own templates that questions were made from, if questions.json does not record them.",
)
@click.option("--dataset", metavar="NAME", help="Publish the clips and questions of this recipe only.")
@click.option(
    "--audit",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Section on guessing for the card, from simgen audit --card FILE.  [default: audit now]",
)
@click.option("--no-audit", is_flag=True, help="Leave the section on guessing out.")
@click.option(
    "--author", "authors", multiple=True, metavar="NAME", help="Author for citations; repeat for several."
)
@click.option(
    "--clips",
    type=click.Choice(("full", "geometry", "none")),
    default="full",
    show_default=True,
    help="Clip files: with pictures, without them (answers can be recomputed), or none (they cannot).",
)
@click.option(
    "--videos/--no-videos",
    default=True,
    show_default=True,
    help="Add a video of each clip, 4 to 14 kB a frame.",
)
@click.option(
    "--viewer-clips",
    type=click.IntRange(min=0),
    default=100,
    show_default=True,
    help="Clips in the viewer index.html, up to 0.7 MB each; 0 for no viewer.",
)
@click.option(
    "--license", metavar="ID", help="Licence on the card, such as cc-by-4.0.  [default: apache-2.0]"
)
@click.option(
    "--formats",
    multiple=True,
    metavar="NAMES",
    help="Also for other trainers, without writing frames again: ms-swift,llama-factory,verl,easyr1,llava.",
)
@workers_option
@json_option
@data_option
@click.pass_context
def publish(
    ctx: click.Context,
    to: Path,
    repo: str | None,
    templates: Sequence[str],
    dataset: str | None,
    audit: Path | None,
    no_audit: bool,
    license: str | None,
    formats: Sequence[str],
    authors: Sequence[str],
    clips: "ClipFiles",
    videos: bool,
    viewer_clips: int,
    workers: int,
    as_json: bool,
    **hub: Any,
) -> None:
    """Verify all questions and pack them with their frames for release.

    The result is a folder that `datasets.load_dataset` reads. Nothing is written when an answer is wrong. The
    repository and the token of --repo are checked first.
    """
    from simgen.api import publish as run

    if no_audit and audit is not None:
        raise click.UsageError("--audit and --no-audit exclude each other; give one")
    destination = None if repo is None else _destination(repo, hub)
    if destination is None:
        _refuse_hub_options(hub)
    else:
        from simgen.release.destination import check_destination

        check_destination(destination)
    report = run(
        to,
        data_path(ctx),
        dataset=dataset,
        templates=split_names(templates),
        audit="" if no_audit else _read_section(audit),
        license=license,
        formats=split_names(formats),
        authors=authors,
        clips=clips,
        videos=videos,
        viewer_clips=viewer_clips,
        workers=workers,
    ).as_dict()
    if destination is not None:
        report["upload"] = _send(to, destination)
    for warning in () if as_json else report["warnings"]:  # the JSON object has them already
        click.echo(f"simgen: {warning}", err=True)
    print_summary(report, as_json)


@click.command()
@click.argument("release", type=click.Path(exists=True, file_okay=False, path_type=Path), metavar="DIR")
@click.option("--repo", metavar="OWNER/NAME", required=True, help=_REPO)
@hub_options
@json_option
def upload(release: Path, repo: str, as_json: bool, **hub: Any) -> None:
    """Upload a release that exists, in one commit.

    Files of an earlier release that the new one does not have are deleted. A repository that holds anything
    but a release is refused.
    """
    from simgen.release.hub import upload as send

    print_summary(send(release, _destination(repo, hub)).as_dict(), as_json)


def _send(release: Path, destination: "Destination") -> dict[str, Any]:
    from simgen.release.hub import upload as send

    try:
        return send(release, destination).as_dict()
    except SimgenError as error:
        again = f"simgen upload {release} --repo {destination.repo}"
        raise type(error)(f"{error}; the release is complete in {release}, for: {again}") from None


def _destination(repo: str, hub: dict[str, Any]) -> "Destination":
    from simgen.release.destination import Destination

    names = {name: hub[name] for name in ("private", "revision", "tag", "replace_foreign")}
    return Destination(repo, pull_request=hub["pr"], **names)


def _refuse_hub_options(hub: dict[str, Any]) -> None:
    given = [f"--{name.replace('_', '-')}" for name, value in hub.items() if value]
    if given:
        raise click.UsageError(f"{given[0]} is only used with --repo; give it, or leave out {given[0]}")


def _read_section(audit: Path | None) -> str | None:
    try:
        return None if audit is None else audit.read_text(encoding="utf-8").strip()
    except UnicodeDecodeError:
        raise InputError(f"{audit}: not a text file; make it with: simgen audit --card {audit}") from None
