"""Commands that make, check and show data: clips and questions."""

import dataclasses
import json
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from simgen.cli.shared import (
    QUALITIES,
    data_folder,
    data_option,
    data_path,
    json_option,
    print_summary,
    recipe_option,
    report_failures,
    split_names,
    workers_option,
)

if TYPE_CHECKING:
    from PIL import Image

    from simgen.types import Quality


def _numbers(ctx: click.Context, parameter: click.Parameter, value: str | None, kind: str) -> tuple[int, ...]:
    """Numbers from 0 with commas between them."""
    try:
        numbers = tuple(int(part) for part in value.split(",")) if value else ()
    except ValueError:
        numbers = (-1,)
    if any(number < 0 for number in numbers):
        raise click.BadParameter(f"{value!r} is no list of {kind}; give numbers such as 0,1", ctx, parameter)
    return numbers


_gpu_numbers = partial(_numbers, kind="GPUs")
_frame_indices = partial(_numbers, kind="frames")


def _frame_counts(ctx: click.Context, parameter: click.Parameter, value: str | None) -> tuple[int, ...]:
    """Parses numbers of frames, separated by commas; sorted."""
    try:
        counts = tuple(sorted({int(part) for part in value.split(",")})) if value else ()
    except ValueError:
        counts = (0,)
    if any(count < 1 for count in counts):
        raise click.BadParameter(
            f"{value!r} is not a list of numbers; give numbers such as 1,4,8", ctx, parameter
        )
    return counts


@click.command()
@recipe_option(required=True, help_text="A bundled recipe's name, or a YAML file.")
@workers_option
@click.option("--replace", is_flag=True, help="Remove clips that another version of the recipe made.")
@click.option("--assets", metavar="NAME|FOLDER", help="Asset pack to draw with, instead of the recipe's.")
@click.option("--quality", type=click.Choice(QUALITIES), help="Picture quality, instead of the recipe's.")
@click.option(
    "--gpus",
    metavar="N,N",
    callback=_gpu_numbers,
    help="Engine ai2thor: GPUs, assigned to the workers in turn.",
)
@click.option(
    "--unity",
    type=click.Path(path_type=Path),
    envvar="SIMGEN_UNITY",
    help="Engine ai2thor: the build to run, a file or its folder.",
)
@click.option(
    "--start-limit",
    type=click.FloatRange(min=0, min_open=True),
    help="Engine ai2thor: seconds that Unity may take to start.  [default: 300]",
)
@click.option(
    "--step-limit",
    type=click.FloatRange(min=0, min_open=True),
    help="Engine ai2thor: seconds that Unity may take for one action.  [default: 100]",
)
@click.option(
    "--tries",
    type=click.IntRange(min=1),
    help="How often a clip is tried if the engine crashes or hangs.  [default: 3]",
)
@json_option
@data_option
@click.pass_context
def render(
    ctx: click.Context,
    recipe: str,
    workers: int,
    replace: bool,
    assets: str | None,
    quality: "Quality | None",
    gpus: tuple[int, ...],
    unity: Path | None,
    start_limit: float | None,
    step_limit: float | None,
    tries: int | None,
    as_json: bool,
) -> None:
    """Sample a recipe's houses and render its clips. Existing houses and clips are kept."""
    from simgen.recipe import load_recipe
    from simgen.scenes.engines.table import find_engine
    from simgen.scenes.render import TRIES, Machine
    from simgen.scenes.render import render as run

    loaded = load_recipe(recipe)
    from_environment = ctx.get_parameter_source("unity") is click.core.ParameterSource.ENVIRONMENT
    machine = Machine(
        workers=workers,
        gpus=gpus,
        # The variable may be set in the user's profile. An engine that is no program ignores it.
        program=None if from_environment and find_engine(loaded).limits is None else unity,
        start_limit_s=start_limit,
        step_limit_s=step_limit,
        tries=tries or TRIES,
    )
    if assets is not None:
        loaded = loaded.with_assets(assets)
    if quality is not None:
        loaded = loaded.with_quality(quality)
    summary = run(loaded, data_folder(ctx), machine, replace)
    print_summary(dataclasses.asdict(summary), as_json)
    report_failures(ctx, summary.failed, as_json)


