"""The command line. Every command imports what it needs when it runs, so that `--help` is instant."""

import dataclasses
import json
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn

import click

from simgen import __version__
from simgen.errors import IncompleteError, InputError, SimgenError

DEFAULT_WORKERS = os.cpu_count() or 1


class _Group(click.Group):
    """Turns what the user can mend into one line and an exit code."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        try:
            return super().parse_args(ctx, args)
        except click.UsageError as error:
            _fail(ctx, error.format_message(), 2)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except click.UsageError as error:
            _fail(ctx, f"{error.format_message()} (see {(error.ctx or ctx).command_path} --help)", 2)
        except SimgenError as error:
            if ctx.params["debug"]:
                raise
            _fail(ctx, str(error), error.exit_code)
        except OSError as error:
            if ctx.params["debug"] or not error.filename:
                raise
            _fail(ctx, f"{error.filename}: {error.strerror}", 2)
        except KeyboardInterrupt:
            _fail(ctx, "interrupted; what was finished is kept, run the same command to go on", 130)


def _fail(ctx: click.Context, message: str, exit_code: int) -> NoReturn:
    click.echo(f"simgen: {message}", err=True)
    ctx.exit(exit_code)


def _use_data(ctx: click.Context, _: click.Parameter, value: Path | None) -> None:
    if value is not None:
        ctx.find_root().obj = value


_data_option = click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    expose_value=False,
    callback=_use_data,
    help="Data folder; may stand before the command too.",
)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="simgen")
@click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    envvar="SIMGEN_DATA",
    default=Path("simgen-data"),
    show_default=True,
    help="Folder under which everything lives ($SIMGEN_DATA).",
)
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
@click.pass_context
def main(ctx: click.Context, data: Path, debug: bool) -> None:
    """Spatial reasoning data from simulated houses: render clips, ask questions, train on them."""
    ctx.obj = data


def _folder(ctx: click.Context) -> Any:
    from simgen.store.folder import DataFolder

    return DataFolder(ctx.find_root().obj)


def _rows(folder: Any, dataset: str | None) -> list[Any]:
    from simgen.store.rows import read_rows

    return [row for d in folder.datasets_with_questions(dataset) for row in read_rows(d.questions_path)]


def _recipe_option(required: bool, help_text: str) -> Callable[[Any], Any]:
    return click.option("--recipe", "-r", required=required, metavar="NAME|FILE", help=help_text)


_json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of text.")
_workers_option = click.option(
    "--workers",
    "-j",
    type=click.IntRange(min=1),
    default=DEFAULT_WORKERS,
    show_default=True,
    help="Processes.",
)


@main.command()
@_recipe_option(required=True, help_text="A bundled recipe's name, or a YAML file.")
@_workers_option
@click.option("--replace", is_flag=True, help="Remove clips of another version of the recipe.")
@_json_option
@_data_option
@click.pass_context
def render(ctx: click.Context, recipe: str, workers: int, replace: bool, as_json: bool) -> None:
    """Sample a recipe's houses and render its clips; what is there already is kept."""
    from simgen.recipe import load_recipe
    from simgen.runner.render import render as run

    summary = run(load_recipe(recipe), _folder(ctx), workers, replace)
    _print(dataclasses.asdict(summary), as_json)
    _report_failures(ctx, summary.failed, as_json)


@main.command()
@click.option(
    "--templates", "-t", multiple=True, metavar="GROUP|ID|FILE", help="Which questions. [default: all]"
)
@click.option("--dataset", metavar="NAME", help="Only this recipe's clips.")
@_json_option
@_data_option
@click.pass_context
def qa(ctx: click.Context, templates: Sequence[str], dataset: str | None, as_json: bool) -> None:
    """Make questions, with answers computed from the geometry, for every clip."""
    from simgen.qa.templates import bundled_template_ids
    from simgen.runner.questions import ask

    names = _split(templates) or bundled_template_ids()
    _print(dataclasses.asdict(ask(_folder(ctx), dataset, names)), as_json)


@main.command()
@click.option(
    "--templates", "-t", multiple=True, metavar="FILE", help="Templates of your own that rows came from."
)
@click.option("--dataset", metavar="NAME", help="Only this recipe's questions.")
@_json_option
@_data_option
@click.pass_context
def verify(ctx: click.Context, templates: Sequence[str], dataset: str | None, as_json: bool) -> None:
    """Recompute every answer from its clip, and again from the row's own map."""
    from simgen.qa.templates import bundled_template_ids
    from simgen.runner.questions import verify as run

    summary = run(_folder(ctx), dataset, [*bundled_template_ids(), *_split(templates)])
    _print(dataclasses.asdict(summary), as_json)
    _report_failures(ctx, summary.failures, as_json)


