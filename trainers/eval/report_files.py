"""The report of an evaluation as files: Markdown, a picture and JSON."""

import json
from pathlib import Path

from simgen.store.files import write_text
from simgen.trainers.eval.picture import draw_report
from simgen.trainers.eval.scores import EvalReport
from simgen.trainers.eval.tables import describe_report, list_notes, make_tables
from simgen.trainers.extra import require_train_extra

PAGE, PICTURE, NUMBERS = "report.md", "scores.png", "report.json"


def write_report(report: EvalReport, folder: Path, title: str) -> None:
    """Writes the report into a folder, which is made if need be; files of an earlier report are replaced."""
    require_train_extra()
    draw_report(report, folder / PICTURE, title)
    write_text(folder / NUMBERS, json.dumps(report.as_dict(), indent=2) + "\n")
    write_text(folder / PAGE, render_page(report, title))


def render_page(report: EvalReport, title: str) -> str:
    """The report as a page of Markdown with its picture."""
    parts = [f"# {title}", f"{describe_report(report)}.", f"![Scores by template]({PICTURE})"]
    for name, table in make_tables(report).items():
        parts += [f"## {name}", table.as_markdown()]
    return "\n\n".join([*parts, "\n".join(f"- {note}" for note in list_notes(report))]) + "\n"