@click.command(short_help="Make questions about every clip, with computed answers.")
@click.option(
    "--templates", "-t", multiple=True, metavar="GROUP|ID|FILE", help="Which questions. [default: all]"
)
@click.option("--dataset", metavar="NAME", help="Ask only about this recipe's clips.")
@click.option(
    "--frames",
    metavar="N,N",
    callback=_frame_counts,
    help="Numbers of frames to ask with, such as 1,4,8,12,16. [default: the recipe's]",
)
@click.option(
    "--per-template",
    type=click.IntRange(min=1),
    help="Most questions of a template for each clip.",
)
@click.option(
    "--balance/--no-balance",
    default=True,
    show_default=True,
    help="Choose so that words predict no answer.",
)
@click.option(
    "--again",
    is_flag=True,
    help="Ask as questions.json records: the same templates and settings, without what was dropped.",
)
@workers_option
@click.option(
    "--check",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="List the mistakes in a template file, or show what it asks.",
)
@click.option(
    "--drop",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Drop the questions that FILE names, which the viewer of simgen view --html downloads.",
)
@click.option(
    "--explain",
    metavar="CLIP|ID",
    help="Show which questions a clip was asked, which not, and why; or how one question was answered.",
)
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="PNG that --explain draws. [default: CLIP-questions.png; ID.png]",
)
@json_option
@data_option
@click.pass_context
def qa(
    ctx: click.Context,
    templates: Sequence[str],
    dataset: str | None,
    frames: tuple[int, ...],
    per_template: int | None,
    balance: bool,
    again: bool,
    workers: int,
    check: Path | None,
    drop: Path | None,
    explain: str | None,
    out: Path | None,
    as_json: bool,
) -> None:
    """Make questions, with answers computed from the geometry, for every clip."""
    from simgen.api import ask, ask_again

    if check is not None:
        _check(ctx, check, as_json)
    elif drop is not None:
        _drop(ctx, drop, dataset, as_json)
    elif explain is not None:
        _explain(ctx, explain, split_names(templates), out, as_json)
    elif again:
        _refuse_settings(ctx, "templates", "frames", "per_template", "balance")
        summary = ask_again(data_path(ctx), dataset=dataset, workers=workers)
        for line in () if as_json else summary.changed:
            click.echo(f"simgen: {line}", err=True)
        print_summary(dataclasses.asdict(summary), as_json)
    else:
        summary = ask(
            split_names(templates),
            data_path(ctx),
            dataset=dataset,
            frames=frames,
            per_template=per_template,
            balance=balance,
            workers=workers,
        )
        if summary.without_short:
            names = ", ".join(summary.without_short)
            click.echo(f"simgen: left out, because they have no short wording: {names}", err=True)
        print_summary(dataclasses.asdict(summary), as_json)


def _refuse_settings(ctx: click.Context, *names: str) -> None:
    """Refuses options that --again takes from the record."""
    for name in names:
        if ctx.get_parameter_source(name) is not click.core.ParameterSource.DEFAULT:
            option = name.replace("_", "-")
            raise click.UsageError(f"--again takes --{option} from questions.json; leave it out")


def _check(ctx: click.Context, file: Path, as_json: bool) -> None:
    from simgen.qa.check import check_template, describe

    found = check_template(file, data_folder(ctx))
    if as_json:
        print_summary(dataclasses.asdict(found), as_json)
    for line in found.mistakes if not as_json else ():
        click.echo(f"simgen: {line}", err=True)
    if found.mistakes:
        ctx.exit(2)
    if not as_json:
        click.echo("\n".join(describe(found)))


def _drop(ctx: click.Context, file: Path, dataset: str | None, as_json: bool) -> None:
    from simgen.qa.drop import drop_flagged

    summary = drop_flagged(data_folder(ctx), file, dataset)
    for question in () if as_json else summary.not_found:
        click.echo(f"simgen: no data set has the question {question}", err=True)
    print_summary(dataclasses.asdict(summary), as_json)


def _explain(
    ctx: click.Context, name: str, templates: Sequence[str], out: Path | None, as_json: bool
) -> None:
    from simgen.qa.explain import as_record, explain
    from simgen.report.explain import explanation_picture
    from simgen.report.explain_row import explain_row, row_table
    from simgen.report.explain_table import explanation_table
    from simgen.report.png import png_path, save_png
    from simgen.report.question import question_sheet
    from simgen.store.find import find_clip_or_row

    path, row = find_clip_or_row(data_folder(ctx), name)
    target = png_path(out or Path(f"{path.stem}-questions.png" if row is None else f"{row.id}.png"))
    if row is None:
        found = explain(path, templates)
        picture, record, lines = explanation_picture(found), as_record(found), explanation_table(found)
    else:
        told = explain_row(path, row)
        picture, record, lines = question_sheet(path, row), dataclasses.asdict(told), row_table(told)
    save_png(picture, target)
    if as_json:
        print_summary({**record, "picture": str(target)}, as_json)
    else:
        click.echo("\n".join([*lines, f"picture: {target}"]))