@main.command()
@click.option(
    "--curriculum/--shuffled", default=True, show_default=True, help="Easy questions first, or any order."
)
@click.option(
    "--model", default="tiny", show_default=True, metavar="tiny|HUB_ID|FOLDER", help="What to train."
)
@click.option("--dataset", metavar="NAME", help="Only this recipe's questions.")
@click.option("--run", "run_name", default="curriculum", show_default=True, help="Name of the run's folder.")
@click.option("--sft-steps", type=click.IntRange(min=0), help="Steps of supervised fine-tuning.")
@click.option("--grpo-steps", type=click.IntRange(min=0), help="Steps of GRPO after it.")
@click.option("--seed", type=int, default=0, show_default=True)
@click.option("--resume", is_flag=True, help="Go on from the run's last checkpoint.")
@_json_option
@_data_option
@click.pass_context
def train(
    ctx: click.Context, run_name: str, dataset: str | None, resume: bool, as_json: bool, **options: Any
) -> None:
    """Fine-tune a vision-language model on the questions: SFT, then GRPO."""
    from simgen.trainers.run import train as run
    from simgen.trainers.settings import TrainSettings

    folder = _folder(ctx)
    rows = _rows(folder, dataset)
    settings = TrainSettings(**{key: value for key, value in options.items() if value is not None})
    report = run(settings, folder, rows, folder.run_path(run_name), resume=resume)
    _print(report.as_dict(), True) if as_json else click.echo(report.as_table())


@main.command("eval")
@click.option(
    "--run", "run_name", default="curriculum", show_default=True, help="A finished run of `simgen train`."
)
@click.option("--model", metavar="HUB_ID|FOLDER", help="Score this model instead of a run's.")
@click.option("--dataset", metavar="NAME", help="Only this recipe's questions.")
@click.option("--rows", type=click.IntRange(min=1), help="At most this many held-out questions.")
@_json_option
@_data_option
@click.pass_context
def evaluate(
    ctx: click.Context, run_name: str, model: str | None, dataset: str | None, rows: int | None, as_json: bool
) -> None:
    """Score a model's answers on the held-out houses."""
    from simgen.trainers.run import evaluate_model, evaluate_run
    from simgen.trainers.settings import TrainSettings

    folder = _folder(ctx)
    asked = _rows(folder, dataset)
    if model is None:
        scores = evaluate_run(folder.run_path(run_name), folder, asked, rows)
    else:
        scores = evaluate_model(model, TrainSettings(model=model, eval_rows=rows), folder, asked)
    _print(dataclasses.asdict(scores), as_json)


@main.command()
@click.option(
    "--to", type=click.Path(file_okay=False, path_type=Path), required=True, help="Folder to write."
)
@click.option("--repo", metavar="OWNER/NAME", help="Also upload it to this data set repository on the Hub.")
@click.option("--private", is_flag=True, help="Make the repository private.")
@click.option(
    "--templates", "-t", multiple=True, metavar="FILE", help="Templates of your own that rows came from."
)
@click.option("--dataset", metavar="NAME", help="Only this recipe's clips and questions.")
@_json_option
@_data_option
@click.pass_context
def publish(
    ctx: click.Context,
    to: Path,
    repo: str | None,
    private: bool,
    templates: Sequence[str],
    dataset: str | None,
    as_json: bool,
) -> None:
    """Pack clips and questions into a release that `datasets.load_dataset` reads."""
    from simgen.release.publish import publish as pack

    _require_verified(ctx, dataset, _split(templates))
    report = pack(_folder(ctx).datasets_with_questions(dataset), to).as_dict()
    if repo is not None:
        from simgen.release.hub import upload

        report["url"] = upload(to, repo, private=private)
    _print(report, as_json)


def _require_verified(ctx: click.Context, dataset: str | None, templates: list[str]) -> None:
    from simgen.qa.templates import bundled_template_ids
    from simgen.runner.questions import verify as run

    summary = run(_folder(ctx), dataset, [*bundled_template_ids(), *templates])
    if summary.failed:
        raise IncompleteError(f"{summary.failed} of {summary.checked} rows are wrong: see simgen verify")


