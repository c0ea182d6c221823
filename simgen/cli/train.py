"""The commands `train` and `eval`."""

import dataclasses
from typing import Any

import click

from simgen.cli.shared import data_option, data_path, json_option, print_summary
from simgen.trainers.presets import FULL_DEFAULTS, TINY_DEFAULTS


def _default(option: str) -> str:
    return f"[default: {TINY_DEFAULTS[option]} for tiny, else {FULL_DEFAULTS[option]}]"


@click.command()
@click.option(
    "--curriculum/--shuffled",
    default=True,
    show_default=True,
    help="Order of the questions: from easy to hard in stages, or random.",
)
@click.option(
    "--model",
    default="tiny",
    show_default=True,
    metavar="tiny|HUB_ID|FOLDER",
    help="Model to train: the tiny one from scratch, any other with LoRA.",
)
@click.option("--dataset", metavar="NAME", help="Train on the questions of this recipe only.")
@click.option(
    "--run",
    "run_name",
    metavar="NAME",
    default="curriculum",
    show_default=True,
    help="Name of the run; its files go to runs/NAME in the data folder.",
)
@click.option(
    "--sft-steps",
    type=click.IntRange(min=1),
    help=f"Steps of supervised fine-tuning (SFT). {_default('sft_steps')}",
)
@click.option(
    "--grpo-steps",
    type=click.IntRange(min=0),
    help=f"Steps of reinforcement learning (GRPO) after SFT. {_default('grpo_steps')}",
)
@click.option(
    "--seed", type=int, default=0, show_default=True, help="Seed of the order, the weights and the sampling."
)
@click.option("--resume", is_flag=True, help="Continue an interrupted run from its last checkpoint.")
@json_option
@data_option
@click.pass_context
def train(ctx: click.Context, run_name: str, as_json: bool, **options: Any) -> None:
    """Train a vision-language model on the questions.

    The model is fine-tuned (SFT), then reinforced (GRPO). It answers questions on held-out houses before
    and after, and both scores are printed.
    """
    from simgen.api import train as run

    given = {name: value for name, value in options.items() if value is not None}
    report = run(data_path(ctx), run=run_name, **given)
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
@click.option("--dataset", metavar="NAME", help="Ask the questions of this recipe only.")
@click.option(
    "--rows",
    type=click.IntRange(min=1),
    help=f"Ask at most this many questions. [default: the run's; with --model {FULL_DEFAULTS['eval_rows']}]",
)
@json_option
@data_option
@click.pass_context
def evaluate(
    ctx: click.Context, run_name: str, model: str | None, dataset: str | None, rows: int | None, as_json: bool
) -> None:
    """Score a model on questions about held-out houses.

    Held-out questions are those of the splits val and test. Scores lie between 0 and 1.
    """
    from simgen.api import evaluate as run

    scores = run(data_path(ctx), dataset=dataset, run=run_name, model=model, rows=rows)
    print_summary(dataclasses.asdict(scores), as_json)