@click.command(short_help="Recompute every answer from its clip and from its map.")
@click.option(
    "--templates", "-t", multiple=True, metavar="FILE", help="Your own templates, instead of recorded ones."
)
@click.option("--dataset", metavar="NAME", help="Only this recipe's questions.")
@click.option(
    "--release",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="DIR",
    help="Verify a release instead: its files, clips and questions, by its own templates.",
)
@workers_option
@json_option
@data_option
@click.pass_context
def verify(
    ctx: click.Context,
    templates: Sequence[str],
    dataset: str | None,
    release: Path | None,
    workers: int,
    as_json: bool,
) -> None:
    """Recompute every answer from its clip, and again from the map in its row.

    The templates are those that made the rows, as recorded in questions.json, or else simgen's.
    """
    from simgen.api import verify as run

    if release is not None:
        _verify_release(ctx, release, templates, dataset, workers, as_json)
        return
    summary = run(data_path(ctx), dataset=dataset, templates=split_names(templates), workers=workers)
    print_summary(dataclasses.asdict(summary), as_json)
    report_failures(ctx, summary.failures, as_json)


def _verify_release(
    ctx: click.Context,
    release: Path,
    templates: Sequence[str],
    dataset: str | None,
    workers: int,
    as_json: bool,
) -> None:
    from simgen.api import verify_release as run

    if dataset is not None:
        raise click.UsageError("--release is verified as a whole; leave out --dataset")
    summary = run(release, templates=split_names(templates), workers=workers)
    if summary.own_templates and not as_json:
        names = ", ".join(summary.own_templates)
        click.echo(f"simgen: templates that are not simgen's, or of another version: {names}", err=True)
    print_summary(dataclasses.asdict(summary), as_json)
    report_failures(ctx, summary.failures, as_json)


@click.command(short_help="Draw a clip or a question, or write pages to browse all of them.")
@click.argument("clip", required=False)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="PNG or RRD to write, or the folder of --html. [default: CLIP.png; CLIP.rrd; simgen-view]",
)
@click.option("--frames", type=click.IntRange(min=1), default=4, show_default=True, help="Frames to show.")
@click.option(
    "--at",
    metavar="N,N",
    callback=_frame_indices,
    help="Show these frames, counted from 0.",
)
@click.option("--trajectory", is_flag=True, help="Draw the camera's path on the plan of the house instead.")
@click.option("--question", metavar="ID", help="Draw this question instead: its frames, map and answer.")
@click.option("--html", is_flag=True, help="Write a folder of pages that a browser opens without a server.")
@click.option("--rrd", is_flag=True, help="Write the clip as a file for the viewer Rerun: simgen[rerun].")
@click.option("--dataset", metavar="NAME", help="With --html: only this recipe's clips.")
@click.option(
    "--run", "runs", multiple=True, metavar="NAME", help="With --html: also show this run's answers."
)
@workers_option
@json_option
@data_option
@click.pass_context
def view(
    ctx: click.Context,
    clip: str | None,
    out: Path | None,
    frames: int,
    at: tuple[int, ...],
    trajectory: bool,
    question: str | None,
    html: bool,
    rrd: bool,
    dataset: str | None,
    runs: Sequence[str],
    workers: int,
    as_json: bool,
) -> None:
    """Draw a clip as one picture: frames, depth, ids, and the map with all boundaries.

    With --html write a viewer of all clips, questions and answers: open index.html of its folder. With --rrd
    write the clip in 3-D for Rerun: open it with rerun CLIP.rrd.
    """
    from simgen.report.contact_sheet import contact_sheet
    from simgen.report.question import question_sheet
    from simgen.report.rerun_file import write_rerun
    from simgen.report.trajectory import trajectory_picture
    from simgen.store.find import find_clip, find_row

    if html:
        _write_pages(ctx, clip, out, dataset, split_names(runs), workers, as_json)
    elif question is not None:
        path, row = find_row(data_folder(ctx), question)
        _save(question_sheet(path, row), out or Path(f"{row.id}.png"), as_json)
    else:
        path = find_clip(data_folder(ctx), clip)
        if rrd:
            target = write_rerun(path, out or Path(f"{path.stem}.rrd"))
            click.echo(json.dumps({"recording": str(target)}) if as_json else str(target))
            return
        picture = trajectory_picture(path) if trajectory else contact_sheet(path, frames, at)
        _save(picture, out or Path(f"{path.stem}{'-trajectory' * trajectory}.png"), as_json)


def _save(picture: "Image.Image", path: Path, as_json: bool) -> None:
    from simgen.report.png import png_path, save_png

    target = png_path(path)
    save_png(picture, target)
    click.echo(json.dumps({"picture": str(target)}) if as_json else str(target))


def _write_pages(
    ctx: click.Context,
    clip: str | None,
    out: Path | None,
    dataset: str | None,
    runs: Sequence[str],
    workers: int,
    as_json: bool,
) -> None:
    from simgen.report.viewer.write import write_viewer
    from simgen.store.find import find_clip

    folder = data_folder(ctx)
    only = None if clip is None else find_clip(folder, clip).stem
    summary = write_viewer(folder, out or Path("simgen-view"), dataset, only, runs, workers)
    print_summary(dataclasses.asdict(summary), as_json)
