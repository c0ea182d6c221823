"""The commands `train` and `eval`."""

from pathlib import Path
from typing import Any

import click

from simgen.cli.shared import data_option, data_path, json_option, print_summary
from simgen.trainers.config import DEFAULT_CONFIG, LORA_CONFIG, list_configs, load_config, parse_settings


@click.command()
@click.option(
    "--config",
    metavar="NAME|FILE",
    help="Training config: a bundled one's name, or a YAML file. "
    f"[default: {DEFAULT_CONFIG}; with --model {LORA_CONFIG}]",
)
@click.option(
    "--set",
    "settings",
    metavar="KEY=VALUE",
    multiple=True,
    help="Change one value of the config, such as sft.steps=200. Can be given several times.",
)
@click.option("--model", metavar="HUB_ID|FOLDER", help="The model to train: the config's model.name.")
@click.option(
    "--curriculum/--shuffled",
    "curriculum",
    default=None,
    help="Order of the questions: the config's curriculum, or random. [default: curriculum]",
)
@click.option("--seed", type=int, help="Seed of the order, the weights and the sampling. [default: 0]")
@click.option("--dataset", metavar="NAME", help="Train on the questions of this recipe only.")
@click.option(
    "--run",
    "run_name",
    metavar="NAME",
    default="curriculum",
    show_default=True,
    help="Name of the run; its files go to runs/NAME in the data folder.",
)
@click.option("--resume", is_flag=True, help="Continue an interrupted run from its last checkpoint.")
@click.option("--list", "listing", is_flag=True, help="List the bundled configs and stop.")
@json_option
@data_option
@click.pass_context
def train(
    ctx: click.Context,
    config: str | None,
    settings: tuple[str, ...],
    model: str | None,
    curriculum: bool | None,
    seed: int | None,
    dataset: str | None,
    run_name: str,
    resume: bool,
    listing: bool,
    as_json: bool,
) -> None:
    """Train a vision-language model on the questions.

    The model is fine-tuned (SFT), then reinforced (GRPO). It answers questions on held-out houses before
    and after, and both scores are printed.
    """
    if listing:
        for name in list_configs():
            click.echo(f"{name:<20}{load_config(name).description}")
        return
    from simgen.api import train as run

    changes = parse_settings(settings)
    named = {"model.name": model, "seed": seed}
    changes |= {key: value for key, value in named.items() if value is not None}
    if curriculum is False:
        changes["curriculum.kind"] = "shuffled"
    chosen = config or (DEFAULT_CONFIG if model is None else LORA_CONFIG)
    report = run(
        data_path(ctx), dataset=dataset, config=chosen, settings=changes, run=run_name, resume=resume
    )
    print_summary(report.as_dict(), True) if as_json else click.echo(report.as_table())


@click.command("eval")
@click.option(
    "--run",
    "run_name",
    metavar="NAME",
    default="curriculum",
    show_default=True,
    help="Score the model of this finished run of `simgen train`.",
)
@click.option("--model", metavar="HUB_ID|FOLDER", help="Score this model instead of a run's.")
@click.option(
    "--answers",
    type=click.Path(file_okay=False, path_type=Path),
    help="With --model: store its answers in this folder, and read those that are there.",
)
@click.option("--dataset", metavar="NAME|FILE.parquet", help="Ask the questions of this recipe or file only.")
@click.option(
    "--split",
    type=click.Choice(["val", "test", "heldout"]),
    default="heldout",
    show_default=True,
    help="Ask about the houses of this split; heldout is val and test.",
)
@click.option(
    "--rows",
    type=click.IntRange(min=1),
    help="Ask at most this many questions. [default: those that the run asked; with --model 200]",
)
@click.option(
    "--blind/--no-blind",
    default=True,
    show_default=True,
    help="Also ask with the frames of other houses, to see what the words alone give.",
)
@click.option("--fresh", is_flag=True, help="Ask again what was answered before, and store nothing.")
@click.option(
    "--compare",
    nargs=2,
    metavar="RUN RUN",
    help="Compare two runs, or folders of answers, on the questions that both have answered.",
)
@click.option(
    "--report",
    "report_folder",
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help="Also write the scores there, as Markdown with a picture.",
)
@json_option
@data_option
@click.pass_context
def evaluate(
    ctx: click.Context,
    run_name: str,
    model: str | None,
    compare: tuple[str, str] | None,
    report_folder: Path | None,
    as_json: bool,
    **options: Any,
) -> None:
    """Score a model on questions about held-out houses.

    Answers are scored by template, beside those of the same model shown another house's frames (blind) and
    the best guess from the words. The answers that a run stored are scored again without its model.
    """
    if compare is not None:
        _compare(ctx, compare, options["dataset"], options["split"], as_json)
        return
    from simgen.api import evaluate as run
    from simgen.trainers.eval.tables import format_report

    report = run(data_path(ctx), run=run_name, model=model, **options)
    if report_folder is not None:
        from simgen.trainers.eval.report_files import write_report

        write_report(report, report_folder, f"Evaluation of {model or run_name}")
    print_summary(report.as_dict(), True) if as_json else click.echo(format_report(report))


def _compare(
    ctx: click.Context, names: tuple[str, str], dataset: str | None, split: Any, as_json: bool
) -> None:
    from simgen.api import compare_runs

    report = compare_runs(*names, data_path(ctx), dataset=dataset, split=split)
    print_summary(report.as_dict(), True) if as_json else click.echo(report.as_text())
