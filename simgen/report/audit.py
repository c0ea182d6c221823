"""The results of `simgen audit`: tables for a terminal, and the section of a release's card."""

from collections.abc import Sequence

from simgen.qa.audit import AuditSummary, summarize
from simgen.qa.audit_geometry import GeometrySummary
from simgen.qa.fairness.blind_audit import TemplateAudit
from simgen.qa.fairness.guessers import GUESSERS
from simgen.store.row_set import mark_rows
from simgen.tables import Table

NOTES = (
    "scores: mean relative accuracy of numbers, accuracy of choices and orders, in percent",
    "above chance: the best guesser minus chance, in points",
    "error: one standard error, with houses as clusters",
    "rough: too few questions for a reliable estimate",
)
"""What the columns of the audit mean."""


def audit_table(templates: Sequence[TemplateAudit]) -> Table:
    """The guessers' scores in percent, with a line for each template and one for all."""
    head = ("template", "questions", "chance", *GUESSERS, "above chance", "error", "estimate")
    return Table(head, (*(_audit_line(audit) for audit in templates), _total_line(templates)))


def format_audit(summary: AuditSummary) -> str:
    """An audit as aligned text, without a newline at its end."""
    return "\n".join([audit_table(summary.templates).as_text(), "", *NOTES])


def card_section(summary: AuditSummary, folds: int) -> str:
    """The section of a release's card about blind guessing, in Markdown, with a hash of the audited rows."""
    training = f"trained on some houses and scored on others ({folds} folds)"
    if summary.learn_from is not None:
        training = f"trained on the data set {summary.learn_from}, of other houses"
    section = (
        "## Guessing without the frames\n\n"
        f"Three guessers read the questions and options but see no frame, {training}: the most frequent "
        "answer, the nearest neighbours by words, and a random forest. Chance is one divided by the number "
        "of options, for orders by the number of permutations. Numbers are scored by mean relative accuracy, "
        "and chance is the best constant guess for these very questions: a guesser that knows other houses "
        "alone can be below it. Scores are in percent. Above chance is the best guesser minus chance, in "
        "points, and its error is one standard error, with houses as clusters. An estimate is rough where "
        "there are too few questions.\n\n"
        f"{audit_table(summary.templates).as_markdown()}\n"
    )
    return mark_rows(section, summary.rows_sha256)


def geometry_table(summary: GeometrySummary) -> Table:
    """The answers that axis-aligned boxes change, with a line for each template."""
    head = ("template", "questions", "changed", "share", "mean MRA", "thresholds lost")
    rows = []
    for name, figures in summary.templates.items():
        numbers = [f"{figures[key]:.2f}" if key in figures else "" for key in ("mean_mra", "thresholds_lost")]
        counts = [f"{figures['rows']:,.0f}", f"{figures['changed']:,.0f}", f"{100 * figures['share']:.1f} %"]
        rows.append((name, *counts, *numbers))
    return Table(head, tuple(rows))


def _audit_line(audit: TemplateAudit) -> tuple[str, ...]:
    scores = (_percent(audit.guessers.get(name)) for name in GUESSERS)
    over = None if audit.blind is None else audit.over
    estimate = "no other houses" if audit.blind is None else "rough" if audit.rough else ""
    error = _percent(audit.standard_error)
    return audit.template, f"{audit.rows:,}", _percent(audit.chance), *scores, _points(over), error, estimate


def _total_line(templates: Sequence[TemplateAudit]) -> tuple[str, ...]:
    total = summarize(templates)
    over = None if total["blind"] is None else 100.0 * (total["blind"] - total["chance"])
    unknown = ("",) * len(GUESSERS)
    return "all", f"{total['rows']:,}", _percent(total["chance"]), *unknown, _points(over), "", ""


def _percent(share: float | None) -> str:
    return "" if share is None else f"{100.0 * share:.1f}"


def _points(value: float | None) -> str:
    # Never -0.0.
    return "" if value is None else f"{round(value, 1) + 0.0:+.1f}"
