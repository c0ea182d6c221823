"""The commands `train` and `eval`."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from simgen.cli.shared import data_option, data_path, json_option, print_summary
from simgen.trainers.names import BENCHMARKS, DEFAULT_CONFIG, LORA_CONFIG
from simgen.trainers.processes import is_main_process


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
    from simgen.trainers.config import list_configs, load_config, parse_settings

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
    if is_main_process():
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
@click.option("--before", is_flag=True, help="Score the answers that the run's model gave before training.")
@click.option("--endpoint", metavar="URL", help="Score --model behind this OpenAI-compatible endpoint.")
@click.option(
    "--key-env",
    metavar="VARIABLE",
    default="OPENAI_API_KEY",
    show_default=True,
    help="With --endpoint: the environment variable that holds its key, if it needs one.",
)
@click.option(
    "--jobs",
    type=click.IntRange(min=1),
    default=4,
    show_default=True,
    help="With --endpoint: requests at the same time.",
)
@click.option(
    "--timeout",
    "timeout_s",
    type=click.FloatRange(min=0, min_open=True),
    default=120,
    show_default=True,
    help="With --endpoint: seconds that it may be silent before it is asked again.",
)
@click.option(
    "--max-tokens",
    type=click.IntRange(min=1),
    default=2048,
    show_default=True,
    help="With --endpoint or --benchmark: most tokens of an answer.",
)
@click.option(
    "--benchmark", type=click.Choice(BENCHMARKS), help="Ask the questions of a published benchmark."
)
@click.option(
    "--file",
    "file",
    type=click.Path(path_type=Path),
    help="With --benchmark: its file of questions (.json, .jsonl or .parquet).",
)
@click.option(
    "--media",
    type=click.Path(file_okay=False, path_type=Path),
    help="With --benchmark: the folder of its videos or pictures. [default: the folder of --file]",
)
@click.option(
    "--frames",
    type=click.IntRange(min=1),
    default=32,
    show_default=True,
    help="With --benchmark: frames of each video.",
)
@click.option(
    "--compare",
    nargs=2,
    metavar="RUN RUN",
    help="Compare two runs, or folders of answers, on the questions that both have answered.",
)
@click.option(
    "--seeds",
    multiple=True,
    metavar="RUN",
    help="The mean over several runs, such as three seeds, with the lowest and the highest of them. Give it "
    "once for each run.",
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
    seeds: tuple[str, ...],
    report_folder: Path | None,
    as_json: bool,
    endpoint: str | None,
    key_env: str,
    jobs: int,
    timeout_s: float,
    max_tokens: int,
    benchmark: str | None,
    file: Path | None,
    media: Path | None,
    frames: int,
    **options: Any,
) -> None:
    """Score a model on held-out houses or a published benchmark.

    Answers are scored by template, beside those of the same model shown another house's frames (blind) and
    the best guess from the words. The answers that a run stored are scored again without its model.
    """
    if compare is not None:
        _refuse(ctx, "--compare", ("model", "answers", "rows", "blind", "fresh", "before", "report_folder"))
        _compare(ctx, compare, options["dataset"], options["split"], as_json)
        return
    if seeds:
        _refuse(ctx, "--seeds", ("run_name", "model", "answers", "rows", "blind", "fresh", "report_folder"))
        _average(
            ctx, seeds, as_json, dataset=options["dataset"], split=options["split"], before=options["before"]
        )
        return
    behind = None
    if endpoint is not None:
        from simgen.trainers.eval.endpoint import Endpoint, read_key

        if model is None:
            raise click.UsageError("--endpoint needs --model, the name of the model there")
        behind = Endpoint(endpoint, model, read_key(key_env), jobs, timeout_s, max_tokens)
    if benchmark is not None:
        if file is None:
            raise click.UsageError("--benchmark needs --file, its file of questions")
        _refuse(
            ctx, "--benchmark", ("answers", "dataset", "split", "blind", "fresh", "before", "report_folder")
        )
        asked = {"media": media, "frames": frames, "rows": options["rows"], "max_tokens": max_tokens}
        asked |= {"run": run_name, "model": model, "endpoint": behind}
        _evaluate_benchmark(ctx, benchmark, file, as_json, **asked)
        return
    if model is None and options["answers"] is not None:
        raise click.UsageError("--answers needs --model; a run's answers are stored in its own folder")
    if model is not None:
        _refuse(ctx, "--model", ("before",))
    from simgen.api import evaluate as run
    from simgen.trainers.eval.tables import format_report

    report = run(data_path(ctx), run=run_name, model=model, endpoint=behind, **options)
    if report_folder is not None:
        from simgen.trainers.eval.report_files import write_report

        write_report(report, report_folder, f"Evaluation of {model or run_name}")
    print_summary(report.as_dict(), True) if as_json else click.echo(format_report(report))


def _refuse(ctx: click.Context, beside: str, names: Sequence[str]) -> None:
    """Raises UsageError if one of these options was given, which has no meaning beside another."""
    for option in ctx.command.params:
        if option.name in names and ctx.get_parameter_source(option.name) is ParameterSource.COMMANDLINE:
            raise click.UsageError(f"{option.opts[0]} has no meaning beside {beside}; leave it out")


def _evaluate_benchmark(
    ctx: click.Context, benchmark: str, file: Path, as_json: bool, **options: Any
) -> None:
    from simgen.api import evaluate_benchmark
    from simgen.trainers.eval.benchmarks import format_benchmark

    report = evaluate_benchmark(benchmark, file, data_path(ctx), **options)
    print_summary(report.as_dict(), True) if as_json else click.echo(format_benchmark(report))


def _average(ctx: click.Context, names: tuple[str, ...], as_json: bool, **options: Any) -> None:
    from simgen.api import average_runs
    from simgen.trainers.eval.tables import format_average

    report = average_runs(names, data_path(ctx), **options)
    print_summary(report.as_dict(), True) if as_json else click.echo(format_average(names, report))


def _compare(
    ctx: click.Context, names: tuple[str, str], dataset: str | None, split: Any, as_json: bool
) -> None:
    from simgen.api import compare_runs

    report = compare_runs(*names, data_path(ctx), dataset=dataset, split=split)
    print_summary(report.as_dict(), True) if as_json else click.echo(report.as_text())
