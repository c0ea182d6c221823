"""Commands that train, score and publish."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from simgen.cli.shared import (
    data_folder,
    data_option,
    json_option,
    print_summary,
    rows_of,
    split_names,
    workers_option,
)
from simgen.errors import IncompleteError, InputError


@click.command()
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
@json_option
@data_option
@click.pass_context
def train(
    ctx: click.Context, run_name: str, dataset: str | None, resume: bool, as_json: bool, **options: Any
) -> None:
    """Fine-tune a vision-language model on the questions: SFT, then GRPO."""
    from simgen.trainers.config import TrainConfig
    from simgen.trainers.train.run import train as run

    folder = data_folder(ctx)
    rows = rows_of(folder, dataset)
    config = TrainConfig(**{key: value for key, value in options.items() if value is not None})
    report = run(config, folder, rows, folder.run_path(run_name), resume=resume)
    print_summary(report.as_dict(), True) if as_json else click.echo(report.as_table())


@click.command("eval")
@click.option(
    "--run", "run_name", default="curriculum", show_default=True, help="A finished run of `simgen train`."
)
@click.option("--model", metavar="HUB_ID|FOLDER", help="Score this model instead of a run's.")
@click.option("--dataset", metavar="NAME", help="Only this recipe's questions.")
@click.option("--rows", type=click.IntRange(min=1), help="At most this many held-out questions.")
@json_option
@data_option
@click.pass_context
def evaluate(
    ctx: click.Context, run_name: str, model: str | None, dataset: str | None, rows: int | None, as_json: bool
) -> None:
    """Score a model's answers on the held-out houses."""
    from simgen.trainers.config import TrainConfig
    from simgen.trainers.eval.run import evaluate_model, evaluate_run

    folder = data_folder(ctx)
    asked = rows_of(folder, dataset)
    if model is None:
        scores = evaluate_run(folder.run_path(run_name), folder, asked, rows)
    else:
        scores = evaluate_model(model, TrainConfig(model=model, eval_rows=rows), folder, asked)
    print_summary(dataclasses.asdict(scores), as_json)


@click.command()
@click.option(
    "--to", type=click.Path(file_okay=False, path_type=Path), required=True, help="Folder to write."
)
@click.option("--repo", metavar="OWNER/NAME", help="Also upload it to this data set repository on the Hub.")
@click.option("--private", is_flag=True, help="Make the repository private.")
@click.option(
    "--templates", "-t", multiple=True, metavar="FILE", help="Templates of your own that rows came from."
)
@click.option("--dataset", metavar="NAME", help="Only this recipe's clips and questions.")
@click.option(
    "--audit",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The card's section on guessing, written by: simgen audit --card FILE.",
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
    """Pack clips and questions into a release that `datasets.load_dataset` reads."""
    from simgen.release.publish import publish as pack

    _require_verified(ctx, dataset, split_names(templates), workers)
    datasets = data_folder(ctx).datasets_with_questions(dataset)
    report = pack(datasets, to, _section(audit), workers).as_dict()
    if repo is not None:
        from simgen.release.hub import upload

        report["url"] = upload(to, repo, private=private)
    print_summary(report, as_json)


def _section(audit: Path | None) -> str:
    try:
        return "" if audit is None else audit.read_text(encoding="utf-8").strip()
    except UnicodeDecodeError:
        raise InputError(f"{audit}: not a text file; make it with: simgen audit --card {audit}") from None


def _require_verified(ctx: click.Context, dataset: str | None, templates: list[str], workers: int) -> None:
    from simgen.qa.templates.loading import bundled_template_ids
    from simgen.qa.verify import verify as run

    summary = run(data_folder(ctx), dataset, [*bundled_template_ids(), *templates], workers)
    if summary.failed:
        raise IncompleteError(f"{summary.failed} of {summary.checked} rows are wrong: see simgen verify")
