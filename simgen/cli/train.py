"""The commands `train` and `eval`."""

import dataclasses

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
@click.option("--dataset", metavar="NAME", help="Ask the questions of this recipe only.")
@click.option(
    "--rows",
    type=click.IntRange(min=1),
    help="Ask at most this many questions. [default: the run's; with --model 200]",
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
