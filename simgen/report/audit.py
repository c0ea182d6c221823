"""The results of `simgen audit` as Markdown, for a terminal and for a release's card."""

from collections.abc import Iterable

from simgen.qa.audit import AuditSummary
from simgen.qa.audit_geometry import GeometrySummary
from simgen.qa.fairness.blind_audit import TemplateAudit
from simgen.store.row_set import mark_rows


def audit_table(templates: Iterable[TemplateAudit]) -> str:
    """A Markdown table of the guessers' scores, in percent, with a line for each template."""
    head = "| template | questions | chance | majority | neighbours | forest | blind − chance (points) |"
    lines = [head, "|---|--:|--:|--:|--:|--:|--:|"]
    for audit in templates:
        scores = [_percent(audit.guessers.get(name)) for name in ("majority", "neighbours", "forest")]
        error = "" if audit.standard_error is None else f" ± {100.0 * audit.standard_error:.1f}"
        over = "unknown: no other houses" if audit.blind is None else f"{audit.over:+.1f}{error}"
        cells = [f"{audit.rows:,}", _percent(audit.chance), *scores, over + " (rough)" * audit.rough]
        lines.append(f"| {audit.template} | {' | '.join(cells)} |")
    return "\n".join(lines)


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
        "and chance is the best constant guess. Scores are in percent; ± is one standard error, with houses "
        "as clusters.\n\n"
        f"{audit_table(summary.templates)}\n"
    )
    return mark_rows(section, summary.rows_sha256)


def geometry_table(summary: GeometrySummary) -> str:
    """A Markdown table of the answers that axis-aligned boxes change, with a line for each template."""
    lines = [
        "| template | questions | changed | share | mean MRA | thresholds lost |",
        "|---|--:|--:|--:|--:|--:|",
    ]
    for name, figures in summary.templates.items():
        numbers = [f"{figures[key]:.2f}" if key in figures else "" for key in ("mean_mra", "thresholds_lost")]
        counts = [f"{figures['rows']:,.0f}", f"{figures['changed']:,.0f}", f"{100 * figures['share']:.1f} %"]
        lines.append(f"| {name} | {' | '.join([*counts, *numbers])} |")
    return "\n".join(lines)


def _percent(value: float | None) -> str:
    return "" if value is None else f"{100.0 * value:.1f}"