@main.command()
@click.argument("clip", required=False)
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="PNG to write. [default: CLIP.png]"
)
@click.option("--frames", type=click.IntRange(min=1), default=4, show_default=True, help="Frames to show.")
@_data_option
@click.pass_context
def view(ctx: click.Context, clip: str | None, out: Path | None, frames: int) -> None:
    """Draw a clip as one picture: frames, depth, ids, and the map with all boundaries."""
    from simgen.report.contact_sheet import contact_sheet
    from simgen.runner.view import find_clip

    path = find_clip(_folder(ctx), clip)
    target = out or Path(f"{path.stem}.png")
    if target.suffix.lower() != ".png":
        raise InputError(f"{target}: only PNG is written; give a name that ends in .png")
    contact_sheet(path, frames).save(target)
    click.echo(str(target))


@main.group()
def recipe() -> None:
    """List, show and check recipes."""


@recipe.command("ls")
@_json_option
def recipe_ls(as_json: bool) -> None:
    """List the bundled recipes."""
    from simgen.recipe import load_recipe, recipe_names

    found = {name: load_recipe(name).description for name in recipe_names()}
    if as_json:
        _print(found, True)
        return
    width = max(map(len, found))
    for name, description in found.items():
        click.echo(f"{name:{width}}  {description}")


@recipe.command("show")
@click.argument("name")
@click.option("--resolved", is_flag=True, help="With all defaults and what it extends, as JSON.")
def recipe_show(name: str, resolved: bool) -> None:
    """Print a recipe."""
    from simgen.recipe import load_recipe, recipe_text

    loaded = load_recipe(name)
    click.echo(
        json.dumps(json.loads(loaded.to_json()), indent=2) if resolved else recipe_text(name), nl=resolved
    )


@recipe.command("check")
@click.argument("name")
def recipe_check(name: str) -> None:
    """Say what is wrong with a recipe, with line numbers."""
    from simgen.recipe import load_recipe

    loaded = load_recipe(name)
    click.echo(
        f"{name}: {loaded.houses.count} houses, {loaded.trajectory.frames} frames a clip: nothing wrong"
    )


@main.group()
def houses() -> None:
    """Sample houses without rendering them."""


@houses.command("sample")
@_recipe_option(required=True, help_text="The recipe whose houses to sample.")
@_workers_option
@_json_option
@_data_option
@click.pass_context
def houses_sample(ctx: click.Context, recipe: str, workers: int, as_json: bool) -> None:
    """Sample a recipe's houses into houses.jsonl.gz, ProcTHOR-10K's format."""
    from simgen.recipe import load_recipe
    from simgen.runner.render import sample_houses

    loaded = load_recipe(recipe)
    dataset = _folder(ctx).dataset(loaded.name)
    found, failed = sample_houses(loaded, dataset, workers)
    _print({"houses": len(found), "failed": failed, "path": str(dataset.houses_path)}, as_json)
    _report_failures(ctx, failed, as_json)


@main.command()
@_json_option
@_data_option
@click.pass_context
def doctor(ctx: click.Context, as_json: bool) -> None:
    """Say what works on this machine and what does not, with the cure."""
    from simgen.runner.doctor import examine

    findings = examine(ctx.obj)
    if as_json:
        _print(
            {"ok": all(f.ok for f in findings), "findings": [dataclasses.asdict(f) for f in findings]}, True
        )
    else:
        for finding in findings:
            click.echo(f"{'ok  ' if finding.ok else 'FAIL'}  {finding.name}: {finding.detail}")
    if not all(finding.ok for finding in findings):
        ctx.exit(1)


def _split(values: Sequence[str]) -> list[str]:
    """Values that may be given several times, or once with commas."""
    return [name for value in values for name in value.split(",")]


def _print(summary: dict[str, Any], as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(summary, indent=2))
        return
    for key, value in summary.items():
        if isinstance(value, dict):
            click.echo(f"{key}:")
            for name, count in value.items():
                click.echo(f"  {name}: {count}")
        elif value is not None and not isinstance(value, list | tuple):
            click.echo(f"{key}: {value}")


def _report_failures(ctx: click.Context, failures: Sequence[str], as_json: bool) -> None:
    for failure in () if as_json else failures:  # the JSON object has them already
        click.echo(f"simgen: {failure}", err=True)
    if failures:
        ctx.exit(1)


if __name__ == "__main__":
    sys.exit(main())
